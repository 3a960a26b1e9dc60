"""From cells to clean tables: every row of input ends in a clean table or among the problems, all of them in one run."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from postloan.data.intake.fast import name
from postloan.data.intake.source import DataPackage
from postloan.data.schema import all_tables
from postloan.data.screen import cell_checks, row_checks
from postloan.data.screen.table import LEFT_OUT, SCHEMA, InPlace, ScreenedTable
from postloan.data.screen.unit_checks import unit_suspects
from postloan.data.screen.unread import Unread, list_unread
from postloan.problem import STOP, Problem

FEW_ROWS = 200_000
"""A package with fewer rows in all its tables is computed by one thread."""
VERY_FEW_ROWS = 20_000
"""A package with fewer is computed as its SQL is written: to think of a better way takes a quarter of the time."""
MEMORY = "700MB"
"""The memory DuckDB may use before it spills to disk."""


@dataclass(frozen=True)
class Clean:
    """The clean tables, in `con`, one relation per table of `tables` named as in the contract.

    Each holds every field of the contract (NULL where the sender has no such column) typed as `FieldSpec.sql_type`, and
    `_row`, the sender's row number. `rows` counts them; `problems` are ordered file, sheet, row, column; `inputs` are the
    SHA-256 of the files read; `folder` is the package itself, where report files are; `places` file and sheet of each table. `in_place`
    are the tables whose Parquet file holds just the clean rows, with the columns that are clean as they lie; `unread` says about whom
    rows or cells were lost; `lost_days` are days of which too much balance was lost to compare with them.
    """

    con: duckdb.DuckDBPyConnection
    tables: frozenset[str]
    problems: list[Problem]
    rows: dict[str, int]
    inputs: dict[str, str]
    folder: Path
    _spill: tempfile.TemporaryDirectory | None = field(default=None, repr=False)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    in_place: dict[str, InPlace] = field(default_factory=dict)
    unread: frozenset[Unread] = frozenset()
    lost_days: frozenset[date] = frozenset()

    @property
    def stops(self) -> bool:
        """True where a problem ends the run."""
        return any(problem.consequence == STOP for problem in self.problems)


def screen(package: DataPackage, con: duckdb.DuckDBPyConnection | None = None) -> Clean:
    """Type, check and clean the tables of `package`, in `con` or a database in memory of its own.

    The order is file, header, cell, row, key, reference, row check; a fault hides the faults that follow from it.
    """
    spill = None
    if con is None:
        spill = tempfile.TemporaryDirectory(prefix="postloan-", ignore_cleanup_errors=True)
        con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": spill.name})
        with suppress(duckdb.InvalidInputException):  # in Jupyter without ipywidgets it can neither draw one nor be told not to
            con.execute("SET enable_progress_bar = false")  # DuckDB draws one where it thinks a person is looking
        rows_sent = sum(source.rows for source in package.sources.values())
        if rows_sent < FEW_ROWS:
            con.execute("SET threads = 1")  # threads that wait for each other cost more than they do
        if rows_sent < VERY_FEW_ROWS:
            con.execute("PRAGMA disable_optimizer")
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    problems, every = list(package.problems), {n: spec.title for n, spec in all_tables().items()}
    found = package.sources.keys() | package.unusable
    rows: dict[str, int] = {}
    in_place: dict[str, InPlace] = {}
    titles: dict[str, str] = {}
    screened: dict[str, ScreenedTable] = {}
    places: dict[tuple[str, str, str], int] = {}
    for table_name, spec in all_tables().items():
        if source := package.sources.get(table_name):
            table = screened[table_name] = ScreenedTable(con, spec.counted_in(source.units), source)
            _find_faults(table, titles)
            titles[table_name] = spec.title
            rows[table_name] = _create_clean(table)
            if rows[table_name] == table.proof.rows and (file := table.as_it_lies()):
                in_place[table_name] = file
            problems += _problems(table) + row_checks.references_unchecked(table, found, every)
            places |= {(source.file, source.sheet, n): i for n, i in source.columns.items()}
    problems = _once(problems, "zeros_eaten") + unit_suspects(con, screened)
    problems.sort(key=lambda p: (p.file, p.sheet, p.row or 0, places.get((p.file, p.sheet, p.field), -1)))
    sources = {table_name: (source.file, source.sheet) for table_name, source in package.sources.items() if table_name in rows}
    return Clean(
        con, frozenset(rows), problems, rows, dict(package.inputs), package.data, spill, sources, in_place, list_unread(con, screened)
    )


def _once(problems: list[Problem], check: str) -> list[Problem]:
    """Return the problems with those of one check told once a sentence."""
    told = {p.says: p for p in reversed(problems) if p.check == check}
    return [p for p in problems if p.check != check or p is told[p.says]]


def _find_faults(table: ScreenedTable, titles: dict[str, str]) -> None:
    table.prove(titles)
    cell_checks.list_wrong_cells(table)
    cell_checks.read_odd_cells(table)
    table.create_typed()
    cell_checks.list_blank_cells(table)
    cell_checks.name_rows_that_are_none(table)
    row_checks.list_repeated_keys(table)
    row_checks.list_dangling_references(table, titles)
    row_checks.list_broken_rows(table)


def _create_clean(table: ScreenedTable) -> int:
    """Put the clean table into the schema `main`; returns its rows."""
    out = f"SELECT count(DISTINCT _row) FROM {table.faults} WHERE consequence IN {LEFT_OUT}"
    left_out = table.con.execute(out).fetchall()[0][0]
    fields = ", ".join(map(name, table.spec.fields))
    origin = table.good if left_out or table.blanked else table.typed
    kind = "VIEW" if table.in_place else "TABLE"
    table.con.execute(f"CREATE OR REPLACE {kind} main.{name(table.spec.name)} AS SELECT {fields}, _row FROM {origin}")
    return table.proof.rows - left_out


def _problems(table: ScreenedTable) -> list[Problem]:
    file, sheet = table.source.file, table.source.sheet
    found = table.con.execute(
        f"""SELECT "check", consequence, _row, field, value, says FROM {table.faults} WHERE consequence <> 'skip'"""
    ).fetchall()
    return [Problem(check, consequence, file, sheet, row, n, value or "", says) for check, consequence, row, n, value, says in found]
