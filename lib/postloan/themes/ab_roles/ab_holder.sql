-- row: one assignment of ab_assignment, with what the staff list says of its holder
-- reads: ab_assignment, staff
SELECT
    a.customer_id,
    a.unit_id,
    a.role,
    a.staff_id,
    a.valid_from,
    a.part_from,
    a.part_to,
    a.valid_at_end,
    h.left_on,
    greatest(0, least(datediff('day', h.left_on, a.part_to), datediff('day', a.part_from, a.part_to) + 1)) AS days_after_leaving,
    h.unit_id AS holder_unit_id
FROM ab_assignment AS a
JOIN staff AS h ON h.staff_id = a.staff_id
