"""Quality of inspection reports (检查报告质量)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("reports_unread", "未能读取的检查报告份数", "未能读取的报告不作评价，须列明份数")
tallied("report_defects", "存在质量问题的报告份数", "检查报告数据须与系统一致；检查报告不得留有空白项", term="reports_with_findings")


@measure("分", "检查报告平均得分", grains=("bank", "unit", "manager"))
def report_score(report_points: Decimal, reports_scored: Decimal) -> Decimal:
    """Mean score of submitted periodic reports: each a hundred points less what its own findings cost, never below zero.

    Formula: report_points / reports_scored
    Source: 检查报告质量评分：百分制，扣分有单项上限
    """
    return report_points / reports_scored


@measure("ratio", "填写重难点章节合格率", grains=("bank", "unit", "manager"))
def hard_section_pass_rate(hard_sections_passed: Decimal, hard_sections: Decimal) -> Decimal:
    """Sections hard to fill in that are neither blank nor short of numbers or words, out of all of them in the reports read.

    Formula: hard_sections_passed / hard_sections
    Source: 填写重难点的掌握程度
    """
    return hard_sections_passed / hard_sections


@measure("ratio", "检查报告空白率", grains=("bank", "unit", "manager"))
def blank_rate(blank_sections: Decimal, required_sections: Decimal) -> Decimal:
    """Required sections that are blank or absent, out of all required sections of the reports read.

    Formula: blank_sections / required_sections
    Source: 检查报告不得留有空白项
    """
    return blank_sections / required_sections
