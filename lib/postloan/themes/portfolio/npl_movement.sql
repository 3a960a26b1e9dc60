-- row: one loan that is non-performing at the period's last day and was not at its opening, or the other way round (不良变动)
-- reads: opening, opening_scope_loan, scope_loan
-- column movement: code · 变动 · became 新增不良, left 退出不良
-- column class5: code · 期末五级分类
-- column opening_class5: code · 期初五级分类
-- column balance: money · 余额（新增的为期末，退出的为期初）
WITH closing AS (
    SELECT s.as_of, s.loan_id, s.customer_id, s.unit_id, s.balance, s.class5, (s.class5_rank >= 3) AS is_npl
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
),
before AS (
    SELECT s.as_of, s.loan_id, s.customer_id, s.unit_id, s.balance, s.class5, (s.class5_rank >= 3) AS is_npl
    FROM opening_scope_loan AS s
    JOIN opening ON s.as_of = opening.as_of
)
SELECT c.as_of, c.loan_id, c.customer_id, c.unit_id, 'became' AS movement, c.balance, c.class5, b.class5 AS opening_class5
FROM closing AS c
LEFT JOIN before AS b ON b.loan_id = c.loan_id
WHERE c.is_npl AND NOT coalesce(b.is_npl, FALSE)
UNION ALL
SELECT b.as_of, b.loan_id, b.customer_id, b.unit_id, 'left' AS movement, b.balance, c.class5, b.class5 AS opening_class5
FROM before AS b
LEFT JOIN closing AS c ON c.loan_id = b.loan_id
WHERE b.is_npl AND NOT coalesce(c.is_npl, FALSE)
