"""Maturities: notices that went out, loans that fell due and were not repaid, put off or renewed (到期监测)."""

from postloan.figures.measure import broken_down, tallied

tallied("notices_issued", "发出通知份数", "到期业务提前逐笔下发监测通知书、提示函")
tallied("noticed_overdue", "已通知仍逾期笔数", "到期前通知，防止形成逾期")
tallied("unnoticed_overdue", "未通知而逾期笔数", "到期前通知，防止形成逾期")
tallied("extended_loans", "展期贷款笔数", "符合展期、续贷条件的提前研究申报")
tallied("extended_balance", "展期贷款余额", "符合展期、续贷条件的提前研究申报")
broken_down(
    ("{issue_type}_loans", "{issue_type}贷款笔数", "符合展期、续贷条件的提前研究申报"),
    ("{issue_type}_balance", "{issue_type}贷款余额", "符合展期、续贷条件的提前研究申报"),
)
