"""Where the rows of a sheet went since it was made, and what its formulas should say after that."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from postloan.alignment import align
from postloan.render.references import End, Reference, read_formula

Row = dict[str, str]
"""Texts by column."""


@dataclass(frozen=True)
class Rows:
    """The rows of one sheet as made and now, by number, and which is which."""

    made: Mapping[int, Row]
    now: Mapping[int, Row]
    went: Mapping[int, int]

    @property
    def removed(self) -> list[int]:
        return [row for row in self.made if row not in self.went]

    @property
    def added(self) -> list[int]:
        known = set(self.went.values())
        return [row for row in self.now if row not in known]

    def place(self, cell: str) -> str | None:
        """Where a cell as made lies now; None where its row is gone."""
        column, row = split(cell)
        return f"{column}{self.went[row]}" if row in self.went else None

    def row_now(self, row: int) -> int:
        """The number of a row now, also of a blank one: it moves with the row before it."""
        if row in self.went:
            return self.went[row]
        known = sorted(self.went)
        before = bisect_right(known, row)
        return row + (self.went[known[before - 1]] - known[before - 1] if before else 0)


def split(cell: str) -> tuple[str, int]:
    """B12 → B and 12."""
    column = cell.rstrip("0123456789")
    return column, int(cell[len(column) :])


def rows_of(cells: Mapping[str, str]) -> dict[int, Row]:
    """Texts of cells by row and column, the rows in order."""
    rows: dict[int, Row] = {}
    for cell, text in cells.items():
        column, row = split(cell)
        rows.setdefault(row, {})[column] = text
    return dict(sorted(rows.items()))


def rows_compared(made: Mapping[str, str], now: Mapping[str, str], people: frozenset[str] = frozenset()) -> Rows:
    """Which row as made is which row now: by their texts, so that a row put in between moves the others and changes none.

    What stands in columns of `people` tells no row.
    """
    before, after = rows_of(made), rows_of(now)
    old, new = list(before), list(after)
    pairs = align([_key(before[row], people) for row in old], [_key(after[row], people) for row in new], _words)
    return Rows(before, after, {old[i]: new[j] for i, j in pairs if i is not None and j is not None})


def _key(row: Row, people: frozenset[str]) -> Hashable:
    """What makes a row itself: its texts; formulas without the rows they speak of."""
    said = sorted((column, text) for column, text in row.items() if column not in people)
    return tuple((column, _shape(text) if text.startswith("=") else text) for column, text in said)


def _shape(formula: str) -> str:
    return "".join(part if isinstance(part, str) else part.prefix + part.first.column for part in read_formula(formula))


def _words(key: Hashable) -> str:
    return "\t".join(text for _, text in key)  # type: ignore[attr-defined]


def expected(formula: str, sheet: str, books: Mapping[str, Rows]) -> str:
    """A formula as made, as it must read now that rows have moved."""
    return "".join(part if isinstance(part, str) else _moved(part, books.get(part.sheet or sheet)) for part in read_formula(formula))


def plain_formula(formula: str) -> str:
    """A formula without $ and the quotes of sheet names."""
    return expected(formula, "", {})


def _moved(part: Reference, rows: Rows | None) -> str:
    ends = [_end(end, rows) for end in (part.first, part.last) if end]
    return (f"{part.sheet}!" if part.sheet else "") + ":".join(ends)


def _end(end: End, rows: Rows | None) -> str:
    return f"{end.column.lstrip('$')}{rows.row_now(end.row) if rows else end.row}"
