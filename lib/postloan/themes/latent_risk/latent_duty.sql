-- row: one customer in scope whose latent-risk loans are not reduced to nothing, or by too much
-- grain: customer
-- reads: customer_in_scope, customer_latent, locked_customer
-- one plan, owner or leader missing from any of the customer's lock lists counts
SELECT
    s.customer_id,
    s.unit_id,
    k.latent_closing,
    count(*) AS locks,
    sum(CASE WHEN l.plan IS NULL OR l.owner_id IS NULL THEN 1 ELSE 0 END) AS without_plan,
    sum(CASE WHEN l.leader_id IS NULL THEN 1 ELSE 0 END) AS without_leader,
    min(l.plan_due_on) AS plan_due_on,
    min(l.locked_on) AS locked_on
FROM customer_latent AS k
JOIN customer_in_scope AS s ON s.customer_id = k.customer_id
JOIN locked_customer AS l ON l.customer_id = k.customer_id
GROUP BY s.customer_id, s.unit_id, k.latent_closing
