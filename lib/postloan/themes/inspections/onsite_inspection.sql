-- row: one on-site inspection of the period that was done
-- reads: customer, inspection
SELECT
    i.inspection_id,
    i.customer_id,
    c.unit_id,
    i.done_on,
    i.inspector_a,
    i.inspector_b,
    (i.inspector_a IS NOT NULL AND i.inspector_b IS NOT NULL AND i.inspector_a <> i.inspector_b) AS two_inspectors
FROM inspection AS i
JOIN customer AS c ON c.customer_id = i.customer_id
WHERE i.mode = 'onsite' AND i.done_on IS NOT NULL AND i.period IN (SELECT period FROM asked_period)
