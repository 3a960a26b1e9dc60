"""From inspection reports as people send them (贷后检查报告 in Word) to the text of each section.

`final_text` reads one file as the reader of the finished paper sees it; `read_reports` reads the files that
`inspection.report_file` names, in child processes, and finds the sections and the photographs. What is reused of these says
`postloan.inspection_reports.sections.photos.reused`, imported when asked for: the child starts in this package too and shall not load pyarrow.
"""

from postloan.inspection_reports.sections.many import Photo, Read, read_reports
from postloan.inspection_reports.word_text.final_text import Block, Cell, final_text
from postloan.inspection_reports.word_text.refused import Reason, Refused
from postloan.inspection_reports.word_text.word_file import pictures

__all__ = ["Block", "Cell", "Photo", "Read", "Reason", "Refused", "final_text", "pictures", "read_reports"]
