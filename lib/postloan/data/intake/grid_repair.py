"""Mending the body of a sheet before it is read: merged cells hold their value everywhere, repeated headings are no rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from postloan.data.intake.heading import unit_alone
from postloan.data.intake.source import Grid, text_column

FOOT = 8
"""So many last rows may say the unit of a table."""


class Area(NamedTuple):
    """A merged area of a sheet: rows from 1, columns from 0, both ends inside."""

    top: int
    left: int
    bottom: int
    right: int


def with_merged_filled(grid: Grid, columns: Mapping[str, int]) -> tuple[Grid, int]:
    """Return the body with the value of each merged area in all of its cells, and how many areas there were.

    An area that fills its row (a note below the table) is left as it is.
    """
    if not grid.merged:
        return grid, 0
    rows = grid.cells.column("_row").to_pylist()
    place = {row: index for index, row in enumerate(rows)}
    used = sorted(columns.values())
    texts = {column: grid.cells.column(column).to_pylist() for column in used}
    filled, changed = 0, set[int]()
    for area in map(Area._make, grid.merged):
        inside = [column for column in used if area.left <= column <= area.right]
        first = place.get(area.top)
        if first is None or not inside or len(inside) > 1 and len(inside) > len(used) / 2:
            continue
        value = texts[area.left][first] if area.left in texts else grid.cells.column(area.left)[first].as_py()
        if not value:
            continue
        filled += 1
        for row in range(area.top, area.bottom + 1):
            for column in inside:
                if row in place and not texts[column][place[row]]:
                    texts[column][place[row]] = value
                    changed.add(column)
    cells = grid.cells
    for column in changed:
        cells = cells.set_column(column, f"c{column}", text_column("\0".join(texts[column]).encode()))
    return replace(grid, cells=cells), filled


def without_repeated_headings(grid: Grid, columns: Mapping[str, int], headings: Mapping[str, Collection[str]]) -> tuple[Grid, list[int]]:
    """Return the body without rows that hold headings again (a second header row, one on each page), and the numbers of those rows.

    `headings` are the words that stand for each field.
    """
    import pyarrow.compute as pc  # late: it makes hundreds of functions as it is imported

    suspects: dict[int, int] = {}
    for name, column in columns.items():
        words = pa.array(list(headings[name]))
        alike = pc.is_in(grid.cells.column(column), words)
        if pc.any(alike).as_py():
            for index in np.flatnonzero(alike.combine_chunks().to_numpy(zero_copy_only=False)):
                suspects[int(index)] = suspects.get(int(index), 0) + 1
    heads = [index for index, count in suspects.items() if count >= max(2, len(columns) / 2)]
    if not heads:
        return grid, []
    keep = np.ones(len(grid.cells), bool)
    keep[heads] = False
    rows = sorted(grid.cells.column("_row")[index].as_py() for index in heads)
    return replace(grid, cells=grid.cells.filter(pa.array(keep)), odd=[cell for cell in grid.odd if cell.row not in set(rows)]), rows


def without_second_heads(grid: Grid, labels: list[str]) -> tuple[Grid, list[str], list[int]]:
    """Return the body without first rows that number the columns or hold nothing but their units.

    Beside it are the labels with these units, and the numbers of the rows.
    """
    rows: list[int] = []
    while len(grid.cells):
        cells = [text or "" for text in grid.head(1)[0]]
        units = {column: unit for column, text in enumerate(cells) if text and (unit := unit_alone(text))}
        filled = {column: text for column, text in enumerate(cells) if text}
        numbered = len(filled) > 2 and all(text == str(column - min(filled) + 1) for column, text in filled.items())
        if not numbered and (not units or units.keys() != filled.keys()):
            break
        labels = [f"{label}（{units[column]}）" if label and column in units else label for column, label in enumerate(labels)]
        rows.append(grid.cells.column("_row")[0].as_py())
        grid = grid.from_row(rows[-1] + 1)
    return grid, labels, rows


def foot_of(grid: Grid) -> list[str]:
    """Return the texts of the last rows of a sheet that hold one or two cells: notes below a table."""
    rows = grid.cells.slice(max(0, len(grid.cells) - FOOT)).drop_columns(["_row"]).to_pylist()
    filled = [[text for text in row.values() if text] for row in rows]
    return [text for row in filled if len(row) <= 2 for text in row]
