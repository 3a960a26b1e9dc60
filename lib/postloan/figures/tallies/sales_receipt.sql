-- row: one sales receipt of a customer in scope, booked at this bank in the period (销售回款)
-- reads: account_transaction, customer_in_scope
SELECT t.transaction_id, s.customer_id, s.unit_id, t.amount
FROM account_transaction AS t
JOIN customer_in_scope AS s ON s.customer_id = t.customer_id
CROSS JOIN asked
WHERE t.direction = 'in' AND t.kind = 'sales_receipt' AND t.booked_on BETWEEN asked.first_day AND asked.as_of
