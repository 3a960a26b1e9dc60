-- row: one submitted periodic report of the period with an inspection date
-- reads: ab_role, periodic_report
WITH signed AS (
    SELECT DISTINCT r.inspection_id
    FROM periodic_report AS r
    JOIN ab_role AS a ON a.customer_id = r.customer_id
        AND a.staff_id IN (r.inspector_a, r.inspector_b)
        AND a.valid_from <= r.done_on AND (a.valid_to IS NULL OR a.valid_to >= r.done_on)
)
SELECT r.inspection_id, r.customer_id, r.unit_id, r.done_on, r.inspector_a, r.inspector_b, s.inspection_id IS NOT NULL AS signed_by_ab
FROM periodic_report AS r
LEFT JOIN signed AS s ON s.inspection_id = r.inspection_id
WHERE r.done_on IS NOT NULL
