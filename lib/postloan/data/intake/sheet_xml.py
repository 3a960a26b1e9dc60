"""A witness beside the reader of Excel: what stands in the XML of a sheet that calamine does not tell.

calamine reads an error cell as blank, a formula without a value as blank, the last of two equal cells, and ends the process
at a cell in XFD1048576 (traps C5, C9, D11, D12). `glance` sees in a tenth of the reading time whether any of that can be;
`read_closely` then says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree import ElementTree

from officefill.ooxml.zip_gate import Reason, Refused

MOST_CELLS = 20_000_000
"""Rows times columns of one sheet: a reader holds them all, blank or not."""

_PIECE = 1 << 20
_ROWS = re.compile(rb'<row [^>]*?\br="(\d+)"')
_FAR = re.compile(rb' r="([A-Z]{2,3})\d')
_PLAIN = re.compile(rb'<sheetData(?:\s*/>|>\s*(?:</sheetData>|<row [^>]*="))')
"""The beginning that Excel and most programs write: no prefix, double quotation marks. Any other style is read closely."""
_NO_VALUE = re.compile(rb"(?:</f>|<f\b[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_ZERO = re.compile(rb"(?:</f>|<f\b[^>]*/>)<v>0</v></c>")


@dataclass
class Glance:
    """The result of a quick look: `rows` and `columns` at most, the number of cells with a value; `suspicious` asks for a closer look."""

    rows: int = 0
    columns: int = 26
    valued: int = 0
    suspicious: bool = False


@dataclass
class Closely:
    """The result of a full reading: rows and columns up to the last value, and cells (row from 1, column from 0, kind, text)."""

    rows: int = 0
    columns: int = 0
    odd: list[tuple[int, int, str, str]] = field(default_factory=list)


def column_number(letters: str) -> int:
    """`A` is 0, `XFD` is 16383."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """The part in pieces that end before a cell, so that no cell is cut in two."""
    rest = b""
    while piece := part.read(_PIECE):
        piece = rest + piece
        cut = piece.rfind(b"<c ")
        if 0 < cut or len(piece) > 8 * _PIECE:
            yield piece[:cut]
            piece = piece[cut:]
        rest = piece
    yield rest


def glance(part: IO[bytes], zeros_are_unknown: bool) -> Glance:
    """A quick look at a sheet. `zeros_are_unknown`: the book was never calculated, a formula's 0 is no value."""
    seen = Glance()
    for number, piece in enumerate(_pieces(part)):
        rows = [int(row) for row in _ROWS.findall(piece)]
        seen.rows = max(seen.rows, max(rows, default=0))
        seen.columns = max([seen.columns, *(column_number(c.decode()) + 1 for c in set(_FAR.findall(piece)))])
        seen.valued += piece.count(b"</c>")
        seen.suspicious |= b't="e"' in piece or number == 0 and not _PLAIN.search(piece)
        if b"<f" in piece:
            seen.suspicious |= bool(_NO_VALUE.search(piece)) or zeros_are_unknown and bool(_ZERO.search(piece))
    seen.suspicious |= seen.rows * seen.columns > MOST_CELLS
    return seen


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def read_closely(part: IO[bytes], zeros_are_unknown: bool) -> Closely:
    """Every cell of a sheet, by a streaming parser. Raises `Refused` at a cell that stands twice, and beyond `MOST_CELLS`."""
    seen, row, column = Closely(), 0, -1
    places: set[tuple[int, int]] = set()
    for event, element in ElementTree.iterparse(part, ("start", "end")):
        tag = _local(element.tag)
        if event == "start":
            if tag == "row":
                row, column, places = int(element.get("r", row + 1)), -1, set()
            continue
        if tag == "c":
            reference = element.get("r") or ""
            letters = reference.rstrip("0123456789")
            column = column_number(letters) if letters else column + 1
            if (row, column) in places:
                raise Refused(Reason.CELL_TWICE, cell=reference)
            places.add((row, column))
            _note_cell(element, row, column, zeros_are_unknown, seen)
        elif tag == "row":
            element.clear()
    if seen.rows * seen.columns > MOST_CELLS:
        raise Refused(Reason.FAR_CELL, row=seen.rows, column=seen.columns)
    return seen


def _note_cell(cell: ElementTree.Element, row: int, column: int, zeros_are_unknown: bool, seen: Closely) -> None:
    parts = {_local(part.tag): part for part in cell}
    value = (parts["v"].text or "") if "v" in parts else ""
    if value or "is" in parts:
        seen.rows, seen.columns = max(seen.rows, row), max(seen.columns, column + 1)
    if cell.get("t") == "e":
        seen.odd.append((row, column, "error_cell", value))
    elif "f" in parts and "is" not in parts:
        # A formula may well give an empty text; then the cell says that it is one.
        empty = "v" not in parts or not value and cell.get("t") != "str"
        if empty or value == "0" and zeros_are_unknown:
            seen.odd.append((row, column, "formula_without_value", "=" + (parts["f"].text or "")))
