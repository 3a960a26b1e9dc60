"""A workbook made into programs: its sheets, the text boxes on them, its charts, and everything in it that points at rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date

from lxml import etree

from officefill.errors import Fault
from officefill.excel.cell_runs import SheetProgram
from officefill.excel.cells import Styles, column_of
from officefill.excel.chart import CHART, NEWER_CHART, Chart
from officefill.excel.pointers import Pointer, Pointers
from officefill.excel.references import Reference, read_formula, read_range
from officefill.excel.sheet import Sheet
from officefill.excel.sheet_compiling import Compilation, SheetCompiler, read_sheet
from officefill.excel.sheet_pictures import settle_drawing
from officefill.excel.text_boxes import holds_tags, mark_boxes
from officefill.excel.workbook_parts import remove_part, shared_texts_of, without_tags, worksheets
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import IN_TEXT, Mark, Marks
from officefill.language.names import NameUse
from officefill.language.program import Program
from officefill.language.tags import TAG
from officefill.messages import tr
from officefill.ooxml.namespaces import copy_of, holds_tag, insert_before, s
from officefill.ooxml.package import Package, write_xml

_AFTER_CALC = [s(name) for name in ("oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing")]
_AFTER_CALC += [s(name) for name in ("fileRecoveryPr", "webPublishObjects", "extLst")]
_POINTING = ("table", "drawing", "comments", "threadedComment", "vmlDrawing", "pivotTable")
Boxes = Mapping[str, tuple[etree._Element, Marks]]
"""Drawings with tags, with marks in their place."""


class CompiledWorkbook:
    """The programs of one workbook by part: `sheets`, `boxes` and `charts`; `pointing` are the texts of other parts with marks for what
    points at rows, `as_drawn` their texts before, `pictured` the drawings of sheets with pictures."""

    def __init__(self, package: Package, environment: PlainEnvironment, trace: bool) -> None:
        self.package, self.workbook, self.name = package, package.main, package.path.name
        self.faults: list[Fault] = []
        self.sheets: dict[str, tuple[Sheet, Program]] = {}
        self.charts: dict[str, Chart] = {}
        self.boxes: dict[str, Program] = {}
        self.pictured: dict[str, str] = {}
        self.pointing: dict[str, str] = {}
        self.as_drawn: dict[str, str] = {}
        self.pointers, self.styles = Pointers({}), Styles(None)
        self.shared = shared_texts_of(package, self.workbook)
        self._book = Compilation(environment, self.name, self._epoch(), trace, self.pointers, self.faults)
        sheets = {part: read_sheet(name, copy_of(package.tree(part)), self.shared, self._book) for name, part in self.parts()}
        for part, sheet in sheets.items():
            self.faults += self._table_heads(part, sheet)
        boxes = dict(self._text_boxes(sheets))
        if not self.faults and (boxes or any(sheet.marks.all for sheet in sheets.values())):
            self._compile(sheets, boxes)
        self._compile_charts()
        self.faults += self._elsewhere({*self.charts, *(self._drawn_charts() if self.faults else ())})

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield names and parts of the worksheets that have rows."""
        found = worksheets(self.package, self.workbook)
        return ((name, part) for name, part in found if self.package.tree(part).find(s("sheetData")) is not None)

    def programs(self) -> Iterator[Program]:
        """Yield all programs."""
        yield from (program for _, program in self.sheets.values())
        yield from (chart.program for chart in self.charts.values() if chart.program)
        yield from self.boxes.values()

    def uses(self) -> Iterator[NameUse]:
        """Yield the names that its tags take from the context."""
        return (use for program in self.programs() for use in program.uses)

    def _epoch(self) -> date:
        about = self.package.tree(self.workbook).find(s("workbookPr"))
        early = about is None or about.get("date1904", "0") in ("0", "false")
        return date(1899, 12, 30) if early else date(1904, 1, 1)

    # Sheets

    def _compile(self, sheets: Mapping[str, Sheet], boxes: Boxes) -> None:
        package = self.package
        self.pointers.rows = {sheet.name: sheet.rows for sheet in sheets.values()}
        if any(sheet.across.blocks for sheet in sheets.values()):
            self.pointers.across = {sheet.name: sheet.across for sheet in sheets.values()}
        styles = package.first("styles", self.workbook)
        if styles:
            self.styles = self._book.styles = Styles(package.tree(styles))
        for part, sheet in sheets.items():
            if sheet.marks.all or _points(sheet.tree, sheet.name):
                SheetCompiler(sheet, self._book).compile()
                if sheet.pictured:
                    self.pictured[part] = settle_drawing(package, part, sheet.tree, self._book.environment.settings.application)
                program = SheetProgram(self._book.environment, sheet.marks.cut(write_xml(sheet.tree)), part, trace=self._book.trace)
                self.faults += program.faults
                self.sheets[part] = (sheet, program)
        if styles and self.styles.grown:
            package.save(styles)
        if any(TAG.search(text) for text in self.shared):
            strings = package.first("sharedStrings", self.workbook)
            package.parts[strings] = without_tags(copy_of(package.tree(strings)))
        self._recalculate()
        self._point(sheets, boxes)

    def _table_heads(self, part: str, sheet: Sheet) -> Iterator[Fault]:
        """Yield a fault for each head of a table with a tag in it: Excel wants the head in the cell and in the table to be one."""
        for table in self.package.related("table", part):
            area = read_range(self.package.tree(table).get("ref", ""))
            if area and area.last and sheet.across.moves(column_of(area.last.column)):
                what, do = tr("a table stands on columns that repeat"), tr("make the table a range")
                yield Fault(what, f"{self.name}, {sheet.name}", do)
            for cell, text in sheet.text.items():
                if area and IN_TEXT.search(text) and cell.get("r", "").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == str(area.first.row):
                    do = tr("write the head as it is, or make the table a range")
                    yield Fault(tr("the head of a table holds a tag"), f"{self.name}, {sheet.place(cell)}", do)

    def _text_boxes(self, sheets: Mapping[str, Sheet]) -> Iterator[tuple[str, tuple[etree._Element, Marks]]]:
        for part, sheet in sheets.items():
            for name in self.package.related("drawing", part):
                if holds_tags(self.package.tree(name)):
                    tree, place = copy_of(self.package.tree(name)), f"{self.name}, {sheet.name} {tr('text box')}"
                    yield name, (tree, mark_boxes(tree, self._book.environment, place, self.faults))

    def _recalculate(self) -> None:
        """Have Excel count everything anew on opening; the order it once counted in no longer holds and goes."""
        package, root = self.package, self.package.tree(self.workbook)
        settings = root.find(s("calcPr"))
        if settings is None:
            settings = root.makeelement(s("calcPr"))
            insert_before(root, settings, _AFTER_CALC)
        settings.set("fullCalcOnLoad", "1")
        for chain in package.related("calcChain", self.workbook):
            remove_part(package, self.workbook, chain)

    # Pointers

    def _point(self, sheets: Mapping[str, Sheet], boxes: Boxes) -> None:
        """Mark in the workbook, and in tables, drawings, charts, comments and pivots of sheets, everything that points at rows."""
        package, root = self.package, self.package.tree(self.workbook)
        self.pointers.mark_formulas(root, next(iter(sheets.values())).name, self.workbook)
        self.pointing[self.workbook] = write_xml(root)
        for part, sheet in sheets.items():
            for name in (name for kind in _POINTING for name in package.related(kind, part)):
                if name in boxes:
                    self.boxes[name] = self._box(name, sheet, *boxes[name])
                    self.faults += self.boxes[name].faults
                elif sheet.moves:
                    self._point_in(name, sheet.name)
        filled = {sheet.name for sheet, _ in self.sheets.values()}
        for name in package.related("pivotCacheDefinition", self.workbook):
            self._point_in(name, "", lambda tree: _refresh(tree, filled))
            for source in package.tree(name).iter(s("worksheetSource")):
                area, across = read_range(source.get("ref", "")), self.pointers.across.get(source.get("sheet", ""))
                if across and area and area.last and across.moves(column_of(area.last.column)):
                    self.faults.append(Fault(tr("a pivot counts columns that repeat"), self.name, tr("let it count another sheet")))
        for name in self.pictured.values():
            if name not in self.boxes:
                self.pointing.setdefault(name, write_xml(package.tree(name)))

    def _point_in(self, name: str, sheet: str, before: Callable[[etree._Element], None] | None = None) -> None:
        """Mark the ranges and anchors in a part."""
        tree = copy_of(self.package.tree(name))
        self.as_drawn[name] = write_xml(tree)
        if before:
            before(tree)
        self.pointers.mark_attributes(tree, sheet, name, self.pointers.mark)
        self.pointers.mark_anchors(tree, sheet, name, self.pointers.mark)
        self.pointing[name] = write_xml(tree)

    def _box(self, name: str, sheet: Sheet, tree: etree._Element, marks: Marks) -> Program:
        """Return the program of a drawing with tags; pointers at rows in it pass through as they are, to be put right after."""

        def mark(pointer: Pointer) -> str:
            return marks.text(Mark("literal", args=(self.pointers.mark(pointer),)))

        if sheet.moves:
            self.pointers.mark_anchors(tree, sheet.name, name, mark)
        return Program(self._book.environment, marks.cut(write_xml(tree)), name)

    # Charts and other parts

    def _compile_charts(self) -> None:
        """Compile the charts of the workbook that have tags or read the filled sheets."""
        filled = {sheet.name for sheet, _ in self.sheets.values()}
        for number, name in enumerate(self._drawn_charts(), 1):
            place = f"{self.name}, {tr('chart {number}', number=number)}"
            for part in (name, *self.package.related("chartUserShapes", name)):
                chart = Chart(self._book.environment, copy_of(self.package.tree(part)), part, place, filled)
                self.faults += chart.faults
                if chart.program:
                    self.charts[part] = chart
                    for source in chart.sources:
                        self.pointers.check_columns(source.pointer)
        self.faults += self.pointers.faults

    def _drawn_charts(self) -> list[str]:
        names = (name for name in self.package.parts if name.startswith("xl/charts/") and name.endswith(".xml"))
        return [name for name in names if self.package.tree(name).tag in (CHART, NEWER_CHART)]

    def _elsewhere(self, filled: Collection[str]) -> Iterator[Fault]:
        """Yield faults for tags where nothing is filled: names of sheets, drawings, comments, properties, charts over sheets that stay."""
        for name in self.package.parts:
            if name in filled or name in self.boxes:
                continue
            if name.endswith(".xml") and not name.startswith(("xl/worksheets/", "xl/sharedStrings", "customXml/", "xl/styles", "xl/theme")):
                tree = self.package.tree(name)
                if holds_tag("".join(tree.itertext()) + " ".join(node.get("name", "") for node in tree.iter(s("sheet")))):
                    yield Fault(tr("a tag in {part} is not filled", part=name), self.name, tr("move it into a cell"))


def _refresh(cache: etree._Element, filled: Collection[str]) -> None:
    """Have a pivot count anew when the workbook is opened, where its numbers may have changed."""
    for source in cache.iter(s("worksheetSource")):
        if source.get("sheet") in filled or not source.get("ref"):
            cache.set("refreshOnLoad", "1")


def _points(tree: etree._Element, own: str) -> bool:
    """Return True where a sheet has formulas in its cells, links to cells, or formats, checks or small charts over other sheets."""
    if any(node.tag == s("f") or "location" in node.attrib for node in tree.iter(s("f"), s("hyperlink"))):
        return True
    formulas = tree.iter("{http://schemas.microsoft.com/office/excel/2006/main}f", "{*}formula", "{*}formula1", "{*}formula2")
    parts = (part for node in formulas for part in read_formula(node.text or ""))
    return any(isinstance(part, Reference) and part.sheet not in ("", own) for part in parts)
