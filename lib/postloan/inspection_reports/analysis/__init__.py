"""Measures of report texts: blank sections, numeric facts, length, and copies."""

from postloan.inspection_reports.analysis.blanks import is_blank
from postloan.inspection_reports.analysis.copies import find_copies
from postloan.inspection_reports.analysis.facts import numeric_facts
from postloan.inspection_reports.analysis.masking import mask
from postloan.inspection_reports.analysis.quarter_texts import QuarterTexts
from postloan.inspection_reports.analysis.section_measures import measure_sections

__all__ = ["QuarterTexts", "find_copies", "is_blank", "mask", "measure_sections", "numeric_facts"]
