-- row: one customer with a duty in the period: with a scope loan at the end of one of its quarters
-- grain: customer
-- reads: report_duty
-- term report_duties: 户次 · 各季末有口径内贷款余额的客户，每季每户计一次 · a customer in scope at the end of a quarter inside the period, each quarter anew
-- term duties_on_time: 户次 · 其中当季最早一份报告在当季规定日（含）前提交的 · those whose earliest report of the quarter came on or before its deadline
-- term duties_late: 户次 · 其中当季最早一份报告晚于当季规定日提交的 · those whose earliest report of the quarter came after it
-- term duties_missing: 户次 · 其中当季没有提交报告的 · those without any report of the quarter
-- term duties_onsite: 户次 · 其中当季做过现场检查的 · those inspected on site in the quarter
-- behind report_duties: loan_balance · count(DISTINCT (customer_id, as_of)) · scope_loan WHERE scope_loan.as_of IN (SELECT as_of FROM asked_quarter)
-- behind duties_on_time: loan_balance · count(DISTINCT (customer_id, as_of)) · scope_loan WHERE (customer_id, scope_loan.as_of) IN (SELECT (customer_id, as_of) FROM report_duty WHERE duties_on_time = 1)
-- behind duties_late: loan_balance · count(DISTINCT (customer_id, as_of)) · scope_loan WHERE (customer_id, scope_loan.as_of) IN (SELECT (customer_id, as_of) FROM report_duty WHERE duties_late = 1)
-- behind duties_missing: loan_balance · count(DISTINCT (customer_id, as_of)) · scope_loan WHERE (customer_id, scope_loan.as_of) IN (SELECT (customer_id, as_of) FROM report_duty WHERE duties_missing = 1)
-- behind duties_onsite: loan_balance · count(DISTINCT (customer_id, as_of)) · scope_loan WHERE (customer_id, scope_loan.as_of) IN (SELECT (customer_id, as_of) FROM report_duty WHERE duties_onsite = 1)
-- related duties_on_time: inspection · periodic_report WHERE customer_id IN (SELECT customer_id FROM report_duty WHERE duties_on_time = 1)
-- related duties_late: inspection · periodic_report WHERE customer_id IN (SELECT customer_id FROM report_duty WHERE duties_late = 1)
-- related duties_onsite: inspection · onsite_inspection WHERE customer_id IN (SELECT customer_id FROM report_duty WHERE duties_onsite = 1)
SELECT
    customer_id,
    min(unit_id) AS unit_id,
    count(*) AS report_duties,
    sum(duties_on_time) AS duties_on_time,
    sum(duties_late) AS duties_late,
    sum(duties_missing) AS duties_missing,
    sum(duties_onsite) AS duties_onsite
FROM report_duty
GROUP BY customer_id
