"""Finds totals that do not add up: rows of Word tables, blocks of sheets, and sums of formulas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from lxml import etree
from officefill.excel.cell_text import MOST_DIGITS, Cell
from officefill.excel.column_layout import split_cell
from officefill.excel.references import Reference, column_number, read_formula
from officefill.language.provenance import BOOKMARK
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, grid_columns

from postloan.audit.verify.line_changes import short
from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_changes import BY_FILTER, equals, renamed
from postloan.audit.verify.sheet_rows import SheetRows, cells_within, rows_of
from postloan.audit.verify.totals import Grid, TableEntry, plain_number, total_remarks, typed_total_remarks
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_record import Figure

_SUM = re.compile(r"=(?:SUM\(,*\)|(?P<shown>SUBTOTAL\((?:9|109),+\)))", re.IGNORECASE)
"""A sum of cells and ranges, with the references left out."""
_JUST = Decimal("0.005")


def totals_of_word(paper: FinishedPaper) -> Iterator[Remark]:
    """Yield remarks on total rows in tables of the body with printed parts that do not add up."""
    numbers = {paragraph: number for number, paragraph in enumerate(paper.body.iter(PARAGRAPH))}
    figures = {figure.number: figure for figure in paper.record.figures}
    by_line: dict[int, list[Figure]] = {}
    for name, span in paper.parts[paper.main].spans.items():
        number = name.removeprefix(BOOKMARK)
        if number.isdecimal() and int(number) in figures:
            by_line.setdefault(span.line, []).append(figures[int(number)])
    lines = [text for _, text in paper.parts[paper.main].lines]
    remarks = total_remarks if paper.is_ours else typed_total_remarks
    for table in paper.body.iter(TABLE):
        yield from remarks(paper.main, _grid(table, numbers, lines, by_line))


def _grid(table: etree._Element, numbers: Mapping[etree._Element, int], lines: list[str], by_line: Mapping[int, list[Figure]]) -> Grid:
    rows = []
    for row in table.iterchildren(ROW):
        entries: list[TableEntry | None] = []
        for cell in row.iterchildren(CELL):
            at = [numbers[paragraph] for paragraph in cell.iter(PARAGRAPH)]
            text = "".join(lines[n] for n in at).strip()
            shown = [figure for n in at for figure in by_line.get(n, [])]
            entries.append(TableEntry(at[0], text, shown[0] if len(shown) == 1 else None) if at else None)
            entries += [None] * (grid_columns(cell) - 1)
        rows.append(entries)
    return rows


def totals_of_sheets(paper: FinishedPaper, books: Mapping[str, SheetRows]) -> Iterator[Remark]:
    """Yield remarks on total rows in blocks of sheets, on results of SUM formulas, and on numbers beside the summed cells."""
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
            yield from (total_remarks if paper.is_ours else typed_total_remarks)(now, block)
        yield from _sums(paper, now, books[made])


def _blocks(cells: Mapping[str, Cell], figures: Mapping[str, Figure]) -> Iterator[Grid]:
    """Yield the blocks of rows without a blank row between them."""
    block: list[list[TableEntry | None]] = []
    last = 0
    for number, row in rows_of({place: cell.shown for place, cell in cells.items()}).items():
        if number != last + 1 and block:
            yield block
            block = []
        width = max(column_number(column) for column in row)
        entries: list[TableEntry | None] = [None] * width
        for column, shown in row.items():
            place = f"{column}{number}"
            entries[column_number(column) - 1] = TableEntry(place, _shown(figures.get(place), cells[place], shown), figures.get(place))
        block.append(entries)
        last = number
    if block:
        yield block


def _shown(figure: Figure | None, cell: Cell, shown: str) -> str:
    """Return the text of a cell; a result within a program's binary precision counts as the exact value."""
    computed = figure if figure and cell.text.startswith("=") and isinstance(figure.value, Decimal) else None
    return computed.text if computed and equals(shown, computed.value) else shown


def _sums(paper: FinishedPaper, sheet: str, rows: SheetRows) -> Iterator[Remark]:
    """Yield remarks on sums with a wrong result, and on added numbers at their edge that they leave out."""
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
            yield Remark("sum_wrong", sheet, place, None, {"formula": cell.text, "now": cell.shown, "other": plain_number(total)})
        for area in areas:
            yield from _left_out(paper, (sheet, place), cell, area, added)


def _is_sum(formula: str) -> bool:
    """Return True for a formula checked by its own sum."""
    return formula.upper().startswith(("=SUM(", BY_FILTER))


def _sum(paper: FinishedPaper, sheet: str, areas: list[Reference], *, shown_only: bool) -> Decimal | None:
    """Return the sum of the numbers in the areas; None for an area of a missing sheet."""
    total = Decimal(0)
    for area in areas:
        part = paper.parts.get(area.sheet or sheet)
        if part is None:
            return None
        cells = [cell for place, cell in cells_within(area, part.cells) if not (shown_only and split_cell(place)[1] in part.hidden)]
        total += sum((_number(cell) or Decimal(0) for cell in cells), Decimal(0))
    return total


def _number(cell: Cell) -> Decimal | None:
    """Return the number in a cell; a text that looks like a number is none for Excel."""
    try:
        number = Decimal(cell.shown) if cell.is_number else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number.adjusted()) < MOST_DIGITS else None


def _left_out(paper: FinishedPaper, position: tuple[str, str], cell: Cell, area: Reference, added: set[int]) -> Iterator[Remark]:
    """Yield a remark on a number added directly above or below the summed cells."""
    sheet, place = position
    if area.last is None or (area.sheet and area.sheet != sheet) or area.first.column.lstrip("$") != area.last.column.lstrip("$"):
        return
    cells, column = paper.parts[sheet].cells, area.first.column.lstrip("$")
    for row in (area.first.row - 1, area.last.row + 1):
        edge = f"{column}{row}"
        if row in added and edge != place and edge in cells and cells[edge].is_number and split_cell(place)[1] != row:
            slots = {"formula": short(cell.text), "other": cells[edge].shown, "place": edge}
            yield Remark("sum_leaves_out", sheet, place, None, slots)
