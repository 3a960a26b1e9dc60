-- row: one quarter of the period of one customer in scope, as the customer's statements of all banks show it
-- reads: customer_in_scope, sales
SELECT
    s.customer_id,
    s.unit_id,
    v.period,
    v.inflow_all_banks,
    v.used_credit_all_banks,
    v.period = (SELECT max(p.period) FROM asked_period AS p WHERE p.period LIKE '%Q%') AS last_quarter
FROM sales AS v
JOIN customer_in_scope AS s ON s.customer_id = v.customer_id
WHERE v.period IN (SELECT period FROM asked_period)
