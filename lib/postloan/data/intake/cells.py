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

from postloan.data.intake.blanks import half_width, half_width_id, stripped
from postloan.data.schema import FieldSpec
from postloan.errors import BadCommand, did_you_mean
from postloan.language import tr
from postloan.period import Period

Value = str | date | datetime | Decimal | int | bool


class CellFault(NamedTuple):
    """Why a cell cannot be used: the check it fails and what the sender can do."""

    check: str
    says: str


Parsed = Value | CellFault | None

TOTALS = frozenset(["合计", "总计", "小计", "累计", "共计", "总合计", "合计数"])
_MONEY = re.compile(r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)?(?:\.(?P<cents>\d+))?", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,20})(?:\.\d{1,6})?", re.ASCII)
_RATIO = re.compile(r"(-?\d{1,7}(?:\.\d{1,8})?)(%?)", re.ASCII)
_MONEY_UNIT = re.compile(r".*\d\s*(?:万元|亿元|万|亿|千元)", re.DOTALL)
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d\d)(\d\d)|\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日)(?:T(?=\d)|\s+|$)",
    re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6})0*)?)?", re.ASCII)
_SERIAL = re.compile(r"\d{1,5}(?:\.\d+)?", re.ASCII)
_EXPONENT = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII)
_CHINESE_PERIOD = re.compile(r"(\d{4})年?(?:第?([1-4一二三四])季度?|(上|下)半年|(\d{1,2})月|)", re.ASCII)
_FLAGS = {"是": True, "y": True, "true": True, "1": True, "否": False, "n": False, "false": False, "0": False}


def _text(text: str, _spec: FieldSpec) -> Parsed:
    return stripped(text) or None


def _id(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width_id(text)
    if len(plain) > 2 and plain[:2] == '="' and plain[-1] == '"':
        plain = half_width_id(plain[2:-1])
    plain = half_width_id(plain[1:]) if plain.startswith("'") else plain
    if _EXPONENT.fullmatch(plain):
        return beyond_15_digits()
    if "".join(plain.split()) in TOTALS:
        return CellFault("total_row", total_row())
    return plain or None


def beyond_15_digits() -> CellFault:
    """The fault of an id that Excel has turned into a number and cut after 15 digits."""
    return CellFault(
        "id_beyond_15_digits",
        tr("Excel keeps 15 digits of a number, the others are lost; format the column as text and enter the number again"),
    )


def total_row() -> str:
    return tr("a total row is no data; it was left out")


def _money(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    number, negative = plain, False
    if plain[0] == "(" and plain[-1] == ")":
        number, negative = plain[1:-1].strip(), True
    elif plain[0] == "-":
        number, negative = plain[1:].strip(), True
    found = _MONEY.fullmatch(number)
    if not number or not found:
        return CellFault("bad_money", _money_advice(plain))
    whole, cents = (found["whole"] or "0").replace(",", "").lstrip("0"), (found["cents"] or "").rstrip("0")
    if len(cents) > 2:
        return CellFault("bad_money", tr("an amount in yuan has at most two decimal places; round it at the source"))
    if len(whole) > 16:
        return CellFault("bad_money", tr("an amount has at most 16 digits before the point; check it"))
    amount = Decimal(f"{whole or 0}.{cents or 0}")
    return -amount if negative and amount else amount


def _money_advice(plain: str) -> str:
    if _MONEY_UNIT.fullmatch(plain):
        return tr("amounts are in yuan; convert the amount and write the number without a unit")
    return tr("this is no amount; write yuan such as 1234.50, 1,234.50 or (1,234.50), nothing else in the cell")


def _moment(plain: str) -> datetime | None:
    """The day and time of day that `plain` spells, if it is one."""
    found = _DAY.match(plain)
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    rest = plain[found.end() :].strip()
    clock = _CLOCK.fullmatch(rest) if rest else None
    if rest and not clock or not 1900 <= year <= 2999:
        return None
    try:
        if not clock:
            return datetime(year, month, day)
        hour, minute, second, fraction = clock.groups()
        return datetime.combine(
            date(year, month, day), time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")))
        )
    except ValueError:
        return None


def _date(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    moment = _moment(plain)
    if moment is None:
        return CellFault("bad_date", _date_advice(plain))
    if moment.time() != time():
        return CellFault("bad_date", tr("a date without a time of day is expected here; write 2014-06-20"))
    return moment.date()


def _date_advice(plain: str) -> str:
    if _SERIAL.fullmatch(plain):
        return tr("this is Excel's serial number of a day; format the cell as a date or write 2014-06-20")
    if _DAY.match(plain):
        return tr("there is no such day between 1900 and 2999; check the date")
    return tr("this is no date; write 2014-06-20, 2014/6/20, 20140620 or 2014年6月20日")


def _time(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width(text)
    if not plain:
        return None
    moment = _moment(plain)
    if moment is None:
        return CellFault("bad_time", tr("this is no date with a time of day; write 2014-06-20 15:30 or 2014-06-20"))
    return moment


def _period(text: str, _spec: FieldSpec) -> Parsed:
    plain = "".join(half_width(text).upper().split())
    if not plain:
        return None
    found = _CHINESE_PERIOD.fullmatch(plain)
    if found and "年" in plain:
        year, quarter, half, month = found.groups()
        quarter = quarter and str("一二三四".find(quarter) + 1 or quarter)
        plain = year + (f"Q{quarter}" if quarter else f"H{1 if half == '上' else 2}" if half else f"-{month:0>2}" if month else "")
    try:
        return Period.parse(plain).name
    except BadCommand as fault:
        return CellFault("bad_period", tr("this is no period; {do}", do=fault.do))


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
    if not _NUMBER.fullmatch(plain):
        return CellFault("bad_number", tr("this is no number; write one such as 1234.5 with at most six decimal places"))
    return Decimal(plain.replace(",", ""))


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


def _flag(text: str, _spec: FieldSpec) -> Parsed:
    plain = half_width(text).casefold()
    if not plain:
        return None
    if plain not in _FLAGS:
        return CellFault("bad_flag", tr("yes or no is expected here; write 是 or 否"))
    return _FLAGS[plain]


def _one_of(text: str, spec: FieldSpec) -> Parsed:
    plain = half_width(text).casefold()
    if not plain:
        return None
    known = {half_width(word).casefold(): code for code, label in spec.values.items() for word in (label, code)}
    if plain not in known:
        hint = did_you_mean(half_width(text), spec.values if plain.isascii() else spec.values.values())
        return CellFault("unknown_code", tr("this is not one of the values of the list; {hint}", hint=hint))
    return known[plain]


_PARSERS: dict[str, Callable[[str, FieldSpec], Parsed]] = {
    "id": _id, "text": _text, "name": _text, "one_of": _one_of, "period": _period,
    "date": _date, "time": _time, "money": _money, "number": _number, "ratio": _ratio, "count": _count, "flag": _flag,
}  # fmt: skip


def parse(text: str, spec: FieldSpec) -> Parsed:
    """The value of a cell that holds `text` in a column of `spec`: None where it is blank, a `CellFault` where it is wrong.

    Values are str, date, datetime, Decimal (yuan), int or bool, as the column's type says.
    """
    return _PARSERS[spec.type](text, spec)
