"""Findings, deductions and the score (履职评价)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("findings", "发现问题条数", "contract; S85", term="findings_made")
tallied("deduction", "扣分", "contract; S188", term="points_deducted")


@measure("分", "得分")
def score(deduction: Decimal) -> Decimal:
    """A hundred points less what the findings cost, never below zero.

    Formula: max(0, 100 - deduction)
    Source: contract; S187
    """
    return max(Decimal(0), 100 - deduction)
