"""One parser per type of the contract: from the text of a cell to its value, or to a sentence that says what is wrong.

This is the truth about spellings. `fast.py` knows the commonest ones in SQL and leaves every other to this module;
a test proves that the two agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from postloan.data.intake.amounts import MOST_DIGITS, amount_of
from postloan.data.intake.blanks import half_width, half_width_id, stripped
from postloan.data.intake.codes import code_of
from postloan.data.intake.moments import LAST_YEAR, OPEN_END, day_and_time, looks_like_a_day, period_named
from postloan.data.schema import FieldSpec
from postloan.errors import did_you_mean
from postloan.language import tr

Value = str | date | datetime | Decimal | int | bool


class CellFault(NamedTuple):
    """Why a cell cannot be used: the check it fails and what the sender can do."""

    check: str
    says: str


class Noted(NamedTuple):
    """A value that was read in a way its sender should know of."""

    value: Value
    check: str
    says: str


Parsed = Value | Noted | CellFault | None

DASHES = "-–—"
NOTHING = frozenset(["-", "--", "–", "—", "——", "/", "\\", "无", "空", "null", "\\n", "n/a", "nan", "none"])
"""Spellings of nothing in fields that are not required, in small letters."""
NO_DAY = frozenset(
    ["0", "00000000", "0000-00-00", "0000/00/00", "0000-00-00 00:00:00", "0001-01-01", "00010101", "1900-01-00", "1900/1/0", "1900-01-01"]
)
"""The same in dates; 1900-01-01 also in other spellings."""
OPEN_WORDS = frozenset(["长期", "永久", "至今", "无固定期限", "无期限", "无限期", "长期有效", "永久有效"])
EXCEL_ERRORS = frozenset(["#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#spill!", "#calc!", "#getting_data"])
"""Errors of Excel as texts, in small letters."""
NOT_KNOWN = frozenset(
    ["待定", "未知", "不详", "不明", "待补", "待补充", "待填", "待查", "待核实", "暂无", "暂缺", "见附件", "详见附件", "tbd", "unknown"]
)
"""Words in place of an id."""
LAST_OF_DATES = 2099
"""Later days are no days: systems write them for an open end."""

TOTALS = frozenset(["合计", "总计", "小计", "累计", "共计", "总合计", "合计数"])
_NUMBER = re.compile(r"(-?(?:\d{1,3}(?:,\d{3})+|\d{1,20})(?:\.(?:\d{1,4}(?=%|$)|\d{5,6}$))?)(%?)", re.ASCII)
_RATIO = re.compile(r"(-?\d{1,7}(?:\.\d{1,8})?)(%?)", re.ASCII)
_EXPONENT = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII)
_QUOTED = re.compile(r"""\s*(?:['‘’`]\s*(?P<bare>[^'"‘’“”]*)|=?["“](?P<quoted>[^"“”]*)["”])\s*""")
_YES = ("是", "是的", "有", "对", "真", "y", "yes", "t", "true", "1", "1.0", "01", "√", "✓", "✔", "☑", "✅")
_NO = ("否", "不是", "无", "没有", "不", "非", "假", "n", "no", "f", "false", "0", "0.0", "00", "×", "✗", "✘", "✕", "╳", "☒", "❌", "x")
_FLAGS = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}


def _text(text: str, _spec: FieldSpec) -> Parsed:
    return stripped(text) or None


def _id(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width_id(text)
    if _EXPONENT.fullmatch(plain):
        return beyond_15_digits()
    if "".join(plain.split()) in TOTALS:
        return CellFault("total_row", total_row())
    if not plain:
        return None
    if plain.lower() in NOT_KNOWN or not any(map(str.isalnum, plain)):
        return CellFault("bad_id", tr("this is no id; write the number or code under which it stands elsewhere"))
    return plain


def error_cell() -> CellFault:
    """The fault of a cell in which Excel shows an error."""
    return CellFault("error_cell", tr("Excel shows an error here; put the formula right or enter the value"))


def beyond_15_digits() -> CellFault:
    """The fault of an id that Excel has turned into a number and cut after 15 digits."""
    return CellFault(
        "id_beyond_15_digits",
        tr("Excel keeps 15 digits of a number, the others are lost; format the column as text and enter the number again"),
    )


def total_row() -> str:
    return tr("a total row is no data; it was left out")


def _money(text: str, spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    if spec.required and set(plain) <= set(DASHES):
        return Noted(Decimal(0), "dash_is_zero", tr("a lone dash was read as zero, as Excel's accounting format shows it"))
    amount = amount_of(plain, spec.yuan)
    if amount is None:
        return CellFault("bad_money", tr("this is no amount; write yuan such as 1234.50, 1,234.50 or (1,234.50), nothing else in the cell"))
    if abs(amount) >= 10**MOST_DIGITS:
        return CellFault("bad_money", tr("an amount has at most 16 digits before the point; check it"))
    if amount != (cents := round(amount, 2)):
        return CellFault("bad_money", tr("an amount in yuan has at most two decimal places; round it at the source"))
    return cents


def _date(text: str, spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    if _is_open(plain) and spec.is_end:
        return OPEN_END if spec.required else None
    moment = day_and_time(plain, of_day=True)
    if moment is None:
        return CellFault("bad_date", _date_advice(plain))
    if moment.time() != time():
        return CellFault("bad_date", tr("a date without a time of day is expected here; write 2014-06-20"))
    if moment.year > LAST_OF_DATES and (spec.is_end or not spec.required):
        return OPEN_END if spec.required else None
    return moment.date() if moment.year <= LAST_YEAR else CellFault("bad_date", _date_advice(plain))


def _is_open(plain: str) -> bool:
    return "".join(plain.split()) in OPEN_WORDS


def _date_advice(plain: str) -> str:
    if re.fullmatch(r"\d{1,5}(?:\.\d+)?", plain, re.ASCII):
        return tr("this is no number of a day as Excel counts them; format the cell as a date or write 2014-06-20")
    if re.fullmatch(r"\d{1,2}([-/.])\d{1,2}\1\d{4}", plain, re.ASCII):
        return tr("day and month may be either way round here; write 2014-06-20")
    if looks_like_a_day(plain):
        return tr("there is no such day between 1900 and 2999; check the date")
    return tr("this is no date; write 2014-06-20, 2014/6/20, 20140620 or 2014年6月20日")


def _time(text: str, spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    moment = day_and_time(plain)
    if moment and moment.year > LAST_OF_DATES and not spec.required:
        return None
    if moment is None or moment.year > LAST_YEAR:
        return CellFault("bad_time", tr("this is no date with a time of day; write 2014-06-20 15:30 or 2014-06-20"))
    return moment


def _period(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width(text).strip()
    if not plain:
        return None
    if name := period_named(plain):
        return name
    return CellFault("bad_period", tr("this is no period; write 2014Q2, 2014H1, 2014-06 or 2014"))


def _count(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    if not re.fullmatch(r"\d{1,18}|\d{1,3}(?:,\d{3}){1,5}", plain, re.ASCII):
        return CellFault("bad_count", tr("a whole number from 0 is expected here, such as 12"))
    return int(plain.replace(",", ""))


def _number(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    if not (found := _NUMBER.fullmatch(plain)):
        return CellFault("bad_number", tr("this is no number; write one such as 1234.5 with at most six decimal places, or 6.67%"))
    return Decimal(found[1].replace(",", "")) / (100 if found[2] else 1)


def _ratio(text: str, _spec: FieldSpec) -> Parsed:
    plain = "".join(half_width(text).split())
    if not plain:
        return None
    if not (found := _RATIO.fullmatch(plain)):
        return CellFault("bad_ratio", tr("this is no ratio; write 0.85 or 85%"))
    number = Decimal(found[1]) / (100 if found[2] else 1)
    if abs(number) > 1 and not found[2]:
        return CellFault("ratio_over_one", tr("a ratio above 1 needs a percent sign; write 0.85, 85% or 120%"))
    return number


def _flag(text: str, spec: FieldSpec) -> Parsed:
    plain = half_width(text).casefold()
    if not plain:
        return None
    own = {word: code == "yes" for code, words in spec.spellings.items() for word in words}
    flag = code_of(plain, _FLAGS | own)
    return CellFault("bad_flag", tr("yes or no is expected here; write 是 or 否")) if flag is None else flag


def _one_of(text: str, spec: FieldSpec) -> Parsed:
    plain = half_width(text).casefold()
    if not plain:
        return None
    if code := code_of(plain, _codes(spec)):
        return code
    hint = did_you_mean(half_width(text), spec.values if plain.isascii() else spec.values.values())
    return CellFault("unknown_code", tr("this is not one of the values of the list; {hint}", hint=hint))


def _codes(spec: FieldSpec) -> dict[str, str]:
    """Return the code of each spelling that the table's description knows."""
    words = {half_width(word).casefold(): code for code, spelt in spec.spellings.items() for word in spelt}
    return words | {half_width(word).casefold(): code for code, label in spec.values.items() for word in (label, code)}


_PARSERS: dict[str, Callable[[str, FieldSpec], Parsed]] = {
    "id": _id, "text": _text, "name": _text, "one_of": _one_of, "period": _period,
    "date": _date, "time": _time, "money": _money, "number": _number, "ratio": _ratio, "count": _count, "flag": _flag,
}  # fmt: skip


def _is_nothing(text: str, spec: FieldSpec) -> bool:
    """Return True where the text spells nothing in a field that is not required and whose texts are not kept as they are."""
    if spec.required or spec.verbatim:
        return False
    if spec.type in ("text", "name"):
        return stripped(text).lower() in NOTHING
    plain = half_width(text).lower()
    if spec.type in ("date", "time"):
        moment = day_and_time(plain)
        return plain in NO_DAY or plain in NOTHING or moment is not None and moment.date() == date(1900, 1, 1)
    if spec.type == "one_of" and plain in _codes(spec):
        return False
    return plain in NOTHING and not (spec.type == "flag" and plain in _FLAGS)


def parse(text: str, spec: FieldSpec) -> Parsed:
    """The value of a cell that holds `text` in a column of `spec`: None where it is blank, a `CellFault` where it is wrong.

    Values are str, date, datetime, Decimal (yuan), int or bool, as the column's type says.
    """
    if spec.type not in ("text", "name"):
        text = _without_quotes(text)
    if stripped(text).lower() in EXCEL_ERRORS:
        return error_cell()
    return None if _is_nothing(text, spec) else _PARSERS[spec.type](text, spec)


def _without_quotes(text: str) -> str:
    """Return the text without marks that say it is one: 'text, "text", ="text"."""
    quoted = _QUOTED.fullmatch(half_width_id(text))
    return text if quoted is None else quoted["bare"] or quoted["quoted"] or ""
