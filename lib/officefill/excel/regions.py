"""What people typed into the cells for people of a finished workbook.

People sort tables and put rows in between, so a region is found by what else the machine wrote into its row, not by the row's number:
a judgement must never come to stand beside another finding. Where the row cannot be told for certain, the region is not found.
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

Cells = dict[str, tuple[str, Any]]
"""Text and value of every filled cell by its name; a formula counts as its text `=…`."""
Signature = frozenset[tuple[str, str]]
NEARLY_ALL = 0.75
"""Share of a row's machine-made cells that must be as they were for it to be the same row."""


def kept_in_sheets(package: Package, regions: list[Region], made: Mapping[str, list[tuple[str, str]]]) -> dict[tuple[str, str], Kept]:
    """By name and key, what stands in each region of a workbook whose sheets once held `made`. Regions whose row is not certain are left out."""
    found = {}
    for sheet, cells in cells_of(package).items():
        own = [region for region in regions if region.part == sheet]
        rows_now = _moved_rows({cell: text for cell, text in made.get(sheet, ())}, {cell: text for cell, (text, _) in cells.items()}, own)
        for region in own:
            column, row = split_cell(region.cell)
            if row in rows_now:
                text, value = cells.get(f"{column}{rows_now[row]}", ("", ""))
                found[region.name, region.key] = Kept(text, value=value)
    return found


def _moved_rows(made: Mapping[str, str], now: Mapping[str, str], regions: list[Region]) -> dict[int, int]:
    """For every row with a region, the row it is now: the one that says the same, or nearly so where cells of it were edited.

    Left out where two rows could be one, in either direction.
    """
    theirs = {split_cell(region.cell)[0] for region in regions}
    before, after = _by_row(made, theirs), _by_row(now, theirs)
    wanted = {split_cell(region.cell)[1] for region in regions}
    likely = {row: _most_alike(before.get(row, frozenset()), after) for row in wanted}
    taken = Counter(now_at for now_at in likely.values() if now_at)
    return {row: now_at for row, now_at in likely.items() if now_at and taken[now_at] == 1}


def _most_alike(said: Signature, rows: Mapping[int, Signature]) -> int | None:
    """The row that shares most of what a row said, if that is nearly all and no other shares as much."""
    shares = sorted(((len(said & other), row) for row, other in rows.items()), reverse=True)[:2]
    if not said or not shares or shares[0][0] < NEARLY_ALL * len(said) or (len(shares) > 1 and shares[0][0] == shares[1][0]):
        return None
    return shares[0][1]


def _by_row(cells: Mapping[str, str], theirs: set[str]) -> dict[int, Signature]:
    """What the machine wrote into each row, without formulas, which tell their row."""
    rows: dict[int, list[tuple[str, str]]] = {}
    for cell, text in cells.items():
        column, row = split_cell(cell)
        if column not in theirs and not text.startswith("="):
            rows.setdefault(row, []).append((column, text))
    return {row: frozenset(said) for row, said in rows.items()}


def cells_of(package: Package) -> dict[str, Cells]:
    """Every filled cell of every sheet, by the sheet's name."""
    workbook = package.related("officeDocument")[0]
    shared = shared_texts_of(package, workbook)
    return {
        name: {place: (cell.text, _value(cell)) for place, cell in sheet_cells(package.tree(part), shared)}
        for name, part in worksheets(package, workbook)
    }


def _value(cell: Cell) -> Any:
    """What a cell holds, typed; a formula is its text."""
    if cell.text.startswith("=") and cell.text != cell.shown:
        return cell.text
    return Decimal(cell.shown) if cell.is_number else cell.shown == "1" if cell.is_truth else cell.shown
