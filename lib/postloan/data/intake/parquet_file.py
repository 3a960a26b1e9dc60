"""Looking at a Parquet file without reading its cells: the names and types of its columns."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb

from postloan.data.intake import fast
from postloan.data.intake.fast import literal
from postloan.data.intake.source import Unreadable
from postloan.language import tr

NOT_A_CELL = ("STRUCT", "MAP", "UNION", "INTERVAL", "VARIANT")


class ParquetColumn(NamedTuple):
    """A column: its name in the file, the name and the type DuckDB gives it."""

    label: str
    name: str
    type: str

    @property
    def is_number(self) -> bool:
        return self.type.endswith("INT") or self.type.startswith(("INTEGER", "UINTEGER", "DOUBLE", "FLOAT", "DECIMAL"))

    def cell(self, read_as: str) -> str:
        """The SQL expression of its cells as `read_as`; a number becomes text as a person writes it.

        A column that needs no change stays bare, so that DuckDB can use the file's statistics and dictionaries.
        """
        x = fast.name(self.name)
        if self.type in ("DOUBLE", "FLOAT"):
            x = f"CASE WHEN NOT isnan({x}) THEN {x} END"
        if self.type == "DOUBLE" and read_as == "VARCHAR":
            whole = f"{x} = trunc({x}) AND abs({x}) < 1e15"
            return f"CASE WHEN {whole} THEN CAST(CAST({x} AS BIGINT) AS VARCHAR) ELSE upper(CAST({x} AS VARCHAR)) END"
        return x if self.type == read_as else f"CAST({x} AS {read_as})"

    @property
    def unsupported(self) -> str:
        """Why its values are no cells of a table; blank where they are."""
        if self.type == "TIMESTAMP WITH TIME ZONE":
            return tr("the column has a time zone, which can move a date by one day; write local time without a zone")
        if self.type.startswith(NOT_A_CELL) or self.type.endswith("]"):
            return tr("the column holds {type}, not single values; write text, numbers or dates", type=self.type.split("(")[0])
        return ""


def scan(path: Path) -> str:
    """The SQL relation of the file's rows, `file_row_number` (from 0) among its columns."""
    return f"read_parquet({literal(path.as_posix())}, file_row_number = true, binary_as_string = true, hive_partitioning = false)"


def parquet_columns(path: Path) -> list[ParquetColumn]:
    """The columns of the file in order. Raises `Unreadable`."""
    try:
        with duckdb.connect() as con:
            given = con.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {scan(path)}").fetchall()
            nodes = con.execute(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({literal(path.as_posix())})").fetchall()
    except duckdb.Error as fault:
        says = tr("the Parquet file cannot be read; write it again")
        raise Unreadable("unreadable_file", says) from fault
    labels, inside = [], 0
    for label, children in nodes[1:]:
        if inside == 0:
            labels.append(label)
        inside = max(0, inside - 1) + children
    return [ParquetColumn(label, name, kind) for label, (name, kind, *_) in zip(labels, given, strict=True)]
