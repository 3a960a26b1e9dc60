-- row: one assignment of ab_assignment, with what the staff list says of its holder
-- reads: ab_assignment, staff
SELECT a.customer_id, a.unit_id, a.role, a.staff_id, a.valid_from, a.part_from, a.part_to, a.valid_at_end, h.left_on, h.unit_id AS holder_unit_id
FROM ab_assignment AS a
JOIN staff AS h ON h.staff_id = a.staff_id
