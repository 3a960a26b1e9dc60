"""Sections of papers as data: named conditions, lists and words, from `sections.yaml` beside this module and in each theme.

A name says what a condition means for the business; a template says the name (`{% if deposits_below_floor %}`) and holds no comparison.
Each is worked out once for the context of a paper. Of a theme that is off, conditions are false and lists are empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from jinja2 import nodes
from officefill.language.expressions import BadTag, paths

from postloan import themes
from postloan.errors import BadSection, did_you_mean
from postloan.language import tr
from postloan.papers.condition import Value, expression, truth, value_of
from postloan.yaml_file import build, read_yaml

FILE = Path(__file__).with_suffix(".yaml")
KINDS = ("when", "items", "case", "parts", "chart")
ANY = "any"
DRAWINGS = ("timeliness", "classification")


@dataclass(frozen=True)
class Case:
    """One case of a choice of words: the text `say`, where `when` holds; the last case may have no condition."""

    say: str
    when: str = ""


@dataclass(frozen=True)
class SectionValue:
    """One named value of papers: a condition, a list, words or a chart, as exactly one of the keys `KINDS` says.

    `when`: a condition. `items`: a list, of which those stay that meet `where`, in the `order` of these fields (`-field`: the highest first),
    `most` at the most. `case`: the words of the first case that holds. `parts: any`: at least one of the conditions
    holds that say `part_of` this name. `chart`: its `drawing` (`DRAWINGS`) and the figures it shows, `by_unit` a list, or `by_class` by label.
    With `of` a condition is one of every item of that shape of the field dictionary, and says names of the item only.
    """

    title: str
    name: str
    theme: str
    place: str
    of: str = ""
    part_of: list[str] = field(default_factory=list)
    when: str = ""
    items: str = ""
    where: str = ""
    order: list[str] = field(default_factory=list)
    most: int = 0
    case: list[dict[str, str]] = field(default_factory=list)
    parts: str = ""
    chart: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The key that says what it is."""
        return next(kind for kind in KINDS if getattr(self, kind))

    @cached_property
    def cases(self) -> list[Case]:
        """The cases of a choice of words."""
        return [build(Case, case, f"{self.place}: case", BadSection) for case in self.case]

    @cached_property
    def expressions(self) -> dict[str, nodes.Expr]:
        """The expressions it is made of, by key. Raises `BadSection`."""
        texts = {"when": self.when, "items": self.items, "where": self.where}
        texts |= {f"case {number}": case.when for number, case in enumerate(self.cases, 1)}
        return {key: self._read(key, text) for key, text in texts.items() if text}

    def _read(self, key: str, text: str) -> nodes.Expr:
        try:
            return expression(text)
        except BadTag as bad:
            raise BadSection(bad.what, f"{self.place}: {key}", bad.do) from None

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the context that it says."""
        nodes_of_paper = [node for key, node in self.expressions.items() if key != "where"]
        return frozenset() if self.of else frozenset(path[0] for node in nodes_of_paper for path in paths(node))

    @cached_property
    def values(self) -> dict[str, Value]:
        """The values of its expressions, by key. Raises `BadSection`."""
        try:
            return {key: value_of(node) for key, node in self.expressions.items()}
        except BadTag as bad:
            raise BadSection(bad.what, self.place, bad.do) from None

    @property
    def figures(self) -> list[str]:
        """The measures that a chart shows."""
        by_class = self.chart.get("by_class")
        return list(by_class.values()) if isinstance(by_class, dict) else list(self.chart.get("by_unit", ()))

    @property
    def nothing(self) -> Any:
        """Its value where its theme is off."""
        return {"items": [], "case": "", "chart": None}.get(self.kind, False)

    def value(self, names: Mapping[str, Any]) -> Any:
        """Its value in a context; a chart is drawn elsewhere."""
        match self.kind:
            case "when":
                return truth(self.values["when"](names)) or False
            case "items":
                return self._listed(self.values["items"](names) or [])
            case "case":
                cases = enumerate(self.cases, 1)
                return next((case.say for nth, case in cases if not case.when or truth(self.values[f"case {nth}"](names))), "")
            case _:
                return any(names.get(member.name) for member in members(self.name))

    def _listed(self, items: list[Any]) -> list[Any]:
        where = self.values.get("where")
        chosen = [item for item in items if where is None or truth(where(item))]
        for key in reversed(self.order):
            held = key.removeprefix("-")
            chosen.sort(key=lambda item, held=held: (item[held] is not None, item[held] or 0), reverse=key.startswith("-"))
        return chosen[: self.most or None]


@cache
def all_sections() -> dict[str, SectionValue]:
    """Return every named value, each after those that it names. Raises `BadSection`."""
    found: dict[str, SectionValue] = {}
    for theme, path in themes.files("sections.yaml", FILE.parent):
        for value in _read(theme, path):
            if value.name in found:
                raise BadSection(tr("'{name}' is named already in {place}", name=value.name, place=found[value.name].place), value.place)
            found[value.name] = value
    for value in found.values():
        for whole in value.part_of:
            if whole not in found or not found[whole].parts:
                wholes = [name for name, other in found.items() if other.parts]
                raise BadSection(tr("unknown: '{word}'", word=whole), f"{value.place}: part_of", did_you_mean(whole, wholes))
    return {name: found[name] for name in _in_order(found)}


def _read(theme: str, path: Path) -> Iterator[SectionValue]:
    where = themes.place(path)
    for name, mapping in read_yaml(path, BadSection).items():
        place = f"{where}: {name}"
        yield _checked(build(SectionValue, mapping, place, BadSection, {"name": name, "theme": theme, "place": place}))


def _checked(value: SectionValue) -> SectionValue:
    """The value, whose keys hold what they should. Raises `BadSection`."""
    if not value.name.isidentifier():
        raise BadSection(tr("'{name}' is no name", name=value.name), value.place, tr("write letters, digits and _"))
    if sum(bool(getattr(value, kind)) for kind in KINDS) != 1:
        raise BadSection(tr("exactly one of these keys is expected: {keys}", keys=", ".join(KINDS)), value.place)
    if value.parts not in ("", ANY):
        raise BadSection(tr("unknown: '{word}'", word=value.parts), f"{value.place}: parts", did_you_mean(value.parts, [ANY]))
    if value.chart and (value.chart.get("drawing") not in DRAWINGS or len({"by_unit", "by_class"} & value.chart.keys()) != 1):
        raise BadSection(tr("a chart has a drawing and figures by_unit or by_class"), f"{value.place}: chart", ", ".join(DRAWINGS))
    if value.of and not value.when:
        raise BadSection(tr("only a condition can be one of items"), f"{value.place}: of")
    assert value.values is not None  # its expressions can be read
    return value


def _in_order(found: Mapping[str, SectionValue]) -> Iterable[str]:
    """The names, each after those that its value names. Raises `BadSection` for values that name each other."""
    parts = {name: {value.name for value in found.values() if name in value.part_of} for name in found}
    try:
        return list(TopologicalSorter({name: value.names & found.keys() | parts[name] for name, value in found.items()}).static_order())
    except CycleError as fault:
        names = fault.args[1]
        raise BadSection(tr("values name each other in a circle: {names}", names=" → ".join(names)), found[names[0]].place) from None


@cache
def members(whole: str) -> list[SectionValue]:
    """Return the conditions that are part of `whole`."""
    return [value for value in all_sections().values() if whole in value.part_of]


@cache
def _of_items(shape: str) -> list[SectionValue]:
    return [value for value in all_sections().values() if value.of == shape]


def with_conditions(shape: str, item: dict[str, Any]) -> dict[str, Any]:
    """Return an item of a shape with the conditions of its items by name."""
    return item | {value.name: value.value(item) for value in _of_items(shape)}


def with_needed(named: Iterable[str]) -> frozenset[str]:
    """Return the names that a template says, with those that the named values among them say in turn."""
    found: set[str] = set()
    waiting = list(named)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [*(all_sections()[name].names if name in all_sections() else ()), *(member.name for member in members(name))]
    return frozenset(found)


def section_values(context: Mapping[str, Any], on: frozenset[str]) -> dict[str, Any]:
    """Return every named value of a paper but charts, from its context and the themes that are on."""
    names, found = dict(context), dict[str, Any]()
    for name, value in all_sections().items():
        if not value.of and not value.chart:
            names[name] = found[name] = value.value(names) if value.theme in on else value.nothing
    return found


def source_of(name: str) -> str:
    """Return the name of the list that a named list takes its items from; any other name as it is."""
    value = all_sections().get(name)
    return value.items if value and value.items else name
