-- row: one credit line of a customer in scope, valid at the period's last day
-- reads: credit_line, customer_in_scope
SELECT s.customer_id, s.unit_id, l.valid_from, l.limit_amount
FROM credit_line AS l
JOIN customer_in_scope AS s ON s.customer_id = l.customer_id
CROSS JOIN asked
WHERE l.valid_from <= asked.as_of AND l.valid_to >= asked.as_of
