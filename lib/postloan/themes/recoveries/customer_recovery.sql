-- row: one customer with principal recovered in the period
-- grain: customer
-- reads: recovery
-- term recovered_loans: 笔 · 本期收回本金的借据 · loans with principal recovered in the period
-- term recovered_customers: 户 · 本期收回本金的客户 · 1 for a customer with any
-- term recovered_amount: 元 · 本期收回的本金 · the principal
-- term early_recovered_loans: 笔 · 到期日之前收回本金的借据 · loans with principal recovered before the due date
-- term early_recovered_customers: 户 · 到期日之前收回本金的客户 · 1 for a customer with any
-- term early_recovered_amount: 元 · 到期日之前收回的本金 · the principal
-- term at_maturity_recovered_loans: 笔 · 到期日（遇非工作日顺延至下一工作日）收回本金的借据 · loans with principal recovered on the due date, or up to the next working day after a due date on a day off
-- term at_maturity_recovered_customers: 户 · 到期日（遇非工作日顺延至下一工作日）收回本金的客户 · 1 for a customer with any
-- term at_maturity_recovered_amount: 元 · 到期日（遇非工作日顺延至下一工作日）收回的本金 · the principal
-- term overdue_recovered_loans: 笔 · 到期后收回本金的借据 · loans with principal recovered later than that
-- term overdue_recovered_customers: 户 · 到期后收回本金的客户 · 1 for a customer with any
-- term overdue_recovered_amount: 元 · 到期后收回的本金 · the principal
-- behind recovered_loans: repayment · count(DISTINCT loan_id) · recovery
-- behind recovered_customers: repayment · count(DISTINCT customer_id) · recovery
-- behind recovered_amount: repayment · sum(principal) · recovery
-- behind early_recovered_loans: repayment · count(DISTINCT loan_id) · recovery WHERE moment = 'early'
-- behind early_recovered_customers: repayment · count(DISTINCT customer_id) · recovery WHERE moment = 'early'
-- behind early_recovered_amount: repayment · sum(principal) · recovery WHERE moment = 'early'
-- behind at_maturity_recovered_loans: repayment · count(DISTINCT loan_id) · recovery WHERE moment = 'at_maturity'
-- behind at_maturity_recovered_customers: repayment · count(DISTINCT customer_id) · recovery WHERE moment = 'at_maturity'
-- behind at_maturity_recovered_amount: repayment · sum(principal) · recovery WHERE moment = 'at_maturity'
-- behind overdue_recovered_loans: repayment · count(DISTINCT loan_id) · recovery WHERE moment = 'overdue'
-- behind overdue_recovered_customers: repayment · count(DISTINCT customer_id) · recovery WHERE moment = 'overdue'
-- behind overdue_recovered_amount: repayment · sum(principal) · recovery WHERE moment = 'overdue'
SELECT
    customer_id,
    unit_id,
    count(DISTINCT loan_id) AS recovered_loans,
    1 AS recovered_customers,
    sum(principal) AS recovered_amount,
    count(DISTINCT CASE WHEN moment = 'early' THEN loan_id END) AS early_recovered_loans,
    max(CASE WHEN moment = 'early' THEN 1 ELSE 0 END) AS early_recovered_customers,
    sum(CASE WHEN moment = 'early' THEN principal ELSE 0 END) AS early_recovered_amount,
    count(DISTINCT CASE WHEN moment = 'at_maturity' THEN loan_id END) AS at_maturity_recovered_loans,
    max(CASE WHEN moment = 'at_maturity' THEN 1 ELSE 0 END) AS at_maturity_recovered_customers,
    sum(CASE WHEN moment = 'at_maturity' THEN principal ELSE 0 END) AS at_maturity_recovered_amount,
    count(DISTINCT CASE WHEN moment = 'overdue' THEN loan_id END) AS overdue_recovered_loans,
    max(CASE WHEN moment = 'overdue' THEN 1 ELSE 0 END) AS overdue_recovered_customers,
    sum(CASE WHEN moment = 'overdue' THEN principal ELSE 0 END) AS overdue_recovered_amount
FROM recovery
GROUP BY customer_id, unit_id
