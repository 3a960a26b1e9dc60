"""An Excel template: compiled once, filled any number of times. Parts that hold no tag and point at no moved row stay byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from lxml import etree

from officefill.errors import BadTemplate, Fault
from officefill.excel import cell_runs
from officefill.excel.cell_runs import SheetProgram
from officefill.excel.cells import S, Styles, column_of
from officefill.excel.filled_cells import FilledCells
from officefill.excel.pointers import Book, Pointer, Pointers, put_right
from officefill.excel.references import Copies, Iterations, Reference, read_formula, read_range
from officefill.excel.removed import without_what_is_gone
from officefill.excel.sheet_compiling import SheetCompiler, read_sheet
from officefill.excel.sheet_filling import FILTERS, Sheet, SheetState, formula, or_gap
from officefill.excel.sheet_pictures import Placed, next_number, picture_parts, settle_drawing, with_pictures
from officefill.excel.text_boxes import box_words, holds_tags, mark_boxes
from officefill.excel.workbook_parts import remove_part, shared_texts_of, without_tags, worksheets
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import IN_TEXT, Mark, Marks
from officefill.language.names import Asked, Shapes, check_plain
from officefill.language.program import INTERNAL, Program, State
from officefill.language.provenance import Seal, Traced, settle_record
from officefill.language.regions import NOTHING_KEPT, Kept
from officefill.language.tags import TAG
from officefill.messages import tr
from officefill.ooxml.chart import CHART, NEWER_CHART, Chart, ChartState
from officefill.ooxml.chart import FILTERS as OF_CHARTS
from officefill.ooxml.package import Package, pack, part_bytes, write_package, write_xml
from officefill.ooxml.pictures import picture_filter
from officefill.ooxml.properties import Properties, app_xml, core_xml, settle_properties
from officefill.settings import Settings

MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_AFTER_CALC = {
    f"{{{S}}}{name}" for name in ("oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing")
}
_AFTER_CALC |= {f"{{{S}}}{name}" for name in ("fileRecoveryPr", "webPublishObjects", "extLst")}
_POINTING = ("table", "drawing", "comments", "threadedComment", "vmlDrawing", "pivotTable")


@dataclass(frozen=True)
class Filling:
    """Sheets and what points at them, filled: texts of parts, where rows came to lie, what stands in the cells, what the record is of."""

    texts: dict[str, str]
    book: Book
    cells: FilledCells
    traced: Traced
    pictures: Mapping[str, list[Placed]]


class ExcelTemplate:
    """A compiled .xlsx. `names` are the top-level names it asks for; a traced one keeps the record of its figures.

    `gaps` is for the data sheet of a chart in a Word paper: there an undefined value leaves its cell blank without being asked to.
    """

    def __init__(
        self, package: Package, filters: Mapping[str, Callable[..., Any]], settings: Settings, *, trace: bool = False, gaps: bool = False
    ) -> None:
        self.path, self._package, self.trace, self.gaps = package.path, package, trace, gaps
        self.environment = PlainEnvironment(
            {**filters, "formula": formula, "or_gap": or_gap, "picture": picture_filter(settings.application)}, settings
        )
        self.environment.filters.update({**INTERNAL, **FILTERS, **cell_runs.FILTERS, **OF_CHARTS, "-box": box_words})
        self.workbook = package.related("officeDocument")[0]
        self.record = settle_record(package, self.workbook, settings) if trace else ""
        self.programs: dict[str, tuple[Sheet, Program]] = {}
        self.charts: dict[str, Chart] = {}
        self.boxes: dict[str, Program] = {}
        self.pictured: dict[str, str] = {}
        self.pointing: dict[str, str] = {}
        self.as_drawn: dict[str, str] = {}
        faults: list[Fault] = []
        self.pointers, self._styles = Pointers({}), Styles(None)
        self._compile(faults)
        faults += self._elsewhere({*self.charts, *(self._drawn_charts() if faults else ())})
        if faults:
            raise BadTemplate(str(self.path), _once(faults))
        self.names = frozenset(asked.path[0] for asked in self.asked())
        self.core, self.app = settle_properties(package, settings.application)
        changing = {*self.programs, *self.boxes, *self.charts, self.core, self.record}
        self._packed = {name: pack(data) for name, data in package.parts.items() if name not in changing}
        self._packed[self.app] = pack(app_xml(settings.application))

    def asked(self) -> Iterator[Asked]:
        """What its tags ask the context for."""
        for program in (
            *(program for _, program in self.programs.values()),
            *(chart.program for chart in self.charts.values()),
            *self.boxes.values(),
        ):
            yield from program.asked if program else ()

    # Compiling

    def _compile(self, faults: list[Fault]) -> None:
        package, where = self._package, self._package.path.name
        strings = next(iter(package.related("sharedStrings", self.workbook)), None)
        self._shared = shared_texts_of(package, self.workbook)
        sheets = {
            part: read_sheet(name, _copy(package.tree(part)), self._shared, self.environment, where, faults)
            for name, part in self._sheets()
        }
        for part, sheet in sheets.items():
            faults += self._table_heads(part, sheet)
        boxes = dict(self._text_boxes(sheets, faults))
        if not faults and (boxes or any(sheet.marks.all for sheet in sheets.values())):
            self._compile_sheets(sheets, boxes, strings, faults)
        self._compile_charts({sheet.name for sheet, _ in self.programs.values()}, faults)

    def _compile_sheets(
        self, sheets: Mapping[str, Sheet], boxes: Mapping[str, tuple[etree._Element, Marks]], strings: str | None, faults: list[Fault]
    ) -> None:
        package, where = self._package, self._package.path.name
        self.pointers.rows = {sheet.name: sheet.rows for sheet in sheets.values()}
        if any(sheet.across.blocks for sheet in sheets.values()):
            self.pointers.across = {sheet.name: sheet.across for sheet in sheets.values()}
        styles_part = next(iter(package.related("styles", self.workbook)), None)
        styles = self._styles = Styles(package.tree(styles_part) if styles_part else None)
        for part, sheet in sheets.items():
            if sheet.marks.all or _points(sheet.tree, sheet.name):
                SheetCompiler(sheet, self.pointers, styles, self._epoch(), where, faults, trace=self.trace).compile()
                if sheet.pictured:
                    self.pictured[part] = settle_drawing(package, part, sheet.tree, self.environment.settings.application)
                program = SheetProgram(self.environment, sheet.marks.cut(write_xml(sheet.tree)), part, trace=self.trace)
                faults += program.faults
                self.programs[part] = (sheet, program)
        if styles_part and styles.grown:
            package.parts[styles_part] = part_bytes(write_xml(package.tree(styles_part)))
        if strings and any(TAG.search(text) for text in self._shared):
            package.parts[strings] = without_tags(_copy(package.tree(strings)))
        self._recalculate()
        self._point(sheets, boxes, faults)

    def _sheets(self) -> Iterator[tuple[str, str]]:
        """Names and parts of the worksheets that have rows."""
        found = worksheets(self._package, self.workbook)
        return ((name, part) for name, part in found if self._package.tree(part).find(f"{{{S}}}sheetData") is not None)

    def _table_heads(self, part: str, sheet: Sheet) -> Iterator[Fault]:
        """A fault for each head of a table with a tag in it: Excel wants the head in the cell and in the table to be one."""
        for table in self._package.related("table", part):
            area = read_range(self._package.tree(table).get("ref", ""))
            if area and area.last and sheet.across.moves(column_of(area.last.column)):
                what, do = tr("a table stands on columns that repeat"), tr("make the table a range")
                yield Fault(what, f"{self.path.name}, {sheet.name}", do)
            for cell, text in sheet.cells.text.items():
                if area and IN_TEXT.search(text) and cell.get("r", "").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == str(area.first.row):
                    do = tr("write the head as it is, or make the table a range")
                    yield Fault(tr("the head of a table holds a tag"), f"{self.path.name}, {sheet.place(cell)}", do)

    def _epoch(self) -> date:
        about = self._package.tree(self.workbook).find(f"{{{S}}}workbookPr")
        early = about is None or about.get("date1904", "0") in ("0", "false")
        return date(1899, 12, 30) if early else date(1904, 1, 1)

    def _recalculate(self) -> None:
        """Has Excel count everything anew on opening; the order it once counted in no longer holds and goes."""
        package, root = self._package, self._package.tree(self.workbook)
        settings = root.find(f"{{{S}}}calcPr")
        if settings is None:
            settings = root.makeelement(f"{{{S}}}calcPr")
            after = next((child for child in root if child.tag in _AFTER_CALC), None)
            root.append(settings) if after is None else after.addprevious(settings)
        settings.set("fullCalcOnLoad", "1")
        for chain in package.related("calcChain", self.workbook):
            remove_part(package, self.workbook, chain)

    def _text_boxes(self, sheets: Mapping[str, Sheet], faults: list[Fault]) -> Iterator[tuple[str, tuple[etree._Element, Marks]]]:
        """The drawings of sheets that hold tags, with marks in their place."""
        for part, sheet in sheets.items():
            for name in self._package.related("drawing", part):
                if holds_tags(self._package.tree(name)):
                    tree, place = _copy(self._package.tree(name)), f"{self.path.name}, {sheet.name} {tr('text box')}"
                    yield name, (tree, mark_boxes(tree, self.environment, place, faults))

    def _point(self, sheets: Mapping[str, Sheet], boxes: Mapping[str, tuple[etree._Element, Marks]], faults: list[Fault]) -> None:
        """Marks in the workbook, and in tables, drawings, charts, comments and pivots of sheets, for what points at rows."""
        package = self._package
        root = package.tree(self.workbook)
        self.pointers.mark_formulas(root, next(iter(sheets.values())).name, self.workbook)
        self.pointing[self.workbook] = write_xml(root)
        for part, sheet in sheets.items():
            for name in (name for kind in _POINTING for name in package.related(kind, part)):
                if name in boxes:
                    self.boxes[name] = self._box(name, sheet, *boxes[name])
                    faults += self.boxes[name].faults
                elif len(sheet.rows.segments) > 1 or sheet.across.blocks:
                    self._point_in(name, sheet.name)
        filled = {sheet.name for sheet, _ in self.programs.values()}
        for name in package.related("pivotCacheDefinition", self.workbook):
            self._point_in(name, "", lambda tree: _refresh(tree, filled))
            for source in package.tree(name).iter(f"{{{S}}}worksheetSource"):
                area, across = read_range(source.get("ref", "")), self.pointers.across.get(source.get("sheet", ""))
                if across and area and area.last and across.moves(column_of(area.last.column)):
                    faults.append(Fault(tr("a pivot counts columns that repeat"), self.path.name, tr("let it count another sheet")))
        for name in self.pictured.values():
            if name not in self.boxes:
                self.pointing.setdefault(name, write_xml(package.tree(name)))

    def _compile_charts(self, filled: set[str], faults: list[Fault]) -> None:
        """The charts of the workbook that have tags or read the sheets `filled`."""
        for number, name in enumerate(self._drawn_charts(), 1):
            place = f"{self.path.name}, {tr('chart {number}', number=number)}"
            for part in (name, *self._package.related("chartUserShapes", name)):
                chart = Chart(self.environment, _copy(self._package.tree(part)), part, place, filled, faults)
                if chart.program:
                    self.charts[part] = chart
                    for source in chart.sources:
                        self.pointers.check_columns(source.pointer)
        faults += self.pointers.faults

    def _drawn_charts(self) -> list[str]:
        names = (name for name in self._package.parts if name.startswith("xl/charts/") and name.endswith(".xml"))
        return [name for name in names if self._package.tree(name).tag in (CHART, NEWER_CHART)]

    def _point_in(self, name: str, sheet: str, before: Callable[[etree._Element], None] | None = None) -> None:
        """Marks in a part for its ranges and anchors."""
        tree = _copy(self._package.tree(name))
        self.as_drawn[name] = write_xml(tree)
        if before:
            before(tree)
        self.pointers.mark_attributes(tree, sheet, name, self.pointers.mark)
        self.pointers.mark_anchors(tree, sheet, name, self.pointers.mark)
        self.pointing[name] = write_xml(tree)

    def _box(self, name: str, sheet: Sheet, tree: etree._Element, marks: Marks) -> Program:
        """The program of a drawing with tags; what points at rows in it passes through as it is, to be put right after."""

        def mark(pointer: Pointer) -> str:
            return marks.text(Mark("literal", args=(self.pointers.mark(pointer),)))

        if len(sheet.rows.segments) > 1 or sheet.across.blocks:
            self.pointers.mark_anchors(tree, sheet.name, name, mark)
        return Program(self.environment, marks.cut(write_xml(tree)), name)

    def _elsewhere(self, filled: Collection[str]) -> Iterator[Fault]:
        """Tags where nothing is filled: names of sheets, drawings, comments, properties, charts over sheets that stay."""
        for name in self._package.parts:
            if name in filled or name in self.boxes:
                continue
            if name.endswith(".xml") and not name.startswith(("xl/worksheets/", "xl/sharedStrings", "customXml/", "xl/styles", "xl/theme")):
                tree = self._package.tree(name)
                text = "".join(tree.itertext()) + " ".join(node.get("name", "") for node in tree.iter(f"{{{S}}}sheet"))
                if "{{" in text or "{%" in text:
                    yield Fault(tr("a tag in {part} is not filled", part=name), self.path.name, tr("move it into a cell"))

    # Filling

    def render(
        self, context: dict[str, Any], properties: Properties, seal: Seal | None = None, kept: Mapping[tuple[str, str], Kept] = NOTHING_KEPT
    ) -> bytes:
        """The filled workbook; `seal` writes the record of a traced one, whose regions for people get what was `kept`. Raises as `WordTemplate.render` does."""
        check_plain(context)
        faults = list(Shapes(context).unknown(self.asked()))
        self._stop_at(faults)
        filling = self.fill(context, faults, kept)
        self._stop_at(faults)
        texts = filling.texts | self.filled_charts(context, filling, faults)
        self._stop_at(faults)
        assert seal is not None or not self.record
        return self.write(texts, properties, seal(filling.traced) if self.record and seal else None, filling.pictures)

    def fill(self, context: dict[str, Any], faults: list[Fault], kept: Mapping[tuple[str, str], Kept] = NOTHING_KEPT) -> Filling:
        """The sheets filled from a context that holds all they ask for; what goes wrong is added to `faults`."""
        states, texts, rest, pieces = dict[str, SheetState](), dict[str, str](), dict[str, str](), dict[str, list[str]]()
        for part, (sheet, program) in self.programs.items():
            states[part] = SheetState(program, sheet, self.pointers, kept, self.gaps)
            pieces[part] = states[part].settled(program.pieces(context, states[part]))
            faults += states[part].faults
        for part, program in self.boxes.items():
            state = State(program)
            texts[part] = program.run(context, state)
            faults += state.faults
        book = self._book(states)
        if not faults:
            for part, state in states.items():
                right = put_right(pieces[part], state.met, book, faults)
                texts[part] = without_what_is_gone("".join(right))
                if self.record:
                    rest[part] = without_what_is_gone(state.without_rows(right))
            still: list[tuple[Pointer, Iterations]] = [(pointer, ()) for pointer in self.pointers.all]
            waiting = {**self.pointing, **{part: texts[part] for part in self.boxes}}
            texts |= {part: without_what_is_gone("".join(put_right([text], still, book, faults))) for part, text in waiting.items()}
        sheets = {name: partial(self._part, part, texts) for name, part in self._sheets()} if self.programs else {}
        traced = Traced(
            [figure for state in states.values() for figure in state.shown],
            [region for state in states.values() for region in state.regions],
            self._read_parts(texts | rest) if self.record and not faults else {},
            [row for state in states.values() for row in state.rows],
        )
        return Filling(
            texts,
            book,
            FilledCells(sheets, self._shared, self._styles),
            traced,
            {part: state.pictures for part, state in states.items()},
        )

    def _part(self, name: str, texts: Mapping[str, str]) -> bytes:
        return part_bytes(texts[name]) if name in texts else self._package.parts[name]

    def filled_charts(self, context: dict[str, Any], filling: Filling, faults: list[Fault]) -> dict[str, str]:
        """The charts of a workbook whose sheets are filled."""
        texts = {}
        for part, chart in self.charts.items():
            assert chart.program
            state = ChartState(chart, chart.program, filling.book, filling.cells, shown_as_is=False)
            texts[part] = chart.program.run(context, state)
            faults += state.faults
        return texts

    def _read_parts(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        """The parts that a record is made of."""
        parts = {name: self._part(part, texts) for name, part in self._sheets()}
        return parts | {part: self._package.parts[part] for part in self._package.related("sharedStrings", self.workbook)}

    def write(
        self,
        texts: Mapping[str, str],
        properties: Properties,
        record: bytes | None = None,
        pictures: Mapping[str, list[Placed]] | None = None,
    ) -> bytes:
        """The workbook with these texts of parts, pictures by sheet and, of a traced one, the record; parts as drawn stay byte for byte."""
        made = self._made(dict(texts), pictures or {}) | {self.core: core_xml(properties)}
        if record is not None:
            made[self.record] = record
        whole = {name: pack(made[name]) if name in made else self._packed[name] for name in self._package.parts}
        return write_package(whole | {name: pack(data) for name, data in made.items() if name not in whole})

    def _made(self, texts: dict[str, str], pictures: Mapping[str, list[Placed]]) -> dict[str, bytes]:
        """The parts that are not as they were drawn, with pictures put into drawings."""
        made: dict[str, bytes] = {}
        for part, drawing in self.pictured.items():
            if placed := pictures.get(part):
                texts[drawing] = with_pictures(texts[drawing], placed, next_number(self._package.tree(drawing)))
                made |= picture_parts(self._package, drawing, placed)
        return made | {part: part_bytes(text) for part, text in texts.items() if text != self.as_drawn.get(part)}

    def _book(self, states: Mapping[str, SheetState]) -> dict[str, Copies]:
        """Where every sheet's rows lie, also of those in which nothing moves."""
        book = {state.sheet.name: state.copies for state in states.values()}
        for name, rows in self.pointers.rows.items():
            if name not in book:
                book[name] = Copies(rows)
                book[name].begin(0, 0, rows.segments[0].last)
        return book

    def _stop_at(self, faults: list[Fault]) -> None:
        if faults:
            raise BadTemplate(str(self.path), _once(faults))


def _once(faults: Iterable[Fault]) -> Iterable[Fault]:
    return {str(fault): fault for fault in faults}.values()


def _refresh(cache: etree._Element, filled: set[str]) -> None:
    """Has a pivot count anew when the workbook is opened, where what it counts may have changed."""
    for source in cache.iter(f"{{{S}}}worksheetSource"):
        if source.get("sheet") in filled or not source.get("ref"):
            cache.set("refreshOnLoad", "1")


def _points(tree: etree._Element, own: str) -> bool:
    """Whether a sheet has formulas in its cells, links to cells, or formats, checks or small charts that speak of other sheets."""
    if any(node.tag == f"{{{S}}}f" or "location" in node.attrib for node in tree.iter(f"{{{S}}}f", f"{{{S}}}hyperlink")):
        return True
    said = tree.iter("{http://schemas.microsoft.com/office/excel/2006/main}f", "{*}formula", "{*}formula1", "{*}formula2")
    parts = (part for node in said for part in read_formula(node.text or ""))
    return any(isinstance(part, Reference) and part.sheet not in ("", own) for part in parts)


def _copy(tree: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(tree))
