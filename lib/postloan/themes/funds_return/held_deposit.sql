-- row: the deposits at the period's last day of one customer in scope with a credit line valid then
-- reads: customer_limit, deposit
SELECT d.as_of, l.customer_id, l.unit_id, d.balance
FROM deposit AS d
JOIN customer_limit AS l ON l.customer_id = d.customer_id
CROSS JOIN asked
WHERE d.as_of = asked.as_of
