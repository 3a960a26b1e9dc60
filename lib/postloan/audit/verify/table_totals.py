"""Totals that do not add up: rows of Word tables, blocks of sheets, and the sums that formulas show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from lxml import etree
from officefill.excel.cell_text import Cell
from officefill.excel.column_layout import split_cell
from officefill.excel.references import Reference, column_name, column_number, read_formula
from officefill.language.provenance import BOOKMARK
from officefill.ooxml.safety import W
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE

from postloan.audit.verify.lines import short
from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_rows import Rows, rows_of
from postloan.audit.verify.sheets import BINARY, BY_FILTER, renamed
from postloan.audit.verify.totals import Entry, Grid, total_remarks
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_record import Figure

_SUM = re.compile(r"=(?:SUM\(,*\)|(?P<shown>SUBTOTAL\((?:9|109),+\)))", re.IGNORECASE)
"""A sum of cells and ranges, without them."""
_JUST = Decimal("0.005")


def totals_of_word(paper: FinishedPaper) -> Iterator[Remark]:
    """Total rows of every table of the body whose printed parts do not add up."""
    numbers = {paragraph: number for number, paragraph in enumerate(paper.body.iter(PARAGRAPH))}
    figures = {figure.number: figure for figure in paper.record.figures}
    held: dict[int, list[Figure]] = {}
    for name, span in paper.parts[paper.main].spans.items():
        number = name.removeprefix(BOOKMARK)
        if number.isdecimal() and int(number) in figures:
            held.setdefault(span.line, []).append(figures[int(number)])
    lines = [text for _, text in paper.parts[paper.main].lines]
    for table in paper.body.iter(TABLE):
        yield from total_remarks(paper.main, _grid(table, numbers, lines, held))


def _grid(table: etree._Element, numbers: Mapping[etree._Element, int], lines: list[str], held: Mapping[int, list[Figure]]) -> Grid:
    rows = []
    for row in table.iterchildren(ROW):
        entries: list[Entry | None] = []
        for cell in row.iterchildren(CELL):
            at = [numbers[paragraph] for paragraph in cell.iter(PARAGRAPH)]
            text = "".join(lines[n] for n in at).strip()
            shown = [figure for n in at for figure in held.get(n, [])]
            entries.append(Entry(at[0], text, shown[0] if len(shown) == 1 else None) if at else None)
            wide = cell.find(f"{{{W}}}tcPr/{{{W}}}gridSpan")
            entries += [None] * (int(wide.get(f"{{{W}}}val", "1")) - 1 if wide is not None else 0)
        rows.append(entries)
    return rows


def totals_of_sheets(paper: FinishedPaper, books: Mapping[str, Rows]) -> Iterator[Remark]:
    """Total rows of every block of a sheet, what SUM formulas show, and numbers at the edge that they leave out."""
    for made, now in renamed(paper).items():
        if now is None:
            continue
        figures: dict[str, Figure] = {}
        for figure in paper.record.figures:
            place = books[made].place(figure.cell) if figure.part == made else None
            if place:
                figures[place] = figure
        cells = paper.parts[now].cells
        figures = {place: figure for place, figure in figures.items() if place in cells and not _is_sum(cells[place].text)}
        for block in _blocks(cells, figures):
            yield from total_remarks(now, block)
        yield from _sums(paper, now, books[made])


def _blocks(cells: Mapping[str, Cell], figures: Mapping[str, Figure]) -> Iterator[Grid]:
    """Rows without a blank one between them."""
    block: list[list[Entry | None]] = []
    last = 0
    for number, row in rows_of({place: cell.shown for place, cell in cells.items()}).items():
        if number != last + 1 and block:
            yield block
            block = []
        width = max(column_number(column) for column in row)
        entries: list[Entry | None] = [None] * width
        for column, shown in row.items():
            place = f"{column}{number}"
            entries[column_number(column) - 1] = Entry(place, _shown(figures.get(place), cells[place], shown), figures.get(place))
        block.append(entries)
        last = number
    if block:
        yield block


def _shown(figure: Figure | None, cell: Cell, shown: str) -> str:
    """What a cell shows; a result of a program that adds in binary counts as the value it stands for."""
    if figure and cell.text.startswith("=") and isinstance(figure.value, Decimal):
        try:
            if abs(Decimal(shown) - figure.value) <= abs(figure.value) * BINARY:
                return figure.text
        except InvalidOperation:
            return shown
    return shown


def _sums(paper: FinishedPaper, sheet: str, rows: Rows) -> Iterator[Remark]:
    """Sums whose last result is not what their cells add up to, and numbers put in at their edge that they leave out."""
    added = set(rows.added)
    for place, cell in paper.parts[sheet].cells.items():
        if not _is_sum(cell.text):
            continue
        formula = read_formula(cell.text)
        match = _SUM.fullmatch("".join(part for part in formula if isinstance(part, str)).replace(" ", ""))
        if not match:
            continue
        areas = [part for part in formula if isinstance(part, Reference)]
        total = _sum(paper, sheet, areas, shown_only=match["shown"] is not None)
        if total is not None and cell.shown and abs((_number(cell) or Decimal(0)) - total) > _JUST:
            yield Remark("sum_wrong", sheet, place, None, {"formula": cell.text, "now": cell.shown, "other": _plain(total)})
        for area in areas:
            yield from _left_out(paper, sheet, place, cell, area, added)


def _is_sum(formula: str) -> bool:
    """Whether a cell is a formula whose sum is looked at by itself."""
    return formula.upper().startswith(("=SUM(", BY_FILTER))


def _sum(paper: FinishedPaper, sheet: str, areas: list[Reference], *, shown_only: bool) -> Decimal | None:
    """The sum of the numbers in the areas; None where an area is of a sheet that is not there."""
    total = Decimal(0)
    for area in areas:
        part = paper.parts.get(area.sheet or sheet)
        if part is None:
            return None
        cells = [place for place in _places(area, part.cells) if not (shown_only and split_cell(place)[1] in part.hidden)]
        total += sum((_number(part.cells[place]) or Decimal(0) for place in cells), Decimal(0))
    return total


def _places(area: Reference, cells: Mapping[str, Cell]) -> Iterator[str]:
    last = area.last or area.first
    for column in range(_column(area.first.column), _column(last.column) + 1):
        for row in range(area.first.row, last.row + 1):
            place = f"{column_name(column)}{row}"
            if place in cells:
                yield place


def _column(name: str) -> int:
    return column_number(name.lstrip("$"))


def _number(cell: Cell) -> Decimal | None:
    """The number a cell holds; texts that look like one are none to Excel."""
    try:
        return Decimal(cell.shown) if cell.is_number else None
    except InvalidOperation:
        return None


def _left_out(paper: FinishedPaper, sheet: str, place: str, cell: Cell, area: Reference, added: set[int]) -> Iterator[Remark]:
    """A number that somebody put in right above or below what the formula sums."""
    if area.last is None or (area.sheet and area.sheet != sheet) or area.first.column.lstrip("$") != area.last.column.lstrip("$"):
        return
    cells, column = paper.parts[sheet].cells, area.first.column.lstrip("$")
    for row in (area.first.row - 1, area.last.row + 1):
        edge = f"{column}{row}"
        if row in added and edge != place and edge in cells and cells[edge].is_number and split_cell(place)[1] != row:
            slots = {"formula": short(cell.text), "other": cells[edge].shown, "place": edge}
            yield Remark("sum_leaves_out", sheet, place, None, slots)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"
