"""Findings, deductions and the score (履职评价)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("findings", "发现问题条数", "质量审查发现的问题及其整改", term="findings_made")
tallied("deduction", "扣分", "扣分有单项上限", term="points_deducted")


@measure("ratio", "已检查项目占计分项目的比例")
def checked_share(caps_checked: Decimal, caps_listed: Decimal) -> Decimal:
    """The caps of the rules that ran out of the caps of all rules of the scorecard.

    Formula: caps_checked / caps_listed
    Source: 仅就已检查项目计分
    """
    return caps_checked / caps_listed


@measure("分", "得分")
def score(score_points: Decimal, score_weight: Decimal) -> Decimal:
    """Of a unit a hundred points less what its findings cost, never below zero; of the bank the mean of its units' scores.

    Formula: score_points / score_weight
    Source: 满分100分，减扣分后计为得分
    """
    return score_points / score_weight
