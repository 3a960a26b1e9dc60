"""Charts in a Word paper. Each brings a workbook with it, which people edit as its data; that workbook is a template of its own.

A chart is filled where its drawing stands, with the names known there: one in a loop is drawn each time round, with parts of its own.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.errors import BadTemplate, Fault, Place
from officefill.excel import template as excel
from officefill.excel.filled_cells import FilledCells
from officefill.excel.pointers import Book
from officefill.excel.workbook_parts import tables_to_ranges
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import Mark, Marks
from officefill.language.names import Asked
from officefill.language.program import STATE, State
from officefill.messages import tr
from officefill.ooxml.chart import CHART, CX, NEWER_CHART, C, Chart, ChartState
from officefill.ooxml.package import Package, part_bytes, read_package, relationships_name, write_xml
from officefill.ooxml.properties import Properties
from officefill.ooxml.safety import dangers
from officefill.ooxml.zip_gate import Refused
from officefill.settings import Settings
from officefill.word.paragraphs import PARAGRAPH

_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHARED = ("image", "theme", "hyperlink")
"""Kinds of parts that several charts may point to; of all others each has its own."""
Filters = Mapping[str, Callable[..., Any]]


class WordChart:
    """One chart of a Word template, compiled. `asked` is what it asks for; `parts` all that belong to it alone, its data sheet `sheet` too."""

    def __init__(
        self, package: Package, part: str, place: Place, filters: Filters, environment: PlainEnvironment, faults: list[Fault]
    ) -> None:
        self.part, self.place, self._package = part, place, package
        words, found = str(place), list[Fault]()
        self.parts = [part, *(arrow.target for arrow in package.relationships(part) if arrow.kind not in _SHARED and not arrow.external)]
        self.sheet = next(iter(package.related("package", part)), "")
        self.book = data_sheet(package, self.sheet, words, filters, environment.settings, found) if self.sheet else None
        filled = {sheet.name for sheet, _ in self.book.programs.values()} if self.book else set()
        self.charts: dict[str, Chart] = {}
        for name in (part, *package.related("chartUserShapes", part)):
            chart = Chart(environment, etree.fromstring(package.parts[name]), name, words, filled, found)
            if chart.program:
                self.charts[name] = chart
        self.asked = tuple(Asked(asked.path, asked.written, place.worded(str(asked.place))) for asked in self._asked())
        faults += located(found, place)

    def _asked(self) -> Iterator[Asked]:
        if self.book:
            yield from self.book.asked()
        for chart in self.charts.values():
            yield from chart.program.asked if chart.program else ()

    def fill(self, context: dict[str, Any], properties: Properties, faults: list[Fault]) -> dict[str, bytes]:
        """Those of its parts that change, filled; what goes wrong is added to `faults`."""
        found: list[Fault] = []
        made = self._filled(context, properties, found)
        faults += located(found, self.place)
        return made

    def _filled(self, context: dict[str, Any], properties: Properties, faults: list[Fault]) -> dict[str, bytes]:
        if not self.book:
            return dict(self._words_and_copies(context, {}, None, faults))
        filling = self.book.fill(context, faults)
        if faults:
            return {}
        texts = filling.texts | self.book.filled_charts(context, filling, faults)
        made = dict(self._words_and_copies(context, filling.book, filling.cells, faults))
        return {self.sheet: self.book.write(texts, properties), **made}

    def _words_and_copies(
        self, context: dict[str, Any], book: Book, cells: FilledCells | None, faults: list[Fault]
    ) -> Iterator[tuple[str, bytes]]:
        for name, chart in self.charts.items():
            assert chart.program
            state = ChartState(chart, chart.program, book, cells, shown_as_is=True)
            yield name, part_bytes(chart.program.run(context, state))
            faults += state.faults

    def named(self, number: int, taken: Mapping[str, Any]) -> dict[str, str]:
        """The names of its parts the `number`th time it is drawn, each different from those `taken`."""
        return {part: _free(part, number, taken) for part in self.parts}

    def arrows(self, names: Mapping[str, str]) -> bytes | None:
        """The relationships of its first part, pointing to parts with other names; None where it has none."""
        source = relationships_name(self.part)
        if source not in self._package.parts:
            return None
        root, folder = etree.fromstring(self._package.parts[source]), posixpath.dirname(self.part)
        targets = {arrow.id: arrow.target for arrow in self._package.relationships(self.part)}
        for node in root:
            target = targets.get(node.get("Id", ""), "")
            if target in names:
                node.set("Target", posixpath.relpath(names[target], folder))
        return part_bytes(write_xml(root))


def located(faults: Iterable[Fault], place: Place) -> list[Fault]:
    """Faults inside a chart with the place where the chart is drawn; their words say where inside."""
    return [Fault(fault.what, place.worded(str(fault.where)), fault.do) for fault in faults]


def _free(part: str, number: int, taken: Mapping[str, Any]) -> str:
    stem, extension = posixpath.splitext(part)
    name = f"{stem}-{number}{extension}"
    while name in taken:
        stem += "-"
        name = f"{stem}{number}{extension}"
    return name


def data_sheet(
    package: Package, part: str, place: str, filters: Filters, settings: Settings, faults: list[Fault]
) -> excel.ExcelTemplate | None:
    """The workbook of a chart as a template; None where it has no tags, or is of a kind that can have none."""
    try:
        inside = read_package(Path(place), package.parts[part])
        mains = inside.related("officeDocument")
        found = list(dangers(inside))
        faults += found
        if found or not mains or inside.content_type(mains[0]) != excel.MAIN or not inside.tree(mains[0]).tag.startswith(f"{{{excel.S}}}"):
            return None
        tables_to_ranges(inside)
        book = excel.ExcelTemplate(inside, filters, settings, gaps=True)
    except BadTemplate as bad:
        faults += bad.faults if package.parts[part].startswith(b"PK") else ()
        return None
    except Refused as refused:
        faults.append(Fault(refused.what, place, refused.do))
        return None
    return book if book.programs or book.charts else None


# The charts of one template


def charts_in(package: Package, sources: Iterable[str]) -> dict[str, Place]:
    """The charts that these parts draw, each with its place: a number among them all, and the paragraph it is drawn in."""
    places: dict[str, Place] = {}
    for source in sources:
        arrows = [arrow for arrow in package.relationships(source) if arrow.kind in ("chart", "chartEx") and arrow.target in package.parts]
        for arrow in arrows:
            words = f"{package.path.name}, {tr('chart {number}', number=len(places) + 1)}"
            places.setdefault(arrow.target, Place(words, source))
        for number, paragraph in enumerate(package.tree(source).iter(PARAGRAPH) if arrows else ()):
            for part in drawn_in(paragraph, {arrow.id: arrow.target for arrow in arrows}):
                places[part] = Place(str(places[part]), source, number)
    return places


def drawn_in(paragraph: etree._Element, targets: Mapping[str, str]) -> list[str]:
    """The parts of the charts drawn in a paragraph; `targets` are the parts by the ids of their arrows."""
    ids = (node.get(f"{{{_R}}}id", "") for node in paragraph.iter(f"{{{C}}}chart", f"{{{CX}}}chart"))
    return [targets[identifier] for identifier in ids if identifier in targets]


class WordCharts:
    """The charts of a Word template that have tags, by part; `seen` are the parts of charts of which nothing more need be said."""

    def __init__(
        self, package: Package, sources: Iterable[str], filters: Filters, environment: PlainEnvironment, faults: list[Fault]
    ) -> None:
        self.package = package
        self.tagged: dict[str, WordChart] = {}
        self.seen: set[str] = set()
        for part, place in charts_in(package, sources).items():
            found: list[Fault] = []
            if package.tree(part).tag == CHART:
                chart = WordChart(package, part, place, filters, environment, found)
                if chart.book or chart.charts:
                    self.tagged[part] = chart
            elif package.tree(part).tag == NEWER_CHART:
                found += self._newer(part, place, filters, environment.settings)
            if found or part in self.tagged:
                self.seen |= {part, *package.related("chartUserShapes", part)}
            faults += found

    def _newer(self, part: str, place: Place, filters: Filters, settings: Settings) -> Iterator[Fault]:
        """A fault where a chart of the kinds of 2016 (waterfall, treemap…) has tags: nobody but Office itself draws those anew."""
        sheets, faults = self.package.related("package", part), list[Fault]()
        text = "".join(self.package.tree(part).itertext())
        tagged = [data_sheet(self.package, sheet, str(place), filters, settings, faults) for sheet in sheets]
        yield from located(faults, place)
        if "{{" in text or "{%" in text or any(tagged):
            yield Fault(tr("a chart of this newer kind is not filled"), place, tr("choose another kind, such as columns, lines or a pie"))

    def mark(self, source: str, tree: etree._Element, marks: Marks) -> None:
        """Marks in the part `source` where a chart with tags is drawn."""
        targets = {arrow.id: arrow.target for arrow in self.package.relationships(source)}
        for node in tree.iter(f"{{{C}}}chart"):
            arrow = node.get(f"{{{_R}}}id", "")
            chart = self.tagged.get(targets.get(arrow, ""))
            if chart:
                node.set(f"{{{_R}}}id", marks.text(Mark("inner", filter="-chart", args=(chart.part, source, arrow), asks=chart.asked)))


# Filling


@dataclass
class FilledCharts:
    """The charts of one paper: `made` parts, `arrows` to them by part and id, `types` of parts that are like another, by name."""

    charts: WordCharts
    properties: Properties
    made: dict[str, bytes] = field(default_factory=dict)
    arrows: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    _times: dict[str, int] = field(default_factory=dict)

    def draw(self, part: str, source: str, arrow: str, context: dict[str, Any], faults: list[Fault]) -> str:
        """Fills the chart `part` where it stands, in `source`; gives the id of the arrow to it."""
        chart = self.charts.tagged[part]
        number = self._times[part] = self._times.get(part, 0) + 1
        found: list[Fault] = []
        filled = chart.fill(context, self.properties, found)
        faults += found
        if found or number == 1:
            self.made |= filled
            return arrow
        package = self.charts.package
        names = chart.named(number, package.parts | self.made)
        self.made |= {names[own]: filled.get(own, package.parts[own]) for own in chart.parts}
        self.types |= {names[own]: own for own in chart.parts}
        for like in chart.parts:
            pointing = chart.arrows(names) if like == part else package.parts.get(relationships_name(like))
            if pointing:
                self.made[relationships_name(names[like])] = pointing
        own = f"{arrow}-{number}"
        self.arrows.setdefault(source, {})[own] = (f"{_R}/chart", posixpath.relpath(names[part], posixpath.dirname(source)))
        return own

    def undrawn(self) -> set[str]:
        """Parts of charts that were drawn nowhere, since a condition or an empty list left them out."""
        drawn, gone = set[str](), set[str]()
        for part, chart in self.charts.tagged.items():
            (drawn if part in self._times else gone).update(chart.parts)
        parts = gone - drawn
        return parts | {relationships_name(part) for part in parts}

    def settle_types(self, types: etree._Element) -> None:
        """Declares new parts like those they were copied from; takes out what is said of parts that are gone."""
        said = {node.get("PartName"): node for node in types}
        for new, like in self.types.items():
            if f"/{like}" in said:
                types.append(said[f"/{like}"].__copy__())
                types[-1].set("PartName", f"/{new}")
        for gone in self.undrawn():
            if f"/{gone}" in said:
                types.remove(said[f"/{gone}"])

    @property
    def changes_types(self) -> bool:
        """Whether the package declares other parts than the template."""
        return bool(self.types or self.undrawn())


@pass_context
def chart_filter(context: Context, here: Context, part: str, source: str, arrow: str) -> str:
    """The filter of marks for charts: fills the chart with the names known here."""
    state: State = context.parent[STATE]
    return state.paper.charts.draw(part, source, arrow, here.get_all(), state.faults)  # type: ignore[attr-defined]
