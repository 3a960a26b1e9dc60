-- row: one scope loan at the period's last day whose first due day lies in the period and was put off (展期)
-- reads: loan, scope_loan
SELECT s.as_of, s.loan_id, s.customer_id, s.unit_id, s.balance
FROM scope_loan AS s
JOIN asked ON s.as_of = asked.as_of
JOIN loan AS l ON l.loan_id = s.loan_id
WHERE l.extended_due_on IS NOT NULL AND l.due_on BETWEEN asked.first_day AND asked.as_of
