-- row: one customer in scope with an A role at the period's last day: the person in charge (管户客户经理)
-- kept: papers
-- reads: ab_assignment, staff
SELECT a.customer_id, min(a.staff_id) AS staff_id, min(h.staff_name) AS staff_name
FROM ab_assignment AS a
JOIN staff AS h ON h.staff_id = a.staff_id
WHERE a.valid_at_end AND a.role = 'A'
GROUP BY a.customer_id
