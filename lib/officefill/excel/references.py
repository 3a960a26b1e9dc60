"""References in formulas: reading them, and their targets when rows have repeated or gone.

A template's formulas speak of the template's rows. `Rows` knows which of them repeat; `Copies` knows the place of each in the filled sheet.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from officefill.excel.column_layout import Across, column_name, column_number, split_cell

LAST_ROW = 1_048_576
_TOKEN = re.compile(
    r"""
    "(?:[^"]|"")*" | \[[^\[\]]*\]                                      # a text, a column of a table
  | (?P<sheet>(?:'(?:[^']|'')+'|(?<![\w.'])[\w.]+)!)?                 # a sheet
    (?<![\w.\]$'])                                                    # not the end of a name
    (?:(?P<col1>\$?[A-Z]{1,3})(?P<row1>\$?[0-9]+)(?::(?P<col2>\$?[A-Z]{1,3})(?P<row2>\$?[0-9]+))?
      |(?P<only1>\$?[0-9]+):(?P<only2>\$?[0-9]+))
    (?![\w.(!\[])                                                     # not the beginning of one
    """,
    re.VERBOSE,
)
_RANGE = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]+(:\$?[A-Z]{1,3}\$?[0-9]+)?")

Iterations = tuple[int, ...]
"""The time round of each enclosing loop, from the outside in."""


@dataclass(frozen=True)
class End:
    """One end of a reference; `column` with its $, blank where whole rows are meant."""

    column: str
    row: int
    fixed: bool

    def at(self, row: int, column: str | None = None) -> str:
        return f"{self.column if column is None else column}{'$' if self.fixed else ''}{row}"


@dataclass(frozen=True)
class Reference:
    """A cell (`last` is None) or a range; `sheet` the name of its sheet, blank for the formula's own, `prefix` that as written."""

    first: End
    last: End | None = None
    sheet: str = ""
    prefix: str = ""

    def __str__(self) -> str:
        return self.shifted(0, 0)

    def shifted(self, down: int, right: int) -> str:
        """Return the reference as it reads in a cell `down` and `right` of its own."""
        return self.prefix + ":".join(_shifted(end, down, right) for end in (self.first, self.last) if end)


def read_formula(formula: str) -> list[str | Reference]:
    """A formula as its literal pieces and its references."""
    parts: list[str | Reference] = []
    end = 0
    for match in _TOKEN.finditer(formula):
        if match["row1"] or match["only1"]:
            parts += [formula[end : match.start()], _reference(match)]
            end = match.end()
    return [part for part in (*parts, formula[end:]) if part != ""]


def _reference(match: re.Match[str]) -> Reference:
    prefix = match["sheet"] or ""
    name = prefix[:-1]
    sheet = name[1:-1].replace("''", "'") if name.startswith("'") else name
    if match["only1"]:
        return Reference(_end("", match["only1"]), _end("", match["only2"]), sheet, prefix)
    last = _end(match["col2"], match["row2"]) if match["row2"] else None
    return Reference(_end(match["col1"], match["row1"]), last, sheet, prefix)


def _end(column: str, row: str) -> End:
    return End(column, int(row.lstrip("$")), row.startswith("$"))


def read_range(text: str) -> Reference | None:
    """`A4:F4` or `A4` of an attribute; None for anything else."""
    if not _RANGE.fullmatch(text):
        return None
    only = read_formula(text)
    return only[0] if len(only) == 1 and isinstance(only[0], Reference) else None


def shifted_formula(formula: str, first: str, cell: str) -> str:
    """Return the formula of the cell `first` as it reads in another: the text of a shared formula there."""
    (column, row), (first_column, first_row) = split_cell(cell), split_cell(first)
    down, right = row - first_row, column_number(column) - column_number(first_column)
    return "".join(part.shifted(down, right) if isinstance(part, Reference) else part for part in read_formula(formula))


def _shifted(end: End, down: int, right: int) -> str:
    column = end.column
    if right and column and not column.startswith("$"):
        column = column_name(column_number(column) + right)
    return replace(end, column=column).at(end.row if end.fixed else end.row + down)


# Rows of the template


@dataclass(frozen=True)
class Segment:
    """Rows of the template that always appear together: `first`..`last`, inside `loops` from the outside in."""

    index: int
    first: int
    last: int
    loops: tuple[int, ...]


class Rows:
    """The segments of one sheet, in order. Rows that held nothing but a tag are in none."""

    def __init__(self, segments: list[Segment]) -> None:
        self.segments = segments
        self._firsts = [segment.first for segment in segments]

    def at(self, row: int) -> Segment | None:
        """The segment of a template row."""
        found = bisect_right(self._firsts, row) - 1
        return self.segments[found] if found >= 0 and row <= self.segments[found].last else None

    def between(self, first: int, last: int) -> Iterator[Segment]:
        """The segments that have a row of `first`..`last`."""
        start = max(0, bisect_right(self._firsts, first) - 1)
        return (s for s in self.segments[start:] if s.first <= last and s.last >= first)


STILL = Rows([Segment(0, 1, LAST_ROW, ())])
"""Rows of a sheet in which nothing moves."""


class Copies:
    """The places of the segments of one sheet in one filling."""

    def __init__(self, rows: Rows, across: Across | None = None) -> None:
        self.rows, self.next_row = rows, 1
        self.across = across or Across()
        self.path: Iterations = ()
        self._iterations = 0
        self._first: dict[tuple[int, Iterations], tuple[int, int]] = {}
        self._last: dict[tuple[int, Iterations], tuple[int, int]] = {}
        self.all: dict[int, list[tuple[Iterations, int, int]]] = {}

    def iterate(self, depth: int) -> None:
        """Another time round the loop that is `depth` loops deep."""
        self._iterations += 1
        self.path = (*self.path[:depth], self._iterations)

    def begin(self, index: int, depth: int, length: int) -> int:
        """A copy of a segment begins here, `length` rows of it; gives its first row."""
        start, path = self.next_row, self.path[:depth]
        self.next_row += length
        for known in range(depth + 1):
            key = (index, path[:known])
            self._first.setdefault(key, (start, length))
            self._last[key] = (start, length)
        self.all.setdefault(index, []).append((path, start, length))
        return start

    def first_of(self, segment: Segment, row: int, within: Iterations = ()) -> int | None:
        """Return the place of the first copy of a template row, in the iterations `within`; None where it has none."""
        return _row_in(self._first.get((segment.index, within)), row - segment.first)

    def last_of(self, segment: Segment, row: int, within: Iterations = ()) -> int | None:
        """Return the place of the last copy."""
        return _row_in(self._last.get((segment.index, within)), row - segment.first)

    def first_path(self, segment: Segment) -> Iterations:
        """The iterations of a segment's first copy."""
        return self.all[segment.index][0][0] if segment.index in self.all else ()

    def span(self, first: int, last: int, scope: Scope, scope_last: Scope | None = None) -> tuple[int, int] | None:
        """The rows from the first to the last copy of any of `first`..`last`, each end within its scope; None where none is left.

        Of any, not of the ends only: where rows depend, the last time round may have left a row from between them.
        """
        segments = list(self.rows.between(first, last))
        seen = scope_last or scope
        starts = [row for s in segments if (row := self.first_of(s, max(first, s.first), scope.within(s)))]
        ends = [row for s in segments if (row := self.last_of(s, min(last, s.last), seen.within(s)))]
        return (min(starts), max(ends)) if starts and ends and min(starts) <= max(ends) else None


def _row_in(copy: tuple[int, int] | None, offset: int) -> int | None:
    """A row of a copy; of one that an empty list has cut short, its last."""
    return copy[0] + min(offset, copy[1] - 1) if copy else None


@dataclass(frozen=True)
class Scope:
    """The point one looks from: a row inside loops sees the copies of its own time round; `loops` empty sees all.

    A cell in columns that repeat, those of `block`, sees the columns of its own `copy`."""

    loops: tuple[int, ...] = ()
    path: Iterations = ()
    block: int | None = None
    copy: int = 0

    def shared(self, segment: Segment) -> int:
        """Return the number of loops that `segment` has in common with the place one looks from."""
        common = 0
        for here, there in zip(self.loops, segment.loops):
            if here != there:
                break
            common += 1
        return common

    def within(self, segment: Segment) -> Iterations:
        """The iterations in which copies of `segment` are meant."""
        return self.path[: self.shared(segment)]


ANYWHERE = Scope()


def points_to_many(rows: Rows, end: End, scope: Scope) -> bool:
    """Return True where a single cell of a formula would mean several copies."""
    segment = rows.at(end.row)
    return segment is not None and len(segment.loops) > (0 if end.fixed else scope.shared(segment))


def is_own(across: Across, end: End, block: int | None) -> bool:
    """Return True where an end of a reference, seen from the columns `block`, means the copy one looks from."""
    return block is not None and not end.column.startswith("$") and across.at(column_number(end.column)) == block


def column_now(across: Across, end: End, scope: Scope, *, last: bool = False) -> str:
    """The column of an end in the filled sheet: of one's own copy, else of the first or the last."""
    letters = end.column.lstrip("$")
    if not across.blocks or not letters or not across.moves(column_number(letters)):
        return end.column
    number = column_number(letters)
    place = across.place(number, scope.copy) if is_own(across, end, scope.block) else across.place(number, last=last)
    return end.column[: -len(letters)] + column_name(place)


def cell_now(copies: Copies, end: End, scope: Scope) -> str | None:
    """A single cell in the filled sheet; the first copy where there are many."""
    segment = copies.rows.at(end.row)
    row = segment and copies.first_of(segment, end.row, () if end.fixed else scope.within(segment))
    return end.at(row, column_now(copies.across, end, scope)) if row else None


def range_now(copies: Copies, reference: Reference, scope: Scope) -> str | None:
    """A range in the filled sheet: from the first to the last copy of its rows, and so its columns."""
    first, last = reference.first, reference.last or reference.first
    span = copies.span(first.row, last.row, ANYWHERE if first.fixed else scope, ANYWHERE if last.fixed else scope)
    if not span:
        return None
    columns = column_now(copies.across, first, scope), column_now(copies.across, last, scope, last=True)
    if not reference.last and span[0] == span[1] and columns[0] == columns[1]:
        return first.at(span[0], columns[0])
    return f"{first.at(span[0], columns[0])}:{last.at(min(span[1], LAST_ROW), columns[1])}"


def takes_in_others(across: Across, reference: Reference, block: int | None) -> bool:
    """Return True where a range over several copies would take in other columns: it is over a part of columns that repeat together."""
    first, last = reference.first, reference.last or reference.first
    if not first.column or (is_own(across, first, block) and is_own(across, last, block)):
        return False
    for end, edge in ((first, 0), (last, 1)):
        number = column_number(end.column.lstrip("$"))
        at = across.at(number)
        if at is not None and number != (across.blocks[at][0], across.blocks[at][1] - 1)[edge]:
            return True
    return False
