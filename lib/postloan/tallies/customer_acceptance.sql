-- row: one customer of the scope's segments with an acceptance not yet due at the period's last day
-- reads: acceptance, customer
-- term acceptance_exposure: 元 · 已出票未到期承兑汇票的票面金额减保证金、存单质押后的余额（不低于零）之和 · face amount less margin and cash pledge, never below zero, of acceptances issued and not yet due
SELECT
    c.customer_id,
    c.unit_id,
    sum(greatest(0, a.face_amount - a.margin - coalesce(a.cash_pledge, 0))) AS acceptance_exposure
FROM acceptance AS a
JOIN customer AS c ON c.customer_id = a.customer_id
CROSS JOIN asked
WHERE a.issued_on <= asked.as_of
  AND a.due_on > asked.as_of
  AND c.segment IN (SELECT segment FROM scope_segment)
GROUP BY c.customer_id, c.unit_id
