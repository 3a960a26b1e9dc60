-- row: one customer in scope: with at least one scope loan at the period's last day
-- grain: customer
-- reads: scope_loan
-- term customers_in_scope: 户 · 期末有口径内贷款余额的客户 · 1 for a customer with at least one scope loan at the period's last day
-- behind customers_in_scope: loan_balance · count(DISTINCT customer_id) · scope_loan WHERE scope_loan.as_of = asked.as_of
SELECT s.customer_id, s.unit_id, sum(s.balance) AS loan_balance, 1 AS customers_in_scope
FROM scope_loan AS s
CROSS JOIN asked
WHERE s.as_of = asked.as_of
GROUP BY s.customer_id, s.unit_id
