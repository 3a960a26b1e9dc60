-- row: one reduction of a locked customer, done on or before the period's last day
-- reads: customer, latent_action, latent_loan
SELECT a.*, c.unit_id
FROM latent_action AS a
JOIN customer AS c ON c.customer_id = a.customer_id
CROSS JOIN asked
WHERE a.done_on <= asked.as_of AND a.customer_id IN (SELECT l.customer_id FROM latent_loan AS l WHERE l.locked_on <= asked.as_of)
