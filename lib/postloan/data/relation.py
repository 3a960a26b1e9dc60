"""Relations of DuckDB: tables made of Arrow, and rows as mappings."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa


def lay_down_table(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, columns: str = "*") -> None:
    """Make the table `name` of `rows`, or of SQL expressions over their columns, in the schema in use; one that was there is replaced."""
    con.register("rows_given", rows)
    con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM rows_given")
    con.unregister("rows_given")


def mappings(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the rows of a query just executed, each by the names of its columns."""
    header = [column[0] for column in found.description]
    return [dict(zip(header, row, strict=True)) for row in found.fetchall()]
