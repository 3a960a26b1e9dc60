"""The tables of a paper as people see them, of Word and of Excel: cells with their columns, and the words above each table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree
from officefill.ooxml.namespaces import w
from officefill.ooxml.package import read_file, read_package
from officefill.ooxml.zip_gate import Refused
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, grid_columns, inside

from postloan.data.intake.excel_file import DataSheet, read_book
from postloan.data.intake.source import Unreadable
from postloan.errors import BadPaper, BadTemplate
from postloan.language import tr

WORD, EXCEL = (".docx", ".docm"), (".xlsx", ".xlsm", ".xls", ".et")
OTHERS = (".doc", ".wps", ".rtf", ".odt", ".ods", ".dps", ".csv")
"""Endings of files that may hold answers, too, but have to be saved in another form."""
_TEXT, _SYMBOL, _TAB, _BREAKS = w("t"), w("sym"), w("tab"), (w("br"), w("cr"))
_LEFT_OUT = frozenset(
    [w("del"), w("moveFrom"), w("pPr"), w("rPr"), w("tcPr"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"]
)
_TICKS = {"F0FE": "☑", "F0FD": "☒", "F052": "☑", "F053": "☒", "F0FC": "√", "F0FB": "×", "F0A8": "□", "F06F": "□", "F0A3": "□", "F050": "√"}
"""Ticks and boxes of the Wingdings fonts."""


@dataclass(frozen=True)
class PaperRow:
    """One row of a table: its place in words, and its cells as (column, text); a cell covered by a merged one is not among them."""

    place: str
    cells: list[tuple[int, str]]

    def at(self, column: int) -> str:
        """Return the text of the cell that begins in a column."""
        return next((text for of, text in self.cells if of == column), "")


@dataclass(frozen=True)
class PaperTable:
    """One table of a paper, or one sheet; `above` are the paragraphs before it."""

    rows: list[PaperRow]
    above: list[str] = field(default_factory=list)


def tables_in(path: Path) -> list[PaperTable]:
    """Return the tables of the paper at `path`. Raises `BadPaper`."""
    ending = path.suffix.lower()
    if ending not in WORD + EXCEL:
        raise BadPaper(tr("this is no Word or Excel file"), path.name, tr("save it as .docx or .xlsx"))
    return list(_of_word(path) if ending in WORD else _of_excel(path))


# Word


def _of_word(path: Path) -> Iterator[PaperTable]:
    try:
        package = read_package(path, read_file(path))
        body = package.tree(package.main)
    except BadTemplate as fault:  # the package reader raises errors of templates
        raise BadPaper(fault.faults[0].what, path.name, fault.faults[0].do) from None
    except Refused as refused:
        raise BadPaper(refused.what, path.name, refused.do) from None
    except (ValueError, LookupError, OSError, etree.Error):
        raise BadPaper(tr("the file is damaged"), path.name, tr("save it as .docx or .xlsx")) from None
    above: list[str] = []
    number = 0
    for block in _blocks(body):
        if block.tag == PARAGRAPH:
            above.append(_text(block))
            continue
        number += 1
        yield PaperTable(list(_rows(block, number)), [text for text in above if text.strip()])


def _blocks(node: etree._Element) -> Iterator[etree._Element]:
    """Yield paragraphs and tables in order, those inside the cells of tables too."""
    for child in node:
        if child.tag == PARAGRAPH:
            yield child
        elif child.tag == TABLE:
            yield child
            yield from (nested for cell in child.iter(CELL) for nested in cell.iterchildren(TABLE))
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            yield from _blocks(child)


def _rows(table: etree._Element, number: int) -> Iterator[PaperRow]:
    for count, row in enumerate(inside(table, ROW), 1):
        if row.find(f"{w('trPr')}/{w('del')}") is not None:
            continue
        column, cells = 0, []
        before = row.find(f"{w('trPr')}/{w('gridBefore')}")
        column += grid_columns(before) if before is not None else 0
        for cell in inside(row, CELL):
            merged = cell.find(f"{w('tcPr')}/{w('vMerge')}")
            if merged is None or merged.get(w("val")) == "restart":
                cells.append((column, "\n".join(filter(None, map(_text, _paragraphs(cell))))))
            column += grid_columns(cell)
        yield PaperRow(tr("table {number}, row {row}", number=number, row=count), cells)


def _paragraphs(node: etree._Element) -> Iterator[etree._Element]:
    for child in node:
        if child.tag == PARAGRAPH:
            yield child
        elif isinstance(child.tag, str) and child.tag != TABLE and child.tag not in _LEFT_OUT:
            yield from _paragraphs(child)


def _text(node: etree._Element) -> str:
    return "".join(_pieces(node)).strip()


def _pieces(node: etree._Element) -> Iterator[str]:
    for child in node:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag == _SYMBOL:
            yield _TICKS.get(child.get(w("char"), "").upper(), "")
        elif child.tag == _TAB:
            yield " "
        elif child.tag in _BREAKS:
            yield "\n"
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            yield from _pieces(child)


# Excel


def _of_excel(path: Path) -> Iterator[PaperTable]:
    try:
        sheets = read_book(path)
    except Unreadable as fault:
        raise BadPaper(fault.says, path.name, tr("save it as .docx or .xlsx")) from None
    for sheet in sheets:
        if not sheet.hidden and not sheet.grid.is_blank():
            yield PaperTable(list(_rows_of(sheet)))


def _rows_of(sheet: DataSheet) -> Iterator[PaperRow]:
    grid = sheet.grid
    covered = {
        (row, column)
        for top, left, bottom, right in grid.merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (row, column) != (top, left)
    }
    columns = [column.to_pylist() for column in grid.cells.columns]
    for texts in zip(*columns, strict=True):
        *cells, row = texts
        shown = [(at, (text or "").strip()) for at, text in enumerate(cells) if (row, at) not in covered]
        if any(text for _, text in shown):
            yield PaperRow(f"{sheet.name}!{row}", shown)
