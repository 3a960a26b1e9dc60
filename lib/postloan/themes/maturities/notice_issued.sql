-- row: one notice that went out in the period (发出的通知)
-- reads: told
-- term notices_issued: 份 · 本期发出的通知书、提示函等 · notices of all kinds that went out in the period
-- related notices_issued: loan · noticed_loan
SELECT t.number, t.document, t.title, t.unit_id, 1 AS notices_issued
FROM told AS t
CROSS JOIN asked
WHERE t.prepared_on BETWEEN asked.first_day AND asked.as_of
GROUP BY t.number, t.document, t.title, t.unit_id
