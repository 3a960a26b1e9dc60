"""Zeros that Excel shows by a number format (0000): the ids of such cells have them, their numbers do not."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator

from lxml import etree
from officefill.ooxml.zip_gate import parse_xml, parts_of, read_part

from postloan.data.intake.sheet_xml import column_number

_ZEROS = re.compile(r"0{2,}")
_CELL = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})(\d+)"[^>]*?\bs="(\d+)"|<c [^>]*?\bs="(\d+)"[^>]*?\br="([A-Z]{1,3})(\d+)"')
_STYLES = "xl/styles.xml"
_MOST = 8 << 20


def zero_styles(book: zipfile.ZipFile) -> dict[int, int]:
    """Return the styles whose number format is zeros and nothing else, each with how many."""
    member = parts_of(book).get(_STYLES)
    if member is None or member.file_size > _MOST:
        return {}
    root = parse_xml(read_part(book, member), with_comments=False)
    formats = {f.get("numFmtId"): f.get("formatCode", "") for f in _all(root, "numFmt")}
    widths = {identity: len(code) for identity, code in formats.items() if _ZEROS.fullmatch(code)}
    cells = next(iter(_all(root, "cellXfs")), None)
    styles = enumerate(cells) if widths and cells is not None else ()
    return {index: widths[identity] for index, xf in styles if (identity := xf.get("numFmtId")) in widths}


def _all(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return root.iter("{*}" + name)


def widths_shown(book: zipfile.ZipFile, member: str, styles: dict[int, int]) -> dict[int, dict[int, int]]:
    """Return how many digits each cell of a sheet shows at least: by column (from 0), by row (from 0)."""
    found: dict[int, dict[int, int]] = {}
    if not styles:
        return found
    for letters, row, style, other_style, other_letters, other_row in _CELL.findall(read_part(book, parts_of(book)[member.lower()])):
        width = styles.get(int(style or other_style))
        if width:
            column = column_number((letters or other_letters).decode())
            found.setdefault(column, {})[int(row or other_row) - 1] = width
    return found
