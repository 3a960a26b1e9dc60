-- row: one post-loan meeting of the period (贷后例会)
-- reads: meeting
-- term meetings_held: 次 · 本期召开的贷后例会 · post-loan meetings of the period
-- behind meetings_held: meeting · count(*) · post_loan_meeting
SELECT
    m.meeting_id,
    m.unit_id,
    m.held_on,
    m.materials_submitted_on,
    m.held_on + CAST(asked.meeting_materials_days AS INTEGER) AS materials_due_on,
    datediff('day', m.held_on, m.materials_submitted_on) AS days_after_meeting,
    1 AS meetings_held
FROM meeting AS m
CROSS JOIN asked
WHERE m.kind = 'post_loan' AND m.period IN (SELECT period FROM asked_period)
