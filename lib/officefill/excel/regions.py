"""The content that people typed into their cells of a finished workbook.

People sort tables and put rows in between, so a region is found by the other texts that the machine wrote into its row, not by the row's
number: a judgement must never come to stand beside another finding. A region whose row is not certain is not found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from officefill.excel.cell_text import Cell, sheet_cells
from officefill.excel.column_layout import split_cell
from officefill.excel.workbook_parts import shared_texts_of, worksheets
from officefill.language.regions import Kept, Region
from officefill.ooxml.package import Package

RowText = frozenset[tuple[str, str]]
"""The texts of a row by column."""
NEARLY_ALL = 0.75
"""Share of a row's machine-made cells that must be as they were for it to be the same row."""
_BLANK = Cell("", "", is_number=False)


def kept_in_sheets(package: Package, regions: list[Region], made: Mapping[str, list[tuple[str, str]]]) -> dict[tuple[str, str], Kept]:
    """Return by name and key the content of each region, with a certain row, of a workbook whose sheets held the texts `made` at first."""
    found, shared = {}, shared_texts_of(package, package.main)
    for sheet, part in worksheets(package, package.main):
        own, cells = [region for region in regions if region.part == sheet], dict(sheet_cells(package.tree(part), shared))
        rows = _rows_now(dict(made.get(sheet, ())), {name: cell.text for name, cell in cells.items()}, own)
        for region in own:
            column, row = split_cell(region.cell)
            if row in rows:
                cell = cells.get(f"{column}{rows[row]}", _BLANK)
                found[region.name, region.key] = Kept(cell.text, value=_value(cell))
    return found


def _rows_now(made: Mapping[str, str], now: Mapping[str, str], regions: list[Region]) -> dict[int, int]:
    """Return for every row with a region the row it is now: the one with the same texts, or nearly so if cells of it were edited.

    Left out are those of which two rows could be one, in either direction.
    """
    theirs = {split_cell(region.cell)[0] for region in regions}
    before, after = _by_row(made, theirs), _by_row(now, theirs)
    likely = {row: _most_alike(before.get(row, frozenset()), after) for row in {split_cell(region.cell)[1] for region in regions}}
    taken = Counter(likely.values())
    return {row: now_at for row, now_at in likely.items() if now_at and taken[now_at] == 1}


def _most_alike(texts: RowText, rows: Mapping[int, RowText]) -> int | None:
    """Return the row that shares most of these texts, if that is nearly all and no other shares as much."""
    shares = sorted(((len(texts & other), row) for row, other in rows.items()), reverse=True)[:2]
    if not texts or not shares or shares[0][0] < NEARLY_ALL * len(texts) or (len(shares) > 1 and shares[0][0] == shares[1][0]):
        return None
    return shares[0][1]


def _by_row(cells: Mapping[str, str], theirs: set[str]) -> dict[int, RowText]:
    """Return the texts that the machine wrote into each row, but for formulas, which tell their row."""
    rows: dict[int, list[tuple[str, str]]] = {}
    for cell, text in cells.items():
        column, row = split_cell(cell)
        if column not in theirs and not text.startswith("="):
            rows.setdefault(row, []).append((column, text))
    return {row: frozenset(texts) for row, texts in rows.items()}


def _value(cell: Cell) -> Any:
    """Return the value of a cell with its type; a formula is its text."""
    if cell.text.startswith("=") and cell.text != cell.shown:
        return cell.text
    return Decimal(cell.shown) if cell.is_number else cell.shown == "1" if cell.is_truth else cell.shown
