-- row: one photograph in a submitted periodic report of the period
-- reads: periodic_report, photo_read
SELECT r.inspection_id, r.customer_id, r.unit_id, p.name AS photo
FROM periodic_report AS r
JOIN photo_read AS p ON p.inspection_id = r.inspection_id
