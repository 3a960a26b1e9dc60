-- row: one scope loan not yet due at the period's last day that is now to be watched for (到期监测): the day of its notice has come, or it falls due in the next calendar month
-- reads: loan, scope_loan
-- column kind: code · 种类 · loan 贷款, acceptance 银行承兑汇票
-- column business_id: text · 借据号或票据号
-- column product: code · 业务品种
-- column begun_on: date · 发放或出票日期
-- column first_due_on: date · 原到期日期
-- column due_on: date · 到期日期（展期后）
-- column extended: flag · 是否已展期
-- column notice_from: date · 应发通知书之日
-- column days_to_due: count · 距到期日天数 · 天
-- column notice_now: flag · 是否已到发通知书之日
-- column due_next_month: flag · 是否次月到期
-- column amount: money · 贷款金额或票面金额
-- column outstanding: money · 贷款余额或票面金额
-- column balance: money · 贷款余额
-- column class5: code · 五级分类
-- column exposure: money · 承兑汇票敞口
-- column secured: money · 保证金及质押
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
SELECT
    'loan' AS kind,
    loan_id,
    loan_id AS business_id,
    customer_id,
    unit_id,
    product,
    disbursed_on AS begun_on,
    first_due_on,
    due_on,
    (due_on <> first_due_on) AS extended,
    notice_from,
    days_to_due,
    notice_now,
    due_next_month,
    principal AS amount,
    balance AS outstanding,
    balance,
    class5
FROM flagged
WHERE notice_now OR due_next_month
