-- row: one customer in scope, or one with a submitted periodic report of the period
-- grain: customer
-- reads: customer, customer_in_scope, inspection
-- term reports_submitted: 份 · 本期已提交的定期检查报告 · periodic inspections of the period with a submission time
-- term reports_outside_scope: 份 · 其中客户期末不在口径内的报告 · those whose customer is not in scope
-- term customers_inspected: 户 · 口径内至少提交一份本期定期检查报告的客户 · 1 for a customer in scope with at least one of them
-- term customers_on_time: 户 · 口径内最早一份报告在规定日（含）前提交的客户 · 1 for a customer in scope whose earliest report came on or before the deadline
-- term customers_late: 户 · 口径内最早一份报告晚于规定日提交的客户 · 1 for one whose earliest report came after it
-- term customers_missing: 户 · 口径内没有提交报告的客户 · 1 for one without any
-- term customers_onsite: 户 · 口径内本期做过现场检查的客户 · 1 for a customer in scope inspected on site in the period
-- behind reports_submitted: inspection · count(*) · periodic_report
-- behind reports_outside_scope: inspection · count(*) · periodic_report WHERE customer_id NOT IN (SELECT customer_id FROM customer_in_scope)
-- behind customers_inspected: inspection · count(DISTINCT customer_id) · periodic_report WHERE customer_id IN (SELECT customer_id FROM customer_in_scope)
-- behind customers_on_time: inspection · count(DISTINCT customer_id) · periodic_report WHERE customer_id IN (SELECT customer_id FROM customer_in_scope) AND CAST(submitted_at AS DATE) <= asked.report_deadline
-- behind customers_late: customer · count(*) · customer_report WHERE customers_late = 1
-- related customers_late: inspection · periodic_report WHERE customer_id IN (SELECT customer_id FROM customer_report WHERE customers_late = 1)
-- behind customers_missing: customer · count(*) · customer_report WHERE customers_missing = 1
-- behind customers_onsite: inspection · count(DISTINCT customer_id) · onsite_inspection WHERE customer_id IN (SELECT customer_id FROM customer_in_scope)
WITH submitted AS (
    SELECT customer_id, count(*) AS reports, min(submitted_at) AS first_submitted_at
    FROM inspection
    WHERE kind = 'periodic' AND submitted_at IS NOT NULL AND period IN (SELECT period FROM asked_period)
    GROUP BY customer_id
),
onsite AS (
    SELECT DISTINCT customer_id
    FROM inspection
    WHERE mode = 'onsite' AND done_on IS NOT NULL AND period IN (SELECT period FROM asked_period)
),
joined AS (
    SELECT
        c.customer_id,
        c.unit_id,
        s.customer_id IS NOT NULL AS in_scope,
        coalesce(r.reports, 0) AS reports,
        r.first_submitted_at,
        asked.report_deadline,
        datediff('day', asked.report_deadline, CAST(r.first_submitted_at AS DATE)) AS days_late,
        came.workdays_so_far - due.workdays_so_far AS working_days_late,
        o.customer_id IS NOT NULL AS onsite
    FROM customer AS c
    LEFT JOIN customer_in_scope AS s ON s.customer_id = c.customer_id
    LEFT JOIN submitted AS r ON r.customer_id = c.customer_id
    LEFT JOIN onsite AS o ON o.customer_id = c.customer_id
    CROSS JOIN asked
    LEFT JOIN calendar_day AS came ON came.day = CAST(r.first_submitted_at AS DATE)
    LEFT JOIN calendar_day AS due ON due.day = asked.report_deadline
    WHERE s.customer_id IS NOT NULL OR r.customer_id IS NOT NULL
)
SELECT
    customer_id,
    unit_id,
    in_scope,
    first_submitted_at,
    report_deadline,
    days_late,
    working_days_late,
    reports AS reports_submitted,
    CASE WHEN in_scope THEN 0 ELSE reports END AS reports_outside_scope,
    CASE WHEN in_scope AND reports > 0 THEN 1 ELSE 0 END AS customers_inspected,
    CASE WHEN in_scope AND days_late <= 0 THEN 1 ELSE 0 END AS customers_on_time,
    CASE WHEN in_scope AND days_late > 0 THEN 1 ELSE 0 END AS customers_late,
    CASE WHEN in_scope AND reports = 0 THEN 1 ELSE 0 END AS customers_missing,
    CASE WHEN in_scope AND onsite THEN 1 ELSE 0 END AS customers_onsite
FROM joined
