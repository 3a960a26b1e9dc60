-- row: one loan that closed findings are about: the one they name, else each scope loan that their customer had at the last day of the quarter before
-- reads: finding_course, loan, scope_loan
-- term rectified_principal: 元 · 已整改问题涉及的贷款金额（每笔借据计一次） · principal of the loans that closed findings are about, each once
-- related rectified_principal: loan · rectified_loan
WITH named AS (
    SELECT c.loan_id, c.unit_id
    FROM finding_course AS c
    WHERE c.closed AND c.loan_id IS NOT NULL
    UNION ALL
    SELECT s.loan_id, c.unit_id
    FROM finding_course AS c
    CROSS JOIN asked
    JOIN scope_loan AS s ON s.customer_id = c.customer_id AND s.as_of = asked.previous_as_of
    WHERE c.closed AND c.loan_id IS NULL
)
SELECT n.loan_id, min(n.unit_id) AS unit_id, l.customer_id, l.principal AS rectified_principal
FROM named AS n
JOIN loan AS l ON l.loan_id = n.loan_id
GROUP BY n.loan_id, l.customer_id, l.principal
