"""Latent-risk loans and their reduction (潜在风险贷款压降)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("latent_opening", "期初潜在风险贷款余额", "期末余额为期初加锁定减压降")
tallied("latent_locked", "本期锁定潜在风险贷款", "潜在风险贷款锁定名单")
tallied("latent_customers_locked", "本期锁定潜在风险客户数", "潜在风险贷款锁定名单")
tallied("latent_cash", "潜在风险现金清收", "压降分现金清收、风险转化、风险释放")
tallied("latent_converted", "潜在风险转化", "压降分现金清收、风险转化、风险释放")
tallied("latent_released", "潜在风险释放", "压降分现金清收、风险转化、风险释放")
tallied("latent_closing", "期末潜在风险贷款余额", "期末余额为期初加锁定减压降")
tallied("latent_customers", "期末潜在风险客户数", "期末余额为期初加锁定减压降")
tallied("latent_plan", "潜在风险压降计划", "潜在风险贷款压降计划")


@measure("元", "潜在风险压降额")
def latent_reduced(latent_cash: Decimal, latent_converted: Decimal, latent_released: Decimal) -> Decimal:
    """Latent-risk loans reduced in the period, by whatever means.

    Formula: latent_cash + latent_converted + latent_released
    Source: 压降分现金清收、风险转化、风险释放
    """
    return latent_cash + latent_converted + latent_released


@measure("ratio", "压降计划完成率")
def latent_completion(latent_reduced: Decimal, latent_plan: Decimal) -> Decimal:
    """Reduction out of the plan of the same period; it may exceed one, and a unit without a plan has none.

    Formula: latent_reduced / latent_plan
    Source: 计划完成率为实际压降除以计划压降
    """
    return latent_reduced / latent_plan


@measure("ratio", "潜在风险贷款占比")
def latent_ratio(latent_closing: Decimal, loan_balance: Decimal) -> Decimal:
    """Latent-risk loans at the period's end out of all loans in scope.

    Formula: latent_closing / loan_balance
    Source: 占同口径贷款余额的比重
    """
    return latent_closing / loan_balance
