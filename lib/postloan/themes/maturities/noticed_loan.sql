-- row: one loan of which a notice told in the period
-- reads: loan, told
SELECT DISTINCT l.loan_id, l.customer_id, t.unit_id
FROM told AS t
CROSS JOIN asked
JOIN loan AS l ON l.loan_id = t.business_id
WHERE t.kind = 'loan' AND t.prepared_on BETWEEN asked.first_day AND asked.as_of
