"""The identity of a figure: a key that stays the same from run to run, and the measure, grain, subject and period.

The key is the figure's path in the context, with list items named by their id, not by their position: `units[0102].npl_ratio`. So the
papers of two quarters use one key for one figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree
from officefill.language.names import ITEM

from postloan.period import Period

NAMED_BY = (
    *("of_unit", "id", "key", "index_no", "repayment_id", "loan_id", "acceptance_id", "customer_id", "unit_id"),
    *("name", "title", "number", "unit"),
)
"""The fields that can name a list item; the first filled one is used."""
_OF_UNIT = "unit:"
_GRAINS = {"units": "unit", "managers": "manager", "customers": "customer"}


@dataclass(frozen=True)
class Identity:
    """The identity of a figure. All but `key` is blank for a figure without measure; `change`: it is a difference of two periods."""

    key: str
    measure: str = ""
    grain: str = ""
    subject: str = ""
    period: str = ""
    change: bool = False

    @classmethod
    def read(cls, node: etree._Element) -> Identity:
        """Return the identity in the attributes of an element."""
        key, measure, grain, subject, period = (node.get(name, "") for name in ("key", "m", "g", "s", "p"))
        return cls(key, measure, grain, subject, period, bool(node.get("change")))

    def attributes(self) -> dict[str, str]:
        """Return the identity as attributes of an element."""
        change = "1" if self.change else ""
        return {"key": self.key, "m": self.measure, "g": self.grain, "s": self.subject, "p": self.period, "change": change}


@dataclass(frozen=True)
class IdentityPattern:
    """The common identity of all values at one path: an item in its key is `[]`. `by_item`: the subject is the name of the first item."""

    common: Identity
    by_item: bool = False

    def of(self, names: Sequence[str]) -> Identity:
        """Return the identity of the value with these item names, in the order of the path."""
        common = self.common
        key, *rest = common.key.split("[]")
        for name, piece in zip(names, rest, strict=True):
            key += f"[{name}]{piece}"
        subject = names[0] if self.by_item else common.subject
        grain, subject = subject_of(subject) if common.grain == "customer" else (common.grain, subject)
        return Identity(key, common.measure, grain, subject, common.period, common.change)


def unit_row(unit: str) -> str:
    """Return the name of the item with a unit's sums, used where its customers are not listed."""
    return f"{_OF_UNIT}{unit}"


def subject_of(name: str) -> tuple[str, str]:
    """Return grain and id of the subject of an item of `customers`."""
    return ("unit", name.removeprefix(_OF_UNIT)) if name.startswith(_OF_UNIT) else ("customer", name)


def identity_pattern(path: Sequence[str | int], period: Period, unit: str) -> IdentityPattern:
    """Return the pattern of values at `path`, with items as positions or `ITEM`, in a paper about `unit` (blank for the bank)."""
    from postloan.figures.measure import all_measures  # imported here: a reader of records needs no measures
    from postloan.papers.sections import source_of

    path = [source_of(str(path[0])), *path[1:]]
    items = [isinstance(step, int) or step == ITEM for step in path]
    key = "".join("[]" if item else f".{step}" for step, item in zip(path, items, strict=True)).removeprefix(".")
    measure, allowed = str(path[-1]), ("before", "change", *_GRAINS)
    if measure not in all_measures() or not all(item or step in allowed for step, item in zip(path[:-1], items[:-1], strict=True)):
        return IdentityPattern(Identity(key))
    by_item = path[0] in _GRAINS and len(path) > 2 and any(items)
    grain = _GRAINS[str(path[0])] if by_item else "unit" if unit else "bank"
    at = period.before.name if "before" in path else period.name
    return IdentityPattern(Identity(key, measure, grain, "" if by_item else unit, at, "change" in path), by_item)


def identity(path: Sequence[str | int], context: Mapping[str, Any], period: Period, unit: str) -> Identity:
    """Return the identity of the value at `path` in the context of a paper about `unit`."""
    return identity_pattern(path, period, unit).of(_item_names(path, context))


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
    """Return the name of a list item: that of `NAMED_BY`, else its number."""
    if isinstance(item, Mapping):
        for name in NAMED_BY:
            if item.get(name) not in (None, ""):
                return str(item[name])
    return str(item) if isinstance(item, str) else str(position + 1)
