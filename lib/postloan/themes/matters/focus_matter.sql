-- row: one task raised in the period, or before it and still open (信贷工作重点)
-- reads: matter_course
-- kept: papers
SELECT m.*
FROM matter_course AS m
WHERE m.focus_now OR m.focus_before
