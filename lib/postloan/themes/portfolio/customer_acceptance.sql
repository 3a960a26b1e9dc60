-- row: one customer of the scope's segments with an acceptance not yet due at the period's last day
-- grain: customer
-- reads: open_acceptance
-- term acceptance_exposure: 元 · 已出票未到期承兑汇票的票面金额减保证金、存单质押后的余额（不低于零）之和 · face amount less margin and cash pledge, never below zero, of acceptances issued and not yet due
-- behind acceptance_exposure: acceptance · sum(exposure) · open_acceptance
SELECT customer_id, unit_id, sum(exposure) AS acceptance_exposure
FROM open_acceptance
GROUP BY customer_id, unit_id
