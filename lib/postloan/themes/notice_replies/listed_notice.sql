-- row: one item told that is to be looked at: its reply was due in the period, is overdue, or the business has not fallen due yet (通知书回执台账)
-- reads: notice_item
-- column notice_no: text · 发文字号
-- column title: text · 通知书
-- column kind: code · 种类 · loan 贷款, acceptance 银行承兑汇票
-- column business_id: text · 借据号（票据号）
-- column due_on: date · 到期日期
-- column prepared_on: date · 发文日期
-- column reply_by: date · 报送期限
-- column state: code · 回执状态 · replied 按期报送, late 逾期报送, overdue 逾期未报, open 未到期限
-- column result: code · 到期结果 · repaid 已收回, extended 已展期, overdue 到期未收回, not_due 未到期, unknown 票据见垫款
SELECT n.*
FROM notice_item AS n
WHERE n.asked_now OR n.reply_overdue OR n.result = 'not_due'
