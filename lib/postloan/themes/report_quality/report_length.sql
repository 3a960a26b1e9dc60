-- row: one submitted periodic report of the period that could be read, with how much its required sections say
-- reads: required_section
SELECT
    s.inspection_id,
    s.customer_id,
    s.unit_id,
    sum(s.characters) AS characters,
    sum(CASE WHEN s.characters < s.least_characters THEN 1 ELSE 0 END) AS short_sections,
    string_agg(CASE WHEN s.blank THEN s.called END, '及' ORDER BY s.place) AS lacking
FROM required_section AS s
GROUP BY s.inspection_id, s.customer_id, s.unit_id
