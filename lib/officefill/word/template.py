"""A Word template: compiled once, filled any number of times."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.errors import BadTemplate, Fault, Place
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import Marks
from officefill.language.names import Shapes, check_plain
from officefill.language.program import INTERNAL, STATE, Program, State
from officefill.language.provenance import BOOKMARK, FIGURES, KEPT, Seal, Shown, Traced, settle_record
from officefill.language.regions import NOTHING_KEPT, Kept, Region, figures_in, made_text, twice
from officefill.messages import tr
from officefill.ooxml.chart import FILTERS as OF_CHARTS
from officefill.ooxml.package import (
    TYPES,
    Package,
    Packed,
    declare,
    no_relationships,
    pack,
    part_bytes,
    relationships_name,
    with_relationships,
    write_package,
    write_xml,
)
from officefill.ooxml.pictures import IMAGE_TYPES, Picture, drawing, picture_filter, relationships_of
from officefill.ooxml.properties import Properties, app_xml, core_xml, settle_properties
from officefill.ooxml.safety import W, field_codes
from officefill.settings import Settings
from officefill.word.adjacent_tables import tables_that_meet
from officefill.word.captions import caption, must_be_updated, number_captions
from officefill.word.charts import FilledCharts, WordCharts, chart_filter
from officefill.word.loops import arrange
from officefill.word.merged_cells import is_first, merged_areas, none_begun, see_to_merged_cells
from officefill.word.paragraphs import PARAGRAPH, mark_tags, paragraphs, unfilled, wrap_figures
from officefill.word.repeated_columns import column_items, columns_now, see_to_columns
from officefill.word.repeats import ending_with_paragraph, keep_filled, see_to_repeats, table_or_nothing

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_NEEDS_CARE = re.compile("[&<>\t\n\r\x00-\x1f\ud800-\udfff\ufffe\uffff\U0010fffe\U0010ffff]")
_BREAKS = {"\n": '</w:t><w:br/><w:t xml:space="preserve">', "\t": '</w:t><w:tab/><w:t xml:space="preserve">'}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", **_BREAKS})
_AFTER_UPDATE = {"hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids", "mathPr", "attachedSchema", "themeFontLang"}
_AFTER_UPDATE |= {"clrSchemeMapping", "doNotIncludeSubdocsInStats", "doNotAutoCompressPictures", "forceUpgrade", "captions"}
_AFTER_UPDATE |= {
    "readModeInkLockDown",
    "smartTagType",
    "schemaLibrary",
    "shapeDefaults",
    "doNotEmbedSmartTags",
    "decimalSymbol",
    "listSeparator",
}


@dataclass
class Paper:
    """What one filling gathers over all parts: charts, pictures by name, and the next number of a drawing."""

    next_drawing: int
    last_bookmark: int
    kept: Mapping[tuple[str, str], Kept]
    charts: FilledCharts
    pictures: dict[str, Picture] = field(default_factory=dict)
    shown: dict[int, Shown] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    figures: int = 0

    def next_bookmark(self) -> int:
        """A number no bookmark of the paper has."""
        self.last_bookmark += 1
        return self.last_bookmark


class WordState(State):
    """A run of one part of a Word template."""

    def __init__(self, program: Program, paper: Paper) -> None:
        super().__init__(program)
        self.paper, self.shown, self.said = paper, dict[str, None](), ""
        self.kept: list[Kept] = []

    def number(self) -> str:
        """The next number of a drawing; no two of a paper are the same."""
        self.paper.next_drawing += 1
        return str(self.paper.next_drawing)


@pass_context
def _words(context: Context, value: Any, line: int) -> str:
    if type(value) is str and not _NEEDS_CARE.search(value):
        return value
    state: State = context.parent[STATE]
    return state.words(value, line).translate(_ESCAPES)


@pass_context
def _words_said(context: Context, value: Any, line: int) -> str:
    state: WordState = context.parent[STATE]
    state.said = state.words(value, line)
    return state.said.translate(_ESCAPES)


@pass_context
def _figure(context: Context, printed: str, line: int, value: Any, prefix: str) -> str:
    """The run of a tag with its bookmark round it, where the value is a figure that the record tells of."""
    state: WordState = context.parent[STATE]
    if type(value) not in FIGURES or line not in state.program.traced:
        return printed
    paper, program = state.paper, state.program
    paper.figures += 1
    number = paper.figures
    paper.shown[number] = Shown(number, state.path(line), value, state.said, program.written[line - 1], program.part)
    mark = f'{prefix}id="{paper.next_bookmark()}"'
    return f'<{prefix}bookmarkStart {mark} {prefix}name="{BOOKMARK}{number}"/>{printed}<{prefix}bookmarkEnd {mark}/>'


@pass_context
def _keep(context: Context, made: str, line: int, name: str, key: Any, kind: str, prefix: str) -> str:
    """A region for people, with what they typed into the paper before or else what the template puts there."""
    state: WordState = context.parent[STATE]
    paper = state.paper
    region = Region(len(paper.regions) + 1, name, state.words(key, line), kind, state.program.part, made=made_text(made))
    if any((region.name, region.key) == (other.name, other.key) for other in paper.regions):
        return state.refuse(line, *twice(region))
    paper.regions.append(region)
    kept = paper.kept.get((region.name, region.key))
    if kept is not None:
        for number in figures_in(made):
            del paper.shown[number]
        state.kept.append(kept)
    inside, mark = kept.xml if kept else made, f'{prefix}id="{paper.next_bookmark()}"'
    begin, end = f'<{prefix}bookmarkStart {mark} {prefix}name="{KEPT}{kind}_{region.number}"/>', f"<{prefix}bookmarkEnd {mark}/>"
    return f"{begin}{end}{inside}" if kind in ("cell", "rest") else f"{begin}{inside}{end}"


@pass_context
def _picture(context: Context, value: Any, line: int, words: str) -> str:
    state: WordState = context.parent[STATE]
    if type(value) is not Picture:
        return state.refuse_value(value, line)
    state.paper.pictures[value.name] = value
    state.shown[value.name] = None
    return drawing(value, value.name, int(state.number()), words)


@pass_context
def _number(context: Context, _what: str) -> str:
    state: WordState = context.parent[STATE]
    return state.number()


_OWN = {
    **OF_CHARTS,
    "-words": _words,
    "-picture": _picture,
    "-number": _number,
    "-chart": chart_filter,
    "-table": table_or_nothing,
    "-cell": ending_with_paragraph,
    "-keep": lambda made, *_: made,
}
_OWN |= {"-column-items": column_items, "-columns": columns_now, "-merged-none": none_begun, "-merged-first": is_first}
_OWN["-caption"] = caption
_TRACED = {"-words": _words_said, "-figure": _figure, "-keep": _keep}


class WordTemplate:
    """A compiled .docx. `names` are the top-level names it asks for; a traced one keeps the record of its figures."""

    def __init__(self, package: Package, filters: Mapping[str, Callable[..., Any]], settings: Settings, *, trace: bool = False) -> None:
        self.path, self.trace = package.path, trace
        self.record = settle_record(package, package.related("officeDocument")[0], settings) if trace else ""
        self.environment = PlainEnvironment({**filters, "picture": picture_filter(settings.application)}, settings)
        self.environment.filters.update({**INTERNAL, **_OWN, **(_TRACED if trace else {})})
        faults: list[Fault] = []
        parts = dict(filled_parts(package))
        self.charts = WordCharts(package, parts, filters, self.environment, faults)
        self.programs = {name: made for name, where in parts.items() if (made := self._compile(package, name, where, faults))}
        faults += _elsewhere(package, {*parts, *self.charts.seen})
        if faults:
            raise BadTemplate(str(self.path), {str(fault): fault for fault in faults}.values())
        self.names = frozenset(asked.path[0] for program in self.programs.values() for asked in program.asked)
        self._first_drawing, self._first_bookmark = _highest_drawing(package), _highest_bookmark(package)
        if self.programs and must_be_updated(field_codes(package.tree(next(iter(parts))))):  # Word sees to headers and footers itself
            _ask_to_update(package)
        self.core, self.app = settle_properties(package, settings.application)
        self._package = package
        self._packed = {name: pack(data) for name, data in package.parts.items() if name not in (*self.programs, self.core, self.record)}
        self._packed[self.app] = pack(app_xml(settings.application))

    def _compile(self, package: Package, name: str, where: str, faults: list[Fault]) -> Program | None:
        """The program of a part; None where nothing of it is filled in."""
        root, marks, found = package.tree(name), Marks(), list[Fault]()
        tree = etree.fromstring(etree.tostring(root))
        numbers = {paragraph: number for number, paragraph in enumerate(tree.iter(PARAGRAPH))}
        for paragraph, place in paragraphs(_container(tree), where):
            mark_tags(self.environment, paragraph, Place(place, name, numbers[paragraph]), marks, found)
        found += unfilled(tree, where, name)
        areas, gone = merged_areas(tree), dict[etree._Element, etree._Element]()
        self.charts.mark(name, tree, marks)
        if marks.all:
            gone = arrange(tree, marks, found)
        if marks.all and not found:
            found += see_to_repeats(tree, marks, where)
            number_captions(tree, marks)
            found += see_to_columns(tree, marks)
            see_to_merged_cells(areas, gone, marks)
            found += tables_that_meet(tree, marks)
            keep_filled(tree, marks)
            if self.trace:
                wrap_figures(tree, marks)
            program = Program(self.environment, marks.cut(write_xml(tree)), name, trace=self.trace)
            found += program.faults
        faults += found
        return program if marks.all and not found else None

    def render(
        self, context: dict[str, Any], properties: Properties, seal: Seal | None = None, kept: Mapping[tuple[str, str], Kept] = NOTHING_KEPT
    ) -> bytes:
        """The filled document; `seal` writes the record of a traced one, whose regions for people get what was `kept`.

        Raises `BadTemplate` with every unknown name, or every value that cannot print; `TypeError` for a context that holds anything but
        plain values.
        """
        check_plain(context)
        shapes = Shapes(context)
        faults = [fault for program in self.programs.values() for fault in shapes.unknown(program.asked)]
        self._stop_at(faults)
        charts = FilledCharts(self.charts, properties)
        paper, made = Paper(self._first_drawing, self._first_bookmark, kept, charts), dict[str, bytes]()
        for name, program in self.programs.items():
            state = WordState(program, paper)
            made[name] = part_bytes(program.run(context, state))
            faults += state.faults
            made |= self._arrows(name, state)
        self._stop_at(faults)
        brought = {name: data for region in paper.regions if (of := kept.get((region.name, region.key))) for name, data in of.parts.items()}
        made |= self._pictures(paper, brought) | charts.made
        made[self.core] = core_xml(properties)
        if self.record:
            assert seal is not None
            parts = {name: made.get(name, self._package.parts[name]) for name, _ in filled_parts(self._package)}
            parts |= {name: data for name, data in made.items() if name.startswith("word/charts/chart")}
            made[self.record] = seal(Traced(list(paper.shown.values()), paper.regions, parts))
        return self._write(made, charts.undrawn())

    def _stop_at(self, faults: list[Fault]) -> None:
        if faults:
            raise BadTemplate(str(self.path), {str(fault): fault for fault in faults}.values())

    def _arrows(self, name: str, state: WordState) -> dict[str, bytes]:
        """The relationships of a part with those that came to be, without those of charts that went."""
        charts, source = state.paper.charts, relationships_name(name)
        brought = {identifier: arrow for of in state.kept for identifier, arrow in of.arrows.items()}
        added = relationships_of(list(state.shown)) | brought | charts.arrows.get(name, {})
        gone = [arrow.id for arrow in self._package.relationships(name) if arrow.target in charts.undrawn()]
        if not added and not gone:
            return {}
        data = self._package.parts.get(source)
        root = etree.fromstring(data) if data else no_relationships()
        for node in [node for node in root if node.get("Id") in gone]:
            root.remove(node)
        return {source: with_relationships(root, added)}

    def _pictures(self, paper: Paper, brought: Mapping[str, bytes]) -> dict[str, bytes]:
        """Pictures and what the package declares, where it declares anything new."""
        made = {f"word/media/{name}.png": shown.data for name, shown in paper.pictures.items()} | dict(brought)
        if not made and not paper.charts.changes_types:
            return {}
        types = etree.fromstring(self._package.parts[TYPES])
        for extension in sorted({name.rsplit(".", 1)[-1].lower() for name in made}):
            declare(types, extension=extension, kind=IMAGE_TYPES[extension])
        paper.charts.settle_types(types)
        return {TYPES: part_bytes(write_xml(types)), **made}

    def _write(self, made: Mapping[str, bytes], gone: set[str]) -> bytes:
        kept = (name for name in self._package.parts if name not in gone)
        parts: dict[str, Packed] = {name: pack(made[name]) if name in made else self._packed[name] for name in kept}
        parts |= {name: pack(data) for name, data in made.items() if name not in parts}
        return write_package(parts)


def filled_parts(package: Package) -> Iterator[tuple[str, str]]:
    """The parts a template is filled in, each with its place for people: the body, headers, footers and notes."""
    file = package.path.name
    for main in package.related("officeDocument"):
        yield main, file
        filled = {"header": tr("header"), "footer": tr("footer"), "footnotes": tr("footnotes"), "endnotes": tr("endnotes")}
        counts: dict[str, int] = {}
        for arrow in package.relationships(main):
            if arrow.kind in filled and arrow.target in package.parts:
                counts[arrow.kind] = counts.get(arrow.kind, 0) + 1
                yield arrow.target, f"{file}, {filled[arrow.kind]} {counts[arrow.kind]}"


def _container(root: etree._Element) -> etree._Element:
    body = root.find(f"{{{W}}}body")
    return root if body is None else body


def _elsewhere(package: Package, filled: Collection[str]) -> Iterator[Fault]:
    """Tags in parts that are never filled: the document's own properties, comments, diagrams, charts drawn nowhere."""
    for name in package.parts:
        if (
            name.endswith(".xml")
            and name not in filled
            and name.startswith(("docProps/", "word/charts/", "word/comments", "word/diagrams/", "word/glossary/"))
        ):
            text = "".join(package.tree(name).itertext())
            if "{{" in text or "{%" in text:
                yield Fault(tr("a tag in {part} is not filled", part=name), package.path.name, tr("move it into the text"))


def _highest_drawing(package: Package) -> int:
    """The highest number of a drawing in any part, so that new ones differ."""
    numbers = [
        int(node.get("id", "0"))
        for name in package.parts
        if name.startswith("word/") and name.endswith(".xml")
        for node in package.tree(name).iter("{*}docPr", "{*}cNvPr")
        if node.get("id", "").isdecimal()
    ]
    return max(numbers, default=0)


def _highest_bookmark(package: Package) -> int:
    """The highest number of a bookmark or another range in any part, so that new ones differ."""
    numbers = [
        int(node.get(f"{{{W}}}id", "0"))
        for name in package.parts
        if name.startswith("word/") and name.endswith(".xml")
        for node in package.tree(name).iter(
            f"{{{W}}}bookmarkStart", f"{{{W}}}commentRangeStart", f"{{{W}}}moveFromRangeStart", f"{{{W}}}ins", f"{{{W}}}del"
        )
        if node.get(f"{{{W}}}id", "").isdecimal()
    ]
    return max(numbers, default=0)


def _ask_to_update(package: Package) -> None:
    """Has Word bring contents lists and references up to date on opening, since only Word knows the pages."""
    for settings in package.related("settings", package.related("officeDocument")[0]):
        root = package.tree(settings)
        if root.find(f"{{{W}}}updateFields") is None:
            update = root.makeelement(f"{{{W}}}updateFields", {f"{{{W}}}val": "true"})
            after = next((child for child in root if etree.QName(child).localname in _AFTER_UPDATE), None)
            if after is None:
                root.append(update)
            else:
                after.addprevious(update)
            package.parts[settings] = part_bytes(write_xml(root))
