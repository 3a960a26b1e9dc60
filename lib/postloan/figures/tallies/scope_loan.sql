-- row: one scope loan at the period's last day, at the last day of the quarter before, or of a quarter inside the period (口径内借据)
-- reads: customer, loan, loan_balance
-- days_past_due: from the earlier of the two overdue-from dates as they are recorded; null where neither is
SELECT
    b.as_of,
    l.loan_id,
    l.customer_id,
    c.unit_id,
    b.balance,
    b.class5,
    CASE b.class5 WHEN 'pass' THEN 1 WHEN 'special_mention' THEN 2 WHEN 'substandard' THEN 3 WHEN 'doubtful' THEN 4 ELSE 5 END AS class5_rank,
    b.principal_overdue_from,
    b.interest_overdue_from,
    least(b.principal_overdue_from, b.interest_overdue_from) AS overdue_from,
    datediff('day', least(b.principal_overdue_from, b.interest_overdue_from), b.as_of) AS days_past_due
FROM loan_balance AS b
JOIN loan AS l ON l.loan_id = b.loan_id
JOIN customer AS c ON c.customer_id = l.customer_id
CROSS JOIN asked
WHERE (b.as_of IN (asked.as_of, asked.previous_as_of) OR b.as_of IN (SELECT as_of FROM asked_quarter))
  AND b.balance > 0
  AND (l.on_balance_sheet OR asked.off_balance_sheet_counts)
  AND (NOT l.is_low_risk OR asked.low_risk_counts)
  AND l.product IN (SELECT product FROM scope_product)
  AND c.segment IN (SELECT segment FROM scope_segment)
