"""A chart someone drew, in a Word paper or in a workbook: its words may hold tags, its series read cells and keep a copy of them.

The copy (the cache) is seen until someone edits the data, so it is written anew from the filled cells: an undefined figure is a
blank cell and no point, never a 0. The rest (colours, labels of points, trend lines) stays as drawn. Source: ECMA-376 part 1, 21.2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from officefill.errors import Fault
from officefill.excel.chart_cache import ReferenceForm, cache, form_of
from officefill.excel.filled_cells import CellRange, FilledCells
from officefill.excel.pointer_targets import Book, text_now
from officefill.excel.pointers import Pointer
from officefill.excel.references import Reference, read_formula
from officefill.language.controls import pair_faults, unpaired
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import Mark, Marks, mark_of, put_over
from officefill.language.program import Program, State
from officefill.language.tags import find_tags, quoted
from officefill.messages import tr
from officefill.ooxml.namespaces import CX, A, C, prefix_for, prefix_of
from officefill.ooxml.package import write_xml

C15 = "http://schemas.microsoft.com/office/drawing/2012/chart"
CHART = f"{{{C}}}chartSpace"
NEWER_CHART = f"{{{CX}}}chartSpace"
PARAGRAPH, TEXT = f"{{{A}}}p", f"{{{A}}}t"
_VALUE = f"{{{C}}}v"
_TYPED = {f"{{{C}}}tx", f"{{{C}}}strLit"}
_REFERENCES = (*(f"{{{C}}}{name}" for name in ("numRef", "strRef", "multiLvlStrRef")), f"{{{C15}}}datalabelsRange")
_FORMULAS = (f"{{{C}}}f", f"{{{C15}}}f")
_ONLY_MOVED = (f"{{{C15}}}sqref", f"{{{CX}}}f")
_CACHES = (*(f"{{{C}}}{name}" for name in ("numCache", "strCache", "multiLvlStrCache")), f"{{{C15}}}dlblRangeCache", f"{{{CX}}}lvl")
_SAME_LINE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " ", "\t": " "})


@dataclass(frozen=True)
class ChartReference:
    """One reference of a chart: its pointer, the form of its copy, and the namespace prefixes it is written with.

    `across` says that the points lie side by side, as one series of values of the same kind does.
    """

    pointer: Pointer
    form: ReferenceForm
    prefix: str = ""
    prefix_c: str = ""
    across: bool = False


class Chart:
    """One part of a chart, compiled. `program` is None where nothing of it is filled: then it stays as it was drawn.

    Its series are followed where they read one of the sheets `filled`.
    """

    def __init__(self, environment: PlainEnvironment, tree: etree._Element, part: str, place: str, filled: Collection[str]) -> None:
        self.place, self.sources = place, list[ChartReference]()
        self._marks, self.faults = Marks(), list[Fault]()
        if any(self._reads(node) & set(filled) for node in tree.iter(*_FORMULAS, *_ONLY_MOVED)):
            self._follow(tree)
        for line in typed_lines(tree):
            mark_line(environment, line, place, self._marks, self.faults)
        self.program: Program | None = None
        if self._marks.all and not self.faults:
            self.program = Program(environment, self._marks.cut(write_xml(tree)), part)
            self.faults += [Fault(fault.what, place, fault.do) for fault in self.program.faults]

    @staticmethod
    def _reads(node: etree._Element) -> set[str]:
        return {piece.sheet for piece in read_formula(node.text or "") if isinstance(piece, Reference)}

    def _follow(self, tree: etree._Element) -> None:
        for reference in list(tree.iter(*_REFERENCES)):
            formula = next(reference.iterchildren(*_FORMULAS), None)
            if formula is not None and formula.text:
                self._mark(reference, formula)
        for node in tree.iter(*_ONLY_MOVED):
            node.text = self._marks.text(
                Mark("emit", filter="-formula-now", args=(self._number(ChartReference(self._pointer(node), "text")),))
            )
        for stale in list(tree.iter(*_CACHES)):
            stale.getparent().remove(stale)

    def _mark(self, reference: etree._Element, formula: etree._Element) -> None:
        """Put marks in place of the reference's beginning with its copy, and of its end; its other content stays between them."""
        number = self._number(
            ChartReference(
                self._pointer(formula), _form(reference), prefix_of(reference), prefix_for(reference, C), _lies_across(reference)
            )
        )
        kept = [child for child in reference if child is not formula and child.tag not in _CACHES]
        begin, end = (self._marks.node(Mark("emit", filter=name, args=(number,))) for name in ("-source", "-source-end"))
        for node in (begin, *kept, end):
            reference.addprevious(node)
        reference.getparent().remove(reference)

    def _pointer(self, node: etree._Element) -> Pointer:
        return Pointer("name", tuple(read_formula(node.text or "")), "", self.place)

    def _number(self, source: ChartReference) -> int:
        self.sources.append(source)
        return len(self.sources) - 1


def mark_line(environment: PlainEnvironment, line: list[etree._Element], place: str, marks: Marks, faults: list[Fault]) -> None:
    """Put a mark in place of each tag of one line of a drawing, however the line is split into runs."""
    text = "".join(node.text or "" for node in line)
    tags = find_tags(environment, text, quoted(place, text), faults)
    marks.put(tags, lambda tag: mark_of(tag, "-drawn"), lambda span, mark: put_over(line, span, mark))
    faults += pair_faults(unpaired([Mark("control", tag) for tag in tags if tag.is_control]))


def typed_lines(tree: etree._Element) -> Iterator[list[etree._Element]]:
    """Yield the lines that people type into a chart: the runs of each paragraph, and names that are in no cell."""
    for paragraph in tree.iter(PARAGRAPH):
        yield list(paragraph.iter(TEXT))
    for value in tree.iter(_VALUE):
        if value.getparent().tag in _TYPED or (value.getparent().getparent() is not None and value.getparent().getparent().tag in _TYPED):
            yield [value]


def _form(reference: etree._Element) -> ReferenceForm:
    name, holder = etree.QName(reference).localname, etree.QName(reference.getparent()).localname
    if name in ("multiLvlStrRef", "datalabelsRange"):
        return "levels" if name == "multiLvlStrRef" else "labels"
    if holder in ("cat", "xVal"):
        return "either"
    return "number" if name == "numRef" else "text"


def _lies_across(reference: etree._Element) -> bool:
    """Return True where the series of values beside the reference lies in one row."""
    series = reference.getparent().getparent()
    for formula in series.iterfind(f"{{{C}}}val//{{{C}}}f"):
        ranges = [piece for piece in read_formula(formula.text or "") if isinstance(piece, Reference)]
        return bool(ranges) and ranges[0].last is not None and ranges[0].first.row == ranges[0].last.row
    return False


# Filling


class ChartState(State):
    """A run of one chart over a filled workbook. `shown_as_is`: the copy is what people see, since nobody counts the workbook anew."""

    def __init__(self, chart: Chart, book: Book, cells: FilledCells | None, shown_as_is: bool) -> None:
        assert chart.program
        super().__init__(chart.program)
        self.chart, self.book, self.cells, self.shown_as_is = chart, book, cells, shown_as_is
        self.forms: dict[int, ReferenceForm] = {}

    def formula(self, source: ChartReference) -> str:
        """Return the formula as it reads now."""
        return text_now(source.pointer, self.book, ()) or "#REF!"

    def read(self, source: ChartReference, formula: str) -> list[CellRange] | None:
        """Return the cells of a source; None where there is nothing to copy."""
        areas = self.cells.areas(formula) if self.cells and formula != "#REF!" else None
        if areas is None:
            if self.shown_as_is:
                what = tr("the chart reads {formula}, which is no range of its data sheet", formula=formula)
                self.faults.append(Fault(what, self.chart.place, tr("choose the data of the chart anew")))
            return None
        for cell in (cell for area in areas for line in area for cell in line):
            if cell.kind == "text" and source.form == "number":
                what = tr("the chart would draw the text '{text}' in {cell} as 0", text=cell.text[:20], cell=cell.place)
                do = tr("put the value itself into the cell, its format shows it; where it may be undefined add the filter or_gap")
                self.faults.append(Fault(what, self.chart.place, do))
            elif cell.kind == "unknown" and self.shown_as_is:
                what = tr("the chart reads {cell}, and what its formula gives is not known", cell=cell.place)
                self.faults.append(Fault(what, self.chart.place, tr("put the value itself into the cell, or use the filter formula")))
        return areas


def fill_charts(
    charts: Mapping[str, Chart], context: dict[str, Any], filled: tuple[Book, FilledCells | None], faults: list[Fault], shown_as_is: bool
) -> dict[str, str]:
    """Return charts filled over a workbook: `filled` are the places of its rows and the values of its cells. Adds to `faults`."""
    texts = {}
    for part, chart in charts.items():
        state = ChartState(chart, *filled, shown_as_is)
        texts[part] = state.program.run(context, state)
        faults += state.faults
    return texts


def _begin_source(state: ChartState, number: int) -> str:
    source = state.chart.sources[number]
    formula = state.formula(source)
    areas = state.read(source, formula)
    form = state.forms[number] = form_of(source.form, areas)
    p = source.prefix
    copy = cache(form, areas, source.prefix_c, p, source.across) if areas is not None else ""
    return f"<{p}{_NAMES[form]}><{p}f>{formula}</{p}f>{copy}"


def _end_source(state: ChartState, number: int) -> str:
    return f"</{state.chart.sources[number].prefix}{_NAMES[state.forms[number]]}>"


def _formula_now(state: ChartState, number: int) -> str:
    return state.formula(state.chart.sources[number])


def _drawn(state: State, value: Any, line: int) -> str:
    return state.words(value, line).translate(_SAME_LINE)


_NAMES: dict[ReferenceForm, Literal["numRef", "strRef", "multiLvlStrRef", "datalabelsRange"]] = {
    "number": "numRef",
    "text": "strRef",
    "levels": "multiLvlStrRef",
    "labels": "datalabelsRange",
}
CHART_FILTERS = {"-source": _begin_source, "-source-end": _end_source, "-formula-now": _formula_now, "-drawn": _drawn}
