"""A and B roles (AB角)."""

from postloan.figures.measure import tallied

tallied("ab_errors", "AB角存在问题的客户数", "contract; S90, S91", term="customers_with_ab_findings")
