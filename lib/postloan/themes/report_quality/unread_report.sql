-- row: one submitted periodic report of the period whose text could not be read: not judged
-- grain: customer
-- reads: periodic_report, report_unread
-- term reports_unread: 份 · 本期已提交但未能读取、文字未作评价的定期检查报告 · submitted periodic reports of the period whose text could not be read
-- behind reports_unread: inspection · sum(reports_unread) · unread_report
SELECT
    r.inspection_id,
    r.customer_id,
    r.unit_id,
    1 AS reports_unread
FROM periodic_report AS r
WHERE r.inspection_id IN (SELECT inspection_id FROM report_unread)
