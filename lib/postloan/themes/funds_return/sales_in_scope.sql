-- row: the sales of one customer in scope in one quarter of the period
-- reads: customer_in_scope, sales
SELECT s.customer_id, s.unit_id, b.period, b.sales_revenue, b.inflow_all_banks
FROM sales AS b
JOIN customer_in_scope AS s ON s.customer_id = b.customer_id
WHERE b.period IN (SELECT period FROM asked_period)
