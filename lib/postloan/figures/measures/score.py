"""Findings, deductions and the score (履职评价)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("findings", "发现问题条数", "质量审查发现的问题及其整改", term="findings_made")
tallied("deduction", "扣分", "扣分有单项上限", term="points_deducted")


@measure("分", "得分")
def score(deduction: Decimal) -> Decimal:
    """A hundred points less what the findings cost, never below zero.

    Formula: max(0, 100 - deduction)
    Source: 百分制，扣分有单项上限
    """
    return max(Decimal(0), 100 - deduction)
