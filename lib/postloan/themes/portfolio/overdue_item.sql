-- row: one scope loan that has fallen due by the period's last day and is not repaid, or whose principal or interest is overdue (到期、逾期贷款)
-- reads: loan, scope_loan
-- column due_on: date · 到期日期（展期后）
-- column days_past_due: count · 逾期（欠息）天数 · 天
-- column principal_due: money · 已到期本金
-- column class5_floor: code · 分类下限 · pass 正常, special_mention 关注, substandard 次级, doubtful 可疑, loss 损失
-- column noticed_on: date · 通知日期
-- days_past_due: from the recorded day, or else from the due day, rolled to the next working day. Of a loan with interest alone in arrears no principal has fallen due
WITH due AS (
    SELECT
        s.*,
        l.product,
        coalesce(l.extended_due_on, l.due_on) AS due_on,
        datediff(
            'day',
            least(coalesce(s.principal_overdue_from, d.counts_until, l.extended_due_on, l.due_on), s.interest_overdue_from),
            s.as_of
        ) AS days
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
    JOIN loan AS l ON l.loan_id = s.loan_id
    LEFT JOIN calendar_day AS d ON d.day = coalesce(l.extended_due_on, l.due_on)
),
noticed AS (
    SELECT t.business_id, min(t.prepared_on) AS noticed_on
    FROM told AS t
    WHERE t.kind = 'loan'
    GROUP BY t.business_id
)
SELECT
    d.loan_id,
    d.customer_id,
    d.unit_id,
    d.product,
    d.balance,
    d.class5,
    d.due_on,
    greatest(0, d.days) AS days_past_due,
    CASE WHEN d.due_on <= asked.as_of THEN d.balance END AS principal_due,
    CASE
        WHEN d.days > asked.class5_floor_days_loss THEN 'loss'
        WHEN d.days > asked.class5_floor_days_doubtful THEN 'doubtful'
        WHEN d.days > asked.class5_floor_days THEN 'substandard'
        WHEN d.days > 0 THEN 'special_mention'
        ELSE 'pass'
    END AS class5_floor,
    n.noticed_on
FROM due AS d
CROSS JOIN asked
LEFT JOIN noticed AS n ON n.business_id = d.loan_id AND n.noticed_on < d.due_on
WHERE d.due_on <= asked.as_of OR d.overdue_from <= asked.as_of
