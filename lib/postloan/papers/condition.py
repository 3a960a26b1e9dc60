"""Conditions in the language of templates, with the three values of SQL: true, false and undefined.

A condition names values, compares them, counts lists (`|length`) and joins conditions by `and`, `or`, `not`. A comparison with an undefined
figure is undefined, and so is its opposite: undefined is not zero. Only `is none` asks for what is undefined.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from jinja2 import nodes
from officefill.language.expressions import BadTag, PlainEnvironment, parse

from postloan.language import tr

Value = Callable[[Mapping[str, Any]], Any]
"""The value of an expression over names; None where it is undefined."""
_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
}


def expression(text: str) -> nodes.Expr:
    """Return the expression that `text` writes. Raises `BadTag`."""
    return parse(PlainEnvironment({}), text)


def value_of(node: nodes.Node) -> Value:
    """Return the value of an expression as a function of names. Raises `BadTag` for what is no part of a condition."""
    match node:
        case nodes.Const(value=value):
            return lambda names: value
        case nodes.Name(name=name):
            return lambda names: names.get(name)
        case nodes.Getattr(node=inner, attr=key):
            of = value_of(inner)
            return lambda names: held.get(key) if isinstance(held := of(names), Mapping) else None
        case nodes.And(left=left, right=right):
            return _joined(value_of(left), value_of(right), decisive=False)
        case nodes.Or(left=left, right=right):
            return _joined(value_of(left), value_of(right), decisive=True)
        case nodes.Not(node=inner):
            of = value_of(inner)
            return lambda names: None if (true := truth(of(names))) is None else not true
        case nodes.Compare(expr=first, ops=others):
            return _compared([value_of(first), *(value_of(other.expr) for other in others)], [other.op for other in others])
        case nodes.Test(node=inner, name="none"):
            of = value_of(inner)
            return lambda names: of(names) is None
        case nodes.Filter(node=nodes.Const(value=text), name="-decimal"):
            number = Decimal(text)
            return lambda names: number
        case nodes.Filter(node=inner, name="length") if inner is not None:
            of = value_of(inner)
            return lambda names: None if (held := of(names)) is None else len(held)
    raise BadTag(tr("this is more than a condition may say"), tr("a condition compares values and joins comparisons by and, or, not"))


def truth(value: Any) -> bool | None:
    """Return the truth of a value: of a number, a text or a list, that there is something; None where it is undefined."""
    return None if value is None else bool(value)


def _joined(left: Value, right: Value, *, decisive: bool) -> Value:
    def joined(names: Mapping[str, Any]) -> bool | None:
        one = truth(left(names))
        if one is decisive:
            return decisive
        other = truth(right(names))
        return decisive if other is decisive else None if one is None or other is None else not decisive

    return joined


def _compared(values: list[Value], signs: list[str]) -> Value:
    if not set(signs) <= _COMPARES.keys():
        raise BadTag(tr("this is more than a condition may say"), tr("a condition compares values and joins comparisons by and, or, not"))
    compares = [_COMPARES[sign] for sign in signs]

    def compared(names: Mapping[str, Any]) -> bool | None:
        found = [value(names) for value in values]
        held = [None if None in pair else compare(*pair) for compare, pair in zip(compares, pairwise(found), strict=True)]
        return False if False in held else None if None in held else True

    return compared
