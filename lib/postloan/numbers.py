"""The only place where numbers and dates become text.

Elsewhere money is exact `Decimal` yuan and ratios are exact 0..1. Here a value is rounded once, ROUND_HALF_UP (四舍五入), and gets its unit.
`FILTERS` are the filters of templates.

`None` is undefined and prints 不适用, never 0. A `float` is refused: it has already lost digits. Every filter of a figure raises `TypeError`
for a value that is no exact number (or no date), and `ValueError` for one that it cannot print.

Sources: contract, section Words; GB/T 15835-2011 (units after Arabic digits) and the custom of official papers (no
thousands separator in running text, commas in bank tables); seed S8 and T13 (differences of ratios are 百分点, never %).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import wraps
from numbers import Integral

from postloan.language import tr

NOT_APPLICABLE = "不适用"

# 60 digits hold any sum of money exactly; Python's own 28 would refuse to round large amounts.
_HALF_UP = Context(prec=60, rounding=ROUND_HALF_UP)
_FLOOR = Context(prec=60, rounding=ROUND_FLOOR)


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal):
        if value.is_finite():
            return value
        raise ValueError(tr("{value} is no number; what is undefined is None", value=value))
    if isinstance(value, Integral) and not isinstance(value, bool):
        return Decimal(int(value))
    raise TypeError(tr("{value} ({kind}) is no exact number", value=value, kind=type(value).__name__))


def _day(value: object) -> date:
    # pandas' NaT is a date that differs from itself.
    if isinstance(value, date) and value == value:  # noqa: PLR0124
        return value
    raise TypeError(tr("{value} ({kind}) is no date", value=value, kind=type(value).__name__))


def rounded(value: Decimal | int, places: int) -> Decimal:
    """Round to `places` decimals, halves away from zero; negative `places` round to tens, hundreds…; a zero has no sign."""
    return _HALF_UP.add(_number(value).quantize(Decimal(1).scaleb(-places), context=_HALF_UP), 0)


def _digits(value: Decimal | int, places: int, *, shift: int = 0, separator: bool = False) -> str:
    """Return `value` shifted by `shift` decimal places, which is exact, then rounded, as digits."""
    return format(rounded(_number(value).scaleb(shift, context=_HALF_UP), places), ",f" if separator else "f")


def _of_a_figure(text: Callable[..., str]) -> Callable[..., str]:
    """Return a filter that prints 不适用 for an undefined figure."""

    @wraps(text)
    def text_or_not_applicable(value: object, *args: object, **kwargs: object) -> str:
        return NOT_APPLICABLE if value is None else text(value, *args, **kwargs)

    return text_or_not_applicable


# Ratios and money


def _printer(shift: int, unit: str = "") -> Callable[..., str]:
    """Return a filter that moves a figure by `shift` decimal places and adds `unit`."""

    @_of_a_figure
    def text(value: Decimal | int, places: int = 2, separator: bool = False) -> str:
        return _digits(value, places, shift=shift, separator=separator) + unit

    return text


# A `…_number` has no unit: it is for a column with the unit in its head. `points` print a difference of two ratios; it is rounded from the
# exact difference, so its last digit may differ from the difference of two printed ratios.
percent, percent_number = _printer(2, "%"), _printer(2)  # of 0.7667: 76.67%, 76.67
points = _printer(2, "个百分点")  # of 0.0035: 0.35个百分点
yuan, yuan_number = _printer(0, "元"), _printer(0)  # of 70280000: 70280000.00元; with `separator` 70,280,000.00元
wan, wan_number = _printer(-4, "万元"), _printer(-4)  # of 70280000: 7028.00万元
yi, yi_number = _printer(-8, "亿元"), _printer(-8)  # of 70280000: 0.70亿元


@_of_a_figure
def money(value: Decimal | int) -> str:
    """Return yuan as a sentence says it: 780万元, 115.21万元, 8.174亿元; tables have a column in one unit (`wan_number`).

    亿元 from one 亿 on. A whole number of 万元 has no idle zeros; any other amount is rounded to two decimals.
    """
    unit, shift, most = ("亿元", -8, 4) if abs(rounded(value, -2)) >= 10**8 else ("万元", -4, 0)
    needed = max(0, -_number(value).scaleb(shift, context=_HALF_UP).normalize(_HALF_UP).as_tuple().exponent)
    return _digits(value, needed if needed <= most else 2, shift=shift) + unit


def points_change(value: Decimal | int | None, places: int = 2, since: str = "") -> str:
    """Return a difference of two ratios in words: 上升0.35个百分点, 下降0.35个百分点, or 持平 for zero after rounding.

    With the name of the period before, the whole clause: 较上季度上升0.35个百分点, 与上季度持平, 上季度无可比数据.
    """
    if value is None:
        return f"{since}无可比数据" if since else NOT_APPLICABLE
    change = rounded(_number(value).scaleb(2, context=_HALF_UP), places)
    if change == 0:
        return f"与{since}持平" if since else "持平"
    return (f"较{since}" if since else "") + ("上升" if change > 0 else "下降") + format(change.copy_abs(), "f") + "个百分点"


def _read(number: int, digits: str, units: Sequence[tuple[int, str]], zero: str) -> str:
    """Return a whole number > 0 as Chinese reads it: one zero for every gap between a unit and the digits after it."""
    for size, unit in units:
        if number >= size:
            many, rest = divmod(number, size)
            gap = zero if rest < size // 10 else ""
            return _read(many, digits, units, zero) + unit + (gap + _read(rest, digits, units, zero) if rest else "")
    return digits[number]


_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_CAPITAL_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


@_of_a_figure
def daxie(value: Decimal | int, prefix: str = "人民币") -> str:
    """Return yuan in capitals, to the fen: 人民币柒仟零贰拾捌元整.

    整 stands after 元 only; a fen without jiao has a 零; an optional 零 (thousand, jiao not zero) is left out. Raises `ValueError` from
    10**16 yuan on: such amounts have no agreed reading.
    Source: 《正确填写票据和结算凭证的基本规定》 1-4 (it requires 人民币 directly before; use prefix="" for a form with 人民币 printed).
    """
    amount = rounded(value, 2)
    whole_yuan, fen = divmod(int(amount.copy_abs().scaleb(2, context=_HALF_UP)), 100)
    if whole_yuan >= 10**16:
        raise ValueError(tr("{value} is too large to write in capitals", value=value))
    text = _read(whole_yuan, _CAPITALS, _CAPITAL_UNITS, "零") + "元" if whole_yuan or not fen else ""
    jiao, fen = divmod(fen, 10)
    if jiao:
        text += _CAPITALS[jiao] + "角"
    elif fen and whole_yuan:
        text += "零"
    text += _CAPITALS[fen] + "分" if fen else "" if jiao else "整"
    return prefix + ("负" if amount < 0 else "") + text


# Counts and plain numbers


@_of_a_figure
def whole(value: Decimal | int) -> str:
    """Return a count: 58. Raises `ValueError` for a fraction: half a customer is a mistake, not a rounding."""
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError(tr("{value} is no whole number", value=value))
    return _digits(number, 0)


@_of_a_figure
def number(value: Decimal | int, places: int | None = None, separator: bool = False) -> str:
    """Return a number without unit: to `places` decimals, or with all its digits but no idle zeros (92.5)."""
    if places is None:
        places = max(0, -_number(value).normalize(_HALF_UP).as_tuple().exponent)
    return _digits(value, places, separator=separator)


_SMALL = "零一二三四五六七八九"
_ZEROS = str.maketrans("〇○", "零零")


@_of_a_figure
def cn_number(value: int) -> str:
    """Return 1..99 in Chinese: 一, 十一, 二十, 九十九. Raises `ValueError` for any other number."""
    if not 1 <= _number(value) <= 99:
        raise ValueError(tr("{value}: headings are numbered from 1 to 99", value=value))
    return _read(int(value), _SMALL, ((10, "十"),), "").removeprefix("一" if 10 <= value < 20 else "")


def read_cn_number(text: str) -> int:
    """Return the value of 12 or 十二, up to 99; 0 for an unreadable text."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = (part.translate(_ZEROS) for part in text.rpartition("十"))
    value = {digit: number for number, digit in enumerate(_SMALL)}.get
    return value(tens, 1) * 10 + value(ones, 0) if ten else value(ones, 0)


# Dates and words


@_of_a_figure
def date_cn(value: date) -> str:
    """Return 2014年6月20日."""
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


@_of_a_figure
def date_short_cn(value: date, as_of: date | None = None) -> str:
    """Return 6月20日; with its year where that is not the year of `as_of`."""
    day = _day(value)
    return date_cn(day) if as_of and day.year != as_of.year else f"{day.month}月{day.day}日"


@_of_a_figure
def date_iso(value: date) -> str:
    """Return 2014-06-20."""
    day = _day(value)
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


@_of_a_figure
def yes_no(value: bool) -> str:
    """Return 是 or 否. Raises `TypeError` for any other value."""
    if value is not True and value is not False:
        raise TypeError(tr("{value} ({kind}) is neither true nor false", value=value, kind=type(value).__name__))
    return "是" if value else "否"


def or_dash(value: object) -> str:
    """Return a text, or — for None and blank."""
    return exact(value) or "—"


def or_none(value: object) -> str:
    """Return a text, or 无 for None and blank."""
    return exact(value) or "无"


def exact(value: object) -> str:
    """Return a value as text for programs: all its digits, no exponent, no separator; blank for None.

    Dates are ISO, truth values true and false. Raises the errors of the filters.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return date_iso(value)
    number = _number(value)
    return format(number if number else number.copy_abs(), "f")


def number_or_text(text: str) -> Decimal | str:
    """Return a number for the text of one; any other text as it is."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def parts_that_sum(parts: Sequence[Decimal], places: int) -> list[Decimal]:
    """Round `parts` to `places` decimals so that they add up to their rounded total.

    Largest remainder: each part is rounded down; then the parts with the largest loss, the earlier of two equal ones first, get one unit of
    the last decimal each, until the rounded total is reached. No part changes by a whole unit, and a part that needs no rounding stays.
    `places` may be negative (-2: yuan printed as 0.01万元).
    """
    unit = Decimal(1).scaleb(-places)
    lowest = [_number(part).quantize(unit, context=_FLOOR) for part in parts]
    exactly, at_least = Decimal(0), Decimal(0)
    for part, low in zip(parts, lowest, strict=True):
        exactly, at_least = _HALF_UP.add(exactly, part), _HALF_UP.add(at_least, low)
    missing = int(_HALF_UP.divide(_HALF_UP.subtract(rounded(exactly, places), at_least), unit))
    by_loss = sorted(range(len(lowest)), key=lambda i: _HALF_UP.subtract(lowest[i], parts[i]))
    for i in by_loss[:missing]:
        lowest[i] = _HALF_UP.add(lowest[i], unit)
    return lowest


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "percent_number": percent_number,
    "points": points,
    "points_change": points_change,
    "yuan": yuan,
    "yuan_number": yuan_number,
    "wan": wan,
    "wan_number": wan_number,
    "yi": yi,
    "yi_number": yi_number,
    "daxie": daxie,
    "money": money,
    "whole": whole,
    "number": number,
    "cn_number": cn_number,
    "date_cn": date_cn,
    "date_short_cn": date_short_cn,
    "date_iso": date_iso,
    "yes_no": yes_no,
    "or_dash": or_dash,
    "or_none": or_none,
    "exact": exact,
}
