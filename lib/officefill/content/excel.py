"""The lines of an Excel file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.content.drawing import charts_of, paragraph_text
from officefill.content.line import ContentLine
from officefill.excel.cell_text import sheet_cells
from officefill.excel.references import column_number, read_range
from officefill.excel.workbook_parts import shared_texts_of, worksheets
from officefill.ooxml.namespaces import XDR, A, s
from officefill.ooxml.package import Package

_FORM = re.compile(r'&"[^"]*"|&K[0-9A-Fa-f]{6}|&K\d{2}[+-]\d{3}|&\d{1,3}|&[BIUESXYOH]')
"""Codes of the form of a header: font, colour, size, bold …; codes of its content (&P, &D …) are not among them."""
_PLACE = re.compile(r"([A-Z]+)(\d+)")
_SHAPES = tuple(f"{{{XDR}}}{name}" for name in ("sp", "cxnSp"))


def book_lines(package: Package) -> Iterator[ContentLine]:
    """Yield the lines of each sheet: its name, its cells, its header and footer, its shapes and charts."""
    shared = shared_texts_of(package, package.main)
    for name, part in worksheets(package, package.main):
        yield ContentLine(name, "", name)
        yield from _sheet(package, name, part, shared)
    for part in package.related("chartsheet", package.main):
        yield from (ContentLine("chart", "", text) for drawing in package.related("drawing", part) for text in charts_of(package, drawing))


def _sheet(package: Package, name: str, part: str, shared: list[str]) -> Iterator[ContentLine]:
    root = package.tree(part)
    covered = _Covered(root)
    cells = [(place, cell.text) for place, cell in sheet_cells(root, shared) if not covered.holds(place)]
    yield from (ContentLine(name, place, text) for place, text in cells if text)
    header = root.find(s("headerFooter"))
    for node in header if header is not None else ():
        if text := header_text(node.text or ""):
            yield ContentLine(name, etree.QName(node).localname, text)
    for drawing in package.related("drawing", part):
        boxes = ("\n".join(map(paragraph_text, box.iter(f"{{{A}}}p"))) for box in package.tree(drawing).iter(*_SHAPES))
        yield from (ContentLine(name, "", text) for text in sorted(filter(None, boxes)))
        yield from (ContentLine(name, "", text) for text in charts_of(package, drawing))


class _Covered:
    """The cells that merged ones cover: nobody sees them, and programs drop them."""

    def __init__(self, root: etree._Element) -> None:
        areas = [area for node in root.iter(s("mergeCell")) if (area := read_range(node.get("ref", ""))) and area.last]
        self.by_row: dict[int, list[tuple[int, int, bool]]] = {}
        for area in areas:
            first, last = column_number(area.first.column), column_number(area.last.column)
            for row in range(area.first.row, min(area.last.row, area.first.row + 100_000) + 1):
                self.by_row.setdefault(row, []).append((first, last, row == area.first.row))

    def holds(self, place: str) -> bool:
        """Return True where a merged cell covers the cell called `place` and is not it."""
        found = _PLACE.fullmatch(place)
        if not found or int(found[2]) not in self.by_row:
            return False
        column = column_number(found[1])
        return any(first <= column <= last and not (top and column == first) for first, last, top in self.by_row[int(found[2])])


def header_text(code: str) -> str:
    """Return a header's text without codes of form: the left, the middle and the right each behind its letter, as far as they are filled."""
    parts = {"L": "", "C": "", "R": ""}
    at, position = "C", 0
    text = _FORM.sub("", code.replace("&&", "\x1d"))
    while position < len(text):
        if text[position] == "&" and text[position + 1 : position + 2] in parts:
            at, position = text[position + 1], position + 2
        else:
            parts[at] += text[position]
            position += 1
    return "".join(f"&{letter}{said.strip(' ')}" for letter, said in parts.items() if said.strip(" ")).replace("\x1d", "&&")
