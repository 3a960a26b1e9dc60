"""From inspection reports as people send them (贷后检查报告 in Word) to the text of each section.

`final_text` reads the text of one file as printed; `read_reports` reads the files named in `inspection.report_file`, in child processes,
and finds sections and photographs. `reused_photos` is imported by its users only: a child process may import this package too, and must not
load pyarrow.
"""

from officefill.ooxml.zip_gate import Reason, Refused

from postloan.inspection_reports.sections.report_reader import Photo, ReportContents, read_reports
from postloan.inspection_reports.word_text.final_text import final_text
from postloan.inspection_reports.word_text.table_grid import TableCell
from postloan.inspection_reports.word_text.text_block import TextBlock
from postloan.inspection_reports.word_text.word_file import pictures

__all__ = ["Photo", "Reason", "Refused", "ReportContents", "TableCell", "TextBlock", "final_text", "pictures", "read_reports"]
