-- row: one required section of a submitted periodic report of the period that matches another report (雷同)
-- reads: customer, inspection, periodic_report, section_copy
-- Where a section matches another customer's and the customer's own of last quarter, the other customer's is named.
WITH likest AS (
    SELECT c.*, row_number() OVER (PARTITION BY c.inspection_id, c.section ORDER BY c.own_previous, c.similarity DESC, c.other_inspection_id) AS place
    FROM section_copy AS c
    JOIN asked_section AS q ON q.section = c.section
)
SELECT
    r.inspection_id,
    r.customer_id,
    r.unit_id,
    l.section,
    l.own_previous,
    l.rounded AS similarity,
    l.passage,
    l.other_inspection_id,
    o.customer_id AS other_customer_id,
    oc.customer_name AS other_customer,
    CASE WHEN l.own_previous THEN l.other_inspection_id ELSE l.original_inspection_id END AS original_inspection_id
FROM likest AS l
JOIN periodic_report AS r ON r.inspection_id = l.inspection_id
JOIN inspection AS o ON o.inspection_id = l.other_inspection_id
JOIN customer AS oc ON oc.customer_id = o.customer_id
WHERE l.place = 1
