"""What a figure is: its path from the context turned into a key that holds from run to run, and into measure, grain, subject and period.

A list item is named by what identifies it, not by its position: `units[0102].npl_ratio`, so that two papers of two quarters speak of the
same figure by the same key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from postloan.period import Period

NAMED_BY = (
    *("id", "key", "index_no", "repayment_id", "loan_id", "acceptance_id", "customer_id", "unit_id"),
    *("name", "title", "number", "unit"),
)
"""What names an item of a list, the first of these that its items have."""
_GRAINS = {"units": "unit", "managers": "manager", "customers": "customer"}


@dataclass(frozen=True)
class Identity:
    """`key` names the figure in any paper; the rest is blank where it is no measure. `change` is true for a difference of two periods."""

    key: str
    measure: str = ""
    grain: str = ""
    subject: str = ""
    period: str = ""
    change: bool = False


def identity(path: Sequence[str | int], context: Mapping[str, Any], period: Period, unit: str) -> Identity:
    """The identity of the value at `path` in the context of a paper about `unit` (the bank where blank)."""
    from postloan.measure import all_measures  # late: whoever only reads records needs no measures

    key, grain, subject, at = "", "unit" if unit else "bank", unit, period.name
    change = False
    value: Any = context
    for step in path:
        if isinstance(step, int):
            value = value[step]
            name = _name(value, step)
            if path[0] in _GRAINS and len(path) > 2 and "[" not in key:
                grain, subject = _GRAINS[str(path[0])], name
            key += f"[{name}]"
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
            key += f".{step}" if key else step
            at = period.before.name if step == "before" else at
            change = change or step == "change"
    measure = str(path[-1])
    if measure not in all_measures() or not _leads_to_measure(path):
        return Identity(key)
    return Identity(key, measure, grain, subject, at, change)


def _leads_to_measure(path: Sequence[str | int]) -> bool:
    """Whether only lists of subjects and the words before and change stand before the measure's name."""
    return all(isinstance(step, int) or step in ("before", "change", *_GRAINS) for step in path[:-1])


def _name(item: Any, position: int) -> str:
    if isinstance(item, Mapping):
        for name in NAMED_BY:
            if item.get(name) not in (None, ""):
                return str(item[name])
    return str(item) if isinstance(item, str) else str(position + 1)
