"""A Word template: compiled once, filled any number of times."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from officefill.errors import Fault, Place
from officefill.language.expressions import Filters, PlainEnvironment
from officefill.language.marks import Marks
from officefill.language.names import NameUse
from officefill.language.program import Program
from officefill.language.provenance import Seal, Traced
from officefill.language.regions import NOTHING_KEPT, KeptRegions
from officefill.messages import tr
from officefill.ooxml.namespaces import copy_of, holds_tag, insert_before, remove_where, w
from officefill.ooxml.package import TYPES, Package, declare, part_bytes, relationships_name, with_relationships, write_xml
from officefill.ooxml.pictures import ARROW, IMAGE_TYPES, picture_filter
from officefill.ooxml.properties import Properties
from officefill.ooxml.safety import field_codes
from officefill.settings import Settings
from officefill.template import Template
from officefill.word.adjacent_tables import adjacent_tables
from officefill.word.captions import must_be_updated, number_captions
from officefill.word.charts import ChartSource, FilledCharts, WordCharts
from officefill.word.loops import arrange
from officefill.word.merged_cells import keep_merged, merged_cells
from officefill.word.paragraphs import PARAGRAPH, mark_tags, paragraphs, unfilled, wrap_figures
from officefill.word.repeated_columns import settle_columns
from officefill.word.repeats import keep_filled, settle_repeats
from officefill.word.word_state import TRACED_FILTERS, WORD_FILTERS, FilledPaper, WordState

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_AFTER_UPDATE = [w(name) for name in ("hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids", "mathPr")]
_AFTER_UPDATE += [w(name) for name in ("attachedSchema", "themeFontLang", "clrSchemeMapping", "doNotIncludeSubdocsInStats", "captions")]
_AFTER_UPDATE += [w(name) for name in ("doNotAutoCompressPictures", "forceUpgrade", "readModeInkLockDown", "smartTagType", "schemaLibrary")]
_AFTER_UPDATE += [w(name) for name in ("shapeDefaults", "doNotEmbedSmartTags", "decimalSymbol", "listSeparator")]
_UNFILLED_PARTS = ("docProps/", "word/charts/", "word/comments", "word/diagrams/", "word/glossary/")
_RANGES = tuple(w(name) for name in ("bookmarkStart", "commentRangeStart", "moveFromRangeStart", "ins", "del"))


class WordTemplate(Template):
    """A compiled .docx."""

    def __init__(self, package: Package, filters: Filters, settings: Settings, *, trace: bool = False) -> None:
        environment = PlainEnvironment({**filters, "picture": picture_filter(settings.application)}, settings)
        environment.filters.update({**WORD_FILTERS, **(TRACED_FILTERS if trace else {})})
        super().__init__(package, environment, trace)
        faults: list[Fault] = []
        parts = dict(filled_parts(package))
        self.charts = WordCharts(ChartSource(package, filters, environment), parts, faults)
        self.programs = {name: made for name, where in parts.items() if (made := self._compile(name, where, faults))}
        faults += _elsewhere(package, {*parts, *self.charts.seen})
        self._stop_at(faults)
        self._last_drawing = _highest(package, "id", ("{*}docPr", "{*}cNvPr"))
        self._last_bookmark = _highest(package, w("id"), _RANGES)
        if self.programs and must_be_updated(field_codes(package.tree(self._main))):  # Word sees to headers and footers itself
            _ask_to_update(package)
        self._settle(faults, self.programs)

    def uses(self) -> Iterator[NameUse]:
        return (use for program in self.programs.values() for use in program.uses)

    def _compile(self, name: str, where: str, faults: list[Fault]) -> Program | None:
        """Return the program of a part; None where nothing of it is filled in."""
        tree, marks, found = copy_of(self._package.tree(name)), Marks(), list[Fault]()
        numbers = {paragraph: number for number, paragraph in enumerate(tree.iter(PARAGRAPH))}
        body = tree.find(w("body"))
        for paragraph, place in paragraphs(tree if body is None else body, where):
            mark_tags(self.environment, paragraph, Place(place, name, numbers[paragraph]), marks, found)
        found += unfilled(tree, where, name)
        merged, removed = merged_cells(tree), dict[etree._Element, etree._Element]()
        self.charts.mark(name, tree, marks)
        if marks.all:
            removed = arrange(tree, marks, found)
        if marks.all and not found:
            found += settle_repeats(tree, marks, where)
            number_captions(tree, marks)
            found += settle_columns(tree, marks)
            keep_merged(merged, removed, marks)
            found += adjacent_tables(tree, marks)
            keep_filled(tree, marks)
            if self.trace:
                wrap_figures(tree, marks)
            program = Program(self.environment, marks.cut(write_xml(tree)), name, trace=self.trace)
            found += program.faults
        faults += found
        return program if marks.all and not found else None

    def render(self, context: dict[str, Any], properties: Properties, seal: Seal | None = None, kept: KeptRegions = NOTHING_KEPT) -> bytes:
        self._check(context)
        charts = FilledCharts(self.charts, properties)
        paper, made, faults = FilledPaper(self._last_drawing, self._last_bookmark, kept, charts), dict[str, bytes](), list[Fault]()
        for name, program in self.programs.items():
            state = WordState(program, paper)
            made[name] = part_bytes(program.run(context, state))
            faults += state.faults
            made |= self._arrows(name, state)
        self._stop_at(faults)
        brought = {name: data for region in paper.regions if (of := kept.get((region.name, region.key))) for name, data in of.parts.items()}
        made |= self._pictures(paper, brought) | charts.made
        if self._record:
            assert seal is not None
            parts = {name: made.get(name, self._package.parts[name]) for name, _ in filled_parts(self._package)}
            parts |= {name: data for name, data in made.items() if name.startswith("word/charts/chart")}
            made[self._record] = seal(Traced(list(paper.shown.values()), paper.regions, parts))
        return self._write(made, properties, charts.undrawn())

    def _arrows(self, name: str, state: WordState) -> dict[str, bytes]:
        """Return the relationships of a part with those to new parts, without those to charts that were drawn nowhere."""
        charts = state.paper.charts
        brought = {identifier: arrow for of in state.kept for identifier, arrow in of.arrows.items()}
        added = {name: (ARROW, f"media/{name}.png") for name in state.pictures} | brought | charts.arrows.get(name, {})
        undrawn = {arrow.id for arrow in self._package.relationships(name) if arrow.target in charts.undrawn()}
        if not added and not undrawn:
            return {}
        root = copy_of(self._package.arrows(name))
        remove_where(root, "Id", undrawn)
        return {relationships_name(name): with_relationships(root, added)}

    def _pictures(self, paper: FilledPaper, brought: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return pictures and the declarations of the package, where it declares anything new."""
        made = {f"word/media/{name}.png": picture.data for name, picture in paper.pictures.items()} | dict(brought)
        if not made and not paper.charts.changes_types:
            return {}
        types = etree.fromstring(self._package.parts[TYPES])
        for extension in sorted({name.rsplit(".", 1)[-1].lower() for name in made}):
            declare(types, extension=extension, kind=IMAGE_TYPES[extension])
        paper.charts.settle_types(types)
        return {TYPES: part_bytes(write_xml(types)), **made}


def filled_parts(package: Package) -> Iterator[tuple[str, str]]:
    """Yield the parts a template is filled in, each with its place for people: the body, headers, footers and notes."""
    file = package.path.name
    for main in package.related("officeDocument"):
        yield main, file
        filled = {"header": tr("header"), "footer": tr("footer"), "footnotes": tr("footnotes"), "endnotes": tr("endnotes")}
        counts: dict[str, int] = {}
        for arrow in package.relationships(main):
            if arrow.kind in filled and arrow.target in package.parts:
                counts[arrow.kind] = counts.get(arrow.kind, 0) + 1
                yield arrow.target, f"{file}, {filled[arrow.kind]} {counts[arrow.kind]}"


def _elsewhere(package: Package, filled: Collection[str]) -> Iterator[Fault]:
    """Yield faults for tags in parts that are never filled: the document's own properties, comments, diagrams, charts drawn nowhere."""
    for name in package.parts:
        unfilled = name.endswith(".xml") and name not in filled and name.startswith(_UNFILLED_PARTS)
        if unfilled and holds_tag("".join(package.tree(name).itertext())):
            yield Fault(tr("a tag in {part} is not filled", part=name), package.path.name, tr("move it into the text"))


def _highest(package: Package, attribute: str, tags: Iterable[str]) -> int:
    """Return the highest number of a drawing, or of a bookmark or another range, in any part, so that new ones differ."""
    parts = (name for name in package.parts if name.startswith("word/") and name.endswith(".xml"))
    numbers = (node.get(attribute, "") for name in parts for node in package.tree(name).iter(*tags))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _ask_to_update(package: Package) -> None:
    """Have Word bring contents lists and references up to date on opening, since only Word knows the pages."""
    for settings in package.related("settings", package.main):
        root = package.tree(settings)
        if root.find(w("updateFields")) is None:
            insert_before(root, root.makeelement(w("updateFields"), {w("val"): "true"}), _AFTER_UPDATE)
            package.save(settings)
