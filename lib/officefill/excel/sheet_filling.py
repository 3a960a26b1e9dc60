"""The running of a sheet's program: what its cells become and where its rows come to lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.excel.cells import Cells, S, cell_of, kept_cell, text_cell
from officefill.excel.column_layout import Across
from officefill.excel.column_loops import begin_copy, cell_name, column_items, columns_now
from officefill.excel.pointers import Pointer, Pointers
from officefill.excel.references import LAST_ROW, Copies, Iterations, Rows, Segment
from officefill.excel.sheet import Segments
from officefill.excel.sheet_pictures import Placed
from officefill.language.marks import FENCE, Marks
from officefill.language.program import STATE, Program, State
from officefill.language.provenance import FIGURES, RowForm, Shown, ShownRow, exact
from officefill.language.regions import NOTHING_KEPT, Kept, Region, twice
from officefill.messages import tr
from officefill.ooxml.pictures import Picture


@dataclass(frozen=True)
class Formula:
    """A value with the formula that gives it, of the filter formula."""

    value: Any
    text: str


def formula(value: Any, text: Any) -> Formula:
    """The filter `total|formula("SUM(明细!E4:E4)")`: the cell shows `value` and counts by the formula, in the template's rows.

    An undefined value (None) is written as the settings say and has no formula: a sum over nothing known would count to zero.
    """
    if type(text) is not str:
        raise TypeError(tr("a formula is a text"))
    return Formula(value, text)


class Gap:
    """A value that is not there, of the filter or_gap: its cell stays blank and a chart draws nothing, where a text would be drawn as 0."""


GAP = Gap()


def or_gap(value: Any) -> Any:
    """The filter `u.npl_ratio|or_gap`: the value; nothing where it is undefined (None)."""
    return GAP if value is None else value


@dataclass
class Sheet:
    """One sheet on its way to a program."""

    name: str
    tree: etree._Element
    marks: Marks = field(default_factory=Marks)
    cells: Cells = field(default_factory=Cells)
    rows: Rows = field(default_factory=lambda: Rows([Segment(0, 1, LAST_ROW, ())]))
    segments: Segments | None = None
    pictured: bool = False
    across: Across = field(default_factory=Across)
    looped: dict[etree._Element, int] = field(default_factory=dict)

    @property
    def data(self) -> etree._Element:
        return self.tree.find(f"{{{S}}}sheetData")

    def place(self, cell: etree._Element | str) -> str:
        return f"{self.name}!{cell if isinstance(cell, str) else cell.get('r')}"


class SheetState(State):
    """A run of one sheet: where its rows came to lie, and the pointers met on the way. `gaps`: undefined values leave their cells blank."""

    def __init__(
        self,
        program: Program,
        sheet: Sheet,
        pointers: Pointers,
        kept: Mapping[tuple[str, str], Kept] = NOTHING_KEPT,
        gaps: bool = False,
    ) -> None:
        super().__init__(program)
        self.kept, self.regions, self.gaps = kept, list[Region](), gaps
        self.region: Region | None = None
        self.sheet, self.pointers, self.copies = sheet, pointers, Copies(sheet.rows, replace(sheet.across, counts={}))
        self.copy = 0
        self.start, self.row = 1, "1"
        self.met: list[tuple[Pointer, Iterations]] = []
        self.shown: list[Shown] = []
        self.rows: list[ShownRow] = []
        self.of_rows: dict[int, str] = {}
        self.forms: dict[tuple[int, ...], RowForm] = {}
        self.pictures: list[Placed] = []
        self.waiting: list[tuple[int, Any, str]] = []
        self.said: str | None = None

    def show(self, line: int, value: Any, text: str, column: str) -> None:
        """Keeps the record of a figure in the present row."""
        program = self.program
        cell = cell_name(column, self.copy, self.row)
        self.shown.append(Shown(0, self.path(line), value, text, program.written[line - 1], self.sheet.name, cell))

    def show_row(self, made: str, kinds: str, values: list[Any], lines: tuple[int, ...], numbers: tuple[int, ...]) -> None:
        """Keeps the record of cells side by side in the present row, `made` of `values`."""
        form = self.forms.get(numbers)
        if form is None:
            program, cells = self.program, [self.sheet.cells.forms[number] for number in numbers]
            paths, tags = tuple(map(program.traced.get, lines)), tuple(program.written[line - 1] for line in lines)
            form = RowForm(self.sheet.name, tuple(cell.column for cell in cells), paths, tags, cells[0].first_day)
            self.forms[numbers] = form
        self.rows.append(ShownRow(form, self.row, tuple(self.at), kinds, values))
        self.of_rows[id(made)] = made  # kept alive, so that no other piece gets its id

    def without_rows(self, pieces: list[str]) -> str:
        """The text of the sheet without the cells of the rows in the record."""
        return "".join([piece for piece in pieces if id(piece) not in self.of_rows])

    def is_gap(self, value: Any) -> bool:
        """Whether a cell with this value stays blank."""
        return value is GAP or (value is None and self.gaps)

    def settled(self, pieces: list[str]) -> list[str]:
        """The pieces of the filled text with the letters of their columns, which the record gets, too."""
        across = self.copies.across
        if not across.blocks:
            return pieces
        self.shown = [replace(figure, cell=columns_now(figure.cell, across)) for figure in self.shown]
        self.regions = [replace(region, cell=columns_now(region.cell, across)) for region in self.regions]
        return [columns_now("".join(pieces), across)]

    def point(self, number: int) -> str:
        """A mark for a pointer seen from here."""
        pointer = self.pointers.all[number]
        if pointer.block is not None and not pointer.at_first_copy:
            pointer = replace(pointer, copy=self.copy)
        self.met.append((pointer, self.copies.path[: len(pointer.host.loops)] if pointer.host else ()))
        return f"{FENCE}{len(self.met) - 1}{FENCE}"


# Filters a sheet's program is made of


@pass_context
def _segment(context: Context, index: int, depth: int, length: int) -> None:
    state: SheetState = context.parent[STATE]
    state.start = state.copies.begin(index, depth, length)


@pass_context
def _iterate(context: Context, depth: int) -> None:
    context.parent[STATE].copies.iterate(depth)


@pass_context
def _row(context: Context, offset: int) -> str:
    state: SheetState = context.parent[STATE]
    number = state.start + offset
    if number > LAST_ROW:
        raise ValueError(tr("the sheet has more than {most} rows", most=LAST_ROW))
    state.row = str(number)
    return state.row


@pass_context
def _pointer(context: Context, number: int) -> str:
    state: SheetState = context.parent[STATE]
    return state.point(number)


@pass_context
def typed_cell(context: Context, value: Any, line: int, number: int) -> str:
    """A cell with one value; a fault, and nothing, where no cell can hold it."""
    state: SheetState = context.parent[STATE]
    if state.is_gap(value):
        return _text_cell(context, "", number)
    if line in state.program.traced and type(value) in FIGURES:
        state.show(line, value, exact(value), state.sheet.cells.forms[number].column)
    try:
        if type(value) is str:
            state.said = state.printable(value, line)
            return text_cell(state.sheet.cells.forms[number], state.row, state.said)
        made = cell_of(state.sheet.cells.forms[number], state.row, value)
    except ValueError as fault:
        return state.refuse(line, str(fault))
    return state.refuse_value(value, line) if made is None else made


@pass_context
def _formula_cell(context: Context, value: Any, line: int, number: int, pointer: int) -> str:
    state: SheetState = context.parent[STATE]
    if state.is_gap(value):
        return _text_cell(context, "", number)
    form = state.sheet.cells.forms[number]
    if value is None:
        undefined = state.program.environment.settings.undefined
        if line in state.program.traced:
            state.show(line, None, undefined, form.column)
        return _text_cell(context, undefined, number)
    made = typed_cell(context, value, line, number)
    p = form.tag[:-1]
    head, value_at, shown = made.partition(f"<{p}v>")
    if not made or not value_at:
        return made and state.refuse(line, tr("a formula gives a number or a date, not a text"))
    return f"{head}<{p}f>{state.point(pointer)}</{p}f>{value_at}{shown}"


@pass_context
def _picture(context: Context, value: Any, line: int, number: int, words: str) -> str:
    state: SheetState = context.parent[STATE]
    if type(value) is not Picture:
        return state.refuse_value(value, line)
    form = state.sheet.cells.forms[number]
    state.pictures.append(Placed(value, form.column, state.row, words))
    return form.empty(state.row)


@pass_context
def _plain(context: Context, value: Any, line: int) -> str:
    state: State = context.parent[STATE]
    return state.words(value, line)


@pass_context
def _plain_figure(context: Context, words: str, line: int, value: Any) -> str:
    """Words that show a figure inside a text; which cell it is, is known when the text is whole."""
    state: SheetState = context.parent[STATE]
    if type(value) in FIGURES and line in state.program.traced:
        state.waiting.append((line, value, words))
    return words


@pass_context
def _keep(context: Context, made: str, line: int, name: str, key: Any) -> str:
    """A cell for people; what they typed into it is put there when the cell is made."""
    state: SheetState = context.parent[STATE]
    state.region = Region(0, name, state.words(key, line), "cell", state.sheet.name, made=made)
    if any((name, state.region.key) == (other.name, other.key) for other in state.regions):
        state.refuse(line, *twice(state.region))
    return made


@pass_context
def _cell_figure(context: Context, made: str, line: int, value: Any, column: str) -> str:
    """A cell that shows a figure as a text."""
    state: SheetState = context.parent[STATE]
    if state.said is not None and type(value) in FIGURES and line in state.program.traced:
        state.show(line, value, state.said, column)
    state.said = None
    return made


@pass_context
def _header_text(context: Context, value: Any, line: int) -> str:
    state: State = context.parent[STATE]
    text = state.words(value, line).replace("&", "&&")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pass_context
def _text_cell(context: Context, text: str, number: int) -> str:
    state: SheetState = context.parent[STATE]
    form = state.sheet.cells.forms[number]
    region, state.region = state.region, None
    kept = state.kept.get((region.name, region.key)) if region else None
    if region:
        state.regions.append(replace(region, cell=cell_name(form.column, state.copy, state.row)))
    if kept is None:
        for line, value, words in state.waiting:
            state.show(line, value, words, form.column)
    state.waiting.clear()
    return text_cell(form, state.row, text) if kept is None else kept_cell(form, state.row, kept.value)


FILTERS = {
    "-across-items": column_items,
    "-across": begin_copy,
    "-segment": _segment,
    "-iterate": _iterate,
    "-row": _row,
    "-pointer": _pointer,
    "-cell": typed_cell,
    "-formula": _formula_cell,
    "-picture": _picture,
    "-plain": _plain,
    "-figure": _plain_figure,
    "-cell-figure": _cell_figure,
    "-keep": _keep,
    "-header": _header_text,
    "-text": _text_cell,
}
