-- row: one customer with scope loans at the period's last day that are classed special mention or worse and not in arrears
-- grain: customer
-- reads: loan, scope_loan
-- term classed_in_time_balance: 元 · 未逾期（欠息）而分类为关注类、不良的余额 · balance of scope loans classed special mention or worse whose principal and interest are not in arrears
-- related classed_in_time_balance: loan_balance · scope_loan WHERE scope_loan.as_of = asked.as_of AND class5_rank >= 2
-- a due date on a day off counts up to the next working day
SELECT s.customer_id, s.unit_id, sum(s.balance) AS classed_in_time_balance
FROM scope_loan AS s
JOIN asked ON s.as_of = asked.as_of
JOIN loan AS l ON l.loan_id = s.loan_id
LEFT JOIN calendar_day AS d ON d.day = coalesce(l.extended_due_on, l.due_on)
WHERE s.class5_rank >= 2
  AND coalesce(s.interest_overdue_from, s.as_of) >= s.as_of
  AND coalesce(s.principal_overdue_from, d.counts_until, l.extended_due_on, l.due_on) >= s.as_of
GROUP BY s.customer_id, s.unit_id
