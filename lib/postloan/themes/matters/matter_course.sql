-- row: one matter raised on or before the period's last day and not settled before its first (督办事项)
-- reads: matter
-- column state: code · 状态 · done 已办结, overdue 超期未办结, open 办理中
-- column days_overdue: count · 超期天数 · 天
-- column raised_now: flag · 本期提出
-- column focus_now: flag · 本期重点工作
-- column focus_before: flag · 以前提出未办结的重点工作
-- column opinion_now: flag · 本期督办意见
-- column correction_overdue: flag · 限期纠正逾期
-- what is dated after the period's last day has not happened yet
WITH known AS (
    SELECT
        m.matter_id,
        m.kind,
        m.source,
        m.raised_on,
        m.unit_id,
        m.customer_id,
        rtrim(m.text, '。；;. ') AS text,
        m.measure,
        m.wanted,
        m.owner_id,
        m.due_on,
        CASE WHEN m.done_on <= asked.as_of THEN m.done_on END AS done_on,
        CASE WHEN m.reminded_on <= asked.as_of THEN m.reminded_on END AS reminded_on,
        m.verified_by,
        asked.as_of,
        (m.raised_on >= asked.first_day) AS raised_now
    FROM matter AS m
    CROSS JOIN asked
    WHERE m.raised_on <= asked.as_of AND (m.done_on IS NULL OR m.done_on >= asked.first_day)
)
SELECT
    k.*,
    CASE WHEN k.done_on IS NOT NULL THEN 'done' WHEN k.due_on < k.as_of THEN 'overdue' ELSE 'open' END AS state,
    CASE WHEN k.due_on < coalesce(k.done_on, k.as_of) THEN datediff('day', k.due_on, coalesce(k.done_on, k.as_of)) END AS days_overdue,
    (k.kind = 'task' AND k.raised_now) AS focus_now,
    (k.kind = 'task' AND NOT k.raised_now AND k.done_on IS NULL) AS focus_before,
    (k.kind = 'supervision' AND k.raised_now) AS opinion_now,
    (k.kind = 'correction' AND k.done_on IS NULL AND k.due_on < k.as_of) AS correction_overdue
FROM known AS k
