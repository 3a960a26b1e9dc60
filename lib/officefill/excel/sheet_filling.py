"""The filters of a sheet: those of its program, which make its cells, and `formula` and `or_gap` of its tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any
from xml.sax.saxutils import escape

from officefill.excel.cells import cell_of, kept_cell, text_cell
from officefill.excel.column_layout import LAST_COLUMN
from officefill.excel.column_notes import cell_name, note
from officefill.excel.references import LAST_ROW
from officefill.excel.sheet_pictures import Placed
from officefill.excel.sheet_state import GAP, SheetState
from officefill.language.program import State, column_items
from officefill.language.provenance import KINDS, exact
from officefill.language.regions import Region, twice
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


def or_gap(value: Any) -> Any:
    """The filter `u.npl_ratio|or_gap`: the value; nothing where it is undefined (None)."""
    return GAP if value is None else value


# Rows and columns


def _segment(state: SheetState, index: int, depth: int, length: int) -> None:
    state.start = state.copies.begin(index, depth, length)


def _iterate(state: SheetState, depth: int) -> None:
    state.copies.iterate(depth)


def _row(state: SheetState, offset: int) -> str:
    number = state.start + offset
    if number > LAST_ROW:
        raise ValueError(tr("the sheet has more than {most} rows", most=LAST_ROW))
    state.row = str(number)
    return state.row


def _across_items(state: SheetState, value: Any, line: int, block: int, *widths: int) -> list[Any]:
    """Return the items of a loop over columns, no more than a sheet has columns; `widths`: of the columns that repeat, of the sheet."""
    state.copy = -1
    items = column_items(state, value, line, ("columns", block))
    width, widest = widths
    state.copies.across.counts.setdefault(block, len(items))
    if widest + (len(items) - 1) * width > LAST_COLUMN:
        state.refuse(line, tr("the sheet has more than {most} columns", most=LAST_COLUMN))
    return items


def _begin_copy(state: SheetState, inside: int) -> str:
    """Begin the next copy of the columns, or the columns after the last."""
    state.copy = state.copy + 1 if inside else 0
    return note("=", state.copy)


# Cells


def _cell(state: SheetState, value: Any, line: int, number: int) -> str:
    """Return a cell with one value; note a fault, and return nothing, where no cell can hold it."""
    form = state.sheet.forms[number]
    if state.is_gap(value):
        return _text_cell("", state, number)
    if state.is_figure(value, line):
        state.show(line, value, exact(value), form.column)
    try:
        if type(value) is str:
            state.cell_text = state.printable(value, line)
            return text_cell(form, state.row, state.cell_text)
        made = cell_of(form, state.row, value)
    except ValueError as fault:
        return state.refuse(line, str(fault))
    return state.refuse_value(value, line) if made is None else made


def _cells(state: SheetState, values: list[Any], lines: tuple[int, ...], numbers: tuple[int, ...]) -> str:
    """Return several cells of one row; each by itself where one of them is no plain matter."""
    forms, traced = state.sheet.forms, state.program.trace
    if not traced or not state.copies.across.blocks:
        try:
            made = "".join(map(cell_of, [forms[number] for number in numbers], repeat(state.row), values))  # type: ignore[arg-type]
            if traced:
                state.show_row(made, "".join(map(KINDS.get, map(type, values))), values, lines, numbers)  # type: ignore[arg-type]
            return made
        except (TypeError, ValueError):  # one of them is None, or a date that no cell can hold
            pass
    return "".join(map(_cell, repeat(state), values, lines, numbers))


def _formula_cell(state: SheetState, value: Any, line: int, number: int, pointer: int) -> str:
    if state.is_gap(value):
        return _text_cell("", state, number)
    form = state.sheet.forms[number]
    if value is None:
        undefined = state.program.environment.settings.undefined
        if line in state.program.traced:
            state.show(line, None, undefined, form.column)
        return _text_cell(undefined, state, number)
    made = _cell(state, value, line, number)
    p = form.tag[:-1]
    head, value_at, shown = made.partition(f"<{p}v>")
    if not made or not value_at:
        return made and state.refuse(line, tr("a formula gives a number or a date, not a text"))
    return f"{head}<{p}f>{state.point(pointer)}</{p}f>{value_at}{shown}"


def _picture(state: SheetState, value: Any, line: int, number: int, words: str) -> str:
    if type(value) is not Picture:
        return state.refuse_value(value, line)
    form = state.sheet.forms[number]
    state.pictures.append(Placed(value, form.column, state.row, words))
    return form.empty(state.row)


def _text_cell(text: str, state: SheetState, number: int) -> str:
    """Return a cell with a text; or the words of people, where it is theirs."""
    form = state.sheet.forms[number]
    region, state.region = state.region, None
    kept = state.kept.get((region.name, region.key)) if region else None
    if region:
        state.regions.append(replace(region, cell=cell_name(form.column, state.copy, state.row)))
    if kept is None:
        for line, value, words in state.waiting:
            state.show(line, value, words, form.column)
    state.waiting.clear()
    return text_cell(form, state.row, text) if kept is None else kept_cell(form, state.row, kept.value)


def _words(state: State, value: Any, line: int) -> str:
    return state.words(value, line)


def _words_figure(words: str, state: SheetState, line: int, value: Any) -> str:
    """Keep words that show a figure inside a text; its cell is known when the text is whole."""
    if state.is_figure(value, line):
        state.waiting.append((line, value, words))
    return words


def _cell_figure(made: str, state: SheetState, line: int, value: Any, column: str) -> str:
    """Keep the record of a cell that shows a figure as a text."""
    if state.cell_text is not None and state.is_figure(value, line):
        state.show(line, value, state.cell_text, column)
    state.cell_text = None
    return made


def _keep(made: str, state: SheetState, line: int, name: str, key: Any) -> str:
    """Begin a cell for people; what they typed into it is put there when the cell is made."""
    state.region = Region(0, name, state.words(key, line), "cell", state.sheet.name, made=made)
    if any((name, state.region.key) == (other.name, other.key) for other in state.regions):
        state.refuse(line, *twice(state.region))
    return made


def _header_text(state: State, value: Any, line: int) -> str:
    return escape(state.words(value, line).replace("&", "&&"))


SHEET_FILTERS = {
    "-segment": _segment,
    "-iterate": _iterate,
    "-row": _row,
    "-across-items": _across_items,
    "-across": _begin_copy,
    "-pointer": SheetState.point,
    "-cell": _cell,
    "-cells": _cells,
    "-formula": _formula_cell,
    "-picture": _picture,
    "-text": _text_cell,
    "-plain": _words,
    "-figure": _words_figure,
    "-cell-figure": _cell_figure,
    "-keep": _keep,
    "-header": _header_text,
}
