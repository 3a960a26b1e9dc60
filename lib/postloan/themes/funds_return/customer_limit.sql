-- row: one customer in scope with a credit line valid at the period's last day
-- grain: customer
-- reads: valid_line
-- term credit_limit: 元 · 口径内客户期末有效的授信额度之和 · limits valid at the period's last day (授信额度, not the balance drawn)
-- behind credit_limit: credit_line · sum(limit_amount) · valid_line
SELECT customer_id, unit_id, sum(limit_amount) AS credit_limit
FROM valid_line
GROUP BY customer_id, unit_id
