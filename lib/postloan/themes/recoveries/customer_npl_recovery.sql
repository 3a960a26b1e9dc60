-- row: one customer with principal recovered in the period on loans that were non-performing at its opening (清收不良)
-- grain: customer
-- reads: opening, recovery
-- term npl_recovered_loans: 笔 · 本期收回本金、期初为不良的借据 · loans non-performing at the opening with principal recovered in the period
-- term npl_recovered_customers: 户 · 本期收回期初不良贷款本金的客户 · 1 for a customer with any
-- term npl_recovered_amount: 元 · 本期收回的期初不良贷款本金 · the principal
-- behind npl_recovered_loans: repayment · count(DISTINCT loan_id) · recovery WHERE moment = 'npl_recovered'
-- behind npl_recovered_customers: repayment · count(DISTINCT customer_id) · recovery WHERE moment = 'npl_recovered'
-- behind npl_recovered_amount: repayment · sum(principal) · recovery WHERE moment = 'npl_recovered'
SELECT
    r.customer_id,
    r.unit_id,
    count(DISTINCT r.loan_id) AS npl_recovered_loans,
    count(DISTINCT r.customer_id) AS npl_recovered_customers,
    coalesce(sum(r.principal), 0) AS npl_recovered_amount
FROM recovery AS r
CROSS JOIN opening
WHERE r.moment = 'npl_recovered'
GROUP BY r.customer_id, r.unit_id
