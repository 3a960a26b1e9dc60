-- row: one scope loan in arrears at the period's last day: its principal or its interest fell due at least one day before (逾期、欠息贷款)
-- reads: loan, scope_loan
-- column kind: code · 类型 · principal 本金逾期, interest 欠息
-- column due_on: date · 到期日期（展期后）
-- column principal_since: date · 本金逾期起始日
-- column interest_overdue_from: date · 欠息日期
-- column overdue_since: date · 逾期（欠息）起始日
-- column days_past_due: count · 逾期（欠息）天数 · 天
-- column bucket: code · 天数分档 · 1_30 1-30天, 31_60 31-60天, 61_90 61-90天, over_90 90天以上
-- column undated: flag · 是否到期未还而未登记逾期日
-- principal_since: the overdue-from date, or else the due day (after extension), rolled to the next working day
WITH due AS (
    SELECT
        s.*,
        coalesce(l.extended_due_on, l.due_on) AS due_on,
        coalesce(s.principal_overdue_from, d.counts_until, l.extended_due_on, l.due_on) AS principal_since
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
    JOIN loan AS l ON l.loan_id = s.loan_id
    LEFT JOIN calendar_day AS d ON d.day = coalesce(l.extended_due_on, l.due_on)
),
counted AS (
    SELECT
        d.*,
        least(d.principal_since, d.interest_overdue_from) AS overdue_since,
        datediff('day', least(d.principal_since, d.interest_overdue_from), d.as_of) AS days
    FROM due AS d
)
SELECT
    c.as_of,
    c.loan_id,
    c.customer_id,
    c.unit_id,
    c.balance,
    c.class5,
    c.class5_rank,
    c.due_on,
    CASE WHEN c.principal_since < c.as_of THEN c.principal_since END AS principal_since,
    c.interest_overdue_from,
    c.overdue_since,
    c.days AS days_past_due,
    CASE WHEN c.principal_since < c.as_of THEN 'principal' ELSE 'interest' END AS kind,
    CASE WHEN c.days <= 30 THEN '1_30' WHEN c.days <= 60 THEN '31_60' WHEN c.days <= 90 THEN '61_90' ELSE 'over_90' END AS bucket,
    (c.principal_overdue_from IS NULL AND c.interest_overdue_from IS NULL) AS undated
FROM counted AS c
WHERE c.days > 0
