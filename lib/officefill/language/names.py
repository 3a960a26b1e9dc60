"""What a template asks for, held against what there is: plain values only, and every unknown name at once."""

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
class Asked:
    """One name a template asks for: its path from the context, how the template writes it, and where."""

    path: Path
    written: str
    place: str


def check_plain(context: Any) -> None:
    """Raises `TypeError`, naming the keys, where `context` holds anything but plain values in dicts with text keys and lists.

    Exact types, not subclasses: a template must not reach the methods of richer ones, and their text is not ours.
    """
    if type(context) is not dict:
        raise TypeError(f"context: {type(context).__name__}, wanted dict")
    _check(context, "context")


def _check(value: Any, where: str) -> None:
    kind = type(value)
    if kind in PLAIN:
        return
    if kind is dict:
        for key, held in value.items():
            if type(key) is not str:
                raise TypeError(f"{where}: key {key!r} is {type(key).__name__}, wanted str")
            if type(held) not in PLAIN:
                _check(held, f"{where}.{key}")
    elif kind is list:
        for position, held in enumerate(value):
            if type(held) not in PLAIN:
                _check(held, f"{where}[{position}]")
    else:
        wanted = "str, int, Decimal, bool, None, date, datetime, bytes, list or dict"
        raise TypeError(f"{where}: {kind.__module__}.{kind.__qualname__}, wanted {wanted}")


class Shapes:
    """The values a path may meet in one context. Each path is walked once."""

    def __init__(self, context: dict[str, Any]) -> None:
        self._known: dict[Path, list[Any]] = {(): [context]}

    def unknown(self, asked: Iterable[Asked]) -> Iterator[Fault]:
        """A fault for each asked name of which no value has the key."""
        for name in asked:
            wrong = self._missing(name.path)
            if wrong is not None:
                behind, known = wrong
                keys = name.written.split(".")
                written = keys[: max(1, len(keys) - behind)]
                do = did_you_mean(written[-1], known) if known else ""
                yield Fault(tr("unknown name '{name}'", name=".".join(written)), name.place, do)

    def _missing(self, path: Path) -> tuple[int, list[str]] | None:
        """How many keys stand behind the first key of `path` that no value before it has, and the keys they do have."""
        for length in range(1, len(path) + 1):
            before, key = self._values(path[: length - 1]), path[length - 1]
            if key == ITEM or not before or all(value is None for value in before):
                continue
            if not any(type(value) is dict and key in value for value in before):
                return len(path) - length, sorted({known for value in before if type(value) is dict for known in value})
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
