"""An Excel template: compiled once, filled any number of times. Parts that hold no tag and point at no moved row stay byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from lxml import etree

from postloan.errors import BadTemplate, Fault
from postloan.language import tr
from postloan.render.cells import S, Styles, shared_texts
from postloan.render.expressions import PlainEnvironment
from postloan.render.keeping import NOTHING_KEPT, Kept
from postloan.render.marks import IN_TEXT
from postloan.render.moving import Pointer, Pointers, put_right
from postloan.render.names import Shapes, check_plain
from postloan.render.package import TYPES, Package, pack, part_bytes, relationships_name, write_package, write_xml
from postloan.render.program import INTERNAL, Program
from postloan.render.properties import APP_XML, Properties, core_xml, settle_properties
from postloan.render.references import Copies, Iterations, read_range
from postloan.render.sheet_compiling import SheetCompiler, read_sheet
from postloan.render.sheet_filling import FILTERS, Sheet, SheetState, formula
from postloan.render.tags import TAG
from postloan.render.traced import Seal, Traced, settle_record

MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_AFTER_CALC = {
    f"{{{S}}}{name}" for name in ("oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing")
}
_AFTER_CALC |= {f"{{{S}}}{name}" for name in ("fileRecoveryPr", "webPublishObjects", "extLst")}
_POINTING = ("table", "drawing", "comments", "threadedComment", "vmlDrawing")


class ExcelTemplate:
    """A compiled .xlsx. `names` are the top-level names it asks for; a traced one keeps the record of its figures."""

    def __init__(self, package: Package, filters: Mapping[str, Callable[..., Any]], *, trace: bool = False) -> None:
        self.path, self._package, self.trace = package.path, package, trace
        self.environment = PlainEnvironment({**filters, "formula": formula})
        self.environment.filters.update({**INTERNAL, **FILTERS})
        self.workbook = package.related("officeDocument")[0]
        self.record = settle_record(package, self.workbook) if trace else ""
        self.programs: dict[str, tuple[Sheet, Program]] = {}
        self.pointing: dict[str, str] = {}
        faults: list[Fault] = []
        self.pointers = Pointers({})
        self._compile(faults)
        faults += self._elsewhere()
        if faults:
            raise BadTemplate(str(self.path), _once(faults))
        self.names = frozenset(asked.path[0] for _, program in self.programs.values() for asked in program.asked)
        self.core, self.app = settle_properties(package)
        changing = {*self.programs, *self.pointing, self.core, self.record}
        self._packed = {name: pack(data) for name, data in package.parts.items() if name not in changing}
        self._packed[self.app] = pack(APP_XML)

    # Compiling

    def _compile(self, faults: list[Fault]) -> None:
        package, where = self._package, self._package.path.name
        strings = next(iter(package.related("sharedStrings", self.workbook)), None)
        shared = shared_texts(package.tree(strings) if strings else None)
        sheets = {
            part: read_sheet(name, _copy(package.tree(part)), shared, self.environment, where, faults) for name, part in self._sheets()
        }
        for part, sheet in sheets.items():
            faults += self._table_heads(part, sheet)
        if faults or not any(sheet.marks.all for sheet in sheets.values()):
            return
        self.pointers.rows = {sheet.name: sheet.rows for sheet in sheets.values()}
        styles_part = next(iter(package.related("styles", self.workbook)), None)
        styles = Styles(package.tree(styles_part) if styles_part else None)
        for part, sheet in sheets.items():
            if sheet.marks.all or next(sheet.tree.iter(f"{{{S}}}f"), None) is not None:
                SheetCompiler(sheet, self.pointers, styles, self._epoch(), where, faults, trace=self.trace).compile()
                program = Program(self.environment, sheet.marks.cut(write_xml(sheet.tree)), part, trace=self.trace)
                faults += program.faults
                self.programs[part] = (sheet, program)
        if styles_part and styles.grown:
            package.parts[styles_part] = part_bytes(write_xml(package.tree(styles_part)))
        if strings:
            package.parts[strings] = _without_tags(_copy(package.tree(strings)))
        self._recalculate()
        self._point(sheets)

    def _sheets(self) -> Iterator[tuple[str, str]]:
        """Names and parts of the worksheets."""
        arrows = {arrow.id: arrow for arrow in self._package.relationships(self.workbook)}
        for node in self._package.tree(self.workbook).iter(f"{{{S}}}sheet"):
            arrow = arrows.get(node.get(f"{{{_R}}}id", ""))
            if arrow and arrow.kind == "worksheet" and self._has_rows(arrow.target):
                yield node.get("name", ""), arrow.target

    def _has_rows(self, part: str) -> bool:
        return part in self._package.parts and self._package.tree(part).find(f"{{{S}}}sheetData") is not None

    def _table_heads(self, part: str, sheet: Sheet) -> Iterator[Fault]:
        """A fault for each head of a table with a tag in it: Excel wants the head in the cell and in the table to be one."""
        for table in self._package.related("table", part):
            area = read_range(self._package.tree(table).get("ref", ""))
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
            _remove_part(package, self.workbook, chain)

    def _point(self, sheets: Mapping[str, Sheet]) -> None:
        """Marks in the workbook, and in tables, drawings, charts and comments of sheets, for what points at rows."""
        package = self._package
        root = package.tree(self.workbook)
        self.pointers.mark_formulas(root, next(iter(sheets.values())).name, self.workbook)
        self.pointing[self.workbook] = write_xml(root)
        for part, sheet in sheets.items():
            if len(sheet.rows.segments) > 1:
                for name, tree in self._around(part):
                    self.pointers.mark_attributes(tree, sheet.name, name, self.pointers.mark)
                    self.pointers.mark_anchors(tree, sheet.name, name)
                    self.pointing[name] = write_xml(tree)
        for name in package.parts:
            if name.startswith("xl/charts/") and name.endswith(".xml"):
                tree = _copy(package.tree(name))
                self.pointers.mark_formulas(tree, "", name)
                self.pointing[name] = write_xml(tree)

    def _around(self, sheet: str) -> Iterator[tuple[str, etree._Element]]:
        for kind in _POINTING:
            for name in self._package.related(kind, sheet):
                yield name, _copy(self._package.tree(name))

    def _elsewhere(self) -> Iterator[Fault]:
        """Tags where nothing is filled: names of sheets, drawings, charts, comments, properties."""
        for name in self._package.parts:
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
        shapes = Shapes(context)
        faults = [fault for _, program in self.programs.values() for fault in shapes.unknown(program.asked)]
        self._stop_at(faults)
        states, texts = dict[str, SheetState](), dict[str, str]()
        for part, (sheet, program) in self.programs.items():
            states[part] = SheetState(program, sheet, self.pointers, kept)
            texts[part] = program.run(context, states[part])
            faults += states[part].faults
        self._stop_at(faults)
        book = self._book(states)
        for part, state in states.items():
            texts[part] = put_right(texts[part], state.met, book, faults)
        still: list[tuple[Pointer, Iterations]] = [(pointer, ()) for pointer in self.pointers.all]
        texts |= {part: put_right(text, still, book, faults) for part, text in self.pointing.items()}
        self._stop_at(faults)
        made = {part: part_bytes(text) for part, text in texts.items()} | {self.core: core_xml(properties)}
        if self.record:
            assert seal is not None
            shown = [figure for state in states.values() for figure in state.shown]
            parts = {name: made.get(part, self._package.parts[part]) for name, part in self._sheets()}
            strings = {part: self._package.parts[part] for part in self._package.related("sharedStrings", self.workbook)}
            regions = [region for state in states.values() for region in state.regions]
            made[self.record] = seal(Traced(shown, regions, parts | strings))
        return write_package({name: pack(made[name]) if name in made else self._packed[name] for name in self._package.parts})

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


def _copy(tree: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(tree))


def _without_tags(root: etree._Element) -> bytes:
    """The shared texts with those that are templates left blank: their cells have texts of their own now."""
    for node in root.iter(f"{{{S}}}si"):
        if TAG.search("".join(node.itertext())):
            for child in list(node):
                node.remove(child)
            node.append(node.makeelement(f"{{{S}}}t"))
    return part_bytes(write_xml(root))


def _remove_part(package: Package, source: str, name: str) -> None:
    """Takes a part out, and what declares and points at it."""
    del package.parts[name]
    for part, attribute in ((TYPES, "PartName"), (relationships_name(source), "Target")):
        root = package.tree(part)
        for node in list(root):
            if node.get(attribute, "").rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]:
                root.remove(node)
        package.parts[part] = part_bytes(write_xml(root))
