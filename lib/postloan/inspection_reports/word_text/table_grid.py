"""Where the cells of a table in Word stand: row, column, how far they reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from postloan.inspection_reports.word_text.styles import NAMESPACES

MOST_SPANNED = 1_000
"""Word has 63 columns at most; a forged span must not become a large number of anything."""


class Cell(NamedTuple):
    """A cell: the number of its table in the file, its first row and column (from 0), how many rows and columns it covers."""

    table: int
    row: int
    column: int
    rows: int = 1
    columns: int = 1

    @property
    def below(self) -> int:
        """The first row under the cell."""
        return self.row + self.rows

    @property
    def beyond(self) -> int:
        """The first column right of the cell."""
        return self.column + self.columns


def grid(table: etree._Element, number: int) -> list[tuple[Cell, etree._Element]]:
    """The cells of a table in order with their elements; deleted rows and cells are left out, cells merged downwards are one.

    Word hides what a program left in the lower parts of a merged cell, LibreOffice shows it: it comes with the merged cell.
    """
    cells: list[Cell] = []
    found: list[tuple[int, etree._Element]] = []
    open_at: dict[int, int] = {}  # column → index in `cells` of the cell that may go on below
    rows = [row for row in _members(table, "tr") if "deleted" not in _told(row)]
    for index, row in enumerate(rows):
        for column, columns, goes_on, element in _cells(row):
            above = open_at.get(column) if goes_on else None
            if above is None or cells[above].below != index:
                open_at[column] = above = len(cells)
                cells.append(Cell(number, index, column, 1, columns))
                found.append((above, element))
            else:
                cells[above] = cells[above]._replace(rows=cells[above].rows + 1)
                if any(text.text for text in element.iter("{*}t")):
                    found.append((above, element))
    return [(cells[index], element) for index, element in found]


def _cells(row: etree._Element) -> Iterator[tuple[int, int, bool, etree._Element]]:
    """Of each cell of a row: its column, how many it covers, whether it is a lower part of a merged cell, its element."""
    column = _number(_told(row).get("gridBefore"), 0)
    for element in _members(row, "tc"):
        told = _told(element)
        if "deleted" in told:
            continue
        columns = max(1, _number(told.get("gridSpan"), 1))
        yield column, columns, _goes_on(told), element
        column += columns


def _named(*names: str) -> dict[str, str]:
    return {f"{{{space}}}{name}": name for space in NAMESPACES for name in names}


_PROPERTIES = _named("trPr", "tcPr")
_TOLD = _named("gridBefore", "gridSpan", "vMerge") | dict.fromkeys(_named("del", "moveFrom", "cellDel"), "deleted")
_MEMBERS = {name: _named(name) for name in ("tr", "tc")}
_NO_MEMBERS = _named("tblPr", "tblGrid", "trPr", "tblPrEx", "sdtPr", "sdtEndPr", "customXmlPr", "del", "moveFrom", "p", "tbl")


def _members(node: etree._Element, name: str) -> Iterator[etree._Element]:
    """The rows (`tr`) of a table or the cells (`tc`) of a row, also those inside content controls and other wrappers."""
    wanted = _MEMBERS[name]
    for child in node:
        tag = child.tag
        if tag in wanted:
            yield child
        elif tag not in _NO_MEMBERS:
            yield from _members(child, name)


def _told(node: etree._Element) -> dict[str, etree._Element]:
    """What the properties of a row or cell say of its place."""
    told: dict[str, etree._Element] = {}
    for child in node:
        if child.tag in _PROPERTIES:
            for each in child:
                if each.tag in _TOLD:
                    told[_TOLD[each.tag]] = each
    return told


def _value(node: etree._Element | None, default: str) -> str:
    return default if node is None else next((value for name, value in node.items() if name.endswith("}val")), default)


def _number(node: etree._Element | None, default: int) -> int:
    if node is None:
        return default
    text = _value(node, str(default))
    return min(int(text), MOST_SPANNED) if text.isdecimal() else default


def _goes_on(told: dict[str, etree._Element]) -> bool:
    """Whether a cell is a lower part of one that is merged downwards; without a value the mark means so."""
    return "vMerge" in told and _value(told["vMerge"], "continue") == "continue"
