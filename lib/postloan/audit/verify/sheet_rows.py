"""Where the rows of a sheet went since it was made, and what its formulas should say after that."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from officefill.excel.column_layout import split_cell
from officefill.excel.references import End, Reference, read_formula

from postloan.audit.verify.alignment import align

Row = dict[str, str]
"""Texts by column."""


@dataclass(frozen=True)
class Rows:
    """The rows of one sheet as made and now, by number, and which is which; `moved` are those that people put elsewhere, as by sorting."""

    made: Mapping[int, Row]
    now: Mapping[int, Row]
    went: Mapping[int, int]
    moved: frozenset[int] = frozenset()

    @property
    def removed(self) -> list[int]:
        return [row for row in self.made if row not in self.went]

    @property
    def added(self) -> list[int]:
        known = set(self.went.values())
        return [row for row in self.now if row not in known]

    def place(self, cell: str) -> str | None:
        """Where a cell as made lies now; None where its row is gone."""
        column, row = split_cell(cell)
        return f"{column}{self.went[row]}" if row in self.went else None

    def row_now(self, row: int) -> int:
        """Where a reference to a row points now: it moves with rows put in or taken out above, and not by sorting."""
        if self.moved and list(self.made) == list(self.now):
            return row
        known = sorted(self.went.keys() - self.moved)
        if row in self.went and row not in self.moved:
            return self.went[row]
        before = bisect_right(known, row)
        return row + (self.went[known[before - 1]] - known[before - 1] if before else 0)


def rows_of(cells: Mapping[str, str]) -> dict[int, Row]:
    """Texts of cells by row and column, the rows in order."""
    rows: dict[int, Row] = {}
    for cell, text in cells.items():
        column, row = split_cell(cell)
        rows.setdefault(row, {})[column] = text
    return dict(sorted(rows.items()))


def rows_compared(made: Mapping[str, str], now: Mapping[str, str], people: frozenset[str] = frozenset()) -> Rows:
    """Which row as made is which row now: by their texts, so that a row put in between moves the others and changes none.

    What stands in columns of `people` tells no row.
    """
    before, after = rows_of(made), rows_of(now)
    old, new = list(before), list(after)
    was, is_ = [_key(before[row], people) for row in old], [_key(after[row], people) for row in new]
    pairs = align(was, is_, _words)
    went = {old[i]: new[j] for i, j in pairs if i is not None and j is not None}
    # A row that stands elsewhere word for word was moved: better than to take it for another one that was edited.
    odd = [i for i, j in pairs if i is not None and (j is None or was[i] != is_[j])]
    free: dict[Hashable, list[int]] = {}
    for j in sorted(set(range(len(new))) - {j for i, j in pairs if i is not None and j is not None and was[i] == is_[j]}):
        free.setdefault(is_[j], []).append(j)
    moved = {old[i]: new[free[was[i]].pop(0)] for i in odd if free.get(was[i])}
    taken = set(moved.values())
    went = {row: now_at for row, now_at in went.items() if row not in moved and now_at not in taken} | moved
    return Rows(before, after, went, frozenset(moved))


def _key(row: Row, people: frozenset[str]) -> Hashable:
    """What makes a row itself: its texts; formulas without the rows they speak of."""
    said = sorted((column, text) for column, text in row.items() if column not in people)
    return tuple((column, _shape(text) if text.startswith("=") else text) for column, text in said)


def _shape(formula: str) -> str:
    return "".join(part if isinstance(part, str) else part.prefix + part.first.column for part in read_formula(formula))


def _words(key: Hashable) -> str:
    return "\t".join(text for _, text in key)  # type: ignore[attr-defined]


def expected(formula: str, sheet: str, books: Mapping[str, Rows], own: tuple[int, int] = (0, 0)) -> str:
    """A formula as made, as it must read now that rows have moved; `own` is the number of its row as made and now."""
    return "".join(
        part if isinstance(part, str) else _moved(part, books.get(part.sheet or sheet), (0, 0) if part.sheet else own)
        for part in read_formula(formula)
    )


def plain_formula(formula: str) -> str:
    """A formula without $ and the quotes of sheet names."""
    return expected(formula, "", {})


def _moved(part: Reference, rows: Rows | None, own: tuple[int, int]) -> str:
    ends = [_end(end, rows, own) for end in (part.first, part.last) if end]
    return (f"{part.sheet}!" if part.sheet else "") + ":".join(ends)


def _end(end: End, rows: Rows | None, own: tuple[int, int]) -> str:
    row = own[1] if end.row == own[0] and not end.fixed else rows.row_now(end.row) if rows else end.row
    return f"{end.column.lstrip('$')}{row}"
