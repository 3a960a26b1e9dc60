-- row: one unit that manages a customer in scope
-- reads: customer_in_scope, post_loan_meeting
SELECT s.unit_id, count(*) AS customers, max(coalesce(m.meetings, 0)) AS meetings
FROM customer_in_scope AS s
LEFT JOIN (SELECT unit_id, count(*) AS meetings FROM post_loan_meeting GROUP BY unit_id) AS m ON m.unit_id = s.unit_id
GROUP BY s.unit_id
