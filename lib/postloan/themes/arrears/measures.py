"""Loans in arrears: with principal overdue, or with interest alone unpaid (逾期、欠息)."""

from decimal import Decimal

from postloan.figures.measure import broken_down, measure, tallied

tallied("overdue_balance", "逾期（欠息）贷款余额", "逾期（欠息）贷款按借据余额全额统计")
tallied("principal_overdue_balance", "本金逾期贷款余额", "逾期（欠息）贷款按借据余额全额统计")
tallied("interest_arrears_balance", "仅欠息贷款余额", "逾期（欠息）贷款按借据余额全额统计")
tallied("overdue_loans", "逾期（欠息）贷款笔数", "逾期（欠息）贷款按借据余额全额统计")
tallied("overdue_customers", "逾期（欠息）客户数", "逾期（欠息）贷款按借据余额全额统计")
broken_down(
    ("overdue_{bucket}_balance", "逾期（欠息）{bucket}贷款余额", "逾期（欠息）天数自本金、利息中较早的欠付之日起算"),
    ("overdue_{bucket}_loans", "逾期（欠息）{bucket}贷款笔数", "逾期（欠息）天数自本金、利息中较早的欠付之日起算"),
)


@measure("ratio", "逾期（欠息）贷款率")
def overdue_ratio(overdue_balance: Decimal, loan_balance: Decimal) -> Decimal:
    """Loans in arrears out of all loans in scope.

    Formula: overdue_balance / loan_balance
    Source: 逾期（欠息）贷款按借据余额全额统计
    """
    return overdue_balance / loan_balance


@measure("ratio", "逾期（欠息）90天以上贷款与不良贷款之比")
def overdue_90_to_npl(overdue_over_90_balance: Decimal, nonperforming_balance: Decimal) -> Decimal:
    """Loans more than 90 days in arrears over non-performing loans; above one, some of them are not classed non-performing.

    Formula: overdue_over_90_balance / nonperforming_balance
    Source: 逾期90天以上贷款与不良贷款之比，用以检验分类的真实性
    """
    return overdue_over_90_balance / nonperforming_balance
