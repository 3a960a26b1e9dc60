-- row: one photograph of a submitted periodic report of the period that stands in an earlier report too
-- reads: customer, inspection, periodic_report, photo_reused
-- exact: the same bytes; else only much alike, with the distance of their perceptual hashes
SELECT
    r.inspection_id,
    r.customer_id,
    r.unit_id,
    p.name AS photo,
    p.other_name AS other_photo,
    p.other_inspection_id,
    p.exact,
    p.distance,
    o.customer_id = r.customer_id AS own,
    c.customer_name AS other_customer
FROM photo_reused AS p
JOIN periodic_report AS r ON r.inspection_id = p.inspection_id
JOIN inspection AS o ON o.inspection_id = p.other_inspection_id
JOIN customer AS c ON c.customer_id = o.customer_id
