"""Names that a template uses, checked against the context: plain values only, and every unknown name at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from officefill.errors import Fault, did_you_mean
from officefill.language.expressions import Path
from officefill.messages import tr

PLAIN = frozenset((str, int, Decimal, bool, type(None), date, datetime, bytes))
ITEM = "[]"
"""In a path: any item of the list before it."""


@dataclass(frozen=True)
class NameUse:
    """One name that a template uses: its path from the context, its words in the template, and its place."""

    path: Path
    written: str
    place: str


def check_plain(context: Any) -> None:
    """Raise `TypeError`, naming the keys, if `context` holds anything but plain values in dicts with text keys and lists.

    Exact types, not subclasses: a template must not use the methods of richer ones, and their text is not ours.
    """
    if type(context) is not dict:
        raise TypeError(f"context: {type(context).__name__}, wanted dict")
    _check(context, "context")


def _check(value: Any, where: str) -> None:
    kind = type(value)
    if kind in PLAIN:
        return
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str:
                raise TypeError(f"{where}: key {key!r} is {type(key).__name__}, wanted str")
            if type(inner) not in PLAIN:
                _check(inner, f"{where}.{key}")
    elif kind is list:
        for position, inner in enumerate(value):
            if type(inner) not in PLAIN:
                _check(inner, f"{where}[{position}]")
    else:
        wanted = "str, int, Decimal, bool, None, date, datetime, bytes, list or dict"
        raise TypeError(f"{where}: {kind.__module__}.{kind.__qualname__}, wanted {wanted}")


class Shapes:
    """The values that a path may lead to in one context. Each path is walked once."""

    def __init__(self, context: dict[str, Any]) -> None:
        self._known: dict[Path, list[Any]] = {(): [context]}

    def unknown(self, uses: Iterable[NameUse]) -> Iterator[Fault]:
        """Yield a fault for each used name of which no value has the key."""
        for use in uses:
            wrong = self._missing(use.path)
            if wrong is not None:
                behind, known = wrong
                keys = use.written.split(".")
                written = keys[: max(1, len(keys) - behind)]
                do = did_you_mean(written[-1], known) if known else ""
                yield Fault(tr("unknown name '{name}'", name=".".join(written)), use.place, do)

    def _missing(self, path: Path) -> tuple[int, list[str]] | None:
        """Return the number of keys behind the first key of `path` that no value before it has, and the keys those values have."""
        for length, key in enumerate(path, 1):
            before = self._values(path[: length - 1])
            if key == ITEM or not before or all(value is None for value in before):
                continue
            dicts = [value for value in before if type(value) is dict]
            if not any(key in value for value in dicts):
                return len(path) - length, sorted({known for value in dicts for known in value})
        return None

    def _values(self, path: Path) -> list[Any]:
        if path not in self._known:
            before, key = self._values(path[:-1]), path[-1]
            if key == ITEM:
                found = [item for value in before if type(value) is list for item in value]
            else:
                found = [value[key] for value in before if type(value) is dict and key in value]
            self._known[path] = found
        return self._known[path]
