"""Puts the content of inserted parts (`inserted_parts.py`) into the text that is being read, or an unread block in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Protocol

from lxml import etree
from officefill.ooxml.zip_gate import Refused

from postloan.inspection_reports.word_text.inserted_parts import Rows, chart_rows, diagram_rows, page_rows, workbook_rows
from postloan.inspection_reports.word_text.styles import attributes
from postloan.inspection_reports.word_text.table_grid import TableCell
from postloan.inspection_reports.word_text.text_block import TextBlock
from postloan.inspection_reports.word_text.word_file import WordFile


class Reader(Protocol):
    """The reading of a file, as far as insertions need it."""

    file: WordFile
    blocks: list[TextBlock]
    cells: tuple[TableCell, ...]
    tables: Iterator[int]

    def part_of(self, reference: str) -> str: ...

    def read_inside(self, content: bytes) -> bool: ...

    def emit(self, text: str, level: int, numbering: tuple[str, str] | None) -> None: ...


_DRAWINGS = ("http://schemas.openxmlformats.org/drawingml/2006", "http://purl.oclc.org/ooxml/drawingml")
_PARTS = {"main}blip": "picture", "chart}chart": "chart", "diagram}relIds": "diagram"}
INSERTED_TAGS = {f"{{{space}/{tag}": kind for space, (tag, kind) in product(_DRAWINGS, _PARTS.items())} | {
    "{urn:schemas-microsoft-com:vml}imagedata": "picture"
}
"""The elements of drawings that refer to an inserted part: tag → kind."""


def _picture(reader: Reader, node: etree._Element) -> None:
    values = attributes(node)
    _put(reader, None, reader.part_of(next((values[name] for name in ("embed", "id", "link") if name in values), "")))


def _object(reader: Reader, node: etree._Element) -> None:
    """Read an embedded file; the picture of it is not read."""
    for reference in (attributes(each).get("id", "") for each in node.iter("{*}OLEObject", "{*}objectEmbed")):
        name, content = _part(reader, reference)
        if reader.read_inside(content):
            return
        if content and (rows := workbook_rows(content)):
            return _put(reader, rows, name)
    _put(reader, None, "")


def chunk(reader: Reader, node: etree._Element) -> None:
    """Read a file that Word puts in place of the element when it opens the report."""
    name, content = _part(reader, attributes(node).get("id", ""))
    if not reader.read_inside(content):
        _put(reader, page_rows(content) if content and not content.startswith(b"PK") else None, name)


def _drawn(read: Callable[[bytes], Rows | None], attribute: str) -> Callable[[Reader, etree._Element], None]:
    def action(reader: Reader, node: etree._Element) -> None:
        name, content = _part(reader, attributes(node).get(attribute, ""))
        _put(reader, read(content) if content else None, name)

    return action


INSERTED = {"object": _object, "picture": _picture, "chart": _drawn(chart_rows, "id"), "diagram": _drawn(diagram_rows, "dm")}
"""The action for each kind of insertion."""


def _part(reader: Reader, reference: str) -> tuple[str, bytes]:
    """Return name and content of a part; nothing for one that is missing, damaged or too large."""
    name = reader.part_of(reference)
    try:
        return name, reader.file.part(name) if name else b""
    except Refused:
        return name, b""


def _put(reader: Reader, rows: Rows | None, name: str) -> None:
    if rows is None:
        reader.blocks.append(TextBlock("inserted", "", "", cells=reader.cells, unread=name or "?"))
        return
    table, outer = next(reader.tables), reader.cells
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            if len(row) > 1:
                reader.cells = (*outer, TableCell(table, number, column))
                reader.emit(text, 0, None)
            elif text:
                reader.emit(text, 0, None)
        reader.cells = outer
