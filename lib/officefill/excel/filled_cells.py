"""The values in the cells of a filled workbook, for the charts that read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import unescape

from lxml import etree

from officefill.excel.cells import Styles, column_of, text_of_cell
from officefill.excel.references import Reference, column_number, read_formula
from officefill.excel.sheet import CELL, ROW, settle_rows
from officefill.ooxml.namespaces import s
from officefill.ooxml.zip_gate import parse_xml

_AREAS_ONLY = set("(),")
_FORMULA, _VALUE = s("f"), s("v")
MOST_POINTS = 100_000
"""More cells than a chart shows; its copy of them is left to the office program."""


@dataclass(frozen=True)
class CellValue:
    """The value of one cell: a number or a text as it is written, nothing, or unknown until counted. `code` is its number format."""

    kind: Literal["number", "text", "blank", "unknown"]
    text: str = ""
    code: str = "General"
    place: str = ""


CellRange = list[list[CellValue]]
"""Cells of one range, row by row."""


class FilledCells:
    """The cells of one filling. `parts` gives the part of each sheet as it is now, by its name; each is read once, when it is needed."""

    def __init__(self, parts: Mapping[str, Callable[[], bytes]], shared: list[str], styles: Styles) -> None:
        self._parts, self._shared, self._styles = parts, shared, styles
        self._rows: dict[str, dict[int, etree._Element]] = {}

    def areas(self, formula: str) -> list[CellRange] | None:
        """Return the ranges that a formula of a chart, escaped for XML, lists; None if it is no list of ranges of known sheets."""
        pieces = read_formula(unescape(formula, {"&quot;": '"'}))
        references = [piece for piece in pieces if isinstance(piece, Reference)]
        others = "".join(piece for piece in pieces if isinstance(piece, str))
        if not references or set(others) - _AREAS_ONLY or any(r.sheet not in self._parts or not r.first.column for r in references):
            return None
        if sum(_size(reference) for reference in references) > MOST_POINTS:
            return None
        return [self._area(reference) for reference in references]

    def _area(self, reference: Reference) -> CellRange:
        (lines, columns), rows, sheet = _extent(reference), self._of(reference.sheet), reference.sheet
        area = []
        for line in lines:
            cells = {column_of(cell.get("r")): cell for cell in rows.get(line, ()) if cell.tag == CELL}
            area.append([self._value(cells[column], sheet) if column in cells else CellValue("blank") for column in columns])
        return area

    def _of(self, sheet: str) -> dict[int, etree._Element]:
        if sheet not in self._rows:
            data = parse_xml(self._parts[sheet]()).find(s("sheetData"))
            settle_rows(data)
            self._rows[sheet] = {int(row.get("r")): row for row in data.iter(ROW)}
        return self._rows[sheet]

    def _value(self, cell: etree._Element, sheet: str) -> CellValue:
        code, place, kind = self._styles.code(cell.get("s", "")), f"{sheet}!{cell.get('r')}", cell.get("t", "n")
        text = text_of_cell(cell, self._shared)
        if text is not None:
            return CellValue("text" if text else "blank", text, code, place)
        value = cell.findtext(_VALUE) or ""
        if kind in ("n", "b", "str") and value:
            return CellValue("text" if kind == "str" else "number", value, code, place)
        return CellValue("unknown" if kind == "e" or cell.find(_FORMULA) is not None else "blank", "", code, place)


def _extent(reference: Reference) -> tuple[range, range]:
    """Return the rows and columns of a range."""
    first, last = reference.first, reference.last or reference.first
    columns = range(column_number(first.column.lstrip("$")), column_number(last.column.lstrip("$")) + 1)
    return range(first.row, last.row + 1), columns


def _size(reference: Reference) -> int:
    lines, columns = _extent(reference)
    return len(lines) * len(columns)
