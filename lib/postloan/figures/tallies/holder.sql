-- row: one member of staff who holds the A role of a customer in scope at the period's last day (管户客户经理)
-- kept: papers
-- reads: customer_holder, staff
SELECT c.staff_id, min(h.staff_name) AS staff_name, min(h.unit_id) AS unit_id, count(*) AS customers
FROM customer_holder AS c
JOIN staff AS h ON h.staff_id = c.staff_id
GROUP BY c.staff_id
