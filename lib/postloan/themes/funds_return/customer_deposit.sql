-- row: one customer in scope with a credit line valid at the period's last day
-- grain: customer
-- reads: customer_limit, deposit
-- term deposit_balance: 元 · 口径内有有效授信额度的客户的期末存款之和（无存款记录按零计） · deposits at the period's last day; no row counts as nothing deposited
-- term customers_below_deposit_floor: 户 · 授信额度大于零且存款低于额度规定比例的客户 · 1 where the limit is above zero and the deposits are below the policy's share of it
-- behind deposit_balance: deposit · sum(balance) · held_deposit
-- behind customers_below_deposit_floor: customer · count(*) · customer_deposit WHERE customers_below_deposit_floor = 1
-- related customers_below_deposit_floor: credit_line · valid_line WHERE customer_id IN (SELECT customer_id FROM customer_deposit WHERE customers_below_deposit_floor = 1)
-- related customers_below_deposit_floor: deposit · held_deposit WHERE customer_id IN (SELECT customer_id FROM customer_deposit WHERE customers_below_deposit_floor = 1)
WITH held AS (
    SELECT d.customer_id, sum(d.balance) AS balance
    FROM deposit AS d
    CROSS JOIN asked
    WHERE d.as_of = asked.as_of
    GROUP BY d.customer_id
)
SELECT
    l.customer_id,
    l.unit_id,
    l.credit_limit,
    coalesce(h.balance, 0) AS deposit_balance,
    asked.deposit_floor * l.credit_limit - coalesce(h.balance, 0) AS shortfall,
    CASE WHEN l.credit_limit > 0 AND coalesce(h.balance, 0) < asked.deposit_floor * l.credit_limit THEN 1 ELSE 0 END AS customers_below_deposit_floor
FROM customer_limit AS l
LEFT JOIN held AS h ON h.customer_id = l.customer_id
CROSS JOIN asked
