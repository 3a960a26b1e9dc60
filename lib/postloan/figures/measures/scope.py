"""Customers in scope and their loans: the denominators of most measures."""

from postloan.figures.measure import tallied

tallied("customers_in_scope", "表内有用信余额客户数", "contract; S3")
tallied("loans_in_scope", "贷款笔数", "contract; S9")
tallied("loan_balance", "贷款余额", "contract; S1, S2")
