-- row: one customer in scope: with at least one scope loan at the period's last day
-- grain: customer
-- reads: scope_loan
-- term customers_in_scope: 户 · 期末有口径内贷款余额的客户 · 1 for a customer with at least one scope loan at the period's last day
-- term loans_in_scope: 笔 · 期末口径内有余额的借据 · scope loans at the period's last day
-- term loan_balance: 元 · 期末口径内借据余额之和 · their balance
-- behind customers_in_scope: loan_balance · count(DISTINCT customer_id) · scope_loan WHERE scope_loan.as_of = asked.as_of
-- behind loans_in_scope: loan_balance · count(DISTINCT loan_id) · scope_loan WHERE scope_loan.as_of = asked.as_of
-- behind loan_balance: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.as_of
SELECT s.customer_id, s.unit_id, 1 AS customers_in_scope, count(*) AS loans_in_scope, sum(s.balance) AS loan_balance
FROM scope_loan AS s
CROSS JOIN asked
WHERE s.as_of = asked.as_of
GROUP BY s.customer_id, s.unit_id
