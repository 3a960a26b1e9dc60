-- row: one loan on the balance sheet with a balance at the period's last day, discounted bills left out (用信)
-- reads: customer_in_scope, loan, loan_balance
SELECT b.as_of, b.loan_id, l.customer_id, s.unit_id, b.balance
FROM loan_balance AS b
JOIN loan AS l ON l.loan_id = b.loan_id
JOIN customer_in_scope AS s ON s.customer_id = l.customer_id
CROSS JOIN asked
WHERE b.as_of = asked.as_of AND b.balance > 0 AND l.on_balance_sheet AND l.product <> 'discount'
