"""Why something was not made, in words that may leave the run: what a foreign error says is cut, since it may quote a value of the data."""

from __future__ import annotations

import re

from postloan.errors import OURS

_CLASS = re.compile(r"[A-Z]\w*(?:\.\w+)*|(?:[a-z_]\w*\.)+[A-Z]\w*", re.ASCII)
_BETWEEN = re.compile(r"(?:: ?|： ?)")


def without_quotes(reason: str) -> str:
    """`reason` up to the class of an error that is not ours: `cell [3]: KeyError: '张三'` becomes `cell [3]: KeyError`.

    Reasons in our own words, and those of our own errors (`BadTemplate: …`), stay whole.
    """
    start = 0
    for gap in [*_BETWEEN.finditer(reason), None]:
        part = reason[start : gap.start() if gap else len(reason)]
        if part in OURS or gap is None:
            return reason
        if _CLASS.fullmatch(part):
            return reason[: gap.start()]
        start = gap.end()
    return reason


def error_class(reason: str) -> str:
    """The class of the error that `reason` names; blank where it names none."""
    return next((part for part in _BETWEEN.split(reason) if _CLASS.fullmatch(part)), "")
