-- row: one problem of a customer found last quarter, and this quarter's submitted periodic report of that customer
-- reads: last_finding, periodic_report, report_mention
-- Problems of the rules that the policy wants followed up; the report speaks of one where its text mentions the rule's topic.
SELECT
    r.inspection_id,
    r.customer_id,
    r.unit_id,
    p.rule,
    p.title,
    p.index_no AS last_index_no,
    m.rule IS NOT NULL AS mentioned
FROM last_finding AS p
JOIN periodic_report AS r ON r.customer_id = p.customer_id
LEFT JOIN report_mention AS m ON m.inspection_id = r.inspection_id AND m.rule = p.rule
WHERE r.inspection_id NOT IN (SELECT inspection_id FROM report_unread)
    AND r.inspection_id NOT IN (SELECT inspection_id FROM section_unread)
