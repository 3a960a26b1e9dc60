-- row: one customer in scope with a credit line valid at the period's last day
-- reads: credit_line, customer_in_scope
-- term credit_limit: 元 · 口径内客户期末有效的授信额度之和 · limits valid at the period's last day (授信额度, not the balance drawn)
SELECT s.customer_id, s.unit_id, sum(l.limit_amount) AS credit_limit
FROM credit_line AS l
JOIN customer_in_scope AS s ON s.customer_id = l.customer_id
CROSS JOIN asked
WHERE l.valid_from <= asked.as_of AND l.valid_to >= asked.as_of
GROUP BY s.customer_id, s.unit_id
