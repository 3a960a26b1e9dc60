-- row: one item of a notice in force that tells a loan or an acceptance falling due, with the reply to it (通知书逐笔)
-- reads: customer, loan, loan_balance, notice_reply, told
-- column item: text · 通知书及业务
-- column notice_no: text · 发文字号
-- column title: text · 通知书
-- column kind: code · 种类 · loan 贷款, acceptance 银行承兑汇票
-- column business_id: text · 借据号（票据号）
-- column due_on: date · 到期日期
-- column prepared_on: date · 发文日期
-- column reply_by: date · 报送期限
-- column state: code · 回执状态 · replied 按期报送, late 逾期报送, overdue 逾期未报, open 未到期限
-- column result: code · 到期结果 · repaid 已收回, extended 已展期, overdue 到期未收回, not_due 未到期, unknown 票据见垫款
-- what is dated after the period's last day has not happened yet
WITH answered AS (
    SELECT r.number, r.business_id, r.replied_on, r.triage, r.plan, r.staff_id
    FROM notice_reply AS r
    CROSS JOIN asked
    WHERE r.replied_on <= asked.as_of
),
owed AS (
    SELECT l.loan_id, l.extended_due_on, coalesce(b.balance, 0) AS balance
    FROM loan AS l
    CROSS JOIN asked
    LEFT JOIN loan_balance AS b ON b.loan_id = l.loan_id AND b.as_of = asked.as_of
)
SELECT
    t.number || '/' || t.business_id AS item,
    t.number,
    t.number AS notice_no,
    t.title,
    t.kind,
    t.business_id,
    coalesce(c.unit_id, t.unit_id) AS unit_id,
    t.customer_id,
    t.due_on,
    t.prepared_on,
    t.reply_by,
    r.replied_on,
    r.triage,
    r.plan,
    r.staff_id,
    asked.as_of,
    (t.reply_by BETWEEN asked.first_day AND asked.as_of) AS asked_now,
    coalesce(r.replied_on <= t.reply_by, FALSE) AS replied_in_time,
    (r.triage IS NULL) AS untriaged,
    (t.reply_by < asked.as_of AND r.replied_on IS NULL) AS reply_overdue,
    (t.due_on > asked.as_of AND t.due_on <= asked.as_of + CAST(asked.triage_days AS INTEGER)) AS due_soon,
    CASE
        WHEN r.replied_on <= t.reply_by THEN 'replied'
        WHEN r.replied_on IS NOT NULL THEN 'late'
        WHEN t.reply_by < asked.as_of THEN 'overdue'
        ELSE 'open'
    END AS state,
    CASE
        WHEN t.kind = 'loan' AND coalesce(o.balance, 0) = 0 THEN 'repaid'
        WHEN t.kind = 'loan' AND o.extended_due_on > t.due_on THEN 'extended'
        WHEN t.due_on > asked.as_of THEN 'not_due'
        WHEN t.kind = 'loan' THEN 'overdue'
        ELSE 'unknown'
    END AS result
FROM told AS t
CROSS JOIN asked
LEFT JOIN answered AS r ON r.number = t.number AND r.business_id = t.business_id
LEFT JOIN customer AS c ON c.customer_id = t.customer_id
LEFT JOIN owed AS o ON o.loan_id = t.business_id AND t.kind = 'loan'
WHERE t.kind IN ('loan', 'acceptance') AND (t.replaced_on IS NULL OR t.replaced_on > asked.as_of)
