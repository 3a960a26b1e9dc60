"""Rows behind terms: what the heads of the tallies claim is proven on the samples and on random packages.

Behind a term are the rows over which the declared aggregate is the term, and which, taken out of the package, leave a term that is the
aggregate over the rest. A row that is not behind it leaves it as it is. Both are claimed of the table of the line, and of no other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from oracle.packages import make_package
from places import SAMPLES
from postloan.audit.trace.lineage import BEHIND, Lineage, all_lineage, read_lineage
from postloan.audit.trace.row_sets import RowSetRequest, RowSets, rows_by_owner
from postloan.data.schema import all_tables
from postloan.errors import BadMeasure
from postloan.figures.aggregate import BANK, Subject, readers, rules_run, terms_of
from postloan.figures.book import Book, in_schema
from postloan.figures.engine import InProcess, Tallied
from postloan.figures.finding_terms import finding_terms
from postloan.figures.query_parameters import make_parameters
from postloan.figures.tally import make_tallies
from postloan.inspection_reports.tables import ReportTableMaker
from postloan.run import compute, take_in
from rule_examples import every_relation

LINES = [line for lines in all_lineage().values() for line in lines if line.kind == BEHIND]
TABLES = sorted({line.table for line in LINES})
TRIED = ("inspection", "loan_balance", "repayment")
"""The tables of which every test run takes rows out; the others soak."""
PACKAGES = ["seed 21", *(pytest.param(name, marks=pytest.mark.soak) for name in ("branch2014", "tiny", "seed 22"))]


@pytest.fixture(scope="module", params=PACKAGES)
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A book over tables that one can take rows from."""
    folder = SAMPLES / request.param
    if request.param.startswith("seed"):
        folder = tmp_path_factory.mktemp("package")
        make_package(folder, int(request.param.split()[1]), "2014Q2", 40)
    clean = take_in(folder)
    for table in sorted(clean.tables):
        views = "SELECT 1 FROM duckdb_views() WHERE schema_name = 'main' AND view_name = ?"
        if clean.con.execute(views, [table]).fetchall():
            clean.con.execute(
                f"CREATE TABLE kept AS SELECT * FROM main.{table}; DROP VIEW main.{table}; ALTER TABLE kept RENAME TO {table}"
            )
    return compute(clean, "2014Q2")


def terms(book: Book) -> dict[Subject, dict[str, Any]]:
    with in_schema(book.clean.con, book.schema) as con:
        return terms_of(Tallied(InProcess(con), book.tallies, book.tables, book.themes), book.findings_made, book.policy, book.rules_ran)


def terms_anew(book: Book, tables: frozenset[str]) -> dict[Subject, dict[str, Any]]:
    """The terms as a new run counts them; those from findings as if there were none."""
    con = book.clean.con
    con.execute("CREATE SCHEMA anew")
    with in_schema(con, "anew"):
        make_parameters(con, book.period, book.policy, book.calendar)
        tables = ReportTableMaker(con, book.clean, book.policy, book.period).make(tables).tables
        tallies = make_tallies(con, tables, readers(book.themes))
        return terms_of(Tallied(InProcess(con), tallies, tables, book.themes), [], book.policy, rules_run(tables, book.themes).values())


def behind(book: Book, line: Lineage) -> dict[int, tuple[str, str | None]]:
    """The sender's rows of the set, with unit and customer."""
    sets = RowSets({book.period.name: book})
    made = sets.make(RowSetRequest(book.period.name, line), {BANK})
    return {} if made is None else {row: (owner, customer) for _, row, owner, customer in sets.keys(made, [])}


def without(book: Book, line: Lineage, row: int) -> dict[Subject, Any]:
    """The aggregate over the rows of the line that are left without one row of its table, by subject, before anything is taken away."""
    key = ", ".join(all_tables()[line.table].key)
    with in_schema(book.clean.con, book.schema) as con:
        rows = rows_by_owner(con, book, line)
        if not rows:
            return {}
        left = f"SELECT * FROM ({rows}) WHERE ({key}) NOT IN (SELECT ({key}) FROM main.{line.table} WHERE _row = {row})"
        found = con.execute(
            f"SELECT grouping(owner), owner, {line.aggregate} FROM ({left}) GROUP BY GROUPING SETS ((), (owner))"
        ).fetchall()
    return {BANK if whole else ("unit", owner): value or 0 for whole, owner, value in found}


@contextmanager
def taken_out(book: Book, table: str, row: int) -> Iterator[dict[Subject, dict[str, Any]]]:
    """The terms of the package without one row and whatever refers to it, as screening leaves it; afterwards all is as it was."""
    con = book.clean.con
    con.execute("BEGIN")
    try:
        con.execute(f"DELETE FROM main.{table} WHERE _row = {row}")
        for name, spec in all_tables().items():
            for field in spec.fields.values():
                target, _, key = field.refers.partition(".")
                if target and name in book.clean.tables and target in book.clean.tables:
                    con.execute(f"DELETE FROM main.{name} WHERE {field.name} NOT IN (SELECT {key} FROM main.{target})")
        yield terms_anew(book, book.tables if table == "inspection" else book.tables - {"report_section"})
    finally:
        con.execute("ROLLBACK")


def test_every_term_has_rows_behind_it_or_rows_to_look_at_unless_it_comes_from_findings() -> None:
    assert {name for name, lines in all_lineage().items() if not lines} <= set(finding_terms())


def test_the_aggregate_over_the_rows_behind_a_term_is_the_term_of_every_subject(book: Book) -> None:
    sums = terms(book)
    sets = RowSets({book.period.name: book})
    shown = 0
    for line in LINES:
        for by_manager in (False, True):
            subjects = {s for s in sums if (s[0] == "manager") == by_manager}
            found = sets.aggregates(RowSetRequest(book.period.name, line, by_manager), subjects)
            for subject in subjects:
                if line.term in sums[subject] and sums[subject][line.term] is not None:
                    assert found.get(subject, 0) == sums[subject][line.term], (line, subject)
                    shown += bool(found.get(subject))
    assert shown > len(LINES)


def test_a_span_of_a_set_holds_the_rows_of_its_subject_and_no_others(book: Book) -> None:
    sets = RowSets({book.period.name: book})
    units = {s for s in terms(book) if s[0] == "unit"}
    for line in LINES:
        made = sets.make(RowSetRequest(book.period.name, line), {BANK, *units})
        if made is None:
            continue
        owners = [owner for _, _, owner, _ in sets.keys(made, [])]
        assert made.span(BANK).count == len(owners) == made.rows
        for unit in units:
            start, count = made.span(unit)
            assert owners[start - 1 : start - 1 + count] == [unit[1]] * owners.count(unit[1])


@pytest.mark.parametrize("table", [pytest.param(one, marks=() if one in TRIED else pytest.mark.soak) for one in TABLES])
def test_a_row_taken_out_changes_a_term_as_the_rows_behind_it_say_and_no_other_row_does(book: Book, table: str) -> None:
    if table not in book.clean.tables:
        pytest.skip(f"{table} is not in the package")
    lines = [line for line in LINES if line.table == table]
    held = {line: behind(book, line) for line in lines}
    every = sorted(row for (row,) in book.clean.con.execute(f"SELECT _row FROM main.{table}").fetchall())
    chance = random.Random(f"{book.clean.inputs} {table}")
    inside = sorted(set().union(*held.values()))
    outside = sorted(set(every) - set(inside))
    before = terms(book)
    for row in chance.sample(inside, min(3, len(inside))) + chance.sample(outside, min(2, len(outside))):
        expected = {line: without(book, line, row) for line in lines}
        with taken_out(book, table, row) as after:
            pass
        for line in lines:
            for subject in before:
                if subject[0] != "manager" and before[subject].get(line.term) is not None:
                    now = after.get(subject, {}).get(line.term) or 0
                    assert now == expected[line].get(subject, 0), (line, subject, row)
                    assert row in held[line] or now == before[subject][line.term], (line, subject, row)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-- behind loan_balanse: loan_balance · sum(balance) · scope_loan", "did you mean 'loan_balance'"),
        ("-- behind loan_balance: loan_balanse · sum(balance) · scope_loan", "did you mean 'loan_balance'"),
        ("-- behind loan_balance: loan_balance · scope_loan", "have an aggregate"),
        ("-- behind loan_balance: nonsense", "reads"),
    ],
)
def test_a_wrong_line_of_lineage_is_named_with_its_file(text: str, says: str) -> None:
    with pytest.raises(BadMeasure) as fault:
        read_lineage(text, "some.sql")
    assert says in str(fault.value) and "some.sql" in str(fault.value)


def test_the_rows_of_every_line_name_their_unit_and_the_key_of_their_table(tiny: Book) -> None:
    every_relation(tiny)
    con = tiny.clean.con
    con.execute(f"SET search_path = 'every_relation,{tiny.schema},main'")
    try:
        lacking = []
        for line in {line for lines in all_lineage().values() for line in lines}:
            columns = {row[0] for row in con.execute(f"DESCRIBE {line.relation}").fetchall()}
            lacking += [(line.term, line.relation, name) for name in ("unit_id", *all_tables()[line.table].key) if name not in columns]
        assert sorted(lacking) == [], lacking
    finally:
        con.execute("SET search_path = 'main'")
