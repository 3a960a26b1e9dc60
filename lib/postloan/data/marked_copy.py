"""The sender's own workbook with its bad cells marked: yellow, with the sentence of each problem as a comment.

The copy keeps cells, formulas, styles, widths, merged cells, filters, validations, names and hidden sheets, and a workbook's
macros. What openpyxl does not carry is lost from the copy (never from the original): text boxes, charts, pictures in
groups, sparklines, and the stored results of formulas, which Excel calculates again on opening.
"""

from __future__ import annotations

import io
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from officefill.ooxml.sandbox import limited
from openpyxl import load_workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from postloan.data.intake.excel_file import DataSheet, read_book
from postloan.data.intake.header import SEARCHED_ROWS, find_header
from postloan.data.intake.naming import table_named, table_of
from postloan.data.intake.source import Unreadable
from postloan.data.schema import all_tables
from postloan.errors import BadFile
from postloan.language import tr
from postloan.problem import Problem

YELLOW = "FFFFFF00"
AUTHOR = "postloan"
LONGEST_COMMENT = 2000


class CellMark(NamedTuple):
    """One cell to mark: sheet, row and column from 1, and what to say there."""

    sheet: str
    row: int
    column: int
    says: str


def marked_copy(source: Path, problems: Sequence[Problem]) -> bytes:
    """Return the workbook `source` with every cell that `problems` name marked; problems of other files are passed over.

    openpyxl works in a child process with limits. Raises `BadFile` where the workbook cannot be read or written.
    """
    try:
        return limited(with_marks, source, _marks(source, problems))
    except Unreadable as fault:
        raise BadFile(fault.says, source.name) from fault
    except Exception as fault:  # whatever openpyxl makes of a workbook that it does not know
        raise BadFile(tr("the workbook could not be marked"), source.name, tr("look the problems up in problems.csv")) from fault


def _marks(source: Path, problems: Sequence[Problem]) -> list[CellMark]:
    """The place of each problem in the workbook: a row's problems at its first cell, a sheet's at its header."""
    file = unicodedata.normalize("NFC", source.name)
    by_sheet = defaultdict(list)
    for problem in problems:
        if problem.file.rpartition("/")[2] == file:
            by_sheet[problem.sheet].append(problem)
    said = defaultdict(list)
    for sheet in read_book(source):
        if not sheet.hidden and sheet.name in by_sheet:
            top, columns = _columns(source, sheet)
            for problem in by_sheet[sheet.name]:
                place = (sheet.name, problem.row or top, columns.get(problem.field, 0) + 1)
                said[place].append(problem.says)
    return [CellMark(*place, "\n".join(dict.fromkeys(says))) for place, says in said.items()]


def _columns(source: Path, sheet: DataSheet) -> tuple[int, dict[str, int]]:
    """The row of a sheet's header and the column (from 0) of each field and of each header that is none."""
    table = table_named(sheet.name) or table_of(source)
    header = find_header(sheet.grid.head(SEARCHED_ROWS), all_tables()[table]) if table else None
    if header is None:
        return 1, {}
    return header.index + 1, {label: column for column, label in enumerate(header.labels)} | header.columns


def with_marks(source: Path, marks: Sequence[CellMark]) -> bytes:
    """Return the marked copy. Runs in a child process: openpyxl holds the whole workbook."""
    fill = PatternFill("solid", start_color=YELLOW)
    book = load_workbook(source, keep_vba=source.suffix.lower() == ".xlsm")
    for sheet, row, column, says in marks:
        cell = _upper_left(book[sheet], row, column)
        cell.fill = fill
        before = f"{cell.comment.text}\n" if cell.comment else ""
        cell.comment = Comment((before + says)[:LONGEST_COMMENT], AUTHOR, height=80, width=240)
    book.save(copy := io.BytesIO())
    return copy.getvalue()


def _upper_left(sheet: Worksheet, row: int, column: int) -> Cell:
    """A cell, or the one that shows where the cell is merged into another."""
    inside = (a for a in sheet.merged_cells.ranges if a.min_row <= row <= a.max_row and a.min_col <= column <= a.max_col)
    area = next(inside, None)
    return sheet.cell(area.min_row, area.min_col) if area else sheet.cell(row, column)


def by_workbook(data: Path, problems: Iterable[Problem]) -> dict[Path, list[Problem]]:
    """Return the problems of rows by the workbook that they stand in."""
    root = data if data.is_dir() else data.parent
    books: dict[Path, list[Problem]] = {}
    for problem in problems:
        if problem.file.lower().endswith(".xlsx") and problem.row is not None:
            books.setdefault(root / problem.file, []).append(problem)
    return books
