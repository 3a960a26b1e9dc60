-- row: one acceptance of a customer of the scope's segments, issued and not yet due at the period's last day, that is now to be watched for (到期监测): the day of its notice has come, or it falls due in the next calendar month
-- reads: acceptance, customer
-- column kind: code · 种类 · acceptance 银行承兑汇票
-- column product: code · 业务品种 · acceptance 银行承兑汇票
-- The population of acceptance_exposure, whether margin covers the whole face or not: the bank must pay at maturity all the same.
-- notice_from: so many whole months before the due date, the month's last day where that month is shorter (民法典第202条)
WITH due AS (
    SELECT
        a.draft_id,
        a.customer_id,
        c.unit_id,
        a.face_amount,
        a.margin,
        coalesce(a.cash_pledge, 0) AS cash_pledge,
        greatest(0, a.face_amount - a.margin - coalesce(a.cash_pledge, 0)) AS exposure,
        a.issued_on,
        a.due_on,
        asked.as_of,
        CAST(a.due_on - CAST(asked.notice_months AS INTEGER) * INTERVAL '1' MONTH AS DATE) AS notice_from
    FROM acceptance AS a
    JOIN customer AS c ON c.customer_id = a.customer_id
    CROSS JOIN asked
    WHERE a.issued_on <= asked.as_of
      AND a.due_on > asked.as_of
      AND c.segment IN (SELECT segment FROM scope_segment)
),
flagged AS (
    SELECT
        d.*,
        datediff('day', d.as_of, d.due_on) AS days_to_due,
        (d.notice_from <= d.as_of) AS notice_now,
        (12 * extract(YEAR FROM d.due_on) + extract(MONTH FROM d.due_on) = 12 * extract(YEAR FROM d.as_of) + extract(MONTH FROM d.as_of) + 1) AS due_next_month
    FROM due AS d
)
SELECT
    'acceptance' AS kind,
    draft_id,
    draft_id AS business_id,
    customer_id,
    unit_id,
    'acceptance' AS product,
    issued_on AS begun_on,
    due_on AS first_due_on,
    due_on,
    FALSE AS extended,
    notice_from,
    days_to_due,
    notice_now,
    due_next_month,
    face_amount AS amount,
    face_amount AS outstanding,
    exposure,
    margin + cash_pledge AS secured
FROM flagged
WHERE notice_now OR due_next_month
