-- row: one warning signal open in the period, with the names of who found it and who is responsible (风险预警信号台账)
-- reads: staff, warning_signal
-- column finder: text · 发现人
-- column owner: text · 责任人
-- column state: code · 状态 · lifted 已解除, overdue 逾期, handling 处置中, president 待行长签批, head 待主管行长签批, form 待填表, report 待报告
-- column days_open: count · 历时天数
-- column reported_late: flag · 迟报
-- column handle_days: count · 化解时限 · 日
-- column to_handle: flag · 尚待签批处理
SELECT w.*, f.staff_name AS finder, o.staff_name AS owner
FROM warning_signal AS w
LEFT JOIN staff AS f ON f.staff_id = w.found_by
LEFT JOIN staff AS o ON o.staff_id = w.owner_id
