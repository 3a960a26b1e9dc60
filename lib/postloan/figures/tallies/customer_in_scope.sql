-- row: one customer in scope: with at least one scope loan at the period's last day
-- reads: customer_loan
SELECT customer_id, unit_id, loan_balance
FROM customer_loan
WHERE customers_in_scope = 1
