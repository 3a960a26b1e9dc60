-- row: one customer in scope with a scope loan classed special mention or worse, its exposure, and whether a preservation plan is valid at the period's last day (高风险客户)
-- reads: customer_in_scope, customer_plan, scope_loan
-- lacks: acceptance
WITH worst AS (
    SELECT s.customer_id, max(s.class5_rank) AS class5_rank
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
    GROUP BY s.customer_id
),
drawn AS (
    SELECT a.customer_id, sum(greatest(0, a.face_amount - a.margin - coalesce(a.cash_pledge, 0))) AS exposure
    FROM acceptance AS a
    CROSS JOIN asked
    WHERE a.issued_on <= asked.as_of AND a.due_on > asked.as_of
    GROUP BY a.customer_id
),
planned AS (
    SELECT DISTINCT p.customer_id
    FROM customer_plan AS p
    CROSS JOIN asked
    WHERE p.valid_from <= asked.as_of AND (p.valid_to IS NULL OR p.valid_to >= asked.as_of) AND p.preservation IS NOT NULL
)
SELECT
    c.customer_id,
    c.unit_id,
    CASE w.class5_rank WHEN 2 THEN 'special_mention' WHEN 3 THEN 'substandard' WHEN 4 THEN 'doubtful' ELSE 'loss' END AS class5,
    c.loan_balance + coalesce(d.exposure, 0) AS exposure,
    asked.large_customer,
    (c.loan_balance + coalesce(d.exposure, 0) >= asked.large_customer) AS is_large,
    (p.customer_id IS NOT NULL) AS planned
FROM customer_in_scope AS c
CROSS JOIN asked
JOIN worst AS w ON w.customer_id = c.customer_id AND w.class5_rank >= 2
LEFT JOIN drawn AS d ON d.customer_id = c.customer_id
LEFT JOIN planned AS p ON p.customer_id = c.customer_id
