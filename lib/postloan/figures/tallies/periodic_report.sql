-- row: one submitted periodic report of the period
-- kept: papers
-- reads: customer, inspection
SELECT
    i.inspection_id,
    i.customer_id,
    c.unit_id,
    i.done_on,
    i.submitted_at,
    i.inspector_a,
    i.inspector_b,
    i.reviewer_id,
    i.reviewed_at,
    (i.reviewer_id IS NULL OR i.reviewed_at IS NULL) AS review_missing,
    coalesce(i.reviewer_id = i.inspector_a, FALSE) OR coalesce(i.reviewer_id = i.inspector_b, FALSE) AS reviewed_by_inspector,
    coalesce(i.reviewed_at > i.submitted_at, FALSE) AS reviewed_after_submission
FROM inspection AS i
JOIN customer AS c ON c.customer_id = i.customer_id
WHERE i.kind = 'periodic' AND i.submitted_at IS NOT NULL AND i.period IN (SELECT period FROM asked_period)
