"""The grid of a Word table: row, column and size of each cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from postloan.inspection_reports.word_text.styles import attributes, tags

MOST_SPANNED = 1_000
"""The largest span that is accepted: Word has 63 columns at most, and a wrong span must not become a huge number of cells."""


class TableCell(NamedTuple):
    """A cell: the number of its table in the file, its first row and column (from 0), its number of rows and columns."""

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


def grid(table: etree._Element, number: int) -> list[tuple[TableCell, etree._Element]]:
    """Return the cells of a table in order with their elements. Deleted rows and cells are left out; cells merged downwards are one.

    Text left over in the lower parts of a merged cell is hidden by Word and shown by LibreOffice: it comes with the merged cell.
    """
    cells: list[TableCell] = []
    found: list[tuple[int, etree._Element]] = []
    open_at: dict[int, int] = {}  # column → index in `cells` of a cell that may continue below
    rows = [row for row in _members(table, "tr") if "deleted" not in _properties(row)]
    for index, row in enumerate(rows):
        for column, columns, continues, element in _cells(row):
            above = open_at.get(column) if continues else None
            if above is None or cells[above].below != index:
                open_at[column] = above = len(cells)
                cells.append(TableCell(number, index, column, 1, columns))
                found.append((above, element))
            else:
                cells[above] = cells[above]._replace(rows=cells[above].rows + 1)
                if any(text.text for text in element.iter("{*}t")):
                    found.append((above, element))
    return [(cells[index], element) for index, element in found]


def _cells(row: etree._Element) -> Iterator[tuple[int, int, bool, etree._Element]]:
    """Yield for each cell of a row: its column, its number of columns, True for a lower part of a merged cell, its element."""
    column = _number(_properties(row).get("gridBefore"), 0)
    for element in _members(row, "tc"):
        properties = _properties(element)
        if "deleted" in properties:
            continue
        columns = max(1, _number(properties.get("gridSpan"), 1))
        yield column, columns, _continues(properties), element
        column += columns


_PROPERTIES = tags("trPr", "tcPr")
_PLACING = tags("gridBefore", "gridSpan", "vMerge") | dict.fromkeys(tags("del", "moveFrom", "cellDel"), "deleted")
_MEMBERS = {name: tags(name) for name in ("tr", "tc")}
_NO_MEMBERS = tags("tblPr", "tblGrid", "trPr", "tblPrEx", "sdtPr", "sdtEndPr", "customXmlPr", "del", "moveFrom", "p", "tbl")


def _members(node: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the rows (`tr`) of a table or the cells (`tc`) of a row, also inside content controls and other wrappers."""
    wanted = _MEMBERS[name]
    for child in node:
        tag = child.tag
        if tag in wanted:
            yield child
        elif tag not in _NO_MEMBERS:
            yield from _members(child, name)


def _properties(node: etree._Element) -> dict[str, etree._Element]:
    """Return the properties of a row or cell about its place."""
    parts = [each for child in node if child.tag in _PROPERTIES for each in child]
    return {_PLACING[each.tag]: each for each in parts if each.tag in _PLACING}


def _value(node: etree._Element | None, default: str) -> str:
    return default if node is None else attributes(node).get("val", default)


def _number(node: etree._Element | None, default: int) -> int:
    text = _value(node, str(default))
    return min(int(text), MOST_SPANNED) if text.isdecimal() else default


def _continues(properties: dict[str, etree._Element]) -> bool:
    """Return True for a lower part of a cell merged downwards; a mark without value means the same."""
    return "vMerge" in properties and _value(properties["vMerge"], "continue") == "continue"
