-- row: one warning signal open in the period of a customer in scope
-- reads: customer_in_scope, warning_signal
SELECT w.*
FROM warning_signal AS w
JOIN customer_in_scope AS s ON s.customer_id = w.customer_id
