"""Rows that say 合计, and the rows they sum: whether what is printed still adds up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from postloan.audit.verify.remark import Remark
from postloan.audit.verify.words_and_numbers import Printed, printed
from postloan.papers.record.paper_record import Figure

_TOTAL = re.compile(r"\s*(合\s*计|总\s*计|小\s*计|全行)(?:[（(].*[)）])?\s*")
NOUGHT = Decimal(0)


@dataclass(frozen=True)
class Entry:
    """One cell of a table: where it is, what it prints, and the figure it was made with, if it is one."""

    at: int | str
    text: str
    figure: Figure | None = None

    @property
    def value(self) -> Printed | None:
        return printed(self.text, self.figure.tag if self.figure else "")

    @property
    def exact(self) -> Decimal | None:
        """The value of the record; of a cell that was typed, what it prints."""
        if self.figure is not None:
            return self.figure.value if isinstance(self.figure.value, Decimal) else None
        return self.value.value if self.value else None


Grid = Sequence[Sequence[Entry | None]]
"""Rows of a table, every column at its position."""


def total_remarks(part: str, grid: Grid) -> Iterator[Remark]:
    """For every total row, a remark for each column whose printed parts do not add up to the printed total."""
    totals = [number for number, row in enumerate(grid) if row and row[0] and _TOTAL.fullmatch(row[0].text)]
    for total in totals:
        first = grid[total][0]
        assert first is not None
        for column, entry in enumerate(grid[total]):
            if column and entry and entry.figure and entry.exact is not None and entry.value:
                parts = _parts(grid, totals, total, column)
                if parts:
                    yield from _column(part, first.text.strip(), _head(grid, total, column), entry, parts)


def _parts(grid: Grid, totals: list[int], total: int, column: int) -> list[Entry]:
    """The cells that the record says the total sums: those above it, those since the total before, the totals above, those below."""
    before = max((other for other in totals if other < total), default=-1)
    inner = [n for n in range(total) if n not in totals]
    candidates = (inner, list(range(before + 1, total)), [n for n in totals if n < total], [n for n in range(total + 1, len(grid))])
    wanted = grid[total][column]
    assert wanted is not None
    for rows in candidates:
        entries = {n: cell for n in rows if column < len(grid[n]) and (cell := grid[n][column]) and cell.value and cell.exact is not None}
        known = [n for n, entry in entries.items() if entry.figure]
        if len(known) > 1 and sum((entries[n].exact or NOUGHT for n in known), NOUGHT) == wanted.exact:
            # What was typed between or beside the parts is meant as one.
            return [entry for n, entry in entries.items() if known[0] - 1 <= n <= known[-1] + 1]
    return []


def _column(part: str, row: str, head: str, total: Entry, parts: list[Entry]) -> Iterator[Remark]:
    said, terms = total.value, [entry.value for entry in parts]
    assert said is not None
    added = sum((term.value for term in terms if term), NOUGHT)
    gap = abs(said.value - added)
    if not gap:
        return
    scale = _scale(total)
    slots = {"row": row, "column": head, "other": _plain(added / scale), "now": total.text}
    untouched = all(entry.figure and entry.text == entry.figure.text for entry in [total, *parts])
    rounding = untouched and gap <= sum((term.half for term in terms if term), said.half)
    yield Remark("total_rounding" if rounding else "total_wrong", part, total.at, None, slots)


def _scale(entry: Entry) -> Decimal:
    """What a printed 1 of the cell is worth."""
    digits = "".join(c for c in entry.text if c.isdigit() or c in "-.")
    try:
        number, value = Decimal(digits), entry.value
        return value.value / number if value and number else Decimal(1)
    except ArithmeticError:
        return Decimal(1)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def _head(grid: Grid, total: int, column: int) -> str:
    """What stands over the column: the first words above the total, or below where it stands on top."""
    rows = (*grid[:total], *grid[total + 1 :])
    texts = (cell.text for row in rows if column < len(row) and (cell := row[column]) and cell.text and not cell.value)
    return " ".join(next(texts, str(column + 1)).split())
