"""The reason of a failure in words that may leave the run: the message of a foreign error is cut, since it may quote a value of the data."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CLASS = re.compile(r"[A-Z]\w*(?:\.\w+)*|(?:[a-z_]\w*\.)+[A-Z]\w*", re.ASCII)
_BETWEEN = re.compile(r"(?:: ?|： ?)")
_trusted: set[str] = {"NotebookError", "BadNotebook", "BadParameters"}


def trust(names: Iterable[str]) -> None:
    """Keep the messages of the error classes of these names: they quote no value of the data."""
    _trusted.update(names)


def is_trusted(name: str) -> bool:
    """Tell if the messages of the error class of this name may be kept."""
    return name in _trusted


def without_quotes(reason: str) -> str:
    """Return `reason` up to the class of a foreign error: `cell [3]: KeyError: '张三'` becomes `cell [3]: KeyError`.

    Reasons in the program's own words, and those of its own errors (`BadTemplate: …`), stay whole.
    """
    start = 0
    for gap in [*_BETWEEN.finditer(reason), None]:
        part = reason[start : gap.start() if gap else len(reason)]
        if gap is None or is_trusted(part):
            return reason
        if _CLASS.fullmatch(part):
            return reason[: gap.start()]
        start = gap.end()
    return reason


def error_class(reason: str) -> str:
    """Return the class of the error that `reason` names; blank where it names none."""
    return next((part for part in _BETWEEN.split(reason) if _CLASS.fullmatch(part)), "")
