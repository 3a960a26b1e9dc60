"""An Excel template: compiled once, filled any number of times. Parts without tags that point at no repeated row stay byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from officefill.errors import Fault
from officefill.excel.chart import CHART_FILTERS, fill_charts
from officefill.excel.compiled_workbook import CompiledWorkbook
from officefill.excel.filled_cells import FilledCells
from officefill.excel.pointer_targets import Book, put_right
from officefill.excel.pointers import Pointer
from officefill.excel.references import Copies, Iterations
from officefill.excel.removed import without_removed
from officefill.excel.row_heights import with_row_heights
from officefill.excel.sheet_filling import SHEET_FILTERS, formula, or_gap
from officefill.excel.sheet_pictures import Placed, next_number, picture_parts, with_pictures
from officefill.excel.sheet_state import SheetState
from officefill.excel.text_boxes import BoxState
from officefill.language.expressions import Filters, PlainEnvironment
from officefill.language.names import NameUse
from officefill.language.program import INTERNAL
from officefill.language.provenance import Seal, Traced
from officefill.language.regions import NOTHING_KEPT, KeptRegions
from officefill.ooxml.package import Package, part_bytes
from officefill.ooxml.pictures import picture_filter
from officefill.ooxml.properties import Properties
from officefill.settings import Settings
from officefill.template import Template

MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


@dataclass(frozen=True)
class FilledWorkbook:
    """Sheets and parts that point at them, filled: texts of parts, places of rows, values of cells, the content of the record, pictures."""

    texts: dict[str, str]
    book: Book
    cells: FilledCells
    traced: Traced
    pictures: Mapping[str, list[Placed]]


class ExcelTemplate(Template):
    """A compiled .xlsx.

    `gaps` is for the data sheet of a chart in a Word paper: there an undefined value leaves its cell blank without being asked to.
    """

    def __init__(self, package: Package, filters: Filters, settings: Settings, *, trace: bool = False, gaps: bool = False) -> None:
        own = {"formula": formula, "or_gap": or_gap, "picture": picture_filter(settings.application)}
        environment = PlainEnvironment({**filters, **own}, settings)
        environment.filters.update({**INTERNAL, **SHEET_FILTERS, **CHART_FILTERS})
        super().__init__(package, environment, trace)
        self.gaps, self.book = gaps, CompiledWorkbook(package, environment, trace)
        self._settle(self.book.faults, {*self.book.sheets, *self.book.boxes, *self.book.charts})

    def uses(self) -> Iterator[NameUse]:
        return self.book.uses()

    def render(self, context: dict[str, Any], properties: Properties, seal: Seal | None = None, kept: KeptRegions = NOTHING_KEPT) -> bytes:
        self._check(context)
        faults: list[Fault] = []
        filled = self.fill(context, faults, kept)
        self._stop_at(faults)
        texts = filled.texts | self.filled_charts(context, filled, faults)
        self._stop_at(faults)
        assert seal is not None or not self._record
        record = {self._record: seal(filled.traced)} if self._record and seal else {}
        return self._write(self._made(texts, filled.pictures) | record, properties)

    def fill(self, context: dict[str, Any], faults: list[Fault], kept: KeptRegions = NOTHING_KEPT) -> FilledWorkbook:
        """Return the sheets filled from a context that holds all the names they use; faults are added to `faults`."""
        book, states, texts, pieces = self.book, dict[str, SheetState](), dict[str, str](), dict[str, list[str]]()
        for part, (sheet, program) in book.sheets.items():
            states[part] = SheetState(program, sheet, book.pointers, kept, self.gaps)
            pieces[part] = states[part].settled(program.pieces(context, states[part]))
            faults += states[part].faults
        for part, program in book.boxes.items():
            state = BoxState(program)
            texts[part] = program.run(context, state)
            faults += state.faults
        places, rest = self._places(states), dict[str, str]()
        if not faults:
            for part, state in states.items():
                right = put_right(pieces[part], state.met, places, faults)
                texts[part] = with_row_heights(without_removed("".join(right)), book.styles)
                if self._record:
                    rest[part] = without_removed(state.without_rows(right))
            still: list[tuple[Pointer, Iterations]] = [(pointer, ()) for pointer in book.pointers.all]
            waiting = {**book.pointing, **{part: texts[part] for part in book.boxes}}
            texts |= {part: without_removed("".join(put_right([text], still, places, faults))) for part, text in waiting.items()}
        sheets = {name: partial(self._part, part, texts) for name, part in book.parts()} if book.sheets else {}
        traced = Traced(
            [figure for state in states.values() for figure in state.shown],
            [region for state in states.values() for region in state.regions],
            self._read_parts(texts | rest) if self._record and not faults else {},
            [row for state in states.values() for row in state.rows],
        )
        cells, pictures = FilledCells(sheets, book.shared, book.styles), {part: state.pictures for part, state in states.items()}
        return FilledWorkbook(texts, places, cells, traced, pictures)

    def _places(self, states: Mapping[str, SheetState]) -> Book:
        """Return the places of every sheet's rows, also of those in which nothing moves."""
        book = {state.sheet.name: state.copies for state in states.values()}
        for name, rows in self.book.pointers.rows.items():
            if name not in book:
                book[name] = Copies(rows)
                book[name].begin(0, 0, rows.segments[0].last)
        return book

    def filled_charts(self, context: dict[str, Any], filled: FilledWorkbook, faults: list[Fault]) -> dict[str, str]:
        """Return the charts of a workbook whose sheets are filled."""
        return fill_charts(self.book.charts, context, (filled.book, filled.cells), faults, shown_as_is=False)

    def write(self, texts: dict[str, str], properties: Properties) -> bytes:
        """Return the workbook with these texts of parts."""
        return self._write(self._made(texts, {}), properties)

    def _part(self, name: str, texts: Mapping[str, str]) -> bytes:
        return part_bytes(texts[name]) if name in texts else self._package.parts[name]

    def _read_parts(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        """Return the parts that a record is made of."""
        parts = {name: self._part(part, texts) for name, part in self.book.parts()}
        return parts | {part: self._package.parts[part] for part in self._package.related("sharedStrings", self._main)}

    def _made(self, texts: dict[str, str], pictures: Mapping[str, list[Placed]]) -> dict[str, bytes]:
        """Return the parts that are not as they were drawn, with pictures put into drawings."""
        made: dict[str, bytes] = {}
        for part, drawing in self.book.pictured.items():
            if placed := pictures.get(part):
                texts[drawing] = with_pictures(texts[drawing], placed, next_number(self._package.tree(drawing)))
                made |= picture_parts(self._package, drawing, placed)
        return made | {part: part_bytes(text) for part, text in texts.items() if text != self.book.as_drawn.get(part)}
