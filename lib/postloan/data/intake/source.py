"""The result of intake: for every table that was found, its cells as they are and which column is which field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.data.intake.blanks import stripped
from postloan.problem import Problem


class Unreadable(Exception):
    """A file or sheet no cell of which can be used: the check it fails, a sentence for the sender, the row if there is one."""

    def __init__(self, check: str, says: str, row: int | None = None) -> None:
        super().__init__(check, says, row)
        self.check, self.says, self.row = check, says, row


def text_column(joined: bytes) -> pa.Array:
    """A column of texts from their UTF-8, joined by NUL: a thirtieth of the cost of `pa.array` over as many strings."""
    ends = pa.py_buffer(np.array([0, len(joined)], np.int32))
    whole = pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(joined)])
    import pyarrow.compute as pc  # late: it makes hundreds of functions as it is imported

    return pc.split_pattern(whole, pattern="\0").flatten()


def number_column(numbers: Sequence[int] | range) -> pa.Array:
    """A column of whole numbers (without `pa.array`, which would import pandas)."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(np.array(numbers, np.int64))])


class OddCell(NamedTuple):
    """A cell (`column` from 0) or, where `column` is None, a row that is wrong before anyone reads its text."""

    row: int
    column: int | None
    check: str
    value: str


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet or CSV file as text: columns `c0`, `c1`, … and `_row`, the number a person sees."""

    cells: pa.Table
    odd: list[OddCell] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def width(self) -> int:
        return self.cells.num_columns - 1

    def is_blank(self) -> bool:
        return not any(self.has_text(column) for column in range(self.width))

    def has_text(self, column: int) -> bool:
        """Return True where any cell of a column holds more than blanks."""
        return any(text and stripped(text) for text in self.cells.column(column).unique().to_pylist())

    def head(self, rows: int) -> list[list[str]]:
        """The first `rows` rows as texts."""
        return [list(row) for row in zip(*(c.slice(0, rows).to_pylist() for c in self.cells.columns[:-1]), strict=True)]

    def from_row(self, row: int) -> Grid:
        """The part below and with `row`."""
        skip = sum(1 for number in self.cells.column("_row").slice(0, 100).to_pylist() if number < row)
        return Grid(self.cells.slice(skip), [cell for cell in self.odd if cell.row >= row], self.notes, self.merged)


def grid_of_rows(rows: Sequence[Sequence[str]], notes: list[tuple[str, str]]) -> Grid:
    """Return a grid of rows of texts, which hold no NUL; short rows are filled with blanks."""
    width = max(map(len, rows), default=0)
    columns = [text_column("\0".join(row[i] if i < len(row) else "" for row in rows).encode()) for i in range(width)]
    names = [*(f"c{i}" for i in range(width)), "_row"]
    return Grid(pa.table([*columns, number_column(range(1, len(rows) + 1))], names), [], notes)


@dataclass(frozen=True)
class TableSource:
    """One table of the package: where it was found, the column of each field (from 0) and its cells as SQL over `data`.

    `data` is a grid of texts, or a Parquet file that DuckDB reads in place; `types` are the SQL types of cells that are
    no text; `units` the yuan that amounts of a field are counted in, where not in yuan.
    """

    table: str
    file: str
    sheet: str
    columns: dict[str, int]
    cells: dict[str, str]
    data: Grid | Path
    types: dict[str, str] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The rows below the header."""
        return len(self.data.cells) if isinstance(self.data, Grid) else pq.ParquetFile(self.data).metadata.num_rows

    def type_of(self, name: str) -> str:
        return self.types.get(name, "VARCHAR")


@dataclass
class DataPackage:
    """A folder of tables or one workbook, opened: `sources` by table, problems so far, the hash of every file read.

    `nameless` are files and sheets named after no table: file, sheet, cells. `unusable` are the tables that are there but cannot be read: nobody is told that their keys are missing.
    """

    data: Path
    sources: dict[str, TableSource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    unusable: set[str] = field(default_factory=set)
    nameless: list[tuple[str, str, Grid]] = field(default_factory=list)
