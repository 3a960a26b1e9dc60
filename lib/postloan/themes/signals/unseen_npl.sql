-- row: one scope loan that was pass or special mention at the opening and is non-performing at the end, of a customer whose reports of the last 180 days were submitted without any signal (检查未发现风险)
-- reads: inspection, loan_balance, scope_loan, signal
SELECT
    e.loan_id,
    e.customer_id,
    e.unit_id,
    e.balance,
    e.class5,
    o.class5 AS opening_class5,
    max(CAST(i.submitted_at AS DATE)) AS submitted_on
FROM scope_loan AS e
CROSS JOIN asked
JOIN loan_balance AS o
    ON o.loan_id = e.loan_id AND o.as_of = asked.opening_as_of AND o.balance > 0 AND o.class5 IN ('pass', 'special_mention')
JOIN inspection AS i
    ON i.customer_id = e.customer_id AND i.kind = 'periodic' AND CAST(i.submitted_at AS DATE) BETWEEN asked.as_of - 180 AND asked.as_of
WHERE e.as_of = asked.as_of
  AND e.class5_rank >= 3
  AND NOT EXISTS (SELECT 1 FROM signal AS g WHERE g.customer_id = e.customer_id AND g.found_on BETWEEN asked.as_of - 180 AND asked.as_of)
GROUP BY e.loan_id, e.customer_id, e.unit_id, e.balance, e.class5, o.class5
