"""Tallies on Spark: the same SQL, carried over by sqlglot, over the same clean tables, with equal rows.

Tables and rows go both ways as Parquet: the executors read and write files and need nothing of ours, not even Python. A table whose
Parquet file is clean as it lies stays there; the others are written out, in the columns that tallies read. What a query answers is
written by the executors and read from there, so that nothing large goes through the driver's memory.

Not carried over, but made equal by settings (`SETTINGS`), and by a rule for SQL files: rounding belongs where a table is made, since
engines round a DOUBLE differently.
"""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import duckdb

from postloan.data.intake.fast import literal
from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.errors import BadCommand, CannotTally
from postloan.figures.tally import all_tallies, to_make
from postloan.language import tr

try:
    import sqlglot
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.errors import AnalysisException, PySparkException
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.functions import col, lit
    from sqlglot import exp
except ModuleNotFoundError as fault:
    raise BadCommand(tr("Spark is not installed"), fault.name or "", "pip install 'postloan[spark]'") from fault

SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # overflow and a bad cast are errors, as in DuckDB, not NULL
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",  # a product too long for 38 digits is an error, never rounded
    "spark.sql.session.timeZone": "UTC",  # the bank's times have no zone: none may be put on them
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.binaryAsString": "true",  # as intake reads files written without the mark of text
}
"""What makes Spark compute as DuckDB does."""
TYPES = {
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "DECIMAL(18,2)": "decimal(18,2)",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
}
"""Spark's name of each type of a clean table."""
QUIET: dict[str, bool | float | int | str | None] = {
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
LOCAL = {"spark.driver.host": "127.0.0.1", "spark.sql.shuffle.partitions": "8"}
"""On one machine: no name of it is looked up, and no 200 parts are made for two threads."""
PREFIX = ".tallies-"


@contextmanager
def open_spark(master: str, shared: Path | None, clean: Clean) -> Iterator[Spark]:
    """The engine at `master`, its files in a folder below `shared` (where None, the system's for such) that goes when it is closed.

    A session that is there already is used and stays; one that was started for this is stopped. Raises `BadCommand`.
    """
    found = SparkSession.getActiveSession()
    session = found or _start(master)
    if shared:
        shared.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=shared, ignore_cleanup_errors=True) as folder:
            yield Spark(clean, session.newSession(), Path(folder))
    except (PySparkException, Py4JError) as fault:
        where = tr("every machine of the cluster must read the data and {folder} under these paths", folder=shared) if shared else ""
        raise CannotTally(tr("Spark gave up: {what}", what=_first_line(fault)), master, where) from fault
    finally:
        if not found:
            session.stop()


def _start(master: str) -> SparkSession:
    settings = QUIET | (LOCAL if master.startswith("local") else {})
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="PySpark does not yet", category=FutureWarning)  # of pandas, which is not used here
            return SparkSession.builder.master(master).appName("postloan").config(map=settings).getOrCreate()
    except Exception as fault:  # what py4j and the JVM raise has no base of its own
        raise BadCommand(
            tr("Spark does not start: {what}", what=_first_line(fault)), master, tr("it needs Java 17 or later; see the docs")
        ) from fault


def end_java() -> None:
    """End the JVM that a stopped session leaves running, with a gigabyte in it, as long as this process lives; not one in use."""
    gateway = SparkContext._gateway
    if gateway is None or SparkContext._active_spark_context is not None or not hasattr(gateway, "proc"):
        return
    gateway.shutdown()
    gateway.proc.stdin.close()  # the sign by which it knows that it is wanted no more
    gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None  # pyspark has no word for this; it starts another when asked


def _first_line(fault: Exception) -> str:
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__)


class Spark:
    """An `engine.Engine`: the tallies of one run as views of a session of their own, those read often as Parquet in `folder`."""

    refusals = (AnalysisException, sqlglot.errors.SqlglotError)

    def __init__(self, clean: Clean, session: SparkSession, folder: Path) -> None:
        self.clean, self.con, self.session, self.folder = clean, clean.con, session, folder
        self.known: set[str] = set()
        self.numbers = count()
        for key, value in SETTINGS.items():
            session.conf.set(key, value)

    def make(self, tables: frozenset[str], wanted: Counter[str], kept: frozenset[str]) -> frozenset[str]:
        made = to_make(tables, wanted + Counter(kept))
        for tally, often in made.items():
            if tally.name in self.known:
                continue
            rows = self._rows_of(tally.sql)
            if often or tally.name in kept:
                path = self._write(rows, tally.name)
                rows = self.session.read.schema(rows.schema).parquet(str(path))
            if tally.name in kept:
                self.con.execute(f"CREATE TABLE {tally.name} AS SELECT * FROM {_files(path)}")
            self._call(rows, tally.name)
        return frozenset(tally.name for tally in to_make(tables, wanted))

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self.con.execute(f"SELECT * FROM {_files(self._write(self._rows_of(sql), f'answer_{next(self.numbers)}'))}")

    def _rows_of(self, sql: str) -> DataFrame:
        """The rows of a query in DuckDB's words; what it reads and Spark does not know yet is handed over first."""
        tree = sqlglot.parse_one(sql, read="duckdb")
        own = {part.alias for part in tree.find_all(exp.CTE)}
        for table in {table.name for table in tree.find_all(exp.Table)} - own - self.known:
            self._call(self._handed_over(table), table)
        return self.session.sql(tree.sql(dialect="spark", comments=False, unsupported_level=sqlglot.ErrorLevel.RAISE))

    def _call(self, rows: DataFrame, table: str) -> None:
        rows.createOrReplaceTempView(table)
        self.known.add(table)

    def _handed_over(self, table: str) -> DataFrame:
        """A table of the package or of the schema in use."""
        wanted = [n for n in all_tables()[table].fields if n in columns_read()] if table in self.clean.tables else ["*"]
        there = self.clean.in_place.get(table)
        if there and there.columns.keys() >= set(wanted):
            return self.session.read.parquet(str(there.file)).select(*(_cell(table, n, there.columns[n]) for n in wanted))
        path = self.folder / f"{table}.parquet"
        self.con.execute(f"COPY (SELECT {', '.join(wanted)} FROM {table}) TO {literal(path.as_posix())} (FORMAT parquet)")
        return self.session.read.parquet(str(path))

    def _write(self, rows: DataFrame, called: str) -> Path:
        path = self.folder / called
        rows.write.parquet(str(path))
        return path


def _cell(table: str, field: str, column: str | None) -> Column:
    """A field of a table, from the column of the file that holds it; nothing where the sender left it out."""
    kind = TYPES[all_tables()[table].fields[field].sql_type]
    found = lit(None) if column is None else col("`" + column.replace("`", "``") + "`")
    return found.cast(kind).alias(field)


def _files(folder: Path) -> str:
    """The relation of rows that Spark wrote, in DuckDB's words."""
    return f"read_parquet({literal(folder.as_posix() + '/*.parquet')})"


@cache
def columns_read() -> frozenset[str]:
    """Every name that stands as a column in a tally: no other column of the package leaves its place."""
    trees = (sqlglot.parse_one(tally.sql, read="duckdb") for tally in all_tallies().values())
    return frozenset(column.name for tree in trees for column in tree.find_all(exp.Column))
