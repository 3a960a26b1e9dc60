"""Writes a workbook of lists: typed cells, headings, filters, print set-up, links; a full list continues in another sheet."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from officefill.ooxml.package import Packed, write_package
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from postloan.numbers import exact

FULL = 1_048_575
"""Rows of a sheet below its heading."""
MOST_LINKS = 60_000
"""The most links of a sheet: Excel keeps some 65,000. The place is written in every row, as a link or not."""
MOST_DIGITS = 15
LINE = 14.5
"""Points of one line of text."""
FIRST_WIDE = 0x2E80
LONGEST_TEXT = 32_700
CUT = "……（超出单元格容量，全文见数据文件该行）"


@dataclass(frozen=True)
class SheetColumn:
    """One column: heading and width in characters."""

    title: str
    width: int


class ListBook:
    """A workbook of lists, written row by row from the top; no row can be written again."""

    def __init__(self, title: str, created: date) -> None:
        self.out = io.BytesIO()
        options = {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
        self.book = Workbook(self.out, options)
        self.book.set_properties({"title": title, "created": datetime.combine(created, time())})
        plain = {"font_name": "宋体", "font_size": 10, "valign": "top", "border": 1, "border_color": "#BFBFBF"}
        made = {
            "text": {"text_wrap": True}, "money": {"num_format": "#,##0.00"}, "number": {"num_format": "General"}, "date": {"num_format": "yyyy-mm-dd"},
            "time": {"num_format": "yyyy-mm-dd hh:mm:ss"}, "link": {"font_color": "#0563C1", "underline": 1}, "wrong": {"font_color": "#C00000", "bold": True},
            "head": {"bold": True, "bg_color": "#DDE6F0", "text_wrap": True, "valign": "vcenter", "align": "center"},
            **{f"level{n}": {"align": "left", "indent": n, "text_wrap": True} for n in range(6)},
        }  # fmt: skip
        self.formats: dict[str, Format] = {name: self.book.add_format({**plain, **more}) for name, more in made.items()}
        self.formats["title"] = self.book.add_format({"font_name": "黑体", "font_size": 16, "bold": True})
        self.formats["words"] = self.book.add_format({"font_name": "宋体", "font_size": 11, "text_wrap": True, "valign": "top"})
        self.formats["alarm"] = self.book.add_format(
            {"font_name": "黑体", "font_size": 11, "font_color": "#C00000", "text_wrap": True, "valign": "top"}
        )

    def sheet(self, name: str, columns: Sequence[SheetColumn], rows: int, frozen: int = 1) -> Worksheet:
        """Add a sheet with its heading, filter and print set-up, for `rows` rows."""
        sheet = self.book.add_worksheet(name)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.title, self.formats["head"])
        sheet.freeze_panes(1, frozen)
        sheet.autofilter(0, 0, max(rows, 1), len(columns) - 1)
        sheet.repeat_rows(0)
        self.page(sheet)
        return sheet

    def page(self, sheet: Worksheet) -> None:
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.4, 0.4, 0.6, 0.6)
        sheet.set_footer("&L内部保密&C&A&R第&P页 共&N页")

    def sheets(self, name: str, columns: Sequence[SheetColumn], rows: int) -> list[Worksheet]:
        """Add as many sheets as the rows need, at least one."""
        return [self.sheet(numbered(name, n), columns, min(FULL, rows - n * FULL)) for n in range(max(1, -(-rows // FULL)))]

    def write(self, sheet: Worksheet, row: int, place: int, value: Any, kind: str = "") -> None:
        """Write one value with its own type: texts as texts, numbers of at most 15 digits as numbers, dates as dates."""
        if value is None or value == "":
            sheet.write_blank(row, place, None, self.formats[kind or "text"])
        elif isinstance(value, str):
            text = value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + CUT
            sheet.write_string(row, place, text, self.formats[kind or "text"])
        elif isinstance(value, bool):
            sheet.write_string(row, place, "是" if value else "否", self.formats["text"])
        elif isinstance(value, date) and value.year >= 1900:
            sheet.write_datetime(row, place, value, self.formats["time" if isinstance(value, datetime) else "date"])
        elif isinstance(value, Decimal | int) and _fits(value):
            sheet.write_number(row, place, value, self.formats[kind or "number"])
        else:
            sheet.write_string(row, place, exact(value), self.formats[kind or "text"])

    def tall(self, sheet: Worksheet, row: int, columns: Sequence[SheetColumn], texts: Sequence[str]) -> None:
        """Make a row as high as its texts need; call it before the row is written."""
        lines = max(-(-_width(text) // column.width) for column, text in zip(columns, texts, strict=True))
        if lines > 1:
            sheet.set_row(row, LINE * lines)

    def content(self) -> bytes:
        """Return the finished file, with the same bytes for the same cells on any machine."""
        self.book.close()
        data = self.out.getbuffer()
        with zipfile.ZipFile(self.out) as archive:
            return write_package({info.filename: _as_it_lies(data, info) for info in archive.infolist()})

    def link(self, sheet: Worksheet, row: int, place: int, target: str, text: str, written: int = 0) -> None:
        """Write a link within the book, or its text above the most links of a sheet."""
        if written < MOST_LINKS:
            sheet.write_url(row, place, f"internal:{target}", self.formats["link"], text)
        else:
            self.write(sheet, row, place, text)


def _as_it_lies(data: memoryview, info: zipfile.ZipInfo) -> Packed:
    """Return a part as packed by XlsxWriter: a big sheet is not unpacked again. After 30 bytes of header follow name and extra field."""
    name, extra = struct.unpack_from("<2H", data, info.header_offset + 26)
    start = info.header_offset + 30 + name + extra
    return Packed(info.CRC, info.file_size, bytes(data[start : start + info.compress_size]))


def _fits(value: Decimal | int) -> bool:
    """Return True if Excel keeps all digits of a number."""
    return abs(value) < 10**MOST_DIGITS if isinstance(value, int) else len(value.as_tuple().digits) <= MOST_DIGITS


def _width(text: str) -> int:
    """Return the width in characters; hanzi count two."""
    return sum(2 if ord(c) >= FIRST_WIDE else 1 for c in text)


def numbered(name: str, sheet: int) -> str:
    return name if sheet == 0 else f"{name}{sheet + 1}"


def at(name: str, place: int) -> str:
    """Return the cell of the row with number `place`, from 0, in the list called `name`."""
    return f"'{numbered(name, place // FULL)}'!A{place % FULL + 2}"
