"""Checks that rows called 合计 are the sums of their parts, as printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from postloan.audit.verify.remark import HINT, Remark
from postloan.audit.verify.text_pieces import PrintedNumber, printed
from postloan.papers.record.paper_record import Figure

_TOTAL = re.compile(r"\s*(合\s*计|总\s*计|小\s*计|全行)(?:[（(].*[)）])?\s*")
NOUGHT = Decimal(0)


@dataclass(frozen=True)
class TableEntry:
    """One cell of a table: its place, its text, and its figure, if it has one."""

    at: int | str
    text: str
    figure: Figure | None = None

    @property
    def value(self) -> PrintedNumber | None:
        return printed(self.text, self.figure.tag if self.figure else "")

    @property
    def exact(self) -> Decimal | None:
        """The value in the record; for a typed cell the printed value."""
        if self.figure is not None:
            return self.figure.value if isinstance(self.figure.value, Decimal) else None
        return self.value.value if self.value else None


Grid = Sequence[Sequence[TableEntry | None]]
"""Rows of a table, with every column at its position."""


def total_remarks(part: str, grid: Grid) -> Iterator[Remark]:
    """Yield a remark for each column of a total row with printed parts that do not add up to the printed total."""
    totals = [number for number, row in enumerate(grid) if row and row[0] and _TOTAL.fullmatch(row[0].text)]
    for total in totals:
        first = grid[total][0]
        assert first is not None
        for column, entry in enumerate(grid[total]):
            if column and entry and entry.figure and entry.exact is not None and entry.value:
                parts = _parts(grid, totals, total, column)
                if parts:
                    yield from _column(part, first.text.strip(), _head(grid, total, column), entry, parts)


_NOT_ADDED = re.compile("率|比|均|价|名次|排名|序号|年|期限|倍|分$|得分|增减|同期")


def typed_total_remarks(part: str, grid: Grid) -> Iterator[Remark]:
    """Yield a hint for each column of a total row that is not the sum of the numbers over it (or, for a total on top, under it).

    For papers of other programs: all numbers are typed, and ratios, means and scores of a total row are sums of nothing.
    """
    totals = [number for number, row in enumerate(grid) if row and row[0] and _TOTAL.fullmatch(row[0].text)]
    for total in totals:
        before = max((other for other in totals if other < total), default=-1)
        above = range(before + 1, total)
        after = min((other for other in totals if other > total), default=len(grid))
        subtotals = [number for number in totals if number < total]
        for column, entry in enumerate(grid[total]):
            if not column or not entry or not entry.value or "%" in entry.text or _NOT_ADDED.search(_head(grid, total, column)):
                continue
            sums = [_added(grid, rows, column) for rows in (above, range(total), subtotals, range(total + 1, after))]
            known = [
                (gap, added)
                for added, half in filter(None, sums)
                if (gap := abs(entry.value.value - added) - half - entry.value.half) is not None
            ]
            if known and all(gap > 0 for gap, _ in known):
                first = grid[total][0]
                slots = {"row": first.text.strip() if first else "", "column": _head(grid, total, column), "now": entry.text}
                other = plain_number(known[0][1] / _scale(entry))
                yield Remark("total_wrong", part, entry.at, None, slots | {"other": other}, HINT)


def _added(grid: Grid, rows: Iterable[int], column: int) -> tuple[Decimal, Decimal] | None:
    """Return the sum of a column over rows with half a unit of each last digit; None for fewer than two numbers, or another entry among them."""
    cells = [cell for row in rows if column < len(grid[row]) and (cell := grid[row][column]) and cell.text.strip()]
    while cells and not cells[0].value:
        cells.pop(0)  # heads
    values = [cell.value for cell in cells]
    if len(values) < 2 or None in values:
        return None
    return sum((value.value for value in values if value), NOUGHT), sum((value.half for value in values if value), NOUGHT)


def _parts(grid: Grid, totals: list[int], total: int, column: int) -> list[TableEntry]:
    """Return the cells summed by the total, according to the record: above, since the last total, the totals above, or below."""
    before = max((other for other in totals if other < total), default=-1)
    inner = [n for n in range(total) if n not in totals]
    candidates = (inner, list(range(before + 1, total)), [n for n in totals if n < total], [n for n in range(total + 1, len(grid))])
    wanted = grid[total][column]
    assert wanted is not None
    for rows in candidates:
        cells = {n: cell for n in rows if column < len(grid[n]) and (cell := grid[n][column]) and cell.value and cell.exact is not None}
        known = [n for n, cell in cells.items() if cell.figure]
        if len(known) > 1 and sum((cells[n].exact or NOUGHT for n in known), NOUGHT) == wanted.exact:
            # A number typed between or beside the parts is meant as one of them.
            return [cell for n, cell in cells.items() if known[0] - 1 <= n <= known[-1] + 1]
    return []


def _column(part: str, row: str, head: str, total: TableEntry, parts: list[TableEntry]) -> Iterator[Remark]:
    printed_total, terms = total.value, [entry.value for entry in parts]
    assert printed_total is not None
    added = sum((term.value for term in terms if term), NOUGHT)
    gap = abs(printed_total.value - added)
    if not gap:
        return
    scale = _scale(total)
    slots = {"row": row, "column": head, "other": plain_number(added / scale), "now": total.text}
    untouched = all(entry.figure and entry.text == entry.figure.text for entry in [total, *parts])
    rounding = untouched and gap <= sum((term.half for term in terms if term), printed_total.half)
    yield Remark("total_rounding" if rounding else "total_wrong", part, total.at, None, slots)


def _scale(entry: TableEntry) -> Decimal:
    """Return the value of a printed 1 in the cell."""
    digits = "".join(c for c in entry.text if c.isdigit() or c in "-.")
    try:
        number, value = Decimal(digits), entry.value
        return value.value / number if value and number else Decimal(1)
    except ArithmeticError:
        return Decimal(1)


def plain_number(value: Decimal) -> str:
    """Return a number without idle zeros."""
    return format(value.normalize(), "f") if value else "0"


def _head(grid: Grid, total: int, column: int) -> str:
    """Return the words over the column: the first ones above the total, or below a total on top."""
    rows = (*grid[:total], *grid[total + 1 :])
    texts = (cell.text for row in rows if column < len(row) and (cell := row[column]) and cell.text and not cell.value)
    return " ".join(next(texts, str(column + 1)).split())
