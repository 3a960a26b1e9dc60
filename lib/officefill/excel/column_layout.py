"""Columns of a sheet that repeat to the right, in the template and in the filled sheet.

Columns repeat over the whole height of a sheet, as rows do over its whole width, so that everything right of them moves together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LAST_COLUMN = 16_384
_WHOLE_COLUMNS = re.compile(r"(?<![\w$.!'\"])(?:[^\s!,;(]+!)?\$?[A-Z]{1,3}:\$?([A-Z]{1,3})(?![\w(.$])")
_BY_NUMBER = re.compile(r"\b(VLOOKUP|INDEX|COLUMN|COLUMNS)\s*\(", re.IGNORECASE)
_BY_TEXT = re.compile(r"\b(INDIRECT|ADDRESS|OFFSET)\s*\(", re.IGNORECASE)

Block = tuple[int, int]
"""Columns of the template that repeat together: the first, and the one after the last."""


def split_cell(cell: str) -> tuple[str, int]:
    """C12 → C and 12; a place without a row is in row 0."""
    column = cell.rstrip("0123456789")
    return column, int(cell[len(column) :] or 0)


def column_number(name: str) -> int:
    """A → 1, AA → 27."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def column_name(number: int) -> str:
    """1 → A, 27 → AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


@dataclass
class Across:
    """The columns of one sheet that repeat; `counts`: copies by block; `rows`: rows that repeat them, by (row, block)."""

    blocks: tuple[Block, ...] = ()
    counts: dict[int, int] = field(default_factory=dict)
    rows: frozenset[tuple[int, int]] = frozenset()

    def at(self, column: int) -> int | None:
        """The block a column of the template is in."""
        return next((number for number, (start, end) in enumerate(self.blocks) if start <= column < end), None)

    def moves(self, column: int) -> bool:
        """Return True where a column of the template may come to lie elsewhere, or more than once."""
        return bool(self.blocks) and column >= self.blocks[0][0]

    def copies(self, block: int) -> int:
        """Return the number of copies of a block."""
        return self.counts.get(block, 1)

    def place(self, column: int, copy: int = 0, *, last: bool = False) -> int:
        """Return the place of a column of the template: of its copy `copy`, or of the last."""
        shift = sum((self.copies(b) - 1) * (end - start) for b, (start, end) in enumerate(self.blocks) if end <= column)
        block = self.at(column)
        if block is None:
            return column + shift
        start, end = self.blocks[block]
        return column + shift + (self.copies(block) - 1 if last else copy) * (end - start)


def cannot_follow(formula: str, own: str, sheets: set[str], across: Mapping[str, Across]) -> bool:
    """Return True where a formula speaks of columns in a way that goes wrong when they move: by whole columns, by number, by text.

    `own`: the sheet it is on; `sheets`: those it names.
    """
    first = min((each.blocks[0][0] for each in across.values() if each.blocks), default=LAST_COLUMN + 1)
    if any(column_number(match[1]) >= first for match in _WHOLE_COLUMNS.finditer(formula)):
        return True
    speaks = any(name in across and across[name].blocks for name in {own, *sheets})
    return first <= LAST_COLUMN and bool(_BY_TEXT.search(formula) or (speaks and _BY_NUMBER.search(formula)))
