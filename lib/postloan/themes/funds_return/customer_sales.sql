-- row: one customer in scope with sales revenue or all-bank inflow above zero in the period
-- grain: customer
-- reads: account_transaction, customer_in_scope, sales
-- term sellers_receipts: 元 · 有销售收入的口径内客户本期在本行的销售回款 · sales receipts booked here in the period by customers with sales revenue above zero
-- term sales_revenue: 元 · 这些客户本期的销售收入 · their sales revenue
-- term sharers_receipts: 元 · 有全部银行回款数据的口径内客户本期在本行的销售回款 · sales receipts booked here in the period by customers with all-bank inflow above zero
-- term inflow_all_banks: 元 · 这些客户本期的全部银行回款 · their inflow at all banks
-- behind sellers_receipts: account_transaction · sum(amount) · sales_receipt WHERE customer_id IN (SELECT customer_id FROM customer_sales WHERE sales_revenue > 0)
-- behind sales_revenue: sales · sum(sales_revenue) · sales_in_scope WHERE sales_revenue > 0
-- behind sharers_receipts: account_transaction · sum(amount) · sales_receipt WHERE customer_id IN (SELECT customer_id FROM customer_sales WHERE inflow_all_banks > 0)
-- behind inflow_all_banks: sales · sum(inflow_all_banks) · sales_in_scope WHERE inflow_all_banks > 0
WITH sold AS (
    SELECT
        customer_id,
        sum(CASE WHEN sales_revenue > 0 THEN sales_revenue ELSE 0 END) AS sales_revenue,
        sum(CASE WHEN inflow_all_banks > 0 THEN inflow_all_banks ELSE 0 END) AS inflow_all_banks
    FROM sales
    WHERE period IN (SELECT period FROM asked_period)
    GROUP BY customer_id
),
received AS (
    SELECT t.customer_id, sum(t.amount) AS amount
    FROM account_transaction AS t
    CROSS JOIN asked
    WHERE t.direction = 'in' AND t.kind = 'sales_receipt' AND t.booked_on BETWEEN asked.first_day AND asked.as_of
    GROUP BY t.customer_id
)
SELECT
    s.customer_id,
    s.unit_id,
    CASE WHEN sold.sales_revenue > 0 THEN coalesce(r.amount, 0) ELSE 0 END AS sellers_receipts,
    sold.sales_revenue,
    CASE WHEN sold.inflow_all_banks > 0 THEN coalesce(r.amount, 0) ELSE 0 END AS sharers_receipts,
    sold.inflow_all_banks
FROM customer_in_scope AS s
JOIN sold ON sold.customer_id = s.customer_id
LEFT JOIN received AS r ON r.customer_id = s.customer_id
WHERE sold.sales_revenue > 0 OR sold.inflow_all_banks > 0
