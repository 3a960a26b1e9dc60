-- row: one submitted periodic report of the period whose financial section cites a period of statements
-- reads: periodic_report, report_statement
SELECT
    r.inspection_id,
    r.customer_id,
    r.unit_id,
    s.latest_statement_on,
    coalesce(r.done_on, CAST(r.submitted_at AS DATE)) AS written_on,
    datediff('day', s.latest_statement_on, coalesce(r.done_on, CAST(r.submitted_at AS DATE))) AS days_old
FROM periodic_report AS r
JOIN report_statement AS s ON s.inspection_id = r.inspection_id
WHERE r.inspection_id NOT IN (SELECT inspection_id FROM section_unread WHERE section = 'finance')
