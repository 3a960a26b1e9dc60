"""Follow-up of the findings of the quarter before (问题整改)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("findings_followed", "上季问题数", "上季发现的问题逐条跟踪整改")
tallied("findings_closed", "已整改问题数", "整改经验收后销号")
tallied("findings_unfounded", "核实不成立问题数", "整改经验收后销号")
tallied("findings_overdue", "逾期未整改问题数", "问题须在规定期限内整改")
tallied("findings_again", "整改后再次发生问题数", "已验收的问题不得再次发生")
tallied("findings_replied", "已回复问题数", "问题须按期回复整改情况")
tallied("rectified_principal", "已整改问题涉及贷款金额", "整改经验收后销号")


@measure("ratio", "整改率")
def closure_rate(findings_closed: Decimal, findings_followed: Decimal, findings_unfounded: Decimal) -> Decimal:
    """Findings of the quarter before that were closed, out of those that were not found to be none.

    Formula: findings_closed / (findings_followed - findings_unfounded)
    Source: 整改经验收后销号
    """
    return findings_closed / (findings_followed - findings_unfounded)


@measure("ratio", "整改回复率")
def reply_rate(findings_replied: Decimal, findings_followed: Decimal) -> Decimal:
    """Findings of the quarter before that were answered by the last day.

    Formula: findings_replied / findings_followed
    Source: 问题须按期回复整改情况
    """
    return findings_replied / findings_followed
