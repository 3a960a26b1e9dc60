"""The fields and shapes of the dictionary of fields: those of `fields.yaml`, and those made from measures, terms, limits and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from postloan.errors import BadPolicy, BadSection, did_you_mean
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules, dimensions
from postloan.figures.tally import all_terms
from postloan.language import tr
from postloan.papers.sections import SectionValue, all_sections
from postloan.policy import policy_names, read_policy
from postloan.themes import all_themes
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


def shapes_with(ledgers: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return every shape by name, given those of `ledgers`."""
    made, written = {**_declared(), **ledgers}, read_yaml(FILE)["shapes"]
    for value in all_sections().values():
        if value.of:
            _check_item_condition(value, made, written)
            of, line = (made, Field("truth", value.title)) if value.of in made else (written, ["truth", value.title])
            of[value.of] = {**of[value.of], value.name: line}
    known = {*made, *written}
    return made | {name: _included(lines, made, written, known) for name, lines in written.items()}


def _check_item_condition(value: SectionValue, made: Mapping[str, Shape], written: Mapping[str, Any]) -> None:
    """Raise `BadSection` for a condition of items that there are not, or one called as a field of theirs."""
    if value.of not in {*made, *written}:
        raise BadSection(tr("unknown: '{word}'", word=value.of), f"{value.place}: of", did_you_mean(value.of, {*made, *written}))
    shape, names = value.of, set[str]()
    while shape:
        lines = made.get(shape) or written[shape]
        names |= set(lines)
        shape = lines.get("include", "") if shape in written else ""
    if value.name in names:
        raise BadSection(tr("the name '{name}' is taken", name=value.name), value.place, tr("choose another name"))


def lists_walked(ledgers: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return every list that templates may walk, with what its items hold in any of the documents."""
    shapes, found = shapes_with(ledgers), dict[str, Shape]()
    for names in (shapes["context"], *(own_names(document, shapes) for document in read_yaml(FILE)["documents"])):
        for name, field in names.items():
            if field.type == "list" and field.of in shapes:
                found[name] = {**found.get(name, {}), **shapes[field.of]}
    return found


def own_names(document: str, shapes: Mapping[str, Shape]) -> Shape:
    """The names that only `document` offers."""
    lines = read_yaml(FILE)["documents"].get(document) or {}
    return {name: line_of(name, line, set(shapes)) for name, line in lines.items()}


def _declared() -> dict[str, Shape]:
    """The shapes made from what is declared elsewhere."""
    return {
        "figures": _figures(),
        "changes": {name: _changed(field) for name, field in _figures().items()},
        "words": {name: Field("text", m.title) for name, m in all_measures().items() if m.unit == "ratio"},
        "terms": {name: _valued(term.unit, term.meaning_cn, bare=True) for name, term in all_terms().items()},
        "limits": _limits(),
        "rules": {name: Field("group", rule.title, of="rule") for name, rule in all_rules().items()},
        "checklist": {title: Field("group", title, of="section") for title in dimensions()},
        "themes": {name: Field("truth", theme.title) for name, theme in all_themes().items()},
    }


def _included(lines: Mapping[str, Any], made: Mapping[str, Shape], written: Mapping[str, Any], known: set[str]) -> Shape:
    source = lines.get("include", "")
    taken = _included(written[source], made, written, known) if source in written else made.get(source, {})
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
