-- row: one task raised in the period, or before it and still open (信贷工作重点)
-- kept: papers
-- reads: listed_matter
SELECT m.*
FROM listed_matter AS m
WHERE m.focus_now OR m.focus_before
