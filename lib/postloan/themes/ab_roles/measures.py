"""A and B roles (AB角)."""

from postloan.figures.measure import tallied

tallied("ab_errors", "AB角存在问题的客户数", "贷后管理AB角制度；AB角须为系统内的对公客户经理", term="customers_with_ab_findings")
