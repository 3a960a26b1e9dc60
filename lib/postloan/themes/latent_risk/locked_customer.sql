-- row: one customer of one lock list, locked on or before the period's last day (锁定批次)
-- reads: customer, latent_loan
SELECT l.*, c.unit_id
FROM latent_loan AS l
JOIN customer AS c ON c.customer_id = l.customer_id
CROSS JOIN asked
WHERE l.locked_on <= asked.as_of
