"""Engines make the tallies of a run and answer queries over them: inside this process (DuckDB), or on Spark.

    duckdb                       inside the process: the default
    local[2], spark://local[2]   Spark on this machine, with two threads
    spark://host:7077, yarn, k8s://…   a cluster that reads the data and the output folder under the same paths as this machine

Everything after the screen asks for rows by SQL, so an engine is what answers SQL; the rows are the same whichever answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from postloan.data.screen import Clean
from postloan.errors import BadCommand
from postloan.figures.tally import make_tallies, to_make
from postloan.file import extension
from postloan.language import tr

DUCKDB = "duckdb"
_LOCAL = re.compile(r"(?:spark://)?(local(?:\[(?:\d+|\*)\])?)")
_CLUSTER = re.compile(r"spark://\S+:\d+|yarn|k8s://\S+")


class Engine(Protocol):
    """An engine at work for one run."""

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The run's database, its schema in use: tables of the package and what was asked are read there."""

    @property
    def refusals(self) -> tuple[type[Exception], ...]:
        """The errors by which it refuses SQL."""

    def make(self, tables: frozenset[str], wanted: Counter[str], kept: frozenset[str]) -> frozenset[str]:
        """Make the tallies wanted, as `tally.make_tallies` does, and those `kept`; returns the names of those made because they are wanted.

        Those `kept` can be read in the schema in use when the engine is gone.
        """

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        """The rows of a query, in DuckDB's words, over tallies made and whatever these may read."""


@dataclass(frozen=True)
class Tallied:
    """The tallies of one period that were made: their `names`, and the input tables and themes that they rest on."""

    engine: Engine
    names: frozenset[str]
    tables: frozenset[str]
    themes: frozenset[str]


@dataclass(frozen=True)
class InProcess:
    """DuckDB: what is made is in the schema in use from the first."""

    con: duckdb.DuckDBPyConnection
    refusals = (duckdb.Error,)

    def make(self, tables: frozenset[str], wanted: Counter[str], kept: frozenset[str]) -> frozenset[str]:
        make_tallies(self.con, tables, wanted + Counter(kept))
        return frozenset(tally.name for tally in to_make(tables, wanted))

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self.con.execute(sql)


@dataclass(frozen=True)
class EngineChoice:
    """Which engine a run asked for: the address of Spark's master, blank for DuckDB, and the folder that a cluster shares with us."""

    master: str = ""
    shared: Path | None = None

    @staticmethod
    def of(engine: str, out: str | Path = "") -> EngineChoice:
        """The choice that `engine` names. Raises `BadCommand` where it names none, or a cluster shares no folder with us."""
        if engine in ("", DUCKDB):
            return IN_PROCESS
        if local := _LOCAL.fullmatch(engine):
            return EngineChoice(local[1])
        if not _CLUSTER.fullmatch(engine):
            raise BadCommand(tr("unknown engine '{engine}'", engine=engine), do="duckdb, local[2], spark://HOST:PORT, yarn, k8s://…")
        if not str(out):
            raise BadCommand(tr("a cluster needs an output folder that all its machines see"), engine, "--out")
        return EngineChoice(engine, Path(out).resolve())

    @contextmanager
    def open(self, clean: Clean) -> Iterator[Engine]:
        """The engine, over the clean tables and the schema in use."""
        if not self.master:
            yield InProcess(clean.con)
            return
        with extension("engines", "spark").open_spark(self.master, self.shared, clean) as engine:
            yield engine

    def end(self) -> None:
        """Lets go of what an engine leaves running, once all books are made."""
        if self.master:
            extension("engines", "spark").end_java()


IN_PROCESS = EngineChoice()
"""DuckDB, inside the process."""
