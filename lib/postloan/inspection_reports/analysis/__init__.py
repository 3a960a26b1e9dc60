"""What can be measured in the texts of inspection reports: blanks, numeric facts, length, and what was copied."""

from postloan.inspection_reports.analysis.blanks import is_blank
from postloan.inspection_reports.analysis.copies import find_copies
from postloan.inspection_reports.analysis.facts import numeric_facts
from postloan.inspection_reports.analysis.masking import mask
from postloan.inspection_reports.analysis.quarter import Quarter
from postloan.inspection_reports.analysis.sections import measure_sections

__all__ = ["Quarter", "find_copies", "is_blank", "mask", "measure_sections", "numeric_facts"]
