-- row: one unit's plan of the period for reducing latent-risk loans; the bank's row has a blank unit
-- reads: target
-- term latent_plan: 元 · 本期压降计划 · the plan of the period: the bank's own where there is one, else the sum of its units'
-- related latent_plan: target · latent_plan
-- what the bank's own plan holds beyond its units' stands in its row, so that all rows together are the bank's plan
WITH plan AS (
    SELECT t.unit_id, t.value
    FROM target AS t
    CROSS JOIN asked
    WHERE t.measure = 'latent_reduced' AND t.period = asked.period
)
SELECT
    p.unit_id,
    asked.period,
    'latent_reduced' AS measure,
    CASE WHEN p.unit_id IS NULL THEN p.value - coalesce((SELECT sum(u.value) FROM plan AS u WHERE u.unit_id IS NOT NULL), 0) ELSE p.value END AS latent_plan
FROM plan AS p
CROSS JOIN asked
