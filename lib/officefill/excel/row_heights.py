"""Heights of rows whose texts wrap. Excel fits a row without a height to its text when it opens the file; LibreOffice does not.

A height is an estimate that is rather too large than too small, and is not said to be a person's: an office program that the text is
changed in fits the row anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil

from officefill.excel.cells import Styles, column_of
from officefill.excel.references import read_range

HIGHEST = 409.5
"""Points. Source: ECMA-376 part 1, 18.3.1.73: no row is higher."""
_ROW = re.compile(r"(<row (?![^>]* ht=)[^>]*)(>.*?</row>)", re.DOTALL)
_COLUMN = re.compile(r"<col ([^>]*)/>")
_MERGED = re.compile(r'<mergeCell ref="([^"]*)"')
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_USUAL_WIDTH, _USUAL_FONT = 8.43, 11
_UNITS = 1.08
"""Widths of a digit that a byte of the text takes: Chinese characters have two bytes in GB18030."""
_LINE = 1.4
"""A line's height in font sizes."""
_MARGIN = 0.8


def with_row_heights(text: str, styles: Styles) -> str:
    """Return the XML of a filled sheet in which each row without a height of its own has the height that its wrapped texts need."""
    wrapped = styles.wrapped
    if not wrapped or "<row " not in text:
        return text
    cells = re.compile(rf'<c r="([A-Z]+\d+)" s="({"|".join(wrapped)})" t="inlineStr"><is><t xml:space="preserve">([^<]*)')
    head, rows, tail = text.partition("<sheetData>")
    widths, merged = _widths(head), _merged(tail)

    def fitted(row: re.Match[str]) -> str:
        needed = 0.0
        for place, style, shown in cells.findall(row[2]):
            columns = merged.get(place) or [column_of(place)]
            width = sum(widths.get(column, _USUAL_WIDTH) for column in columns)
            if (lines := _lines(shown, width, wrapped[style])) > 1:
                needed = max(needed, lines * wrapped[style] * _LINE)
        return f'{row[1]} ht="{min(needed, HIGHEST):.4g}"{row[2]}' if needed else row[0]

    return head + rows + _ROW.sub(fitted, tail)


def _lines(text: str, width: float, size: float) -> int:
    """Return the number of lines of a text of a font size in points in a column of so many digits."""
    room = max(1.0, (width - _MARGIN) / (_UNITS * size / _USUAL_FONT))
    if len(text) * 2 <= room and "\n" not in text:
        return 1
    return sum(max(1, ceil(len(line.encode("gb18030", "replace")) / room)) for line in text.split("\n"))


def _widths(head: str) -> dict[int, float]:
    """Return the widths of columns by number, from 1, in digits."""
    found = {}
    for column in _COLUMN.findall(head):
        said: Mapping[str, str] = dict(_ATTRIBUTE.findall(column))
        last = min(int(said["max"]), int(said["min"]) + 999)
        found |= dict.fromkeys(range(int(said["min"]), last + 1), float(said.get("width", _USUAL_WIDTH)))
    return found


def _merged(tail: str) -> dict[str, list[int]]:
    """Return the columns of merged cells by the first of them; a cell merged over several rows has no height to give to its row."""
    found = {}
    for place in _MERGED.findall(tail):
        area = read_range(place)
        if area and area.last and area.first.column and area.last.column:
            first, last = column_of(area.first.column), column_of(area.last.column)
            one_row = area.first.row == area.last.row
            found[place.partition(":")[0]] = list(range(first, last + 1)) if one_row else list(range(1, 1000))
    return found
