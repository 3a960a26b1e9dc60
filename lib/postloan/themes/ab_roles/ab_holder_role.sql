-- row: one assignment of ab_assignment, with the days on which its holder holds corporate_rm (对公客户经理)
-- reads: ab_assignment, staff_role
-- Spans of one person may overlap, so each is cut back to begin after the furthest end before it; what is left never overlaps.
WITH holding AS (
    SELECT
        staff_id,
        valid_from,
        coalesce(valid_to, asked.as_of) AS valid_to,
        max(coalesce(valid_to, asked.as_of)) OVER (
            PARTITION BY staff_id ORDER BY valid_from, coalesce(valid_to, asked.as_of)
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_to
    FROM staff_role
    CROSS JOIN asked
    WHERE role = 'corporate_rm' AND valid_from <= coalesce(valid_to, asked.as_of)
),
piece AS (
    SELECT staff_id, CASE WHEN covered_to >= valid_from THEN covered_to + 1 ELSE valid_from END AS piece_from, valid_to AS piece_to
    FROM holding
),
held AS (
    SELECT
        a.customer_id,
        a.role,
        a.staff_id,
        a.valid_from,
        sum(datediff('day', greatest(a.part_from, p.piece_from), least(a.part_to, p.piece_to)) + 1) AS days
    FROM ab_assignment AS a
    JOIN piece AS p ON p.staff_id = a.staff_id
    WHERE greatest(a.part_from, p.piece_from) <= least(a.part_to, p.piece_to)
    GROUP BY a.customer_id, a.role, a.staff_id, a.valid_from
)
SELECT
    a.customer_id,
    a.unit_id,
    a.role,
    a.staff_id,
    a.valid_from,
    a.part_from,
    a.part_to,
    datediff('day', a.part_from, a.part_to) + 1 - coalesce(h.days, 0) AS days_without_role
FROM ab_assignment AS a
LEFT JOIN held AS h ON h.customer_id = a.customer_id AND h.role = a.role AND h.staff_id = a.staff_id AND h.valid_from = a.valid_from
