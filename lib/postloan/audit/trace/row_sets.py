"""Row sets: the rows of the package behind terms, as keys. There is one set per line of lineage and period, for all its figures.

They stay in the database (schema `trace`) until somebody lists them. A set lies there ordered by unit, customer and row, so that the rows of
the bank, of one unit and of one customer are each one run of it: a range. Managers hold customers of any unit: where they are asked
for, a set ordered by manager is made too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from postloan.audit.trace.lineage import Lineage
from postloan.data.schema import all_tables
from postloan.figures.aggregate import BANK, Subject
from postloan.figures.book import Book, in_schema
from postloan.figures.finding import Finding
from postloan.figures.measure import Number
from postloan.figures.tally import make_tallies
from postloan.numbers import exact

FINDINGS = "findings"
"""The name used with the period in place of a table's for sets of findings, numbered from 1 in the order of the book."""
BATCH = 10_000


class RowSpan(NamedTuple):
    """A run of rows of a set: the position of its first from 1, and how many."""

    start: int
    count: int


@dataclass(frozen=True)
class RowSetRequest:
    """The request for a set: the rows of a line of lineage, or without line the findings at `positions`, of a period."""

    period: str
    line: Lineage | None = None
    by_manager: bool = False
    positions: tuple[int, ...] = ()

    @property
    def same(self) -> tuple[object, ...]:
        """The common key of two requests for the same rows."""
        return (self.period, self.line and (self.line.table, self.line.rows), self.by_manager, self.positions)

    @property
    def table(self) -> str:
        return self.line.table if self.line else f"{FINDINGS} {self.period}"


@dataclass(frozen=True)
class RowSet:
    """A set. `spans`: the spans of subjects in it."""

    number: int
    wanted: RowSetRequest
    rows: int
    spans: dict[Subject, RowSpan] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"R{self.number:03d}"

    def span(self, subject: Subject) -> RowSpan:
        """The run of one subject, empty where nothing of it is in the set."""
        return self.spans.get(subject, RowSpan(1, 0))


@dataclass
class RowSets:
    """The sets of one trace, in one database. `books`: the books by period."""

    books: Mapping[str, Book]
    made: dict[tuple[object, ...], RowSet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.con.execute("DROP SCHEMA IF EXISTS trace CASCADE; CREATE SCHEMA trace")
        self.con.execute(
            "CREATE TABLE trace.row_set (set_no INTEGER, position BIGINT, row_no BIGINT, owner VARCHAR, customer_id VARCHAR);"
            "CREATE TABLE trace.named (set_no INTEGER, name VARCHAR, period VARCHAR, table_name VARCHAR)"
        )

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return next(iter(self.books.values())).clean.con

    def sets(self) -> list[RowSet]:
        """Return the sets in the order of their numbers."""
        return list({made.number: made for made in self.made.values()}.values())

    def make(self, wanted: RowSetRequest, subjects: set[Subject]) -> RowSet | None:
        """Return the set of the rows of any of `subjects`; None if a tally for it cannot be made.

        A second call for the same rows must have the same subjects: it returns the first result.
        """
        if wanted.same not in self.made:
            number = len(self.sets()) + 1
            if not (self._insert_rows(number, wanted, subjects) if wanted.line else self._insert_findings(number, wanted)):
                return None
            rows = self.con.execute("SELECT count(*) FROM trace.row_set WHERE set_no = ?", [number]).fetchall()[0][0]
            made = self._equal(number, wanted, rows) or self._new(number, wanted, rows)
            made.spans.update(self._spans(made, wanted, subjects))
            self.made[wanted.same] = made
        return self.made[wanted.same]

    def _new(self, number: int, wanted: RowSetRequest, rows: int) -> RowSet:
        made = RowSet(number, wanted, rows)
        self.con.execute("INSERT INTO trace.named VALUES (?, ?, ?, ?)", [number, made.name, wanted.period, wanted.table])
        return made

    def _equal(self, number: int, wanted: RowSetRequest, rows: int) -> RowSet | None:
        """Return an equal set: the same rows of the same table in the same order. The new one is deleted then."""
        for made in self.sets():
            if (made.rows, made.wanted.table, made.wanted.by_manager) == (rows, wanted.table, wanted.by_manager):
                same = f"""SELECT count(*) FROM trace.row_set AS a JOIN trace.row_set AS b ON a.set_no = {made.number} AND b.set_no = {number}
                    AND b.position = a.position AND b.row_no = a.row_no AND b.owner IS NOT DISTINCT FROM a.owner"""
                if self.con.execute(same).fetchall()[0][0] == rows:
                    self.con.execute(f"DELETE FROM trace.row_set WHERE set_no = {number}")
                    return made
        return None

    def _insert_rows(self, number: int, wanted: RowSetRequest, subjects: set[Subject]) -> bool:
        book, line = self.books[wanted.period], wanted.line
        assert line is not None
        key = all_tables()[line.table].key
        on = " AND ".join(f"t.{name} IS NOT DISTINCT FROM r.{name}" for name in key)
        with in_schema(book.clean.con, book.schema) as con:
            rows = rows_by_owner(con, book, line, wanted.by_manager)
            if not rows:
                return False
            con.execute(
                f"""INSERT INTO trace.row_set
                SELECT {number}, row_number() OVER (ORDER BY owner, customer_id, _row), _row, owner, customer_id
                FROM (SELECT DISTINCT t._row, r.owner, r.customer_id FROM ({rows}) AS r JOIN main.{line.table} AS t ON {on})
                WHERE {_only(subjects)}""",
                _given(subjects),
            )
        return True

    def _insert_findings(self, number: int, wanted: RowSetRequest) -> bool:
        found = self.books[wanted.period].findings_made
        held = [(position, found[position - 1]) for position in wanted.positions]
        columns = {
            "set_no": pa.array([number] * len(held), pa.int32()),
            "position": pa.array(range(1, len(held) + 1), pa.int64()),
            "row_no": pa.array([position for position, _ in held], pa.int64()),
            "owner": pa.array([finding.unit_id for _, finding in held], pa.string()),
            "customer_id": pa.array([finding.customer_id for _, finding in held], pa.string()),
        }
        self.con.register("trace_findings", pa.table(columns))
        self.con.execute("INSERT INTO trace.row_set SELECT * FROM trace_findings")
        self.con.unregister("trace_findings")
        return True

    def _spans(self, made: RowSet, wanted: RowSetRequest, subjects: set[Subject]) -> Iterator[tuple[Subject, RowSpan]]:
        """The runs of the subjects asked for; of findings that of the bank only, since each subject's have a set of their own."""
        yield BANK, RowSpan(1, made.rows)
        for column, grain in (("owner", "manager" if wanted.by_manager else "unit"), ("customer_id", "customer")):
            asked = {subject for of, subject in subjects if of == grain}
            if asked and wanted.line:
                runs = f"SELECT {column}, min(position), count(*) FROM trace.row_set WHERE set_no = {made.number} GROUP BY ALL"
                found = self.con.execute(runs).fetchall()
                yield from (((grain, name), RowSpan(start, count)) for name, start, count in found if name in asked)

    def aggregates(self, wanted: RowSetRequest, subjects: set[Subject]) -> dict[Subject, Number]:
        """Return the aggregate over the rows of the set by subject, zeros left out; it is the term for rows behind it."""
        book, line = self.books[wanted.period], wanted.line
        if line is None or not line.aggregate:
            return {}
        with in_schema(book.clean.con, book.schema) as con:
            rows = rows_by_owner(con, book, line, wanted.by_manager)
            by_customer = any(grain == "customer" for grain, _ in subjects)
            return {of: value for of, value in _aggregated(con, rows, line, wanted, by_customer) if of in subjects} if rows else {}

    def keys(self, made: RowSet, names: Iterable[str], start: int = 1, most: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a set of table rows in order: position, sender's row, owner, customer, and the fields `names`."""
        fields = "".join(f", t.{name}" for name in names)
        read = self.con.cursor().execute(
            f"""SELECT s.position, s.row_no, s.owner, s.customer_id{fields} FROM trace.row_set AS s JOIN main.{made.wanted.table} AS t
            ON t._row = s.row_no WHERE s.set_no = {made.number} AND s.position >= {start} ORDER BY s.position{"" if most is None else f" LIMIT {most}"}"""
        )
        while batch := read.fetchmany(BATCH):
            yield from batch

    def key_rows(self, made: RowSet, start: int = 1, most: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the keys of a set from `start` on as texts by field; for table rows with the sender's row."""
        if made.wanted.line is None:
            held = self.findings(made)[start - 1 : None if most is None else start - 1 + most]
            yield from ({"index_no": finding.index_no} for _, finding in held)
        else:
            key = all_tables()[made.wanted.table].key
            for _, row, _, _, *values in self.keys(made, key, start, most):
                yield {"row": row, **{name: exact(value) for name, value in zip(key, values, strict=True)}}

    def findings(self, made: RowSet) -> list[tuple[int, Finding]]:
        """Return the findings of a set of findings, with their positions in the book."""
        found = self.books[made.wanted.period].findings_made
        return [(position, found[position - 1]) for position in made.wanted.positions]


def rows_by_owner(con: duckdb.DuckDBPyConnection, book: Book, line: Lineage, by_manager: bool = False) -> str:
    """Return SQL of the rows of a line with `owner` (unit, or manager) and `customer_id`, in the book's schema; blank if impossible."""
    needed = line.tallies() | ({"customer_holder"} if by_manager else set())
    if "report_unread" in line.rows and "required_section" not in book.tallies:
        return ""
    if not needed <= make_tallies(con, book.tables, Counter(needed)):
        return ""
    columns = {row[0] for row in con.execute(f"DESCRIBE {line.relation}").fetchall()}
    if by_manager and "customer_id" not in columns:
        return ""
    if by_manager:
        rows = f"SELECT {line.relation}.* FROM {line.rows}"
        return f"SELECT r.*, h.staff_id AS owner FROM ({rows}) AS r JOIN customer_holder AS h ON h.customer_id = r.customer_id"
    customer = "" if "customer_id" in columns else ", CAST(NULL AS VARCHAR) AS customer_id"
    return f"SELECT {line.relation}.*, {line.relation}.unit_id AS owner{customer} FROM {line.rows}"


def _aggregated(
    con: duckdb.DuckDBPyConnection, rows: str, line: Lineage, wanted: RowSetRequest, by_customer: bool
) -> Iterator[tuple[Subject, Number]]:
    grain = "manager" if wanted.by_manager else "unit"
    found = con.execute(f"SELECT grouping(owner), owner, {line.aggregate} FROM ({rows}) GROUP BY GROUPING SETS ((), (owner))").fetchall()
    yield from ((BANK if whole else (grain, owner), value) for whole, owner, value in found if value is not None)
    if by_customer:
        found = con.execute(f"SELECT customer_id, {line.aggregate} FROM ({rows}) GROUP BY ALL").fetchall()
        yield from ((("customer", customer), value) for customer, value in found if value is not None)


def _only(subjects: set[Subject]) -> str:
    """Return the condition for a row of one of the subjects: the bank has every row."""
    return "TRUE" if BANK in subjects else "owner IN (SELECT unnest($owners)) OR customer_id IN (SELECT unnest($customers))"


def _given(subjects: set[Subject]) -> dict[str, list[str]] | None:
    if BANK in subjects:
        return None
    of = {grain: sorted(subject for g, subject in subjects if g == grain) for grain in ("unit", "manager", "customer")}
    return {"owners": [*of["unit"], *of["manager"]], "customers": of["customer"]}
