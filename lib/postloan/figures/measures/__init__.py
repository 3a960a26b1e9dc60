"""Every measure of the kit, by theme; the order of these imports is the order of the reports."""

from postloan.figures.measures import loans, inspections, funds, recoveries, conduct  # noqa: F401, I001 - the order is meant
