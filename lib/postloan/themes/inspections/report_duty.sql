-- row: one duty (户次): a customer with a scope loan at the end of a quarter inside the period, and its earliest periodic report of that quarter
-- reads: asked_quarter, inspection, scope_loan
WITH duty AS (
    SELECT q.period, q.as_of, q.report_deadline, s.customer_id, min(s.unit_id) AS unit_id
    FROM scope_loan AS s
    JOIN asked_quarter AS q ON q.as_of = s.as_of
    GROUP BY q.period, q.as_of, q.report_deadline, s.customer_id
),
submitted AS (
    SELECT customer_id, period, CAST(min(submitted_at) AS DATE) AS first_submitted_on
    FROM inspection
    WHERE kind = 'periodic' AND submitted_at IS NOT NULL
    GROUP BY customer_id, period
),
onsite AS (
    SELECT DISTINCT customer_id, period
    FROM inspection
    WHERE mode = 'onsite' AND done_on IS NOT NULL
)
SELECT
    d.customer_id,
    d.unit_id,
    d.period,
    d.as_of,
    d.report_deadline,
    s.first_submitted_on,
    CASE WHEN s.first_submitted_on <= d.report_deadline THEN 1 ELSE 0 END AS duties_on_time,
    CASE WHEN s.first_submitted_on > d.report_deadline THEN 1 ELSE 0 END AS duties_late,
    CASE WHEN s.first_submitted_on IS NULL THEN 1 ELSE 0 END AS duties_missing,
    CASE WHEN o.customer_id IS NOT NULL THEN 1 ELSE 0 END AS duties_onsite
FROM duty AS d
LEFT JOIN submitted AS s ON s.customer_id = d.customer_id AND s.period = d.period
LEFT JOIN onsite AS o ON o.customer_id = d.customer_id AND o.period = d.period
