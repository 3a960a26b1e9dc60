"""How the work was done (履职): role errors, meetings, defects, deductions and the score."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("ab_errors", "AB角存在问题的客户数", "contract; S90, S91", term="customers_with_ab_findings")
tallied("meetings_held", "召开贷后例会次数", "contract; S98")
tallied("report_defects", "存在质量问题的报告份数", "contract; S71, S76", term="reports_with_findings")
tallied("findings", "发现问题条数", "contract; S85", term="findings_made")
tallied("deduction", "扣分", "contract; S188", term="points_deducted")


@measure("分", "得分")
def score(deduction: Decimal) -> Decimal:
    """A hundred points less what the findings cost, never below zero.

    Formula: max(0, 100 - deduction)
    Source: contract; S187
    """
    return max(Decimal(0), 100 - deduction)
