-- row: one customer in scope and role that two different people hold on one day of the period
-- reads: ab_assignment
SELECT
    a.customer_id,
    a.unit_id,
    a.role,
    min(a.staff_id) AS staff_id,
    max(b.staff_id) AS other_staff_id,
    min(greatest(a.part_from, b.part_from)) AS overlap_from
FROM ab_assignment AS a
JOIN ab_assignment AS b ON b.customer_id = a.customer_id AND b.role = a.role AND b.staff_id > a.staff_id
WHERE greatest(a.part_from, b.part_from) <= least(a.part_to, b.part_to)
GROUP BY a.customer_id, a.unit_id, a.role
