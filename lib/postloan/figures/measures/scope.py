"""Customers in scope and their loans: the denominators of most measures."""

from postloan.figures.measure import tallied

tallied("customers_in_scope", "表内有用信余额客户数", "表内有用信余额的公司类客户")
tallied("loans_in_scope", "贷款笔数", "一张借据为一笔")
tallied("loan_balance", "贷款余额", "各项贷款余额，不含票据贴现和信用卡透支；表内贷款余额")
