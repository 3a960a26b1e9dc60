-- row: one scope loan not yet due at the period's last day that is now to be watched for (到期监测): the day of its notice has come, or it falls due in the next calendar month
-- kept: papers
-- reads: loan, scope_loan
-- due_on: after extension (展期); notice_from: so many whole months before it, the month's last day where that month is shorter (民法典第202条)
WITH due AS (
    SELECT
        s.loan_id,
        s.customer_id,
        s.unit_id,
        l.product,
        l.principal,
        s.balance,
        s.class5,
        l.disbursed_on,
        l.due_on AS first_due_on,
        coalesce(l.extended_due_on, l.due_on) AS due_on,
        asked.as_of,
        CAST(coalesce(l.extended_due_on, l.due_on) - CAST(asked.notice_months AS INTEGER) * INTERVAL '1' MONTH AS DATE) AS notice_from
    FROM scope_loan AS s
    JOIN loan AS l ON l.loan_id = s.loan_id
    CROSS JOIN asked
    WHERE s.as_of = asked.as_of
),
flagged AS (
    SELECT
        d.*,
        datediff('day', d.as_of, d.due_on) AS days_to_due,
        (d.notice_from <= d.as_of) AS notice_now,
        (12 * extract(YEAR FROM d.due_on) + extract(MONTH FROM d.due_on) = 12 * extract(YEAR FROM d.as_of) + extract(MONTH FROM d.as_of) + 1) AS due_next_month
    FROM due AS d
    WHERE d.due_on > d.as_of
)
SELECT loan_id, customer_id, unit_id, product, principal, balance, class5, disbursed_on, first_due_on, due_on, notice_from, days_to_due, notice_now, due_next_month
FROM flagged
WHERE notice_now OR due_next_month
