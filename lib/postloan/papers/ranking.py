"""The ranking of units: by score, then by the rate of findings put right, then by reports handed in on time; equals share a place."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

RANKED_BY = ("score", "closure_rate", "on_time_rate")
"""The measures that decide, one after the other; where one is undefined it decides last."""
Unit = dict[str, Any]


def ranked(units: Iterable[Unit]) -> list[Unit]:
    """Return the units with their `place`, the best first; a unit without a score has none, and stands last."""
    ordered = sorted(units, key=_standing, reverse=True)
    standings, found = [_standing(unit) for unit in ordered], list[Unit]()
    for unit in ordered:
        found.append({**unit, "place": standings.index(_standing(unit)) + 1 if unit["score"] is not None else None})
    return found


def _standing(unit: Unit) -> list[tuple[bool, Decimal]]:
    values = [unit.get(name) for name in RANKED_BY]
    return [(value is not None, value if value is not None else Decimal(0)) for value in values]
