-- row: one scope loan at the period's last day that was paid out in the period to repay another (借新还旧、无还本续贷)
-- reads: loan, loan.issue_type, scope_loan
SELECT s.as_of, s.loan_id, s.customer_id, s.unit_id, s.balance, l.issue_type
FROM scope_loan AS s
JOIN asked ON s.as_of = asked.as_of
JOIN loan AS l ON l.loan_id = s.loan_id
WHERE l.disbursed_on BETWEEN asked.first_day AND asked.as_of AND l.issue_type IN ('rollover', 'renewal')
