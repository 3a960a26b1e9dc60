-- row: one scope loan that fell due in the period and is overdue at its last day, and whether a notice told of it before the due day (到期逾期)
-- reads: loan, scope_loan, told
-- term noticed_overdue: 笔 · 本期到期、期末逾期的贷款中到期前已通知的 · scope loans that fell due in the period and are overdue at its last day, of which a notice told before the due day
-- term unnoticed_overdue: 笔 · 本期到期、期末逾期的贷款中到期前未通知的 · those of which none told
-- related noticed_overdue: loan_balance · overdue_maturity WHERE noticed
-- related unnoticed_overdue: loan_balance · overdue_maturity WHERE NOT noticed
WITH due AS (
    SELECT
        s.as_of,
        s.loan_id,
        s.customer_id,
        s.unit_id,
        s.balance,
        coalesce(l.extended_due_on, l.due_on) AS due_on,
        least(coalesce(s.principal_overdue_from, d.counts_until, l.extended_due_on, l.due_on), s.interest_overdue_from) AS overdue_since
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
    JOIN loan AS l ON l.loan_id = s.loan_id
    LEFT JOIN calendar_day AS d ON d.day = coalesce(l.extended_due_on, l.due_on)
),
overdue AS (
    SELECT
        d.*,
        EXISTS (SELECT 1 FROM told AS t WHERE t.kind = 'loan' AND t.business_id = d.loan_id AND t.prepared_on < d.due_on) AS noticed
    FROM due AS d
    CROSS JOIN asked
    WHERE d.due_on BETWEEN asked.first_day AND asked.as_of AND d.overdue_since < asked.as_of
)
SELECT o.*, CASE WHEN o.noticed THEN 1 ELSE 0 END AS noticed_overdue, CASE WHEN o.noticed THEN 0 ELSE 1 END AS unnoticed_overdue
FROM overdue AS o
