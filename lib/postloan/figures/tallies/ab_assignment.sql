-- row: one A or B assignment of a customer in scope, cut to the days that lie in the period (AB角)
-- reads: ab_role, customer_in_scope
SELECT
    a.customer_id,
    s.unit_id,
    a.role,
    a.staff_id,
    a.valid_from,
    a.valid_to,
    greatest(a.valid_from, asked.first_day) AS part_from,
    least(coalesce(a.valid_to, asked.as_of), asked.as_of) AS part_to,
    (a.valid_from <= asked.as_of AND (a.valid_to IS NULL OR a.valid_to >= asked.as_of)) AS valid_at_end
FROM ab_role AS a
JOIN customer_in_scope AS s ON s.customer_id = a.customer_id
CROSS JOIN asked
WHERE greatest(a.valid_from, asked.first_day) <= least(coalesce(a.valid_to, asked.as_of), asked.as_of)
