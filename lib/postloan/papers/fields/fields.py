"""The field dictionary: every name that a template may use, with its type, unit and Chinese label.

`fields.yaml` is written by hand; figures, terms, limits and rules come from their own declarations. Templates are checked against the
dictionary before they are filled, and `postloan template fields` prints it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from postloan.errors import BadPolicy, did_you_mean
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules, dimensions
from postloan.figures.tally import all_terms
from postloan.language import tr
from postloan.policy import policy_names, read_policy
from postloan.yaml_file import read_yaml

FILE = Path(__file__).parent / "fields.yaml"
VALUES = ("ratio", "points", "money", "count", "number", "text", "date", "truth", "picture")
HOLDERS = ("list", "group", "map")
NUMBERS = frozenset({"ratio", "points", "money", "count", "number"})
ITEM, ANY = "[]", "*"


@dataclass(frozen=True)
class Field:
    """One name. `of`: the shape of a group or of a list's items, or the items' type. `bare`: it prints without a filter."""

    type: str
    label: str
    unit: str = ""
    of: str = ""
    bare: bool = True


Shape = Mapping[str, Field]
FieldPath = tuple[str, ...]


@dataclass(frozen=True)
class Fields:
    """The dictionary of one document or of all: shapes by name. A template starts in the shape `context`."""

    shapes: Mapping[str, Shape]

    def at(self, path: FieldPath) -> Field | None:
        """Return the field at a path such as ("units", "[]", "npl_ratio"), or None."""
        field: Field | None = Field("group", "", of="context")
        for key in path:
            field = self.inside(field, key) if field else None
        return field

    def inside(self, field: Field, key: str) -> Field | None:
        """Return the field under `key` of a group, or under `[]` of a list; None for an unknown key."""
        if key == ITEM:
            return self._item(field) if field.type == "list" else None
        return self.shapes[field.of].get(key) if field.of in self.shapes and field.type != "list" else None

    def names(self, field: Field) -> list[str]:
        """Return the names inside a group."""
        return list(self.shapes[field.of]) if field.of in self.shapes and field.type != "list" else []

    def _item(self, field: Field) -> Field:
        return Field("group", field.label, of=field.of) if field.of in self.shapes else Field(field.of, field.label)

    def walk(self) -> Iterator[tuple[str, Field, str]]:
        """Yield every path with its field, `units[].npl_ratio`, from the context inwards.

        The third value is the first path with the same shape, for a field with a shape listed before. Equal groups under different names
        (the rules) are listed once, as `rules.*`.
        """
        listed = {"context": ""}
        waiting = [("", "context")]
        for before, shape in waiting:
            for name, field in _alike_once(self.shapes[shape]).items():
                path, same_as = f"{before}{name}", ""
                if field.of in self.shapes:
                    inside = f"{path}{ITEM}" if field.type == "list" else path
                    same_as = listed.get(field.of, "")
                    if field.of not in listed:
                        listed[field.of] = inside
                        waiting.append((f"{inside}.", field.of))
                yield path, field, same_as


def _alike_once(shape: Shape) -> Shape:
    """Return a shape of equal groups as one name, any other shape as it is."""
    kinds = {(field.type, field.of) for field in shape.values()}
    if len(shape) > 1 and len(kinds) == 1 and next(iter(kinds))[0] == "group":
        return {ANY: replace(next(iter(shape.values())), label=f"{', '.join(list(shape)[:2])} …")}
    return shape


def values_at(context: Any, path: FieldPath) -> list[Any]:
    """Return the values of a context at a path: of every item at `[]`, of every group member at `*`."""
    values = [context]
    for key in path:
        if key == ITEM:
            values = [item for value in values if type(value) is list for item in value]
        else:
            groups = [value for value in values if type(value) is dict]
            values = [inside for group in groups for name, inside in group.items() if key in (name, ANY)]
    return values


@cache
def all_fields(document: str = "") -> Fields:
    """Return the dictionary of `document`, or the common one. Raises `BadPolicy` for an unreadable line of `fields.yaml`."""
    data = read_yaml(FILE)
    made: dict[str, Shape] = {
        "figures": _figures(),
        "changes": {name: _changed(field) for name, field in _figures().items()},
        "words": {name: Field("text", m.title) for name, m in all_measures().items() if m.unit == "ratio"},
        "terms": {name: _valued(term.unit, term.meaning_cn, bare=True) for name, term in all_terms().items()},
        "limits": _limits(),
        "rules": {name: Field("group", rule.title, of="rule") for name, rule in all_rules().items()},
        "checklist": {title: Field("group", title, of="section") for title in dimensions()},
    }
    written = data["shapes"]
    known = {*made, *written}
    for name, lines in written.items():
        made[name] = _included(lines, made, written, known)
    own = {name: line_of(name, line, known) for name, line in (data["documents"].get(document) or {}).items()}
    return Fields({**made, "context": {**made["context"], **own}})


def _included(lines: Mapping[str, Any], made: Mapping[str, Shape], written: Mapping[str, Any], known: set[str]) -> Shape:
    source = lines.get("include", "")
    taken: Shape = {} if not source else made[source] if source not in written else _included(written[source], made, written, known)
    return {**taken, **{name: line_of(name, line, known) for name, line in lines.items() if name != "include"}}


def line_of(name: str, line: Any, shapes: set[str]) -> Field:
    """Return the field of one line of `fields.yaml`. Raises `BadPolicy`."""
    if not isinstance(line, list) or not 2 <= len(line) <= 3:
        raise BadPolicy(tr("write [type, label] or [type, label, unit or what it holds]"), f"{FILE.name}: {name}")
    kind, label, third = (*map(str, line), "")[:3]
    if kind not in (*VALUES, *HOLDERS):
        raise BadPolicy(tr("unknown type '{type}'", type=kind), f"{FILE.name}: {name}", did_you_mean(kind, (*VALUES, *HOLDERS)))
    if kind in HOLDERS and third not in (*VALUES, *shapes):
        raise BadPolicy(tr("unknown shape '{name}'", name=third), f"{FILE.name}: {name}", did_you_mean(third, (*VALUES, *shapes)))
    return Field(kind, label, of=third) if kind in HOLDERS else Field(kind, label, third, bare=kind in ("text", "count"))


# Fields declared elsewhere


def _figures() -> Shape:
    made = {name: _valued(m.unit, m.title) for name, m in all_measures().items()}
    return {name: _changed(field) if all_measures()[name].difference else field for name, field in made.items()}


def _valued(unit: str, label: str, *, bare: bool = False) -> Field:
    """Return the field of a figure or term of this unit."""
    kind = {"ratio": "ratio", "元": "money", "分": "number"}.get(unit, "count")
    return Field(kind, label, "" if unit == "ratio" else unit, bare=bare and kind == "count")


def _changed(field: Field) -> Field:
    return replace(field, type="points") if field.type == "ratio" else field


def _limits() -> Shape:
    return {name: _valued(limit.unit, limit.title) for policy in policy_names() for name, limit in read_policy(policy).limits.items()}
