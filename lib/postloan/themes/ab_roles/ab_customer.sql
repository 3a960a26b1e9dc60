-- row: one customer in scope, with its A and B roles
-- reads: ab_assignment, customer_in_scope
WITH at_end AS (
    SELECT customer_id, sum(CASE WHEN role = 'A' THEN 1 ELSE 0 END) AS a_roles, sum(CASE WHEN role = 'B' THEN 1 ELSE 0 END) AS b_roles
    FROM ab_assignment
    WHERE valid_at_end
    GROUP BY customer_id
),
both_roles AS (
    SELECT a.customer_id, min(a.staff_id) AS staff_id, min(greatest(a.part_from, b.part_from)) AS same_from
    FROM ab_assignment AS a
    JOIN ab_assignment AS b ON b.customer_id = a.customer_id AND b.staff_id = a.staff_id AND a.role = 'A' AND b.role = 'B'
    WHERE greatest(a.part_from, b.part_from) <= least(a.part_to, b.part_to)
    GROUP BY a.customer_id
)
SELECT
    s.customer_id,
    s.unit_id,
    coalesce(e.a_roles, 0) AS a_roles,
    coalesce(e.b_roles, 0) AS b_roles,
    o.staff_id AS same_staff_id,
    o.same_from
FROM customer_in_scope AS s
LEFT JOIN at_end AS e ON e.customer_id = s.customer_id
LEFT JOIN both_roles AS o ON o.customer_id = s.customer_id
