"""Loans in scope and their classification (贷款与五级分类)."""

from decimal import Decimal

from postloan.figures.measure import broken_down, measure, tallied

broken_down(("balance_{class5}", "{class5}类贷款余额", "贷款五级分类"))


@measure("元", "不良贷款余额")
def npl_balance(balance_substandard: Decimal, balance_doubtful: Decimal, balance_loss: Decimal) -> Decimal:
    """Non-performing loans: substandard, doubtful and loss; loss is shown even where it is zero.

    Formula: balance_substandard + balance_doubtful + balance_loss
    Source: 不良贷款为次级、可疑、损失三类之和
    """
    return balance_substandard + balance_doubtful + balance_loss


@measure("ratio", "不良贷款率")
def npl_ratio(npl_balance: Decimal, loan_balance: Decimal) -> Decimal:
    """Non-performing loans out of all loans in scope.

    Formula: npl_balance / loan_balance
    Source: 以同口径贷款余额为分母
    """
    return npl_balance / loan_balance


@measure("ratio", "关注类贷款占比")
def special_mention_ratio(balance_special_mention: Decimal, loan_balance: Decimal) -> Decimal:
    """Special-mention loans out of all loans in scope.

    Formula: balance_special_mention / loan_balance
    Source: 以同口径贷款余额为分母
    """
    return balance_special_mention / loan_balance


@measure("ratio", "不良贷款率较上季末变动", difference=True)
def npl_ratio_change(npl_ratio: Decimal, previous_npl_balance: Decimal, previous_loan_balance: Decimal) -> Decimal:
    """Non-performing ratio less the one at the last day of the quarter before; said in percentage points (百分点).

    Formula: npl_ratio - previous_npl_balance / previous_loan_balance
    Source: 率的变动以百分点表示
    """
    return npl_ratio - previous_npl_balance / previous_loan_balance


tallied("acceptance_exposure", "银行承兑汇票敞口", "银行承兑汇票敞口为票面金额减保证金和质押现金")
tallied("became_npl_balance", "新增不良贷款余额", "不良贷款变动按期初、期末五级分类逐笔比较")
tallied("left_npl_balance", "退出不良贷款余额", "不良贷款变动按期初、期末五级分类逐笔比较")
