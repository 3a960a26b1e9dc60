-- row: one item of a notice in force about a customer in scope, with the reply to it
-- reads: customer_in_scope, notice_item
SELECT n.*
FROM notice_item AS n
JOIN customer_in_scope AS s ON s.customer_id = n.customer_id
