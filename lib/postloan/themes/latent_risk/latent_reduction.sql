-- row: one reduction of a locked customer, done on or before the period's last day
-- reads: latent_action, latent_loan
SELECT a.*
FROM latent_action AS a
CROSS JOIN asked
WHERE a.done_on <= asked.as_of AND a.customer_id IN (SELECT l.customer_id FROM latent_loan AS l WHERE l.locked_on <= asked.as_of)
