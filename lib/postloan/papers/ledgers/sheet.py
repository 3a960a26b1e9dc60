"""The sheet of a ledger, drawn: an Excel template of one sheet, which the engine of templates fills like one that people drew.

1  title                                     over all columns
2  note                          unit of money, or date
3  totals over the filter                    one row; one a code, where codes are never added to each other
4  heads                                     frozen, printed on every page, with the filter
5  a row of the ledger                       the loop
6  本期无。                                   where there is none
7  remark
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from math import ceil

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from postloan.figures.measure import all_measures
from postloan.papers.ledgers import Ledger
from postloan.papers.ledgers.columns import NUMBER, TYPES, Column
from postloan.papers.ledgers.rows import COUNT

DAY_ONE = datetime(2000, 1, 1)
NOTHING = "本期无。"
_FIRST_WIDE = 0x2E80
_BESIDE_NOTE = 3
"""Columns at the right of the note that say the unit of money."""
_A4, _A3 = 9, 8
_FITS_A4, _FITS_A3 = 160, 240
"""Widths of columns together that fit a page on its side with letters of 9 points or more."""
_SONG, _HEI = {"font_name": "宋体", "font_size": 11}, {"font_name": "黑体", "font_size": 16}
_BOX = {"border": 1, "border_color": "#808080", "valign": "vcenter"}
_FORMS = {
    "title": {**_HEI, "align": "center", "valign": "vcenter"},
    "note": {**_SONG, "align": "left", "valign": "vcenter"},
    "beside": {**_SONG, "align": "right", "valign": "vcenter"},
    "total": {**_SONG, **_BOX, "bold": True, "bg_color": "#F2F2F2", "align": "center"},
    "head": {**_SONG, **_BOX, "bold": True, "bg_color": "#DCE6F1", "align": "center", "text_wrap": True},
    "remark": {**_SONG, "font_size": 10, "align": "left", "valign": "top", "text_wrap": True},
    "faded": {"font_color": "#808080"},
}


@cache
def drawn(ledger: Ledger, title: str) -> bytes:
    """Return the workbook with the sheet of a ledger under `title`, the same bytes each time."""
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False})
    book.set_properties({"created": DAY_ONE})
    _Drawing(ledger, book).draw(title)
    book.close()
    return out.getvalue()


class _Drawing:
    """One sheet being drawn. Rows count from 0, as XlsxWriter counts them."""

    def __init__(self, ledger: Ledger, book: Workbook) -> None:
        self.ledger, self.book, self.columns = ledger, book, list(ledger.columns.values())
        self.sheet: Worksheet = book.add_worksheet(ledger.sheet)
        self.forms: dict[str, Format] = {name: book.add_format(form) for name, form in _FORMS.items()}
        self.last = len(self.columns) - 1
        self.totals = list(self._total_rows()) if ledger.totals() else []
        self.head = 2 + len(self.totals)

    def draw(self, title: str) -> None:
        self._page()
        self.sheet.set_row(0, 30)
        self._across(0, 0, self.last, "{{ subject_name }}{{ period }}" + title, "title")
        beside = min(_BESIDE_NOTE, (self.last + 1) // 2)
        self._across(1, 0, self.last - beside, self.ledger.note or "数据截至 {{ as_of|date_cn }}。", "note")
        if beside:
            self._across(1, self.last - beside + 1, self.last, self._beside(), "beside")
        for row, (label, tags) in enumerate(self.totals, 2):
            self._totals(row, label, tags)
        self.sheet.set_row(self.head, max(24, 15 * max(_lines(self._label(column), self._width(column)) for column in self.columns)))
        for place, column in enumerate(self.columns):
            self.sheet.write_string(self.head, place, self._label(column), self.forms["head"])
            self.sheet.set_column(place, place, self._width(column))
        self._body(self.head + 1)

    def _page(self) -> None:
        sheet = self.sheet
        sheet.hide_gridlines(2)
        sheet.freeze_panes(self.head + 1, self.ledger.frozen)
        sheet.autofilter(self.head, 0, self.head + 1, self.last)
        sheet.repeat_rows(0, self.head)
        wide = sum(self._width(column) for column in self.columns)
        sheet.set_paper(_A3 if wide > _FITS_A4 else _A4)
        sheet.set_landscape()
        sheet.fit_to_pages(ceil(wide / _FITS_A3), 0)
        sheet.center_horizontally()
        sheet.set_margins(0.5, 0.5, 0.75, 0.7)
        sheet.set_header('&L&"宋体"&9 {{ institution }}&R&"宋体"&9 {{ period }}')
        sheet.set_footer('&L&"宋体"&9 {{ page_index }}&C&"宋体"&9 第 &P 页　共 &N 页')

    def _across(self, row: int, first: int, last: int, text: str, form: str) -> None:
        if last > first:
            self.sheet.merge_range(row, first, row, last, text, self.forms[form])
        else:
            self.sheet.write_string(row, last, text, self.forms[form])

    def _beside(self) -> str:
        units = {column.unit or "元" for column in self.columns if column.type == "money"}
        return f"金额单位：{units.pop()}" if len(units) == 1 else "编制日期：{{ prepared_on|date_cn }}"

    @staticmethod
    def _width(column: Column) -> float:
        return column.width or TYPES[column.type].width

    def _label(self, column: Column) -> str:
        units = {other.unit or "元" for other in self.columns if other.type == "money"}
        return f"{column.label}\n（{column.unit or '元'}）" if column.type == "money" and len(units) > 1 else column.label

    def _total_rows(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The label of each row of totals, and the tags of its cells by column."""
        ledger = self.ledger
        if not ledger.apart:
            yield "合计（随筛选变化）", {name: self._subtotal(name, column) for name, column in ledger.totals().items()}
        for code, label in ledger.columns[ledger.apart].values.items() if ledger.apart else ():
            yield f"{label}合计", {name: self._total_of(code, label, name, column) for name, column in ledger.totals().items()}

    def _subtotal(self, name: str, column: Column) -> str:
        path = (
            column.total if column.total in all_measures() else f"ledgers.{self.ledger.name}.{COUNT if column.total == 'count' else name}"
        )
        cell = self._cell(name, 1)
        return f"{{{{ {path}|formula('SUBTOTAL({103 if column.total == 'count' else 109},{cell}:{cell})') }}}}"

    def _total_of(self, code: str, label: str, name: str, column: Column) -> str:
        path = f"ledgers.{self.ledger.name}.{code}.{COUNT if column.total == 'count' else name}"
        rows = len(self.ledger.columns[self.ledger.apart].values)
        kind, cell = (self._cell(of, rows, fixed=True) for of in (self.ledger.apart, name))
        what = f'COUNTIF({kind}:{kind},"{label}")' if column.total == "count" else f'SUMIF({kind}:{kind},"{label}",{cell}:{cell})'
        return f"{{{{ {path}|formula('{what}') }}}}"

    def _cell(self, name: str, totals: int, *, fixed: bool = False) -> str:
        """The cell of a column in the row of the loop, under so many rows of totals."""
        return xl_rowcol_to_cell(3 + totals, list(self.ledger.columns).index(name), row_abs=fixed, col_abs=fixed)

    def _totals(self, row: int, label: str, tags: dict[str, str]) -> None:
        self.sheet.set_row(row, 20)
        first = next(place for place, column in enumerate(self.columns) if column.total)
        self._across(row, 0, max(0, first - 1), label, "total")
        for place, column in enumerate(self.columns[max(1, first) :], max(1, first)):
            form = "0" if column.total == "count" else TYPES[column.type].format
            unit = f'"{column.unit}"' if column.total == "count" and column.unit else ""
            align = "center" if column.total == "count" else TYPES[column.type].align
            style = self.book.add_format({**_FORMS["total"], "num_format": form + unit, "align": align})
            self.sheet.write(row, place, tags.get(column.name), style)

    def _body(self, row: int) -> None:
        for place, column in enumerate(self.columns):
            tag = self._tag(column)
            tag = f"{{% for r in {self.ledger.rows} %}}{tag}" if place == 0 else tag
            tag = f"{tag}{{% endfor %}}" if place == self.last else tag
            kind = TYPES[column.type]
            wrap = {"text_wrap": True} if kind.align == "left" else {}
            style = self.book.add_format({**_SONG, **_BOX, **wrap, "num_format": kind.format, "align": kind.align})
            self.sheet.write_string(row, place, tag, style)
            if column.options:
                offered = {"validate": "list", "source": column.options, "error_type": "information"}
                self.sheet.data_validation(row, place, row, place, offered)
        if self.ledger.faded:
            flag = xl_col_to_name(list(self.ledger.columns).index(self.ledger.faded), col_abs=True)
            grey = {"type": "formula", "criteria": f'={flag}{row + 1}="是"', "format": self.forms["faded"]}
            self.sheet.conditional_format(row, 0, row, self.last, grey)
        self.sheet.write_string(row + 1, 0, f"{{% if {self.ledger.rows}|length == 0 %}}")
        self._across(row + 2, 0, self.last, NOTHING, "remark")
        self.sheet.write_string(row + 3, 0, "{% endif %}")
        if self.ledger.remark:
            self._across(row + 4, 0, self.last, self.ledger.remark, "remark")

    def _tag(self, column: Column) -> str:
        """The tag that shows a column of the row. Of what is not known, a number or date leaves its cell blank, a text is a dash."""
        if column.type == "fill":
            return f"{{% keep {re.sub('[^0-9A-Za-z_一-鿿]', '', self.ledger.sheet + column.label)} of r.key %}}{{% endkeep %}}"
        if column.name == NUMBER:
            return "{{ loop.index }}"
        name, kind = f"r.{column.shown}", TYPES[column.type].field
        if kind not in ("text", "truth"):
            return f"{{{{ {name}|or_gap }}}}"
        if kind == "text" and self.ledger.walks:  # its texts may be blank, too
            return f"{{{{ {name}|or_dash }}}}"
        return f'{{{{ {name} is none and "—" or {name}{"|yes_no" if kind == "truth" else ""} }}}}'


def _lines(label: str, width: float) -> int:
    """Return the number of lines that a label in bold takes in a column of this width."""
    return sum(ceil(sum(2.3 if ord(c) >= _FIRST_WIDE else 1.2 for c in line) / width) for line in label.split("\n"))
