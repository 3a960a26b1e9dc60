-- row: one customer with a non-standard loan, and how often it was inspected in the period
-- reads: inspection, nonstandard_loan
-- column customer_name: text · 客户名称
-- column balance: money · 非标业务余额
-- column inspections: count · 检查次数 · 次
-- column onsite_inspections: count · 现场检查次数 · 次
-- column reports: count · 检查报告份数 · 份
WITH inspected AS (
    SELECT
        customer_id,
        count(*) AS inspections,
        sum(CASE WHEN mode = 'onsite' THEN 1 ELSE 0 END) AS onsite_inspections,
        sum(CASE WHEN submitted_at IS NOT NULL THEN 1 ELSE 0 END) AS reports
    FROM inspection
    WHERE done_on IS NOT NULL AND period IN (SELECT period FROM asked_period)
    GROUP BY customer_id
)
SELECT
    n.customer_id,
    n.customer_name,
    n.unit_id,
    sum(n.balance) AS balance,
    max(coalesce(i.inspections, 0)) AS inspections,
    max(coalesce(i.onsite_inspections, 0)) AS onsite_inspections,
    max(coalesce(i.reports, 0)) AS reports
FROM nonstandard_loan AS n
LEFT JOIN inspected AS i ON i.customer_id = n.customer_id
GROUP BY n.customer_id, n.customer_name, n.unit_id
