"""Charts in a Word paper. Each brings a workbook with it, which people edit as its data; that workbook is a template of its own.

A chart is filled where its drawing stands, with the names known there: one in a loop is drawn each time round, with parts of its own.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2.runtime import Context
from lxml import etree

from officefill.errors import BadTemplate, Fault, Place
from officefill.excel import template as excel
from officefill.excel.chart import CHART, NEWER_CHART, Chart, fill_charts
from officefill.excel.filled_cells import FilledCells
from officefill.excel.pointer_targets import Book
from officefill.excel.workbook_parts import tables_to_ranges
from officefill.language.expressions import Filters, PlainEnvironment
from officefill.language.marks import Mark, Marks
from officefill.language.names import NameUse
from officefill.messages import tr
from officefill.ooxml.namespaces import ARROW_ID, CX, C, R, S, holds_tag
from officefill.ooxml.package import Package, part_bytes, read_package, relationships_name, write_xml
from officefill.ooxml.properties import Properties
from officefill.ooxml.safety import dangers
from officefill.ooxml.zip_gate import Refused
from officefill.word.paragraphs import PARAGRAPH

_SHARED = ("image", "theme", "hyperlink")
"""Kinds of parts that several charts may point to; of all others each has its own."""
_DRAWN = f"{{{C}}}chart"


@dataclass(frozen=True)
class ChartSource:
    """The package of a Word template, with the filters and the environment that its charts are compiled with."""

    package: Package
    filters: Filters
    environment: PlainEnvironment

    def data_sheet(self, part: str, place: str, faults: list[Fault]) -> excel.ExcelTemplate | None:
        """Return the workbook of a chart as a template; None where it has no tags, or is of a kind that can have none."""
        data = self.package.parts[part]
        try:
            inside = read_package(Path(place), data)
            found = list(dangers(inside))
            faults += found
            main = inside.main
            if found or not main or inside.content_type(main) != excel.MAIN or not inside.tree(main).tag.startswith(f"{{{S}}}"):
                return None
            tables_to_ranges(inside)
            template = excel.ExcelTemplate(inside, self.filters, self.environment.settings, gaps=True)
        except BadTemplate as bad:
            faults += bad.faults if data.startswith(b"PK") else ()
            return None
        except Refused as refused:
            faults.append(Fault(refused.what, place, refused.do))
            return None
        return template if template.book.sheets or template.book.charts else None


class WordChart:
    """One chart of a Word template, compiled. `uses` are the names it takes; `parts` all that belong to it alone, its data `sheet` too."""

    def __init__(self, source: ChartSource, part: str, place: Place, faults: list[Fault]) -> None:
        self.part, self.place, self._package = part, place, source.package
        package, words, found = source.package, str(place), list[Fault]()
        self.parts = [part, *(arrow.target for arrow in package.relationships(part) if arrow.kind not in _SHARED and not arrow.external)]
        self.sheet = package.first("package", part)
        self.template = source.data_sheet(self.sheet, words, found) if self.sheet else None
        filled = {sheet.name for sheet, _ in self.template.book.sheets.values()} if self.template else set()
        self.charts: dict[str, Chart] = {}
        for name in (part, *package.related("chartUserShapes", part)):
            chart = Chart(source.environment, etree.fromstring(package.parts[name]), name, words, filled)
            found += chart.faults
            if chart.program:
                self.charts[name] = chart
        programs = [chart.program for chart in self.charts.values() if chart.program]
        uses = (*(self.template.uses() if self.template else ()), *(use for program in programs for use in program.uses))
        self.uses = tuple(NameUse(use.path, use.written, place.worded(str(use.place))) for use in uses)
        faults += located(found, place)

    def fill(self, context: dict[str, Any], properties: Properties, faults: list[Fault]) -> dict[str, bytes]:
        """Return those of its parts that change, filled; add faults to `faults`."""
        found: list[Fault] = []
        made = self._filled(context, properties, found)
        faults += located(found, self.place)
        return made

    def _filled(self, context: dict[str, Any], properties: Properties, faults: list[Fault]) -> dict[str, bytes]:
        made, filled = dict[str, bytes](), tuple[Book, FilledCells | None](({}, None))
        if self.template:
            sheets = self.template.fill(context, faults)
            if faults:
                return {}
            charts = self.template.filled_charts(context, sheets, faults)
            filled, made = (sheets.book, sheets.cells), {self.sheet: self.template.write(sheets.texts | charts, properties)}
        texts = fill_charts(self.charts, context, filled, faults, shown_as_is=True)
        return made | {name: part_bytes(text) for name, text in texts.items()}

    def names(self, number: int, taken: Mapping[str, Any]) -> dict[str, str]:
        """Return the names of its parts the `number`th time it is drawn, each different from those `taken`."""
        return {part: _free_name(part, number, taken) for part in self.parts}

    def arrows(self, names: Mapping[str, str]) -> bytes | None:
        """Return the relationships of its first part, pointing to parts with other names; None where it has none."""
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
    """Return faults inside a chart with the place where the chart is drawn; their words say where inside."""
    return [Fault(fault.what, place.worded(str(fault.where)), fault.do) for fault in faults]


def _free_name(part: str, number: int, taken: Mapping[str, Any]) -> str:
    stem, extension = posixpath.splitext(part)
    name = f"{stem}-{number}{extension}"
    while name in taken:
        stem += "-"
        name = f"{stem}{number}{extension}"
    return name


# The charts of one template


def charts_in(package: Package, sources: Iterable[str]) -> dict[str, Place]:
    """Return the charts that these parts draw, each with its place: a number among them all, and the paragraph it is drawn in."""
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
    """Return the parts of the charts drawn in a paragraph; `targets` are the parts by the ids of their arrows."""
    ids = (node.get(ARROW_ID, "") for node in paragraph.iter(_DRAWN, f"{{{CX}}}chart"))
    return [targets[identifier] for identifier in ids if identifier in targets]


class WordCharts:
    """The charts of a Word template that have tags, by part; `seen` are the parts of charts of which nothing more need be said."""

    def __init__(self, source: ChartSource, parts: Iterable[str], faults: list[Fault]) -> None:
        self.package = package = source.package
        self.tagged: dict[str, WordChart] = {}
        self.seen: set[str] = set()
        for part, place in charts_in(package, parts).items():
            found: list[Fault] = []
            if package.tree(part).tag == CHART:
                chart = WordChart(source, part, place, found)
                if chart.template or chart.charts:
                    self.tagged[part] = chart
            elif package.tree(part).tag == NEWER_CHART:
                found += self._newer(source, part, place)
            if found or part in self.tagged:
                self.seen |= {part, *package.related("chartUserShapes", part)}
            faults += found

    def _newer(self, source: ChartSource, part: str, place: Place) -> Iterator[Fault]:
        """Yield a fault where a chart of the kinds of 2016 (waterfall, treemap…) has tags: nobody but Office itself draws those anew."""
        faults: list[Fault] = []
        tagged = [source.data_sheet(sheet, str(place), faults) for sheet in self.package.related("package", part)]
        yield from located(faults, place)
        if holds_tag("".join(self.package.tree(part).itertext())) or any(tagged):
            yield Fault(tr("a chart of this newer kind is not filled"), place, tr("choose another kind, such as columns, lines or a pie"))

    def mark(self, source: str, tree: etree._Element, marks: Marks) -> None:
        """Mark the places in the part `source` where a chart with tags is drawn."""
        targets = {arrow.id: arrow.target for arrow in self.package.relationships(source)}
        for node in tree.iter(_DRAWN):
            arrow = node.get(ARROW_ID, "")
            chart = self.tagged.get(targets.get(arrow, ""))
            if chart:
                node.set(ARROW_ID, marks.text(Mark("inner", filter="-chart", args=(chart.part, source, arrow), uses=chart.uses)))


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

    def draw(self, names: tuple[str, str, str], context: dict[str, Any], faults: list[Fault]) -> str:
        """Fill a chart where it stands; return the id of the arrow to it. `names`: its part, the part it is drawn in, the arrow."""
        part, source, arrow = names
        chart = self.charts.tagged[part]
        number = self._times[part] = self._times.get(part, 0) + 1
        found: list[Fault] = []
        filled = chart.fill(context, self.properties, found)
        faults += found
        if found or number == 1:
            self.made |= filled
            return arrow
        package = self.charts.package
        copies = chart.names(number, package.parts | self.made)
        for own, copy in copies.items():
            self.made[copy] = filled.get(own, package.parts[own])
            self.types[copy] = own
        for own, copy in copies.items():
            pointing = chart.arrows(copies) if own == part else package.parts.get(relationships_name(own))
            if pointing:
                self.made[relationships_name(copy)] = pointing
        identifier = f"{arrow}-{number}"
        self.arrows.setdefault(source, {})[identifier] = (f"{R}/chart", posixpath.relpath(copies[part], posixpath.dirname(source)))
        return identifier

    def undrawn(self) -> set[str]:
        """Return parts of charts that were drawn nowhere, since a condition or an empty list left them out."""
        drawn, left_out = set[str](), set[str]()
        for part, chart in self.charts.tagged.items():
            (drawn if part in self._times else left_out).update(chart.parts)
        parts = left_out - drawn
        return parts | {relationships_name(part) for part in parts}

    def settle_types(self, types: etree._Element) -> None:
        """Declare new parts like those they were copied from; take out the declarations of parts that were drawn nowhere."""
        known = {node.get("PartName"): node for node in types}
        for new, like in self.types.items():
            if f"/{like}" in known:
                types.append(known[f"/{like}"].__copy__())
                types[-1].set("PartName", f"/{new}")
        for part in self.undrawn():
            if f"/{part}" in known:
                types.remove(known[f"/{part}"])

    @property
    def changes_types(self) -> bool:
        """Return True where the package declares other parts than the template."""
        return bool(self.types or self.undrawn())


def chart_filter(state: Any, here: Context, *names: str) -> str:
    """Fill a chart with the names known here, and return the id of the arrow to it: the filter of marks for charts."""
    return state.paper.charts.draw(names, here.get_all(), state.faults)
