"""Pairs the rows of a sheet as made with its rows now, and adapts formulas to moved rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from officefill.content.alignment import align
from officefill.excel.column_layout import split_cell
from officefill.excel.references import End, Reference, column_name, column_number, read_formula

T = TypeVar("T")
Row = dict[str, str]
"""Texts by column."""


@dataclass(frozen=True)
class SheetRows:
    """The rows of one sheet as made and now, by number. `now_at`: the current row of each row as made. `displaced`: rows that people put elsewhere, as by sorting."""

    made: Mapping[int, Row]
    now: Mapping[int, Row]
    now_at: Mapping[int, int]
    displaced: frozenset[int] = frozenset()

    @property
    def removed(self) -> list[int]:
        return [row for row in self.made if row not in self.now_at]

    @property
    def added(self) -> list[int]:
        known = set(self.now_at.values())
        return [row for row in self.now if row not in known]

    def place(self, cell: str) -> str | None:
        """Return the current place of a cell as made; None for a removed row."""
        column, row = split_cell(cell)
        return f"{column}{self.now_at[row]}" if row in self.now_at else None

    def row_now(self, row: int) -> int:
        """Return the current row of a reference: it follows rows added or removed above, but not sorting."""
        if self.displaced and list(self.made) == list(self.now):
            return row
        known = sorted(self.now_at.keys() - self.displaced)
        if row in self.now_at and row not in self.displaced:
            return self.now_at[row]
        before = bisect_right(known, row)
        return row + (self.now_at[known[before - 1]] - known[before - 1] if before else 0)


def rows_of(cells: Mapping[str, str]) -> dict[int, Row]:
    """Return the texts of cells by row and column, the rows in order."""
    rows: dict[int, Row] = {}
    for cell, text in cells.items():
        column, row = split_cell(cell)
        rows.setdefault(row, {})[column] = text
    return dict(sorted(rows.items()))


def rows_compared(made: Mapping[str, str], now: Mapping[str, str], people: frozenset[str] = frozenset()) -> SheetRows:
    """Pair the rows as made with the rows now by their texts, so that an inserted row moves the others and changes none.

    Columns of `people` are not compared.
    """
    before, after = rows_of(made), rows_of(now)
    old, new = list(before), list(after)
    old_keys, new_keys = [_key(before[row], people) for row in old], [_key(after[row], people) for row in new]
    pairs = align(old_keys, new_keys, _words)
    now_at = {old[i]: new[j] for i, j in pairs if i is not None and j is not None}
    # A row found elsewhere word for word was moved: better than to take it for another, edited row.
    odd = [i for i, j in pairs if i is not None and (j is None or old_keys[i] != new_keys[j])]
    free: dict[Hashable, list[int]] = {}
    for j in sorted(set(range(len(new))) - {j for i, j in pairs if i is not None and j is not None and old_keys[i] == new_keys[j]}):
        free.setdefault(new_keys[j], []).append(j)
    displaced = {old[i]: new[free[old_keys[i]].pop(0)] for i in odd if free.get(old_keys[i])}
    taken = set(displaced.values())
    now_at = {row: target for row, target in now_at.items() if row not in displaced and target not in taken} | displaced
    return SheetRows(before, after, now_at, frozenset(displaced))


def _key(row: Row, people: frozenset[str]) -> Hashable:
    """Return the identity of a row: its texts, and formulas without row numbers."""
    texts = sorted((column, text) for column, text in row.items() if column not in people)
    return tuple((column, _shape(text) if text.startswith("=") else text) for column, text in texts)


def _shape(formula: str) -> str:
    return "".join(part if isinstance(part, str) else part.prefix + part.first.column for part in read_formula(formula))


def _words(key: Hashable) -> str:
    return "\t".join(text for _, text in key)  # type: ignore[attr-defined]


def expected(formula: str, sheet: str, books: Mapping[str, SheetRows], own: tuple[int, int] = (0, 0)) -> str:
    """Return a formula as made, adapted to moved rows. `own`: the number of its row as made and now."""
    return "".join(
        part if isinstance(part, str) else _adapted(part, books.get(part.sheet or sheet), (0, 0) if part.sheet else own)
        for part in read_formula(formula)
    )


def cells_within(area: Reference, cells: Mapping[str, T]) -> Iterator[tuple[str, T]]:
    """Yield those of the filled `cells` that lie in a reference; a reference to a whole sheet costs no more than its filled cells."""
    columns, rows = _size(area)
    if len(columns) * len(rows) <= len(cells):
        yield from ((place, cells[place]) for place in area_cells(area) if place in cells)
        return
    for place, cell in cells.items():
        column, row = split_cell(place)
        if row in rows and column_number(column) in columns:
            yield place, cell


def _size(area: Reference) -> tuple[range, range]:
    last = area.last or area.first
    columns = range(column_number(area.first.column.lstrip("$")), column_number(last.column.lstrip("$")) + 1)
    return columns, range(area.first.row, last.row + 1)


def area_cells(area: Reference) -> Iterator[str]:
    """Yield the cells of a reference, row by row."""
    columns, rows = _size(area)
    for row in rows:
        yield from (f"{column_name(column)}{row}" for column in columns)


def plain_formula(formula: str) -> str:
    """Return a formula without $ and without quotes around sheet names."""
    return expected(formula, "", {})


def _adapted(part: Reference, rows: SheetRows | None, own: tuple[int, int]) -> str:
    ends = [_end(end, rows, own) for end in (part.first, part.last) if end]
    return (f"{part.sheet}!" if part.sheet else "") + ":".join(ends)


def _end(end: End, rows: SheetRows | None, own: tuple[int, int]) -> str:
    row = own[1] if end.row == own[0] and not end.fixed else rows.row_now(end.row) if rows else end.row
    return f"{end.column.lstrip('$')}{row}"
