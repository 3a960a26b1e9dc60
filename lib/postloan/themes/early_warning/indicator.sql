-- row: one warning indicator that a customer in scope has reached at the period's last day, with its value and limit (预警指标)
-- reads: customer_in_scope, loan, loan_balance, scope_loan
-- lacks: acceptance, account_transaction, credit_line, deposit, sales
-- A quarter's receipts are compared with the same quarter a year before where any receipt of it is there, else with the quarter before
WITH days AS (
    SELECT
        asked.*,
        CAST(asked.first_day - INTERVAL '1' YEAR AS DATE) AS year_from,
        CAST(asked.as_of + INTERVAL '1' DAY - INTERVAL '1' YEAR AS DATE) AS year_until,
        CAST(asked.first_day - INTERVAL '3' MONTH AS DATE) AS quarter_from
    FROM asked
    WHERE (SELECT count(*) FROM asked_quarter) = 1
),
overdue AS (
    SELECT s.customer_id, max(s.days_past_due) AS value
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
    WHERE s.days_past_due > 0
    GROUP BY s.customer_id
),
downgraded AS (
    SELECT
        s.customer_id,
        max(s.class5_rank - CASE o.class5 WHEN 'pass' THEN 1 WHEN 'special_mention' THEN 2 WHEN 'substandard' THEN 3 WHEN 'doubtful' THEN 4 ELSE 5 END) AS value
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
    JOIN loan_balance AS o ON o.loan_id = s.loan_id AND o.as_of = asked.opening_as_of AND o.balance > 0 AND o.class5 IS NOT NULL
    GROUP BY s.customer_id
),
deposited AS (
    SELECT
        d.customer_id,
        sum(CASE WHEN d.as_of = asked.as_of THEN d.balance ELSE 0 END) AS now,
        sum(CASE WHEN d.as_of = asked.opening_as_of THEN d.balance ELSE 0 END) AS before
    FROM deposit AS d
    CROSS JOIN asked
    WHERE d.as_of IN (asked.as_of, asked.opening_as_of) AND EXISTS (SELECT 1 FROM deposit AS e WHERE e.as_of = asked.as_of)
    GROUP BY d.customer_id
),
receipt AS (
    SELECT t.customer_id, t.booked_on, t.amount
    FROM account_transaction AS t
    WHERE t.direction = 'in' AND t.kind = 'sales_receipt'
),
received AS (
    SELECT
        r.customer_id,
        sum(CASE WHEN r.booked_on >= d.first_day AND r.booked_on <= d.as_of THEN r.amount ELSE 0 END) AS now,
        sum(CASE WHEN r.booked_on >= d.year_from AND r.booked_on < d.year_until THEN r.amount ELSE 0 END) AS year_before,
        sum(CASE WHEN r.booked_on >= d.quarter_from AND r.booked_on < d.first_day THEN r.amount ELSE 0 END) AS quarter_before
    FROM receipt AS r
    CROSS JOIN days AS d
    GROUP BY r.customer_id
),
compared AS (
    SELECT
        r.customer_id,
        r.now,
        CASE WHEN (SELECT sum(a.year_before) FROM received AS a) > 0 THEN r.year_before ELSE r.quarter_before END AS before
    FROM received AS r
),
quarter_end AS (
    SELECT a.as_of AS day FROM asked AS a
    UNION ALL
    SELECT a.previous_as_of AS day FROM asked AS a
),
line AS (
    SELECT q.day, l.customer_id, sum(l.limit_amount) AS credit_limit
    FROM quarter_end AS q
    JOIN credit_line AS l ON l.valid_from <= q.day AND l.valid_to >= q.day
    GROUP BY q.day, l.customer_id
),
held AS (
    SELECT q.day, d.customer_id, sum(d.balance) AS balance
    FROM quarter_end AS q
    JOIN deposit AS d ON d.as_of = q.day
    GROUP BY q.day, d.customer_id
),
below AS (
    SELECT n.customer_id, count(*) AS value
    FROM line AS n
    CROSS JOIN asked
    LEFT JOIN held AS h ON h.customer_id = n.customer_id AND h.day = n.day
    WHERE n.credit_limit > 0
      AND coalesce(h.balance, 0) < asked.deposit_floor * n.credit_limit
      AND n.customer_id IN (SELECT s.customer_id FROM scope_loan AS s WHERE s.as_of = n.day)
      AND (SELECT count(DISTINCT e.day) FROM held AS e) = 2
    GROUP BY n.customer_id
),
used AS (
    SELECT u.customer_id, sum(u.amount) AS here
    FROM (
        SELECT l.customer_id, b.balance AS amount
        FROM loan_balance AS b
        JOIN asked ON b.as_of = asked.as_of
        JOIN loan AS l ON l.loan_id = b.loan_id
        WHERE l.on_balance_sheet AND l.product <> 'discount'
        UNION ALL
        SELECT a.customer_id, greatest(0, a.face_amount - a.margin - coalesce(a.cash_pledge, 0)) AS amount
        FROM acceptance AS a
        CROSS JOIN asked
        WHERE a.issued_on <= asked.as_of AND a.due_on > asked.as_of
    ) AS u
    GROUP BY u.customer_id
),
shared AS (
    SELECT
        v.customer_id,
        CAST(v.inflow_all_banks AS DECIMAL(38, 2)) AS inflow,
        CAST(v.used_credit_all_banks AS DECIMAL(38, 2)) AS used,
        CAST(coalesce(u.here, 0) AS DECIMAL(38, 2)) AS here,
        CAST(coalesce(r.now, 0) AS DECIMAL(38, 2)) AS receipts
    FROM sales AS v
    JOIN days AS d ON v.period = d.period
    LEFT JOIN used AS u ON u.customer_id = v.customer_id
    LEFT JOIN received AS r ON r.customer_id = v.customer_id
    WHERE v.inflow_all_banks > 0 AND v.used_credit_all_banks > 0
),
reached AS (
    SELECT o.customer_id, 'overdue' AS indicator, CAST(o.value AS DECIMAL(18, 4)) AS value, CAST(0 AS DECIMAL(18, 4)) AS warned_at
    FROM overdue AS o
    UNION ALL
    SELECT g.customer_id, 'downgrade' AS indicator, CAST(g.value AS DECIMAL(18, 4)) AS value, CAST(0 AS DECIMAL(18, 4)) AS warned_at
    FROM downgraded AS g
    WHERE g.value > 0
    UNION ALL
    SELECT d.customer_id, 'deposit' AS indicator, CAST(d.now / d.before AS DECIMAL(18, 4)) AS value, CAST(asked.warning_deposit_share AS DECIMAL(18, 4)) AS warned_at
    FROM deposited AS d
    CROSS JOIN asked
    WHERE d.before > 0 AND d.now < asked.warning_deposit_share * d.before
    UNION ALL
    SELECT c.customer_id, 'receipts' AS indicator, CAST(c.now / c.before AS DECIMAL(18, 4)) AS value, CAST(asked.warning_receipts_share AS DECIMAL(18, 4)) AS warned_at
    FROM compared AS c
    CROSS JOIN asked
    WHERE c.before > 0 AND c.now < asked.warning_receipts_share * c.before
    UNION ALL
    SELECT b.customer_id, 'floor' AS indicator, CAST(b.value AS DECIMAL(18, 4)) AS value, CAST(2 AS DECIMAL(18, 4)) AS warned_at
    FROM below AS b
    WHERE b.value = 2
    UNION ALL
    SELECT
        s.customer_id,
        'share' AS indicator,
        CAST(s.receipts / s.inflow - s.here / s.used AS DECIMAL(18, 4)) AS value,
        CAST(-asked.warning_share_gap AS DECIMAL(18, 4)) AS warned_at
    FROM shared AS s
    CROSS JOIN asked
    WHERE s.receipts * s.used - s.inflow * s.here < -asked.warning_share_gap * (s.inflow * s.used)
)
SELECT c.customer_id, c.unit_id, r.indicator, r.value, r.warned_at
FROM reached AS r
JOIN customer_in_scope AS c ON c.customer_id = r.customer_id
