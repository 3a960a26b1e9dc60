"""One run of a sheet's program: the places of its rows, the pointers met on the way, and the record of its figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from officefill.excel.column_notes import cell_name, columns_now
from officefill.excel.pointers import Pointer, Pointers
from officefill.excel.references import Copies, Iterations
from officefill.excel.sheet import Sheet
from officefill.excel.sheet_pictures import Placed
from officefill.language.marks import FENCE
from officefill.language.program import Program, State
from officefill.language.provenance import FIGURES, RowForm, Shown, ShownRow
from officefill.language.regions import NOTHING_KEPT, KeptRegions, Region


class Gap:
    """A value that is not there, of the filter or_gap: its cell stays blank and a chart draws nothing, where a text would be drawn as 0."""


GAP = Gap()


class SheetState(State):
    """A run of one sheet. `gaps`: undefined values leave their cells blank."""

    def __init__(self, program: Program, sheet: Sheet, pointers: Pointers, kept: KeptRegions = NOTHING_KEPT, gaps: bool = False) -> None:
        super().__init__(program)
        self.kept, self.regions, self.gaps = kept, list[Region](), gaps
        self.region: Region | None = None
        self.sheet, self.pointers, self.copies = sheet, pointers, Copies(sheet.rows, replace(sheet.across, counts={}))
        self.copy = 0
        self.start, self.row = 1, "1"
        self.met: list[tuple[Pointer, Iterations]] = []
        self.shown: list[Shown] = []
        self.rows: list[ShownRow] = []
        self.pictures: list[Placed] = []
        self.waiting: list[tuple[int, Any, str]] = []
        self.cell_text: str | None = None
        self._of_rows: dict[int, str] = {}
        self._forms: dict[tuple[int, ...], RowForm] = {}

    def is_figure(self, value: Any, line: int) -> bool:
        """Return True where the tag of `line` shows a value that the record tells of."""
        return line in self.program.traced and type(value) in FIGURES

    def show(self, line: int, value: Any, text: str, column: str) -> None:
        """Keep the record of a figure in the present row."""
        cell = cell_name(column, self.copy, self.row)
        self.shown.append(Shown(0, self.path(line), value, text, self.written(line), self.sheet.name, cell))

    def show_row(self, made: str, kinds: str, values: list[Any], lines: tuple[int, ...], numbers: tuple[int, ...]) -> None:
        """Keep the record of cells side by side in the present row, `made` of `values`."""
        form = self._forms.get(numbers)
        if form is None:
            cells = [self.sheet.forms[number] for number in numbers]
            paths, tags = tuple(map(self.program.traced.get, lines)), tuple(map(self.written, lines))
            form = RowForm(self.sheet.name, tuple(cell.column for cell in cells), paths, tags, cells[0].first_day)
            self._forms[numbers] = form
        self.rows.append(ShownRow(form, self.row, tuple(self.at), kinds, values))
        self._of_rows[id(made)] = made  # kept alive, so that no other piece gets its id

    def without_rows(self, pieces: list[str]) -> str:
        """Return the text of the sheet without the cells of the rows in the record."""
        return "".join([piece for piece in pieces if id(piece) not in self._of_rows])

    def is_gap(self, value: Any) -> bool:
        """Return True where a cell with this value stays blank."""
        return value is GAP or (value is None and self.gaps)

    def settled(self, pieces: list[str]) -> list[str]:
        """Return the pieces of the filled text with the letters of their columns, which the record gets, too."""
        across = self.copies.across
        if not across.blocks:
            return pieces
        self.shown = [replace(figure, cell=columns_now(figure.cell, across)) for figure in self.shown]
        self.regions = [replace(region, cell=columns_now(region.cell, across)) for region in self.regions]
        return [columns_now("".join(pieces), across)]

    def point(self, number: int) -> str:
        """Return a mark for a pointer seen from here."""
        pointer = self.pointers.all[number]
        if pointer.block is not None and not pointer.at_first_copy:
            pointer = replace(pointer, copy=self.copy)
        self.met.append((pointer, self.copies.path[: len(pointer.host.loops)] if pointer.host else ()))
        return f"{FENCE}{len(self.met) - 1}{FENCE}"
