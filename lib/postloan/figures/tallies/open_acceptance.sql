-- row: one acceptance issued and not yet due at the period's last day, of a customer of the scope's segments
-- reads: acceptance, customer
SELECT a.draft_id, c.customer_id, c.unit_id, greatest(0, a.face_amount - a.margin - coalesce(a.cash_pledge, 0)) AS exposure
FROM acceptance AS a
JOIN customer AS c ON c.customer_id = a.customer_id
CROSS JOIN asked
WHERE a.issued_on <= asked.as_of
  AND a.due_on > asked.as_of
  AND c.segment IN (SELECT segment FROM scope_segment)
