"""The rows referred to by the rows of row sets, and the rows behind findings.

A loan balance behind a figure refers to its loan, the loan to its customer; references are followed through the tables of the set's
tallies. Behind a finding are the rows with the key of its tally row, and the customer's rows in the lineage of that tally. All of them are
related rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pyarrow as pa

from postloan.audit.trace.lineage import all_lineage
from postloan.audit.trace.row_sets import FINDINGS, RowSet, RowSets
from postloan.data.schema import TableSpec, all_tables
from postloan.figures.book import Book, in_schema
from postloan.figures.finding import Finding
from postloan.figures.rule import Rule
from postloan.figures.tally import all_terms, make_tallies

REFERENCE = "trace.reference"
"""One row for each set and row it refers to: table_name, set_no, row_no."""
LISTED = "trace.listed"
"""One row for each row of a table in any set or referred to by one: table_name, row_no, its place from 1 in the table's list, the names
of the sets with the row (`held`) and of the sets that refer to it (`led`)."""


def follow(sets: RowSets) -> None:
    """Make `trace.reference` from all sets. Call it once, after the last set."""
    sets.con.execute(f"CREATE OR REPLACE TABLE {REFERENCE} (table_name VARCHAR, set_no INTEGER, row_no BIGINT)")
    sets.con.execute("CREATE OR REPLACE TABLE trace.looked_at (period VARCHAR, finding BIGINT, table_name VARCHAR, row_no BIGINT)")
    for period, book in sets.books.items():
        wanted = {p for made in sets.sets() if made.wanted.period == period for p in made.wanted.positions}
        _look(sets, book, [(position, book.findings_made[position - 1]) for position in sorted(wanted)])
    sets.con.execute(
        f"""INSERT INTO {REFERENCE} SELECT DISTINCT l.table_name, s.set_no, l.row_no FROM trace.row_set AS s
        JOIN trace.named AS n ON n.set_no = s.set_no AND n.table_name = '{FINDINGS} ' || n.period
        JOIN trace.looked_at AS l ON l.period = n.period AND l.finding = s.row_no"""
    )
    for spec in reversed(all_tables().values()):
        for name, target, key in _arrows(spec, sets):
            through = [made.number for made in sets.sets() if target in _tables(sets, made)]
            sets.con.execute(
                f"""INSERT INTO {REFERENCE} SELECT DISTINCT '{target}', s.set_no, t._row FROM (
                    SELECT s.set_no, s.row_no FROM trace.row_set AS s JOIN trace.named AS n ON n.set_no = s.set_no AND n.table_name = '{spec.name}'
                    UNION SELECT set_no, row_no FROM {REFERENCE} WHERE table_name = '{spec.name}') AS s
                JOIN main.{spec.name} AS o ON o._row = s.row_no JOIN main.{target} AS t ON t.{key} = o.{name}
                WHERE s.set_no IN (SELECT unnest(?))""",
                [through],
            )


def list_rows(sets: RowSets) -> dict[str, int]:
    """Make `trace.listed`. Returns the number of rows of each table."""
    follow(sets)
    sets.con.execute(
        f"""CREATE OR REPLACE TABLE {LISTED} AS
        SELECT table_name, row_no, row_number() OVER (PARTITION BY table_name ORDER BY row_no) AS place,
            string_agg(name, '、' ORDER BY set_no) FILTER (WHERE holds) AS held,
            string_agg(name, '、' ORDER BY set_no) FILTER (WHERE NOT holds) AS led
        FROM (SELECT n.table_name, s.row_no, s.set_no, n.name, TRUE AS holds FROM trace.row_set AS s JOIN trace.named AS n ON n.set_no = s.set_no
            UNION SELECT r.table_name, r.row_no, r.set_no, n.name, FALSE FROM {REFERENCE} AS r JOIN trace.named AS n ON n.set_no = r.set_no)
        GROUP BY table_name, row_no"""
    )
    return dict(sets.con.execute(f"SELECT table_name, count(*) FROM {LISTED} GROUP BY ALL ORDER BY ALL").fetchall())


def _arrows(spec: TableSpec, sets: RowSets) -> Iterator[tuple[str, str, str]]:
    """Yield the fields of a table that refer to another table in the package, with the other's name and key."""
    there = next(iter(sets.books.values())).clean.tables
    for name, field in spec.fields.items():
        target, _, key = field.refers.partition(".")
        if target and target != spec.name and {spec.name, target} <= there:
            yield name, target, key


def _tables(sets: RowSets, made: RowSet) -> frozenset[str]:
    """Return the tables to follow for the rows of a set."""
    if made.wanted.line:
        return made.wanted.line.tables()
    return frozenset().union(*(finding.rule.tables() for _, finding in sets.findings(made)))


def _look(sets: RowSets, book: Book, findings: list[tuple[int, Finding]]) -> None:
    by_rule: dict[Rule, list[tuple[int, Finding]]] = {}
    for position, finding in findings:
        by_rule.setdefault(finding.rule, []).append((position, finding))
    with in_schema(book.clean.con, book.schema):
        for rule, held in by_rule.items():
            for table in sorted(rule.tables() & book.clean.tables):
                if set(all_tables()[table].key) <= held[0][1].row.keys():
                    _look_by_key(sets, book, table, held)
            _look_by_customer(sets, book, rule, held)


def _look_by_key(sets: RowSets, book: Book, table: str, held: list[tuple[int, Finding]]) -> None:
    """Add the rows of `table` with the keys in the findings' tally rows."""
    key = all_tables()[table].key
    _register(sets, held, key)
    on = " AND ".join(f"CAST(t.{name} AS VARCHAR) = f.{name}" for name in key)
    _insert(sets, book, table, f"SELECT f.finding, t._row FROM trace_looking AS f JOIN main.{table} AS t ON {on}")


def _look_by_customer(sets: RowSets, book: Book, rule: Rule, held: list[tuple[int, Finding]]) -> None:
    """Add the rows of the finding's customer among the rows in the lineage of the finding's tally."""
    lines = {line.rows: line for lines in all_lineage().values() for line in lines if _of_tally(rule.over, line.term)}
    if not lines or "customer_id" not in held[0][1].row:
        return
    _register(sets, held, ["customer_id"])
    for rows, line in lines.items():
        needed = line.tallies()
        if needed <= make_tallies(sets.con, book.tables, Counter(needed)):
            key = all_tables()[line.table].key
            on = " AND ".join(f"t.{name} IS NOT DISTINCT FROM r.{name}" for name in key)
            found = f"SELECT {line.relation}.* FROM {rows}"
            join = f"JOIN trace_looking AS f ON f.customer_id = r.customer_id JOIN main.{line.table} AS t ON {on}"
            _insert(sets, book, line.table, f"SELECT f.finding, t._row FROM ({found}) AS r {join}")


def _of_tally(tally: str, term: str) -> bool:
    return term in all_terms() and all_terms()[term].tally == tally


def _register(sets: RowSets, held: list[tuple[int, Finding]], names: Iterable[str]) -> None:
    columns = {name: pa.array([_text(finding.row[name]) for _, finding in held], pa.string()) for name in names}
    sets.con.register("trace_looking", pa.table({"finding": pa.array([position for position, _ in held], pa.int64()), **columns}))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _insert(sets: RowSets, book: Book, table: str, rows: str) -> None:
    sets.con.execute(f"INSERT INTO trace.looked_at SELECT DISTINCT '{book.period.name}', finding, '{table}', _row FROM ({rows})")
