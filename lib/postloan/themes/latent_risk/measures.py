"""Latent-risk loans and their reduction (潜在风险贷款压降)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("latent_opening", "期初潜在风险贷款余额", "S32")
tallied("latent_locked", "本期锁定潜在风险贷款", "S27")
tallied("latent_customers_locked", "本期锁定潜在风险客户数", "S27")
tallied("latent_cash", "潜在风险现金清收", "S30")
tallied("latent_converted", "潜在风险转化", "S30")
tallied("latent_released", "潜在风险释放", "S30")
tallied("latent_closing", "期末潜在风险贷款余额", "S32")
tallied("latent_customers", "期末潜在风险客户数", "S32")
tallied("latent_plan", "潜在风险压降计划", "S28")


@measure("元", "潜在风险压降额")
def latent_reduced(latent_cash: Decimal, latent_converted: Decimal, latent_released: Decimal) -> Decimal:
    """Latent-risk loans reduced in the period, by whatever means.

    Formula: latent_cash + latent_converted + latent_released
    Source: S30
    """
    return latent_cash + latent_converted + latent_released


@measure("ratio", "压降计划完成率")
def latent_completion(latent_reduced: Decimal, latent_plan: Decimal) -> Decimal:
    """Reduction out of the plan of the same period; it may exceed one, and a unit without a plan has none.

    Formula: latent_reduced / latent_plan
    Source: S29
    """
    return latent_reduced / latent_plan


@measure("ratio", "潜在风险贷款占比")
def latent_ratio(latent_closing: Decimal, loan_balance: Decimal) -> Decimal:
    """Latent-risk loans at the period's end out of all loans in scope.

    Formula: latent_closing / loan_balance
    Source: S31
    """
    return latent_closing / loan_balance
