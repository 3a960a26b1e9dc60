-- row: one required section of one submitted periodic report of the period that could be read
-- reads: periodic_report, section_facts
-- term required_sections: 项 · 本期定期检查报告应填写的规定章节 · required sections of the submitted periodic reports of the period that could be read
-- term blank_sections: 项 · 其中空白的章节 · of them blank or absent
-- term hard_sections: 项 · 其中填写重难点章节 · of them the sections that are hard to fill in (S80)
-- term hard_sections_passed: 项 · 重难点章节中不空白、有规定数据、达到规定篇幅的 · hard sections neither blank nor short of numbers or of words
-- behind required_sections: inspection · sum(required_sections) · required_section
-- behind blank_sections: inspection · sum(blank_sections) · required_section WHERE blank_sections = 1
-- related blank_sections: report_section · required_section WHERE blank_sections = 1
-- behind hard_sections: inspection · sum(hard_sections) · required_section WHERE hard_sections = 1
-- related hard_sections: report_section · required_section WHERE hard_sections = 1
-- behind hard_sections_passed: inspection · sum(hard_sections_passed) · required_section WHERE hard_sections_passed = 1
-- related hard_sections_passed: report_section · required_section WHERE hard_sections_passed = 1
SELECT
    r.inspection_id,
    r.customer_id,
    r.unit_id,
    r.submitted_at,
    q.section,
    q.called,
    q.place,
    coalesce(f.blank, TRUE) AS blank,
    CASE WHEN f.blank THEN 0 ELSE coalesce(f.characters, 0) END AS characters,
    coalesce(f.numeric_facts, 0) AS numeric_facts,
    q.least_facts,
    q.least_characters,
    q.hard,
    1 AS required_sections,
    CASE WHEN coalesce(f.blank, TRUE) THEN 1 ELSE 0 END AS blank_sections,
    CASE WHEN q.hard THEN 1 ELSE 0 END AS hard_sections,
    CASE WHEN q.hard AND NOT coalesce(f.blank, TRUE) AND f.characters >= q.least_characters AND f.numeric_facts >= q.least_facts THEN 1 ELSE 0 END
        AS hard_sections_passed
FROM periodic_report AS r
CROSS JOIN asked_section AS q
LEFT JOIN section_facts AS f ON f.inspection_id = r.inspection_id AND f.section = q.section
LEFT JOIN section_unread AS u ON u.inspection_id = r.inspection_id AND u.section = q.section
WHERE r.inspection_id NOT IN (SELECT inspection_id FROM report_unread) AND u.section IS NULL
