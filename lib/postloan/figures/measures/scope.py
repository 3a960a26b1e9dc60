"""Customers in scope: the denominator of most measures."""

from postloan.figures.measure import tallied

tallied("customers_in_scope", "表内有用信余额客户数", "contract; S3")
