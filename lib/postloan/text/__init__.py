"""What can be measured in the texts of inspection reports: blanks, numeric facts, length, and what was copied."""

from postloan.text.blanks import is_blank
from postloan.text.copies import find_copies
from postloan.text.facts import numeric_facts
from postloan.text.masking import mask
from postloan.text.quarter import Quarter
from postloan.text.sections import measure_sections

__all__ = ["Quarter", "find_copies", "is_blank", "mask", "measure_sections", "numeric_facts"]
