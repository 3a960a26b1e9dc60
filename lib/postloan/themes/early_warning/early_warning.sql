-- row: one warning indicator that a customer in scope has reached, with the level of the customer and whether a signal was registered (预警指标清单)
-- reads: indicator, scope_loan
-- lacks: signal
-- column indicator: code · 预警指标 · overdue 逾期（欠息）天数, downgrade 五级分类下迁级数, deposit 期末存款与期初之比, receipts 本季销售回款与比较期之比, floor 连续未达存款下限季数, share 回款份额减用信份额
-- column value: number · 指标值
-- column warned_at: number · 预警限值
-- column indicators: count · 该客户触发指标数 · 项
-- column warned: code · 预警级别 · yellow 黄色, orange 橙色, red 红色
-- column registered: flag · 已登记信号
WITH counted AS (
    SELECT i.customer_id, count(*) AS indicators
    FROM indicator AS i
    GROUP BY i.customer_id
),
bad AS (
    SELECT DISTINCT s.customer_id
    FROM scope_loan AS s
    JOIN asked ON s.as_of = asked.as_of
    WHERE s.class5_rank >= 3
),
signalled AS (
    SELECT DISTINCT g.customer_id
    FROM signal AS g
    CROSS JOIN asked
    WHERE g.found_on <= asked.as_of AND g.found_on >= asked.as_of - CAST(asked.warning_signal_days AS INTEGER)
)
SELECT
    i.customer_id,
    i.unit_id,
    i.indicator,
    i.value,
    i.warned_at,
    n.indicators,
    CASE WHEN n.indicators >= 3 OR b.customer_id IS NOT NULL THEN 'red' WHEN n.indicators = 2 THEN 'orange' ELSE 'yellow' END AS warned,
    (g.customer_id IS NOT NULL) AS registered
FROM indicator AS i
JOIN counted AS n ON n.customer_id = i.customer_id
LEFT JOIN bad AS b ON b.customer_id = i.customer_id
LEFT JOIN signalled AS g ON g.customer_id = i.customer_id
