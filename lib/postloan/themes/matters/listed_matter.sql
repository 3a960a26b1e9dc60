-- row: one matter open in the period, with the name of who is responsible (督办台账)
-- reads: matter_course, staff
-- column owner: text · 责任人
-- column state: code · 状态 · done 已办结, overdue 超期未办结, open 办理中
-- column days_overdue: count · 超期天数 · 天
-- column raised_now: flag · 本期提出
-- column focus_now: flag · 本期重点工作
-- column focus_before: flag · 以前提出未办结的重点工作
-- column opinion_now: flag · 本期督办意见
-- column correction_overdue: flag · 限期纠正逾期
SELECT m.*, w.staff_name AS owner
FROM matter_course AS m
LEFT JOIN staff AS w ON w.staff_id = m.owner_id
