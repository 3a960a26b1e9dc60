-- row: one warning signal found on or before the period's last day and not lifted before its first (风险预警信号)
-- reads: customer, signal
-- column state: code · 状态 · lifted 已解除, overdue 逾期, handling 处置中, president 待行长签批, head 待主管行长签批, form 待填表, report 待报告
-- column days_open: count · 历时天数
-- column reported_late: flag · 迟报
-- column handle_days: count · 化解时限 · 日
-- column to_handle: flag · 尚待签批处理
-- what is dated after the period's last day has not happened yet
WITH known AS (
    SELECT
        s.signal_id,
        s.customer_id,
        c.unit_id,
        s.indicator,
        s.level,
        s.source,
        s.description,
        s.found_on,
        s.found_by,
        s.measure,
        s.owner_id,
        s.due_on,
        CASE WHEN s.reported_on <= asked.as_of THEN s.reported_on END AS reported_on,
        CASE WHEN s.form_on <= asked.as_of THEN s.form_on END AS form_on,
        CASE WHEN s.head_signed_on <= asked.as_of THEN s.head_signed_on END AS head_signed_on,
        CASE WHEN s.president_signed_on <= asked.as_of THEN s.president_signed_on END AS president_signed_on,
        CASE WHEN s.lifted_on <= asked.as_of THEN s.lifted_on END AS lifted_on,
        asked.first_day,
        asked.as_of,
        CASE s.level
            WHEN 'red' THEN asked.signal_report_days_red
            WHEN 'orange' THEN asked.signal_report_days_orange
            ELSE asked.signal_report_days_yellow
        END AS report_days,
        CASE s.level
            WHEN 'red' THEN asked.signal_handle_days_red
            WHEN 'orange' THEN asked.signal_handle_days_orange
            ELSE asked.signal_handle_days_yellow
        END AS handle_days,
        asked.signal_form_days AS form_days
    FROM signal AS s
    JOIN customer AS c ON c.customer_id = s.customer_id
    CROSS JOIN asked
    WHERE s.found_on <= asked.as_of AND (s.lifted_on IS NULL OR s.lifted_on >= asked.first_day)
),
timed AS (
    SELECT
        k.*,
        datediff('day', k.found_on, coalesce(k.lifted_on, k.as_of)) AS days_open,
        (k.found_on >= k.first_day) AS found_now,
        (datediff('day', k.found_on, coalesce(k.reported_on, k.as_of)) > k.report_days) AS reported_late,
        (k.lifted_on IS NULL AND (k.due_on < k.as_of OR (k.due_on IS NULL AND datediff('day', k.found_on, k.as_of) > k.handle_days))) AS overdue,
        (k.lifted_on IS NULL AND k.form_on IS NULL AND k.reported_on IS NOT NULL AND datediff('day', k.reported_on, k.as_of) > k.form_days) AS form_missing
    FROM known AS k
)
SELECT
    t.*,
    CASE
        WHEN t.lifted_on IS NOT NULL THEN 'lifted'
        WHEN t.overdue THEN 'overdue'
        WHEN t.president_signed_on IS NOT NULL THEN 'handling'
        WHEN t.head_signed_on IS NOT NULL THEN 'president'
        WHEN t.form_on IS NOT NULL THEN 'head'
        WHEN t.reported_on IS NOT NULL THEN 'form'
        ELSE 'report'
    END AS state,
    (t.lifted_on IS NULL AND t.president_signed_on IS NULL) AS to_handle
FROM timed AS t
