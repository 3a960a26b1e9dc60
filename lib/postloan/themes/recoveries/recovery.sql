-- row: one repayment of principal in the period on a loan of the scope's segments and products, whatever its balance (收回)
-- reads: customer, loan, loan_balance, repayment
-- column moment: code · 收回方式 · early 提前收回, at_maturity 到期收回, overdue 逾期收回, npl_recovered 清收不良
-- moment: a due date on a day off counts up to the next working day as at maturity; npl_recovered: on a scope loan classed substandard or worse at the opening
SELECT
    p.repayment_id,
    l.loan_id,
    c.customer_id,
    c.unit_id,
    p.paid_on,
    p.principal,
    coalesce(l.extended_due_on, l.due_on) AS due_on,
    CASE
        WHEN o.loan_id IS NOT NULL THEN 'npl_recovered'
        WHEN p.paid_on < coalesce(l.extended_due_on, l.due_on) THEN 'early'
        WHEN p.paid_on <= coalesce(d.counts_until, l.extended_due_on, l.due_on) THEN 'at_maturity'
        ELSE 'overdue'
    END AS moment
FROM repayment AS p
JOIN loan AS l ON l.loan_id = p.loan_id
JOIN customer AS c ON c.customer_id = l.customer_id
LEFT JOIN calendar_day AS d ON d.day = coalesce(l.extended_due_on, l.due_on)
CROSS JOIN asked
LEFT JOIN loan_balance AS o
    ON o.loan_id = p.loan_id AND o.as_of = asked.opening_as_of AND o.balance > 0 AND o.class5 IN ('substandard', 'doubtful', 'loss')
WHERE p.principal > 0
  AND p.paid_on BETWEEN asked.first_day AND asked.as_of
  AND (l.on_balance_sheet OR asked.off_balance_sheet_counts)
  AND (NOT l.is_low_risk OR asked.low_risk_counts)
  AND l.product IN (SELECT product FROM scope_product)
  AND c.segment IN (SELECT segment FROM scope_segment)
