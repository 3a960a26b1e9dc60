"""Finds changes made by hand in an Excel paper, against its own record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from officefill.excel.cell_text import Cell, plain_number
from officefill.excel.column_layout import split_cell

from postloan.audit.verify.line_changes import LineComparison, Range, added_remarks, known_numbers, line_remarks, region_remarks, short
from postloan.audit.verify.remark import Remark, figure_remark
from postloan.audit.verify.sheet_rows import SheetRows, expected, plain_formula, rows_compared
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_record import Figure

BINARY = Decimal("1E-13")
"""The largest difference of a result from the exact value, as a part of its size."""
BY_FILTER = "=SUBTOTAL("
"""The start of formulas with a result that depends on the filter."""
_EPOCH = date(1899, 12, 30)


class _Sheet:
    """One sheet: its cells now, its rows, and the figures by cell as made."""

    def __init__(self, paper: FinishedPaper, made: str, now: str, rows: SheetRows) -> None:
        self.name, self.rows = now, rows
        self.cells: Mapping[str, Cell] = paper.parts[now].cells
        self.filtered = bool(paper.parts[now].hidden)
        self.made = dict(paper.record.lines[made])
        self.figures: dict[str, list[Figure]] = {}
        for figure in paper.record.figures:
            if figure.part == made:
                self.figures.setdefault(figure.cell, []).append(figure)
        self.people = {
            f"{split_cell(region.cell)[0]}{rows.row_now(split_cell(region.cell)[1])}"
            for region in paper.record.regions
            if region.part == made
        }
        self.known = known_numbers(paper.record)
        self.printed = {figure.text: figure for figure in paper.record.figures}


def sheet_remarks(paper: FinishedPaper, books: Mapping[str, SheetRows]) -> Iterator[Remark]:
    """Yield remarks on every figure, number, formula, text and row changed by hand; `books`: the rows of each sheet (`rows_of_paper`)."""
    names = renamed(paper)
    for made, now in names.items():
        if now is None:
            yield Remark("sheet_gone", "", None, None, {"was": made})
            continue
        if made != now:
            yield Remark("sheet_renamed", now, None, None, {"was": made, "now": now})
        sheet = _Sheet(paper, made, now, books[made])
        yield from _cells(sheet, books)
        yield from _rows(sheet)
    for name in paper.parts:
        if name not in names.values():
            yield Remark("sheet_added", name, None, None, {"now": name})


def renamed(paper: FinishedPaper) -> dict[str, str | None]:
    """Return the current name of every sheet as made: its own, or that of a new sheet in its place; None for a removed one."""
    new = [name for name in paper.parts if name not in paper.record.lines]
    missing = [name for name in paper.record.lines if name not in paper.parts]
    pairs = dict(zip(missing, new, strict=False)) if len(missing) == len(new) else {}
    return {name: name if name in paper.parts else pairs.get(name) for name in paper.record.lines}


def rows_of_paper(paper: FinishedPaper) -> dict[str, SheetRows]:
    """Return the rows of every sheet that is still there, by its name as made."""
    found = {}
    for made, now in renamed(paper).items():
        if now is not None:
            cells = {place: cell.text for place, cell in paper.parts[now].cells.items()}
            people = frozenset(split_cell(region.cell)[0] for region in paper.record.regions if region.part == made)
            found[made] = rows_compared(dict(paper.record.lines[made]), cells, people)
    return found


def _cells(sheet: _Sheet, books: Mapping[str, SheetRows]) -> Iterator[Remark]:
    for cell, made in sheet.made.items():
        place = sheet.rows.place(cell)
        if place is None:
            continue
        now = sheet.cells.get(place)
        if made.startswith("="):
            yield from _formula(sheet, books, cell, place)
        elif now is None:
            yield from _removed_cell(sheet, cell, place)
        elif now.text != made:
            yield from _changed(sheet, cell, place)


def _formula(sheet: _Sheet, books: Mapping[str, SheetRows], cell: str, place: str) -> Iterator[Remark]:
    now, figures = sheet.cells.get(place), sheet.figures.get(cell, [])
    wanted = expected(sheet.made[cell], sheet.name, books, (split_cell(cell)[1], split_cell(place)[1]))
    if now is not None and plain_formula(now.text) == wanted:
        if sheet.filtered and wanted.startswith(BY_FILTER):
            return
        for figure in figures:
            if now.shown and isinstance(figure.value, Decimal) and not equals(now.shown, figure.value):
                yield _figure_changed(sheet, place, figure, now)
    elif now is None:
        yield from _removed_cell(sheet, cell, place)
    else:
        yield Remark("formula_changed", sheet.name, place, None, {"was": wanted, "now": short(now.text)})


def equals(shown: str, value: Decimal) -> bool:
    """Return True if a program's result equals the value: the last two of its fifteen digits mean nothing."""
    try:
        return abs(Decimal(shown) - value) <= abs(value) * BINARY
    except ArithmeticError:
        return False


def _removed_cell(sheet: _Sheet, cell: str, place: str) -> Iterator[Remark]:
    figures = sheet.figures.get(cell, [])
    for figure in figures:
        yield figure_remark("figure_gone", (sheet.name, place, None), figure)
    if not figures:
        yield Remark("line_removed", sheet.name, place, None, {"was": short(sheet.made[cell])})


def _changed(sheet: _Sheet, cell: str, place: str) -> Iterator[Remark]:
    made, now, figures = sheet.made[cell], sheet.cells[place], sheet.figures.get(cell, [])
    if len(figures) == 1 and (now.is_number or plain_number(made) == made or made == figures[0].text):
        yield _figure_changed(sheet, place, figures[0], now)
    else:
        yield from line_remarks(LineComparison(sheet.name, place, made, now.text, _placed(made, figures), printed=sheet.printed))


def _placed(text: str, figures: list[Figure]) -> list[tuple[Range, Figure]]:
    """Return the places of figures in a cell's text, in order."""
    placed, end = [], 0
    for figure in figures:
        start = text.find(figure.text, end)
        if start >= 0:
            end = start + len(figure.text)
            placed.append(((start, end), figure))
    return placed


def _figure_changed(sheet: _Sheet, place: str, figure: Figure, now: Cell) -> Remark:
    return figure_remark("figure_changed", (sheet.name, place, None), figure, shown_as(figure, now))


def shown_as(figure: Figure, cell: Cell) -> str:
    """Return the text of a cell; a date as a date if the figure is one."""
    if isinstance(figure.value, date) and cell.is_number:
        try:
            return (_EPOCH + timedelta(days=int(Decimal(cell.shown)))).isoformat()
        except (OverflowError, ArithmeticError, ValueError):
            return cell.shown
    return short(cell.shown or cell.text)


def _rows(sheet: _Sheet) -> Iterator[Remark]:
    """Yield remarks on added rows and cells, and on removed rows."""
    for row in sheet.rows.removed:
        texts = sheet.rows.made[row]
        for column in texts:
            for figure in sheet.figures.get(f"{column}{row}", []):
                yield figure_remark("figure_gone", (sheet.name, None, None), figure)
        yield Remark("line_removed", sheet.name, None, None, {"was": short(" ".join(texts.values()))})
    known = {sheet.rows.place(cell) for cell in sheet.made}
    fresh = set(sheet.rows.added)
    for place, cell in sheet.cells.items():
        if place in sheet.people:
            yield from region_remarks(sheet.name, place, cell.text, sheet.known)
            continue
        if place in known:
            continue
        line = LineComparison(sheet.name, place, "", cell.text, printed=sheet.printed)
        if cell.text.startswith("="):
            yield Remark("line_added", sheet.name, place, None, {"now": short(cell.text)})
            continue
        yield from (remark for remark in added_remarks(line) if remark.kind != "line_added" or split_cell(place)[1] not in fresh)
    for row in sheet.rows.added:
        if all(f"{column}{row}" in sheet.people for column in sheet.rows.now[row]):
            continue
        texts = sheet.rows.now[row]
        yield Remark("line_added", sheet.name, f"{next(iter(texts))}{row}", None, {"now": short(" ".join(texts.values()))})
