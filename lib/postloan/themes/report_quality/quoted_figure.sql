-- row: one figure that a submitted periodic report of the period quotes and that the package holds too
-- reads: known_figure, periodic_report, report_claim
-- in_part: the quoted span is only part of the span that the package has, or was not over when the report was written: the
-- quoted figure may then be smaller, never larger. step: what the last digit written is worth.
SELECT
    r.inspection_id,
    r.customer_id,
    r.unit_id,
    q.kind,
    q.amount AS quoted,
    q.step,
    q.passage,
    k.amount AS held,
    k.last_day AS held_on,
    q.kind = 'sales_revenue'
        AND (q.first_day > k.first_day OR q.last_day < k.last_day OR q.last_day > coalesce(r.done_on, CAST(r.submitted_at AS DATE))) AS in_part
FROM report_claim AS q
JOIN periodic_report AS r ON r.inspection_id = q.inspection_id
JOIN known_figure AS k ON k.customer_id = r.customer_id AND k.kind = q.kind
    AND CASE WHEN q.kind = 'sales_revenue' THEN q.first_day >= k.first_day AND q.last_day <= k.last_day ELSE q.last_day = k.last_day END
