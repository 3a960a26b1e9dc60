-- row: one customer on a lock list on or before the period's last day
-- grain: customer
-- reads: customer, latent_reduction, locked_customer
-- term latent_opening: 元 · 期初潜在风险贷款余额 · locked before the period less what was reduced before it
-- term latent_locked: 元 · 本期锁定的潜在风险贷款 · locked in the period
-- term latent_cash: 元 · 本期现金清收 · reduced in the period by cash
-- term latent_converted: 元 · 本期风险转化 · reduced in the period by conversion
-- term latent_released: 元 · 本期风险释放 · reduced in the period by release into NPL
-- term latent_closing: 元 · 期末潜在风险贷款余额 · opening and locked less cash, converted and released
-- term latent_customers: 户 · 期末仍有潜在风险贷款余额的客户 · 1 for a customer whose closing amount is above zero
-- term latent_customers_locked: 户 · 本期锁定的客户 · 1 for a customer with a lock in the period
-- related latent_opening: latent_loan · locked_customer WHERE locked_on < asked.first_day
-- behind latent_locked: latent_loan · sum(amount) · locked_customer WHERE locked_on >= asked.first_day
-- behind latent_cash: latent_action · sum(amount) · latent_reduction WHERE done_on >= asked.first_day AND method = 'cash'
-- behind latent_converted: latent_action · sum(amount) · latent_reduction WHERE done_on >= asked.first_day AND method = 'converted'
-- behind latent_released: latent_action · sum(amount) · latent_reduction WHERE done_on >= asked.first_day AND method = 'released'
-- related latent_closing: latent_loan · locked_customer
-- related latent_customers: latent_loan · locked_customer
-- behind latent_customers_locked: latent_loan · count(DISTINCT customer_id) · locked_customer WHERE locked_on >= asked.first_day
WITH locked AS (
    SELECT
        l.customer_id,
        sum(CASE WHEN l.locked_on < asked.first_day THEN l.amount ELSE 0 END) AS before,
        sum(CASE WHEN l.locked_on >= asked.first_day THEN l.amount ELSE 0 END) AS now,
        max(CASE WHEN l.locked_on >= asked.first_day THEN 1 ELSE 0 END) AS locked_now
    FROM locked_customer AS l
    CROSS JOIN asked
    GROUP BY l.customer_id
),
reduced AS (
    SELECT
        r.customer_id,
        sum(CASE WHEN r.done_on < asked.first_day THEN r.amount ELSE 0 END) AS before,
        sum(CASE WHEN r.done_on >= asked.first_day AND r.method = 'cash' THEN r.amount ELSE 0 END) AS cash,
        sum(CASE WHEN r.done_on >= asked.first_day AND r.method = 'converted' THEN r.amount ELSE 0 END) AS converted,
        sum(CASE WHEN r.done_on >= asked.first_day AND r.method = 'released' THEN r.amount ELSE 0 END) AS released
    FROM latent_reduction AS r
    CROSS JOIN asked
    GROUP BY r.customer_id
),
flow AS (
    SELECT
        c.customer_id,
        c.unit_id,
        l.before - coalesce(r.before, 0) AS latent_opening,
        l.now AS latent_locked,
        coalesce(r.cash, 0) AS latent_cash,
        coalesce(r.converted, 0) AS latent_converted,
        coalesce(r.released, 0) AS latent_released,
        l.locked_now AS latent_customers_locked
    FROM locked AS l
    JOIN customer AS c ON c.customer_id = l.customer_id
    LEFT JOIN reduced AS r ON r.customer_id = l.customer_id
)
SELECT
    *,
    latent_opening + latent_locked - latent_cash - latent_converted - latent_released AS latent_closing,
    CASE WHEN latent_opening + latent_locked - latent_cash - latent_converted - latent_released > 0 THEN 1 ELSE 0 END AS latent_customers
FROM flow
