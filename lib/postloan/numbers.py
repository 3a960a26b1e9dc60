"""The only place where numbers and dates become text.

Everything else keeps money as exact `Decimal` yuan and ratios as exact 0..1. Here a value is rounded once, ROUND_HALF_UP
(四舍五入), and gets its unit. `FILTERS` is what a template may write after `|`.

A value that is `None` is undefined and prints 不适用, never 0. A `float` is refused: it has lost digits already.
Every filter of a figure raises `TypeError` for what is no exact number (or no date) and `ValueError` for one it cannot print.

Sources: contract, section Words; GB/T 15835-2011 (units after Arabic digits) and the custom of official papers (no
thousands separator in running text, commas in bank tables); seed S8 and T13 (differences of ratios are 百分点, never %).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
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
    # pandas' NaT calls itself a date; it is the one that differs from itself.
    if isinstance(value, date) and value == value:
        return value
    raise TypeError(tr("{value} ({kind}) is no date", value=value, kind=type(value).__name__))


def rounded(value: Decimal | int, places: int) -> Decimal:
    """`value` to `places` decimals, halves away from zero; negative `places` round to tens, hundreds…; a zero has no sign."""
    return _HALF_UP.add(_number(value).quantize(Decimal(1).scaleb(-places), context=_HALF_UP), 0)


def _digits(value: Decimal | int, places: int, *, shift: int = 0, separator: bool = False) -> str:
    """`value` moved by `shift` decimal places, which is exact, then rounded, as digits."""
    moved = _number(value).scaleb(shift, context=_HALF_UP)
    return format(rounded(moved, places), ",f" if separator else "f")


def _of_a_figure(says: Callable[..., str]) -> Callable[..., str]:
    """A filter that prints 不适用 where the figure is undefined."""

    @wraps(says)
    def says_or_not(value: object, *args: object, **kwargs: object) -> str:
        return NOT_APPLICABLE if value is None else says(value, *args, **kwargs)

    return says_or_not


# Ratios


@_of_a_figure
def percent(value: Decimal | int, places: int = 2) -> str:
    """A ratio 0..1 as 76.67%."""
    return _digits(value, places, shift=2) + "%"


@_of_a_figure
def percent_number(value: Decimal | int, places: int = 2) -> str:
    """A ratio 0..1 as 76.67, for a column whose head says %."""
    return _digits(value, places, shift=2)


@_of_a_figure
def points(value: Decimal | int, places: int = 2) -> str:
    """A difference of two ratios as 0.35个百分点, with its sign if it is below zero.

    It is rounded from the exact difference, so it may differ by one last digit from the difference of two printed ratios.
    """
    return _digits(value, places, shift=2) + "个百分点"


@_of_a_figure
def points_change(value: Decimal | int, places: int = 2) -> str:
    """A difference of two ratios in words: 上升0.35个百分点, 下降0.35个百分点, or 持平 where nothing is left after rounding."""
    change = rounded(_number(value).scaleb(2, context=_HALF_UP), places)
    if change == 0:
        return "持平"
    return ("上升" if change > 0 else "下降") + format(change.copy_abs(), "f") + "个百分点"


# Money, from exact yuan


@_of_a_figure
def yuan(value: Decimal | int, places: int = 2, separator: bool = False) -> str:
    """70280000.00元; with `separator` 70,280,000.00元."""
    return _digits(value, places, separator=separator) + "元"


@_of_a_figure
def yuan_number(value: Decimal | int, places: int = 2, separator: bool = False) -> str:
    """70280000.00, for a column whose head says 元."""
    return _digits(value, places, separator=separator)


@_of_a_figure
def wan(value: Decimal | int, places: int = 2, separator: bool = False) -> str:
    """7028.00万元 of 70,280,000 yuan."""
    return _digits(value, places, shift=-4, separator=separator) + "万元"


@_of_a_figure
def wan_number(value: Decimal | int, places: int = 2, separator: bool = False) -> str:
    """7028.00 of 70,280,000 yuan, for a column whose head says 万元."""
    return _digits(value, places, shift=-4, separator=separator)


@_of_a_figure
def yi(value: Decimal | int, places: int = 2, separator: bool = False) -> str:
    """0.70亿元 of 70,280,000 yuan."""
    return _digits(value, places, shift=-8, separator=separator) + "亿元"


@_of_a_figure
def yi_number(value: Decimal | int, places: int = 2, separator: bool = False) -> str:
    """0.70 of 70,280,000 yuan, for a column whose head says 亿元."""
    return _digits(value, places, shift=-8, separator=separator)


def _read(number: int, digits: str, units: Sequence[tuple[int, str]], zero: str) -> str:
    """A whole number > 0 as Chinese reads it: one zero for every gap between a unit and the digits after it."""
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
    """Yuan in capitals, to the fen: 人民币柒仟零贰拾捌元整.

    整 after 元 only; a fen without jiao has its 零; where the rule leaves 零 to the writer (thousand, jiao not zero) it is left out.
    Raises `ValueError` from 10**16 yuan on, which has no agreed reading.
    Source: 《正确填写票据和结算凭证的基本规定》 1-4 (which wants 人民币 right before; give prefix="" on a form that has it printed).
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
    """A count: 58. Raises `ValueError` for a number with a fraction, since half a customer is a mistake, not a rounding."""
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError(tr("{value} is no whole number", value=value))
    return _digits(number, 0)


@_of_a_figure
def number(value: Decimal | int, places: int | None = None, separator: bool = False) -> str:
    """A number without a unit: to `places` decimals, or without them all the digits it has but no idle zeros (92.5)."""
    if places is None:
        places = max(0, -_number(value).normalize(_HALF_UP).as_tuple().exponent)
    return _digits(value, places, separator=separator)


_SMALL = "零一二三四五六七八九"


@_of_a_figure
def cn_number(value: int) -> str:
    """1..99 as a heading counts: 一, 十一, 二十, 九十九. Raises `ValueError` outside."""
    if not 1 <= _number(value) <= 99:
        raise ValueError(tr("{value}: headings are numbered from 1 to 99", value=value))
    return _read(int(value), _SMALL, ((10, "十"),), "").removeprefix("一" if 10 <= value < 20 else "")


# Dates and words


@_of_a_figure
def date_cn(value: date) -> str:
    """2014年6月20日."""
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


@_of_a_figure
def date_short_cn(value: date) -> str:
    """6月20日, where the year is plain."""
    day = _day(value)
    return f"{day.month}月{day.day}日"


@_of_a_figure
def date_iso(value: date) -> str:
    """2014-06-20."""
    day = _day(value)
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


@_of_a_figure
def yes_no(value: bool) -> str:
    """是 or 否. Raises `TypeError` for anything but a truth value."""
    if value is not True and value is not False:
        raise TypeError(tr("{value} ({kind}) is neither true nor false", value=value, kind=type(value).__name__))
    return "是" if value else "否"


def or_dash(value: object) -> str:
    """Words, or — where there are none (None or blank)."""
    return exact(value) or "—"


def or_none(value: object) -> str:
    """Words, or 无 where there are none (None or blank)."""
    return exact(value) or "无"


def exact(value: object) -> str:
    """The text of a value in a file for programs: all its digits as they are, no exponent, no separator; blank for None.

    Dates are ISO, truth values true and false. Raises as the filters of figures do.
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


def parts_that_sum(parts: Sequence[Decimal], places: int) -> list[Decimal]:
    """`parts` rounded to `places` decimals so that they add up to their rounded total.

    Largest remainder: each part is rounded down; the units of the last decimal that are then missing from the rounded total go
    one each to the parts that lost most, the earlier part first where two lost the same. No part moves by a whole unit of the
    last decimal, and a part that needed no rounding stays. `places` may be negative (-2: yuan that will print as 0.01万元).
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
    says.__name__: says
    for says in (
        *(percent, percent_number, points, points_change),
        *(yuan, yuan_number, wan, wan_number, yi, yi_number, daxie),
        *(whole, number, cn_number),
        *(date_cn, date_short_cn, date_iso, yes_no, or_dash, or_none, exact),
    )
}
