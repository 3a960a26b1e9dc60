-- row: one non-standard loan with a balance at the period's last day, on or off the balance sheet (非标业务)
-- reads: customer, loan, loan_balance
SELECT l.loan_id, l.customer_id, c.customer_name, c.unit_id, b.balance
FROM loan_balance AS b
JOIN loan AS l ON l.loan_id = b.loan_id
JOIN customer AS c ON c.customer_id = l.customer_id
CROSS JOIN asked
WHERE b.as_of = asked.as_of AND b.balance > 0 AND l.product = 'nonstandard'
