"""Filters for a table of figures as a whole: one unit for a column, and printed parts that add up to the printed total.

{% for u in units|summing("loan_balance", "万元") %} … {{ u.loan_balance|in_unit("万元") }} … {% endfor %}

A bank prints one unit a table, named above it (单位：万元) and the same from period to period; a template that serves branches of all
sizes asks `units|table_unit("loan_balance")` for it. Rounded one by one, parts may miss their rounded total by a last digit. `summing`
rounds them together by the largest remainder (`numbers.parts_that_sum`): only the last printed digit of the fewest parts moves, each by
one, the parts that lose most by rounding down first, the earlier where two lose the same.
Sources: issue 4.7, domain.md 7.12 (one unit per table), traps E18.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from postloan.errors import did_you_mean
from postloan.language import tr
from postloan.numbers import FILTERS as NUMBER_FILTERS
from postloan.numbers import parts_that_sum, percent_number, rounded, wan_number, yi_number, yuan_number

_SAYS: dict[str, tuple[int, Callable[..., str]]] = {
    "元": (0, yuan_number), "万元": (4, wan_number), "亿元": (8, yi_number), "%": (-2, percent_number),
}  # fmt: skip
"""Units of a column: how many decimal places a value moves to the right of the point to be in it, and what prints it."""
_MOST_DIGITS = 6
"""Digits before the point that a column of money is still easy to read with."""


def _unit(name: object) -> tuple[int, Callable[..., str]]:
    if name not in _SAYS:
        raise ValueError(tr("there is no unit '{name}'", name=name) + "; " + did_you_mean(str(name), _SAYS))
    return _SAYS[str(name)]


def summing(items: list[dict[str, Any]], fields: str, unit: str = "元", places: int = 2) -> list[dict[str, Any]]:
    """Return `items` with the values of each of the `fields` rounded so that, printed in `unit` to `places` decimals, they add up to their printed total.

    Fields are names with blanks between: `loan_balance before.loan_balance`.

    None stays None and counts for nothing. Everything else of an item is as it was. Raises `ValueError` and `TypeError` for an unknown
    unit or field and for a value that is no exact number.
    """
    shift, _ = _unit(unit)
    for field in fields.split():
        items = _summing(items, field, places - shift)
    return items


def _summing(items: list[dict[str, Any]], field: str, places: int) -> list[dict[str, Any]]:
    parts = [(number, _value(item, field)) for number, item in enumerate(_listed(items))]
    defined = [(number, value) for number, value in parts if value is not None]
    together = parts_that_sum([value for _, value in defined], places)
    adjusted = {number: value for (number, _), value in zip(defined, together, strict=True)}
    return [_with(item, field, adjusted[number]) if number in adjusted else item for number, item in enumerate(items)]


def table_unit(items: list[dict[str, Any]], *fields: str) -> str:
    """元, 万元 or 亿元: the smallest in which the largest of the fields' values has at most six digits before the point."""
    values = [value for item in _listed(items) for field in fields if (value := _value(item, field)) is not None]
    largest = max((abs(rounded(value, 2)) for value in values), default=Decimal(0))
    return next((name for name in ("元", "万元") if largest < Decimal(10) ** (_MOST_DIGITS + _SAYS[name][0])), "亿元")


def in_unit(value: Decimal | int | None, unit: str, places: int = 2, separator: bool = False) -> str:
    """A figure in `unit`, for a column whose head says it: 7028.00 of 70,280,000 yuan in 万元, 76.67 of 0.7667 in %; 不适用 where undefined."""
    _, says = _unit(unit)
    return says(value, places, separator=separator) if separator else says(value, places)


def _listed(items: Any) -> list[dict[str, Any]]:
    if type(items) is not list or not all(type(item) is dict for item in items):
        raise TypeError(tr("only a list of entries with fields has columns"))
    return items


def _value(item: dict[str, Any], field: str) -> Any:
    name, dot, rest = field.partition(".")
    if type(item) is not dict or name not in item:
        raise ValueError(tr("unknown name '{name}'", name=field) + "; " + did_you_mean(name, item if type(item) is dict else ()))
    return _value(item[name], rest) if dot else item[name]


def _with(item: dict[str, Any], field: str, value: Decimal) -> dict[str, Any]:
    name, dot, rest = field.partition(".")
    return {**item, name: _with(item[name], rest, value) if dot else value}


FILTERS: dict[str, Callable[..., Any]] = {"summing": summing, "table_unit": table_unit, "in_unit": in_unit}
"""What a template may write after `|` about columns; `summing` keeps the items of its list (`Settings.keeps_items`)."""
TEMPLATE_FILTERS: dict[str, Callable[..., Any]] = {**NUMBER_FILTERS, **FILTERS}
"""All that a template may write after `|`, besides what the engine adds for Word and for Excel."""
