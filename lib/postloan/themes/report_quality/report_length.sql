-- row: one submitted periodic report of the period that could be read in all its required sections, with how much its required sections say
-- reads: required_section
SELECT
    s.inspection_id,
    s.customer_id,
    s.unit_id,
    sum(s.characters) AS characters,
    sum(CASE WHEN s.characters < s.least_characters THEN 1 ELSE 0 END) AS short_sections,
    string_agg(CASE WHEN s.blank THEN s.called END, '及' ORDER BY s.place) AS lacking
FROM required_section AS s
WHERE s.inspection_id NOT IN (SELECT inspection_id FROM section_unread)
GROUP BY s.inspection_id, s.customer_id, s.unit_id
