-- row: one item told whose reply was due in the period (本期应报处置预案的业务)
-- reads: notice_item
-- term notice_items: 笔 · 本期应报处置预案的业务 · items of notices to be replied to in the period
-- term notice_items_replied: 笔 · 其中按期报送的 · of them replied to by the day asked for
-- term notice_items_untriaged: 笔 · 其中至期末未分流的 · of them without a way of disposal at the period's last day
-- related notice_items: notice_reply · notice_course WHERE replied_on IS NOT NULL
-- related notice_items_replied: notice_reply · notice_course WHERE replied_in_time
-- related notice_items_untriaged: notice_reply · notice_course WHERE replied_on IS NOT NULL AND untriaged
SELECT
    n.*,
    1 AS notice_items,
    CASE WHEN n.replied_in_time THEN 1 ELSE 0 END AS notice_items_replied,
    CASE WHEN n.untriaged THEN 1 ELSE 0 END AS notice_items_untriaged
FROM notice_item AS n
WHERE n.asked_now
