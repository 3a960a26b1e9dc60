-- row: one customer in scope whose credit used and whose inflow at all banks are both above zero
-- grain: customer
-- reads: customer_in_scope, open_acceptance, sales_receipt, share_sales, used_loan
-- term used_here: 元 · 期末在本行的用信余额（表内贷款，不含贴现，加银行承兑汇票敞口） · loans on the balance sheet but discounts, and acceptance exposure, at the period's last day
-- term used_all_banks: 元 · 同一批客户期末在全部银行的用信余额 · their credit used at all banks
-- term share_receipts: 元 · 同一批客户本期在本行的销售回款 · their sales receipts booked here in the period
-- term share_inflow: 元 · 同一批客户本期在全部银行的回款 · their inflow at all banks
-- related used_here: loan_balance · used_loan WHERE customer_id IN (SELECT customer_id FROM customer_share)
-- related used_here: acceptance · open_acceptance WHERE customer_id IN (SELECT customer_id FROM customer_share)
-- related used_all_banks: sales · share_sales WHERE customer_id IN (SELECT customer_id FROM customer_share)
-- behind share_receipts: account_transaction · sum(amount) · sales_receipt WHERE customer_id IN (SELECT customer_id FROM customer_share)
-- behind share_inflow: sales · sum(inflow_all_banks) · share_sales WHERE customer_id IN (SELECT customer_id FROM customer_share)
WITH used AS (
    SELECT customer_id, sum(amount) AS amount
    FROM (SELECT customer_id, balance AS amount FROM used_loan UNION ALL SELECT customer_id, exposure FROM open_acceptance) AS u
    GROUP BY customer_id
),
received AS (
    SELECT customer_id, sum(amount) AS amount FROM sales_receipt GROUP BY customer_id
),
elsewhere AS (
    SELECT
        customer_id,
        sum(inflow_all_banks) AS inflow,
        max(CASE WHEN last_quarter THEN used_credit_all_banks END) AS used
    FROM share_sales
    GROUP BY customer_id
)
SELECT
    s.customer_id,
    s.unit_id,
    coalesce(u.amount, 0) AS used_here,
    e.used AS used_all_banks,
    coalesce(r.amount, 0) AS share_receipts,
    e.inflow AS share_inflow,
    coalesce(r.amount, 0) * e.used - e.inflow * coalesce(u.amount, 0) AS cross_gap,
    e.inflow * e.used AS cross_whole
FROM customer_in_scope AS s
JOIN elsewhere AS e ON e.customer_id = s.customer_id
LEFT JOIN used AS u ON u.customer_id = s.customer_id
LEFT JOIN received AS r ON r.customer_id = s.customer_id
WHERE e.inflow > 0 AND e.used > 0
