"""Cells of an Excel template: their texts, and their XML when a value is put into them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from officefill.excel.references import column_number
from officefill.messages import tr
from officefill.ooxml.namespaces import S, copy_of, s  # noqa: F401 - S is imported from here, too

MOST_DIGITS = 15
MOST_TEXT = 32_767
_RUN_TEXT, _PHONETIC = s("t"), s("rPh")
_LOOKS_LIKE_FORMULA = "=+-@"
_ESCAPE_OF_EXCEL = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_DIGITS_15 = Context(prec=MOST_DIGITS, rounding=ROUND_HALF_UP)
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
# The formats of ECMA-376 part 1, 18.8.30 that charts are drawn from; the rest differ by language.
_CODES = {"1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%", "11": "0.00E+00", "14": "yyyy/m/d", "49": "@"}
_NOT_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]|_.|\*.', re.IGNORECASE)


@dataclass(frozen=True)
class CellForm:
    """The part of a cell that stays whatever value is put into it. `quoted` is its style with the mark that a text is a text.

    The pieces between which a row's number and a value are put are made once: a sheet may have millions of cells.
    """

    tag: str
    column: str
    style: str
    quoted: str
    is_date: bool
    epoch: date

    @cached_property
    def begin(self) -> str:
        """Up to the number of its row."""
        return f'<{self.tag} r="{self.column}'

    @cached_property
    def number(self) -> tuple[str, str]:
        """Around a number."""
        return f"{_styled(self.style)}><{self.tag[:-1]}v>", f"</{self.tag[:-1]}v></{self.tag}>"

    @cached_property
    def text(self) -> str:
        """Before a text."""
        return self._before_text(self.style)

    @cached_property
    def quoted_text(self) -> str:
        """Before a text that looks like a formula."""
        return self._before_text(self.quoted)

    @cached_property
    def after_text(self) -> str:
        p = self.tag[:-1]
        return f"</{p}t></{p}is></{self.tag}>"

    @cached_property
    def first_day(self) -> int:
        return self.epoch.toordinal()

    def _before_text(self, style: str) -> str:
        p = self.tag[:-1]
        return f'{_styled(style)} t="inlineStr"><{p}is><{p}t xml:space="preserve">'

    def empty(self, row: str) -> str:
        """The cell with nothing in it."""
        return f"{self.begin}{row}{_styled(self.style)}/>"


def _styled(style: str) -> str:
    return f'" s="{style}"' if style else '"'


def column_of(reference: str) -> int:
    """B4 → 2."""
    return column_number(reference.rstrip("0123456789"))


def shared_texts(root: etree._Element | None) -> list[str]:
    """The shared texts of a workbook, without their forms and readings."""
    return [] if root is None else [_flat(node) for node in root.iter(s("si"))]


def _flat(node: etree._Element) -> str:
    return "".join(t.text or "" for t in node.iter(_RUN_TEXT) if next(t.iterancestors(_PHONETIC), None) is None)


def cell_texts(data: etree._Element, shared: list[str]) -> dict[etree._Element, str]:
    """The text of each cell that holds one."""
    found = ((cell, text_of_cell(cell, shared)) for cell in data.iter(s("c")))
    return {cell: text for cell, text in found if text is not None}


def text_of_cell(cell: etree._Element, shared: list[str]) -> str | None:
    """The text a cell holds; None where it holds none, or one that a formula gives."""
    kind = cell.get("t")
    if kind == "inlineStr":
        return _flat(cell)
    number = cell.findtext(s("v")) or ""
    return shared[int(number)] if kind == "s" and number.isdecimal() and int(number) < len(shared) else None


# Values


def cell_of(form: CellForm, row: str, value: Any) -> str | None:
    """A cell with a typed value: numbers and dates are numbers, texts are texts; None for what no cell can hold, or a text to be looked at.

    Raises `ValueError` for a date that Excel cannot show.
    """
    kind = type(value)
    if kind is str:
        return text_cell(form, row, value) if value.isprintable() else None
    if kind is int or (kind is Decimal and value.is_finite()):
        number = str(value) if value else "0"
        if len(number) > MOST_DIGITS or "E" in number:
            shorter = number_text(value)
            if shorter is None:
                return text_cell(form, row, format(Decimal(value), "f"))
            number = shorter
    elif isinstance(value, date):
        number = _serial(form, value)
    else:
        return None
    before, after = form.number
    return f"{form.begin}{row}{before}{number}{after}"


def number_text(value: int | Decimal) -> str | None:
    """A number as Excel may keep it, which is 15 digits; None where that would lose digits someone may count.

    A whole number, or an amount in fen, of more digits is a text; a longer fraction is a quotient and gets the nearest 15 digits.
    """
    exact = Decimal(value)
    digits = exact.as_tuple().digits
    significant = len(str(int("".join(map(str, digits)))).rstrip("0"))
    if significant > MOST_DIGITS or exact.adjusted() >= MOST_DIGITS:
        if exact.adjusted() >= MOST_DIGITS or exact == exact.quantize(Decimal("0.01"), context=Context(prec=99)):
            return None
        exact = exact.normalize(_DIGITS_15)
    text = format(exact, "f")
    return "0" if not exact else text


def text_cell(form: CellForm, row: str, text: str) -> str:
    """A cell with a text that stays one, whatever it begins with. Raises `ValueError` where Excel would cut it."""
    if len(text) > MOST_TEXT:
        raise ValueError(tr("the text is longer than the {most} characters of a cell", most=MOST_TEXT))
    if not text:
        return form.empty(row)
    before = form.quoted_text if text[0] in _LOOKS_LIKE_FORMULA else form.text
    if "&" in text or "<" in text or ">" in text or "_x" in text:
        text = excel_text(text)
    return f"{form.begin}{row}{before}{text}{form.after_text}"


def kept_cell(form: CellForm, row: str, value: Any) -> str:
    """A cell with what a person typed into it: a text, a truth value, or a number in the digits it was stored with."""
    if type(value) is str:
        return text_cell(form, row, value)
    before, after = form.number
    if type(value) is bool:
        before, value = before.replace(">", ' t="b">', 1), int(value)
    return f"{form.begin}{row}{before}{value}{after}"


def excel_text(text: str) -> str:
    """A text escaped for XML and for Excel, which reads _x000D_ as a character. Source: ECMA-376 part 1, 22.9.2.19 (ST_Xstring)."""
    return escape(_ESCAPE_OF_EXCEL.sub("_x005F_", text))


def _serial(form: CellForm, value: date) -> str:
    """Days since the workbook's first. Source: ECMA-376 part 1, 18.17.4.1."""
    if not form.is_date:
        raise ValueError(tr("the cell has no date format, so the date would show as a number"))
    if value.year < 1901:
        raise ValueError(tr("Excel knows no date before 1901"))
    if type(value) is date:
        return str(value.toordinal() - form.first_day)
    passed = value.replace(tzinfo=None) - datetime(form.epoch.year, form.epoch.month, form.epoch.day)
    days, rest = divmod(passed, timedelta(days=1))
    return repr(days + rest / timedelta(days=1)) if rest else str(days)


# Styles


class Styles:
    """The cell styles of a workbook; those that say "a text" are added as they are asked for."""

    def __init__(self, root: etree._Element | None) -> None:
        self.root = root
        self.formats = None if root is None else root.find(s("cellXfs"))
        self._codes = {} if root is None else {node.get("numFmtId"): node.get("formatCode", "") for node in root.iter(s("numFmt"))}
        self._dates = [] if self.formats is None else [_shows_dates(node.get("numFmtId", "0"), self._codes) for node in self.formats]
        self._quoted: dict[str, str] = {}

    def code(self, style: str) -> str:
        """The number format of a style, as Excel writes it."""
        number = int(style) if style.isdecimal() else 0
        if self.formats is None or number >= len(self.formats):
            return "General"
        form = self.formats[number].get("numFmtId", "0")
        return self._codes.get(form) or _CODES.get(form, "General")

    @property
    def grown(self) -> bool:
        """Return True where a style was added."""
        return bool(self._quoted)

    def is_date(self, style: str) -> bool:
        """Return True where numbers of this style show as dates."""
        number = style or "0"
        return number.isdecimal() and int(number) < len(self._dates) and self._dates[int(number)]

    @cached_property
    def wrapped(self) -> dict[str, float]:
        """Return the styles in which texts wrap, with the size of their font in points."""
        if self.root is None or self.formats is None:
            return {}
        sizes = [float(size.get("val", "11")) if (size := font.find(s("sz"))) is not None else 11 for font in self.root.iter(s("font"))]
        return {
            str(number): sizes[int(form.get("fontId", "0"))]
            for number, form in enumerate(self.formats)
            if (align := form.find(s("alignment"))) is not None and align.get("wrapText") in ("1", "true")
        }

    def quoted(self, style: str) -> str:
        """The style that is like `style` and says that what begins with = is a text."""
        if self.formats is None or not (style or "0").isdecimal() or int(style or 0) >= len(self._dates):
            return style
        if style not in self._quoted:
            like = self.formats[int(style or 0)]
            added = copy_of(like)
            added.set("quotePrefix", "1")
            self.formats.append(added)
            self.formats.set("count", str(len(self.formats)))
            self._quoted[style] = str(len(self.formats) - 1)
        return self._quoted[style]


def _shows_dates(number: str, codes: Mapping[str | None, str]) -> bool:
    code = _NOT_IN_FORMAT.sub("", codes.get(number, ""))
    return (number.isdecimal() and int(number) in _DATE_FORMATS) or bool(re.search(r"[ymdh]|ss", code, re.IGNORECASE))
