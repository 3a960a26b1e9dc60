-- row: one finding of the quarter before that is no hint, and what became of it by the period's last day (整改)
-- reads: finding_before, finding_now, rectification
-- column last_index_no: text · 上季索引号
-- column title: text · 问题
-- column item: text · 对象
-- column due_on: date · 整改期限
-- column state: code · 状态 · closed 已整改, unfounded 核实不成立, overdue 逾期未整改, open 整改中
-- column again: flag · 再次发生
-- column notices: count · 已通知次数 · 次
-- term findings_followed: 条 · 上季发现的问题（不含提示） · findings of the quarter before that are no hints
-- term findings_closed: 条 · 其中已验收整改的 · of them closed and verified by the last day
-- term findings_unfounded: 条 · 其中核实不成立的 · of them found to be none
-- term findings_overdue: 条 · 其中逾期未整改的 · of them neither closed nor unfounded, the due day past
-- term findings_again: 条 · 已整改后本季再次发生的 · closed ones found once more
-- term findings_replied: 条 · 其中已回复的 · of them answered by the last day
-- related findings_followed: rectification · finding_answer
-- related findings_closed: rectification · finding_answer WHERE closed
-- related findings_unfounded: rectification · finding_answer WHERE unfounded
-- related findings_overdue: rectification · finding_answer WHERE overdue
-- related findings_again: rectification · finding_answer WHERE again
-- related findings_replied: rectification · finding_answer WHERE replied
-- what is dated after the period's last day has not happened yet; an answer that says unfounded and has no day is none
WITH answered AS (
    SELECT
        b.*,
        asked.as_of,
        r.rule AS answered_as,
        r.measure,
        r.evidence,
        r.verified_by,
        CASE WHEN r.replied_on <= asked.as_of THEN r.replied_on END AS replied_on,
        CASE WHEN r.rectified_on <= asked.as_of THEN r.rectified_on END AS rectified_on,
        CASE WHEN r.verified_on <= asked.as_of THEN r.verified_on END AS verified_on,
        coalesce(r.outcome = 'closed' AND r.verified_on <= asked.as_of, FALSE) AS closed,
        coalesce(r.outcome = 'unfounded' AND coalesce(r.verified_on, r.replied_on) <= asked.as_of, FALSE) AS unfounded
    FROM finding_before AS b
    CROSS JOIN asked
    LEFT JOIN rectification AS r
        ON r.period = b.period
        AND r.rule IN (b.rule, b.title)
        AND r.unit_id = b.unit_id
        AND coalesce(r.customer_id, '') = coalesce(b.customer_id, '')
        AND r.subject = b.item
),
noticed AS (
    SELECT b.period, b.key, count(DISTINCT t.told_for) AS notices
    FROM finding_before AS b
    JOIN told AS t
        ON t.kind = 'findings_to_rectify'
        AND (t.business_id = b.period || '|' || b.key OR t.business_id LIKE '%/' || b.period || '|' || b.key)
    GROUP BY b.period, b.key
),
judged AS (
    SELECT
        a.*,
        (NOT a.closed AND NOT a.unfounded AND a.due_on < a.as_of) AS overdue,
        (a.closed AND EXISTS (
            SELECT 1 FROM finding_now AS n
            WHERE n.rule = a.rule AND n.unit_id = a.unit_id AND n.whose = a.whose AND n.compared = a.compared
        )) AS again,
        (a.replied_on IS NOT NULL) AS replied,
        coalesce(n.notices, 0) AS notices
    FROM answered AS a
    LEFT JOIN noticed AS n ON n.period = a.period AND n.key = a.key
)
SELECT
    j.*,
    j.rule || '/' || coalesce(j.customer_id, j.unit_id) || '/' || j.item AS finding,
    (j.overdue AND j.notices >= 2) AS ignored,
    CASE WHEN j.closed THEN 'closed' WHEN j.unfounded THEN 'unfounded' WHEN j.overdue THEN 'overdue' ELSE 'open' END AS state,
    1 AS findings_followed,
    CASE WHEN j.closed THEN 1 ELSE 0 END AS findings_closed,
    CASE WHEN j.unfounded THEN 1 ELSE 0 END AS findings_unfounded,
    CASE WHEN j.overdue THEN 1 ELSE 0 END AS findings_overdue,
    CASE WHEN j.again THEN 1 ELSE 0 END AS findings_again,
    CASE WHEN j.replied THEN 1 ELSE 0 END AS findings_replied
FROM judged AS j
