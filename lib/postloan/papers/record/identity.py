"""What a figure is: its path from the context turned into a key that holds from run to run, and into measure, grain, subject and period.

A list item is named by what identifies it, not by its position: `units[0102].npl_ratio`, so that two papers of two quarters speak of the
same figure by the same key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from officefill.language.names import ITEM

from postloan.period import Period

NAMED_BY = (
    *("of_unit", "id", "key", "index_no", "repayment_id", "loan_id", "acceptance_id", "customer_id", "unit_id"),
    *("name", "title", "number", "unit"),
)
"""What names an item of a list, the first of these that its items have."""
_OF_UNIT = "unit:"
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


@dataclass(frozen=True)
class IdentityForm:
    """What the values at one path have in common whatever the items on the way are: in `key` an item is `[]`; the subject is an item's name
    where `by_item` says so."""

    key: str
    measure: str = ""
    grain: str = ""
    subject: str = ""
    period: str = ""
    change: bool = False
    by_item: bool = False

    def of(self, names: Sequence[str]) -> Identity:
        """The identity of the value behind items of these names, in the order of the path."""
        key, *rest = self.key.split("[]")
        for name, piece in zip(names, rest, strict=True):
            key += f"[{name}]{piece}"
        subject = names[0] if self.by_item else self.subject
        grain, subject = subject_of(subject) if self.grain == "customer" else (self.grain, subject)
        return Identity(key, self.measure, grain, subject, self.period, self.change)


def unit_row(unit: str) -> str:
    """The name of the item that holds a unit's sums where its customers are not listed."""
    return f"{_OF_UNIT}{unit}"


def subject_of(name: str) -> tuple[str, str]:
    """Grain and id of whom an item among `customers` speaks of."""
    return ("unit", name.removeprefix(_OF_UNIT)) if name.startswith(_OF_UNIT) else ("customer", name)


def identity_form(path: Sequence[str | int], period: Period, unit: str) -> IdentityForm:
    """The form of the identity of values at `path`, in which items are positions or `ITEM`, in a paper about `unit` (the bank where blank)."""
    from postloan.figures.measure import all_measures  # late: whoever only reads records needs no measures

    items = [isinstance(step, int) or step == ITEM for step in path]
    key = "".join("[]" if item else f".{step}" for step, item in zip(path, items, strict=True)).removeprefix(".")
    measure, allowed = str(path[-1]), ("before", "change", *_GRAINS)
    if measure not in all_measures() or not all(item or step in allowed for step, item in zip(path[:-1], items[:-1], strict=True)):
        return IdentityForm(key)
    by_item = path[0] in _GRAINS and len(path) > 2 and any(items)
    grain = _GRAINS[str(path[0])] if by_item else "unit" if unit else "bank"
    at = period.before.name if "before" in path else period.name
    return IdentityForm(key, measure, grain, "" if by_item else unit, at, "change" in path, by_item)


def identity(path: Sequence[str | int], context: Mapping[str, Any], period: Period, unit: str) -> Identity:
    """The identity of the value at `path` in the context of a paper about `unit`."""
    return identity_form(path, period, unit).of(_item_names(path, context))


def _item_names(path: Sequence[str | int], context: Mapping[str, Any]) -> list[str]:
    names = []
    value: Any = context
    for step in path:
        if isinstance(step, int):
            value = value[step]
            names.append(item_name(value, step))
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return names


def item_name(item: Any, position: int) -> str:
    """What an item of a list is called: what names it, or its number."""
    if isinstance(item, Mapping):
        for name in NAMED_BY:
            if item.get(name) not in (None, ""):
                return str(item[name])
    return str(item) if isinstance(item, str) else str(position + 1)
