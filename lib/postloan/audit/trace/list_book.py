"""Writes a workbook of lists: typed cells, headings, filters, print set-up, links; a full list continues in another sheet."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

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


Columns = Sequence[tuple[str, int]]
"""The headings and widths, in characters, of a list."""


class Styled(NamedTuple):
    """A value with the name of its format."""

    value: Any
    format: str


class CellLink(NamedTuple):
    """A link to a cell of the workbook."""

    target: str
    text: str


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

    def add_sheet(self, name: str) -> Worksheet:
        """Add a sheet with its print set-up."""
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.4, 0.4, 0.6, 0.6)
        sheet.set_footer("&L内部保密&C&A&R第&P页 共&N页")
        return sheet

    def add_list(self, name: str, columns: Columns, rows: int) -> SheetList:
        """Add as many sheets as the rows of a list need, at least one."""
        return SheetList(
            self,
            [self._list_sheet(numbered(name, n), columns, min(FULL, rows - n * FULL)) for n in range(max(1, -(-rows // FULL)))],
            columns,
        )

    def _list_sheet(self, name: str, columns: Columns, rows: int) -> Worksheet:
        sheet = self.add_sheet(name)
        for place, (title, width) in enumerate(columns):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, title, self.formats["head"])
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(rows, 1), len(columns) - 1)
        sheet.repeat_rows(0)
        return sheet

    def write(self, sheet: Worksheet, row: int, place: int, value: Any) -> None:
        """Write one value with its own type: texts as texts, numbers of at most 15 digits as numbers, dates as dates."""
        value, kind = value if isinstance(value, Styled) else (value, "")
        if isinstance(value, CellLink) and row <= MOST_LINKS:
            sheet.write_url(row, place, f"internal:{value.target}", self.formats["link"], value.text)
        elif isinstance(value, CellLink):
            self.write(sheet, row, place, value.text)
        elif value is None or value == "":
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

    def content(self) -> bytes:
        """Return the finished file, with the same bytes for the same cells on any machine."""
        self.book.close()
        data = self.out.getbuffer()
        with zipfile.ZipFile(self.out) as archive:
            return write_package({info.filename: _packed_part(data, info) for info in archive.infolist()})


class SheetList:
    """A list under construction: rows are added from the top, and a full sheet continues in the next one."""

    def __init__(self, book: ListBook, sheets: list[Worksheet], columns: Columns) -> None:
        self.book, self.sheets, self.columns, self.rows = book, sheets, columns, 0

    def add(self, cells: Iterable[Any], fit: Iterable[int] = ()) -> None:
        """Add a row of values, `Styled` values and links, high enough for the texts in the columns `fit`."""
        sheet, row, values = self.sheets[self.rows // FULL], self.rows % FULL + 1, list(cells)
        lines = max((-(-_width(values[place]) // self.columns[place][1]) for place in fit), default=1)
        if lines > 1:  # before the cells: a row that is written cannot be changed
            sheet.set_row(row, LINE * lines)
        for place, value in enumerate(values):
            self.book.write(sheet, row, place, value)
        self.rows += 1


def _packed_part(data: memoryview, info: zipfile.ZipInfo) -> Packed:
    """Return a part as packed by XlsxWriter: a big sheet is not unpacked again. After 30 bytes of header follow name and extra field."""
    name, extra = struct.unpack_from("<2H", data, info.header_offset + 26)
    start = info.header_offset + 30 + name + extra
    return Packed(info.CRC, info.file_size, bytes(data[start : start + info.compress_size]))


def _fits(value: Decimal | int) -> bool:
    """Return True if Excel keeps all digits of a number."""
    return abs(value) < 10**MOST_DIGITS if isinstance(value, int) else len(value.as_tuple().digits) <= MOST_DIGITS


def _width(cell: Any) -> int:
    """Return the width of a cell's text in characters; hanzi count two, a link nothing."""
    value = cell.value if isinstance(cell, Styled) else cell
    return 0 if isinstance(value, CellLink) else sum(2 if ord(c) >= FIRST_WIDE else 1 for c in exact(value))


def numbered(name: str, sheet: int) -> str:
    return name if sheet == 0 else f"{name}{sheet + 1}"


def at(name: str, place: int) -> str:
    """Return the cell of the row with number `place`, from 0, in the list called `name`."""
    return f"'{numbered(name, place // FULL)}'!A{place % FULL + 2}"
