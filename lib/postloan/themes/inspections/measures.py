"""Inspections and their reports (贷后检查): coverage, timeliness, presence on site."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("reports_submitted", "完成定期检查报告份数", "检查面为已检查客户占表内有用信余额客户的比重")
tallied("reports_outside_scope", "其中口径外客户的报告份数", "检查面为已检查客户占表内有用信余额客户的比重")
tallied("customers_inspected", "已检查客户数", "检查面为已检查客户占表内有用信余额客户的比重")


@measure("ratio", "检查面（定期检查报告覆盖率）", within_quarter=True)
def inspection_coverage(customers_inspected: Decimal, customers_in_scope: Decimal) -> Decimal:
    """Customers in scope with a periodic report, out of all customers in scope; never above one (T1).

    Formula: customers_inspected / customers_in_scope
    Source: 检查面为已检查客户占表内有用信余额客户的比重
    """
    return customers_inspected / customers_in_scope


tallied("customers_on_time", "按时提交报告客户数", "各经营单位按时、迟报、未报分别统计", within_quarter=True)
tallied("customers_late", "迟报客户数", "各经营单位按时、迟报、未报分别统计", within_quarter=True)
tallied("customers_missing", "未提交报告客户数", "各经营单位按时、迟报、未报分别统计", within_quarter=True)


@measure("ratio", "报告及时率", within_quarter=True)
def on_time_rate(customers_on_time: Decimal, customers_in_scope: Decimal) -> Decimal:
    """Customers in scope whose earliest report came by the deadline, out of all customers in scope.

    Formula: customers_on_time / customers_in_scope
    Source: 定期检查报告在规定日期前完成；各经营单位按时、迟报、未报分别统计
    """
    return customers_on_time / customers_in_scope


tallied("customers_onsite", "现场检查客户数", "现场检查频次")


@measure("ratio", "现场检查率", within_quarter=True)
def onsite_rate(customers_onsite: Decimal, customers_in_scope: Decimal) -> Decimal:
    """Customers in scope inspected on site in the period, out of all customers in scope.

    Formula: customers_onsite / customers_in_scope
    Source: 现场检查频次
    """
    return customers_onsite / customers_in_scope


tallied("report_duties", "应检查户次", "检查面为已检查客户占表内有用信余额客户的比重")
tallied("duties_on_time", "按时提交报告户次", "各经营单位按时、迟报、未报分别统计")
tallied("duties_late", "迟报户次", "各经营单位按时、迟报、未报分别统计")
tallied("duties_missing", "未提交报告户次", "各经营单位按时、迟报、未报分别统计")
tallied("duties_onsite", "现场检查户次", "现场检查频次")


@measure("ratio", "检查面（按户次）")
def duty_coverage(report_duties: Decimal, duties_missing: Decimal) -> Decimal:
    """Duties for which a report came, out of all duties: the coverage of a half-year or year.

    Formula: (report_duties - duties_missing) / report_duties
    Source: 检查面为已检查客户占表内有用信余额客户的比重
    """
    return (report_duties - duties_missing) / report_duties


@measure("ratio", "报告及时率（按户次）")
def duty_on_time_rate(duties_on_time: Decimal, report_duties: Decimal) -> Decimal:
    """Duties whose earliest report came by its quarter's deadline, out of all duties.

    Formula: duties_on_time / report_duties
    Source: 定期检查报告在规定日期前完成；各经营单位按时、迟报、未报分别统计
    """
    return duties_on_time / report_duties


@measure("ratio", "现场检查率（按户次）")
def duty_onsite_rate(duties_onsite: Decimal, report_duties: Decimal) -> Decimal:
    """Duties with an inspection on site in their quarter, out of all duties.

    Formula: duties_onsite / report_duties
    Source: 现场检查频次
    """
    return duties_onsite / report_duties
