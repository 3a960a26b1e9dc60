"""Limits, deposits and the return of sales proceeds (授信、存款与资金归行)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("credit_limit", "授信总额度", "有效授信总额度")
tallied("deposit_balance", "授信客户存款季末时点余额", "授信客户存款季末时点余额")


@measure("ratio", "存款占授信额度比例", grains=("bank", "unit", "customer"))
def deposit_to_limit(deposit_balance: Decimal, credit_limit: Decimal) -> Decimal:
    """Deposits at the period's end out of the limits valid then, over the same customers; never a mean of ratios.

    Formula: deposit_balance / credit_limit
    Source: 授信客户季末时点余额达到授信额度的20%
    """
    return deposit_balance / credit_limit


tallied("customers_below_deposit_floor", "存款低于额度下限的客户数", "授信客户季末时点余额达到授信额度的20%")


@measure("ratio", "销售资金归行率", grains=("bank", "unit", "customer"))
def sales_return_rate(sellers_receipts: Decimal, sales_revenue: Decimal) -> Decimal:
    """Sales receipts booked at this bank out of sales revenue, over customers in scope with revenue above zero (method R1).

    Formula: sellers_receipts / sales_revenue
    Source: 销售资金归行
    """
    return sellers_receipts / sales_revenue


@measure("ratio", "回款份额", grains=("bank", "unit", "customer"))
def inflow_share(sharers_receipts: Decimal, inflow_all_banks: Decimal) -> Decimal:
    """Sales receipts booked at this bank out of the inflow at all banks, over customers in scope with that above zero (method R2).

    Formula: sharers_receipts / inflow_all_banks
    Source: 销售资金归行；资金回笼份额不低于授信份额
    """
    return sharers_receipts / inflow_all_banks
