"""A chart someone drew, in a Word paper or in a workbook: its words may hold tags, its series read cells and keep a copy of what they read.

The copy (the cache) is what is seen until someone edits the data, so it is written anew from the filled cells: an undefined figure is a
blank cell and no point, never a 0. What was drawn (colours, labels of points, trend lines) stays. Source: ECMA-376 part 1, 21.2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.errors import Fault
from officefill.excel.filled_cells import Area, FilledCells
from officefill.excel.pointers import Book, Pointer, now
from officefill.excel.references import Reference, read_formula
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import Mark, Marks, put_over
from officefill.language.program import STATE, Program, State
from officefill.language.tags import find_tags, quoted
from officefill.messages import tr
from officefill.ooxml.chart_cache import Form, cache, form_of
from officefill.ooxml.package import write_xml
from officefill.word.loops import told_in_pairs, unpaired

C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
C15 = "http://schemas.microsoft.com/office/drawing/2012/chart"
CX = "http://schemas.microsoft.com/office/drawing/2014/chartex"
CHART = f"{{{C}}}chartSpace"
NEWER_CHART = f"{{{CX}}}chartSpace"
_PARAGRAPH, _TEXT, _VALUE = f"{{{A}}}p", f"{{{A}}}t", f"{{{C}}}v"
_TYPED = {f"{{{C}}}tx", f"{{{C}}}strLit"}
_REFERENCES = (*(f"{{{C}}}{name}" for name in ("numRef", "strRef", "multiLvlStrRef")), f"{{{C15}}}datalabelsRange")
_FORMULAS = (f"{{{C}}}f", f"{{{C15}}}f")
_ONLY_MOVED = (f"{{{C15}}}sqref", f"{{{CX}}}f")
_CACHES = (*(f"{{{C}}}{name}" for name in ("numCache", "strCache", "multiLvlStrCache")), f"{{{C15}}}dlblRangeCache", f"{{{CX}}}lvl")
_SAME_LINE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " ", "\t": " "})


@dataclass(frozen=True)
class Source:
    """One reference of a chart: where it points, how its copy is kept, and the namespace prefixes it is written with.

    `across` says that the points lie side by side, as one series of values of the same kind does.
    """

    pointer: Pointer
    form: Form
    prefix: str = ""
    prefix_c: str = ""
    across: bool = False


class Chart:
    """One part of a chart, compiled. `program` is None where nothing of it is filled: then it stays as it was drawn.

    Its series are followed where they read one of the sheets `filled`.
    """

    def __init__(
        self, environment: PlainEnvironment, tree: etree._Element, part: str, place: str, filled: Collection[str], faults: list[Fault]
    ) -> None:
        self.place, self.sources = place, list[Source]()
        self._marks, found = Marks(), list[Fault]()
        if any(self._reads(node) & set(filled) for node in tree.iter(*_FORMULAS, *_ONLY_MOVED)):
            self._follow(tree)
        for line in typed_lines(tree):
            self._fill(environment, line, found)
        self.program: Program | None = None
        if self._marks.all and not found:
            self.program = Program(environment, self._marks.cut(write_xml(tree)), part)
            found += [Fault(fault.what, place, fault.do) for fault in self.program.faults]
        faults += found

    # Words

    def _fill(self, environment: PlainEnvironment, line: list[etree._Element], faults: list[Fault]) -> None:
        """Puts a mark in place of each tag of one line, however the line is split into runs."""
        text = "".join(node.text or "" for node in line)
        tags = find_tags(environment, text, quoted(self.place, text), faults)
        for tag in tags:
            tag.order = (len(self._marks.all), tag.span[0])
        made = [Mark("control" if tag.is_control else "show", tag, "" if tag.is_control else "-drawn") for tag in tags]
        faults += told_in_pairs(unpaired([mark for mark in made if mark.control]))
        for mark in reversed(made):
            assert mark.tag
            put_over(line, mark.tag.span, self._marks.text(mark))

    # Series

    @staticmethod
    def _reads(node: etree._Element) -> set[str]:
        return {piece.sheet for piece in read_formula(node.text or "") if isinstance(piece, Reference)}

    def _follow(self, tree: etree._Element) -> None:
        for reference in list(tree.iter(*_REFERENCES)):
            formula = next(reference.iterchildren(*_FORMULAS), None)
            if formula is not None and formula.text:
                self._mark(reference, formula)
        for node in tree.iter(*_ONLY_MOVED):
            node.text = self._marks.text(Mark("emit", filter="-moved", args=(self._number(Source(self._pointer(node), "text")),)))
        for stale in list(tree.iter(*_CACHES)):
            stale.getparent().remove(stale)

    def _mark(self, reference: etree._Element, formula: etree._Element) -> None:
        """Marks in place of the reference's beginning with its copy, and of its end; what else it carries stays between them."""
        source = Source(self._pointer(formula), _form(reference), _prefix(reference), _prefix_of(reference, C), _across(reference))
        number = self._number(source)
        kept = [child for child in reference if child is not formula and child.tag not in _CACHES]
        begin, end = (self._marks.node(Mark("emit", filter=name, args=(number,))) for name in ("-source", "-source-end"))
        for node in (begin, *kept, end):
            reference.addprevious(node)
        reference.getparent().remove(reference)

    def _pointer(self, node: etree._Element) -> Pointer:
        return Pointer("name", tuple(read_formula(node.text or "")), "", self.place)

    def _number(self, source: Source) -> int:
        self.sources.append(source)
        return len(self.sources) - 1


def typed_lines(tree: etree._Element) -> Iterator[list[etree._Element]]:
    """What people type into a chart: the runs of each paragraph, and names that are in no cell."""
    for paragraph in tree.iter(_PARAGRAPH):
        yield list(paragraph.iter(_TEXT))
    for value in tree.iter(_VALUE):
        if value.getparent().tag in _TYPED or (value.getparent().getparent() is not None and value.getparent().getparent().tag in _TYPED):
            yield [value]


def _form(reference: etree._Element) -> Form:
    name, holder = etree.QName(reference).localname, etree.QName(reference.getparent()).localname
    if name in ("multiLvlStrRef", "datalabelsRange"):
        return "levels" if name == "multiLvlStrRef" else "labels"
    if holder in ("cat", "xVal"):
        return "either"
    return "number" if name == "numRef" else "text"


def _across(reference: etree._Element) -> bool:
    """Whether the series of values beside the reference lies in one row."""
    series = reference.getparent().getparent()
    for formula in series.iterfind(f"{{{C}}}val//{{{C}}}f"):
        ranges = [piece for piece in read_formula(formula.text or "") if isinstance(piece, Reference)]
        return bool(ranges) and ranges[0].last is not None and ranges[0].first.row == ranges[0].last.row
    return False


def _prefix(node: etree._Element) -> str:
    return f"{node.prefix}:" if node.prefix else ""


def _prefix_of(node: etree._Element, namespace: str) -> str:
    prefix = next((prefix for prefix, known in node.nsmap.items() if known == namespace), None)
    return f"{prefix}:" if prefix else ""


# Filling


class ChartState(State):
    """A run of one chart over a filled workbook. `shown_as_is`: the copy is what people see, since nobody counts the workbook anew."""

    def __init__(self, chart: Chart, program: Program, book: Book, cells: FilledCells | None, shown_as_is: bool) -> None:
        super().__init__(program)
        self.chart, self.book, self.cells, self.shown_as_is = chart, book, cells, shown_as_is
        self.forms: dict[int, Form] = {}

    def moved(self, source: Source) -> str:
        """The formula as it reads now."""
        return now(source.pointer, self.book, ()) or "#REF!"

    def read(self, source: Source, formula: str) -> list[Area] | None:
        """The cells of a source; None where there is nothing to copy."""
        areas = self.cells.areas(formula) if self.cells and formula != "#REF!" else None
        if areas is None:
            if self.shown_as_is:
                what = tr("the chart reads {formula}, which is no range of its data sheet", formula=formula)
                self.faults.append(Fault(what, self.chart.place, tr("choose the data of the chart anew")))
            return None
        for held in (held for area in areas for line in area for held in line):
            if held.kind == "text" and source.form == "number":
                what = tr("the chart would draw the text '{text}' in {cell} as 0", text=held.text[:20], cell=held.place)
                do = tr("put the value itself into the cell, its format shows it; where it may be undefined add the filter or_gap")
                self.faults.append(Fault(what, self.chart.place, do))
            elif held.kind == "unknown" and self.shown_as_is:
                what = tr("the chart reads {cell}, and what its formula gives is not known", cell=held.place)
                self.faults.append(Fault(what, self.chart.place, tr("put the value itself into the cell, or use the filter formula")))
        return areas


@pass_context
def _source(context: Context, number: int) -> str:
    state: ChartState = context.parent[STATE]
    source = state.chart.sources[number]
    formula = state.moved(source)
    areas = state.read(source, formula)
    form = state.forms[number] = form_of(source.form, areas)
    p = source.prefix
    copy = cache(form, areas, source.prefix_c, p, source.across) if areas is not None else ""
    return f"<{p}{_NAMES[form]}><{p}f>{formula}</{p}f>{copy}"


@pass_context
def _source_end(context: Context, number: int) -> str:
    state: ChartState = context.parent[STATE]
    return f"</{state.chart.sources[number].prefix}{_NAMES[state.forms[number]]}>"


@pass_context
def _moved(context: Context, number: int) -> str:
    state: ChartState = context.parent[STATE]
    return state.moved(state.chart.sources[number])


@pass_context
def _drawn(context: Context, value: Any, line: int) -> str:
    state: State = context.parent[STATE]
    return state.words(value, line).translate(_SAME_LINE)


_NAMES: dict[Form, Literal["numRef", "strRef", "multiLvlStrRef", "datalabelsRange"]] = {
    "number": "numRef",
    "text": "strRef",
    "levels": "multiLvlStrRef",
    "labels": "datalabelsRange",
}
FILTERS = {"-source": _source, "-source-end": _source_end, "-moved": _moved, "-drawn": _drawn}
