-- row: one answer to a finding that is followed, by the key under which it was filed
-- reads: finding_course
SELECT c.period, c.answered_as AS rule, c.unit_id, c.customer_id, c.item AS subject, c.closed, c.unfounded, c.overdue, c.again, c.replied
FROM finding_course AS c
WHERE c.answered_as IS NOT NULL
