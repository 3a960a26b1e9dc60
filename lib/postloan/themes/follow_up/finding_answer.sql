-- row: one answer to a finding that is followed, as it was filed
-- reads: finding_course, rectification
SELECT r.period, r.rule, r.unit_id, r.customer_id, r.subject, c.closed, c.unfounded, c.overdue, c.again, c.replied
FROM rectification AS r
JOIN finding_course AS c
    ON c.period = r.period
    AND r.rule IN (c.rule, c.title)
    AND c.unit_id = r.unit_id
    AND coalesce(c.customer_id, '') = coalesce(r.customer_id, '')
    AND c.item = r.subject
