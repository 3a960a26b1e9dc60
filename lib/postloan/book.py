"""The book of one run: everything up to the findings, which notebooks and papers read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from postloan.ask import ask
from postloan.errors import BadFile
from postloan.find import Finding, find, finding_terms
from postloan.intake import open_package
from postloan.language import tr
from postloan.measure import Figures, Number, all_measures, figures
from postloan.numbers import exact
from postloan.period import Period
from postloan.policy import Policy, read_policy
from postloan.problem import STOP, Problem
from postloan.reach import missing_tables, no_balances, reaching
from postloan.rule import all_rules
from postloan.screen import Clean, screen
from postloan.tally import all_tallies, make_tallies
from postloan.workdays import Calendar

Subject = tuple[str, str]
"""Grain and id: ("bank", ""), ("unit", "001")."""
BANK: Subject = ("bank", "")
FEN = Decimal("0.01")

MEASURE_COLUMNS = ["measure", "grain", "subject", "value", "unit", "scope", "as_of"]
FINDING_COLUMNS = [
    "index_no",
    "rule",
    "severity",
    "unit_id",
    "customer_id",
    "subject",
    "words",
    "value",
    "limit",
    "deduction",
    "waived",
    "evidence",
]


@dataclass(frozen=True)
class Book:
    """What one run knows: the figures of the bank and of every unit that has a row, and by measure those of customers in scope."""

    period: Period
    policy: Policy
    calendar: Calendar
    clean: Clean
    tables: frozenset[str]
    figures: dict[Subject, Figures]
    customer_figures: dict[str, dict[str, Decimal | None]]
    findings_made: list[Finding]
    tallies: frozenset[str]
    notes: list[Problem]

    @property
    def problems_found(self) -> list[Problem]:
        """Every problem of the data, and what could not be computed for want of a table."""
        return [*self.clean.problems, *self.notes]

    @property
    def schema(self) -> str:
        """The schema of the database that holds this run's tallies."""
        return _schema(self.period, self.policy)

    def figure(self, measure: str, grain: str = "bank", subject: str = "") -> Decimal | None:
        """One figure, None where it is undefined."""
        if grain == "customer":
            return self.customer_figures.get(measure, {}).get(subject)
        return self.figures.get((grain, subject), {}).get(measure)

    @cached_property
    def before(self) -> Book | None:
        """The book of the quarter before from the same data, None where the data hold no balances for it."""
        return compute_before(self)

    def previous(self, measure: str, grain: str = "bank", subject: str = "") -> Decimal | None:
        """The same figure one quarter earlier, None where it is undefined or the data do not reach back."""
        return self.before.figure(measure, grain, subject) if self.before else None

    @cached_property
    def unit_names(self) -> dict[str, str]:
        """Name of every unit by its id."""
        if "unit" not in self.clean.tables:
            return {}
        return dict(self.clean.con.execute("SELECT unit_id, unit_name FROM unit ORDER BY unit_id").fetchall())

    @property
    def labels(self) -> dict[str, str]:
        """Chinese title of every measure."""
        return {name: measure.title for name, measure in all_measures().items()}

    def units(self) -> list[str]:
        """Ids of the units that have figures, in order."""
        return sorted(
            subject for grain, subject in self.figures if grain == "unit" and "customers_in_scope" in self.figures[grain, subject]
        )

    def rows(self, tally: str, order: str) -> list[dict[str, object]]:
        """The rows of one tally as mappings, ordered by the column `order`; none where the tally could not be made."""
        with in_schema(self.clean.con, self.schema) as con:
            if tally not in make_tallies(con, self.tables, Counter([tally])):
                return []
            found = con.execute(f"SELECT * FROM {tally} ORDER BY {order}")
            header = [column[0] for column in found.description]
            return [dict(zip(header, row, strict=True)) for row in found.fetchall()]

    def measure_rows(self) -> Iterable[tuple[str, ...]]:
        """The rows of `measures.csv`."""
        scope, as_of = self.policy.name, self.period.as_of.isoformat()
        for name, measure in all_measures().items():
            for (grain, subject), made in self.figures.items():
                if name in made:
                    yield name, grain, subject, exact(made[name]), measure.unit, scope, as_of
            for customer, value in self.customer_figures.get(name, {}).items():
                yield name, "customer", customer, exact(value), measure.unit, scope, as_of

    def finding_rows(self) -> Iterable[tuple[str, ...]]:
        """The rows of `findings.csv`."""
        for f in self.findings_made:
            yield (
                *(f.index_no, f.rule.name, f.rule.severity, f.unit_id, f.customer_id, f.subject, f.words, f.value, f.limit),
                *(exact(f.deduction), exact(f.waived), f.evidence),
            )

    @property
    def measures(self) -> pd.DataFrame:
        """`measures.csv` as a table; `value` holds Decimal or None."""
        table = pd.DataFrame(list(self.measure_rows()), columns=MEASURE_COLUMNS, dtype=object)
        table["value"] = [Decimal(text) if text else None for text in table["value"]]
        return table

    @property
    def findings(self) -> pd.DataFrame:
        """`findings.csv` as a table of texts, `deduction` as Decimal, `waived` as truth value."""
        table = pd.DataFrame(list(self.finding_rows()), columns=FINDING_COLUMNS, dtype=object)
        table["deduction"] = [f.deduction for f in self.findings_made]
        table["waived"] = [f.waived for f in self.findings_made]
        return table

    @property
    def problems(self) -> pd.DataFrame:
        """`problems.csv` as a table."""
        return pd.DataFrame(self.problems_found, columns=Problem._fields, dtype=object)


def make_book(data: str | Path, period: str, policy: str = "branch2014", calendar: Path | None = None) -> Book:
    """The whole way from a data folder to findings. Raises `BadFile` where the data stop it."""
    chosen = read_policy(policy)
    clean = screen(open_package(Path(data)))
    return compute(clean, Period.parse(period), chosen, Calendar.load(chosen.calendar, calendar))


def compute(clean: Clean, period: Period, policy: Policy, calendar: Calendar) -> Book:
    """Tally, find and measure over clean tables.

    Without a single balance on the period's last day every figure would look like zero: that stops the run (`BadFile`).
    Deposits without a row on that day count as a table that is not in the package.
    """
    stops = [p for p in clean.problems if p.consequence == STOP]
    if stops:
        raise BadFile(
            tr("{count} problems in the data stop the run", count=len(stops)), do=tr("problems.csv says where; mend the data and run again")
        )
    reach = reaching(clean, period)
    if "loan_balance" in clean.tables - reach:
        raise no_balances(clean, period)
    return _compute(clean, period, policy, calendar, clean.tables if "deposit" in reach else clean.tables - {"deposit"})


def compute_before(book: Book) -> Book | None:
    """The book of the quarter before from the same data; None where the data hold no balances for it.

    A table that does not reach back counts as one that is not in the package: else nothing inspected would be told from nothing
    exported. What is summed over rules is then not comparable, and undefined.
    """
    period = book.period.previous_quarter
    reach = reaching(book.clean, period)
    if "loan_balance" not in reach:
        return None
    before = _compute(book.clean, period, book.policy, book.calendar, reach)
    if _rules_run(before.tables) == _rules_run(book.tables):
        return before
    figures = {subject: {**made, **dict.fromkeys(("findings", "deduction", "score"))} for subject, made in before.figures.items()}
    return replace(before, figures=figures)


def _compute(clean: Clean, period: Period, policy: Policy, calendar: Calendar, tables: frozenset[str]) -> Book:
    schema = _schema(period, policy)
    clean.con.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
    with in_schema(clean.con, schema) as con:
        ask(con, period, policy, calendar)
        tallies = make_tallies(con, tables, _readers())
        findings = find(con, tallies, tables, policy, period)
        made = _figures(con, tallies, tables, findings, policy)
        by_customer = _customer_figures(con, tallies)
    return Book(period, policy, calendar, clean, tables, made, by_customer, findings, tallies, missing_tables(tables, clean, period))


def _rules_run(tables: frozenset[str]) -> set[str]:
    """The rules whose tables are all there."""
    return {name for name, rule in all_rules().items() if rule.tables() <= tables}


def _readers() -> Counter[str]:
    """How often figures and findings read each tally."""
    tally_of = {term: tally.name for tally in all_tallies().values() for term in tally.terms}
    by_customer = {argument for m in all_measures().values() if "customer" in m.grains for argument in m.arguments}
    return Counter([*set(tally_of.values()), *(rule.over for rule in all_rules().values()), *(tally_of[a] for a in by_customer)])


@contextmanager
def in_schema(con: duckdb.DuckDBPyConnection, schema: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, where a plain name means the run's tally or else the package's table."""
    con.execute(f"SET search_path = '{schema},main'")
    try:
        yield con
    finally:
        con.execute("SET search_path = 'main'")


def _schema(period: Period, policy: Policy) -> str:
    return "run_" + "".join(c if c.isalnum() else "_" for c in f"{period}_{policy.name}")


def _figures(
    con: duckdb.DuckDBPyConnection, tallies: frozenset[str], tables: frozenset[str], findings: list[Finding], policy: Policy
) -> dict[Subject, Figures]:
    """The figures of the bank and of every unit that has a row."""
    terms = _summed(con, tallies)
    found = defaultdict(list)
    for finding in findings:
        found[finding.unit_id].append(finding)
    known_units = {row[0] for row in con.execute("SELECT unit_id FROM unit").fetchall()} if "unit" in tables else set()
    made: dict[Subject, Figures] = {BANK: figures({**terms[BANK], **_found(findings, policy, tables)}, "bank")}
    for unit in sorted(known_units | found.keys() | {subject for grain, subject in terms if grain == "unit"}):
        nothing = dict.fromkeys(terms[BANK], 0)
        values = {**nothing, **terms.get(("unit", unit), {}), **_found(found[unit], policy, tables)}
        row = figures(values, "unit")
        if not (values.get("customers_in_scope") or found[unit]):
            row = {name: value for name, value in row.items() if value}
        if row:
            made["unit", unit] = row
    return made


def _found(findings: list[Finding], policy: Policy, tables: frozenset[str]) -> dict[str, Decimal | int]:
    """The terms from findings; those whose rules could not run for want of a table are left out, not zero."""
    ran = _rules_run(tables)
    terms = finding_terms(findings, policy)
    if not any(name.startswith("ab_") for name in ran):
        del terms["customers_with_ab_findings"]
    if "report_not_reviewed" not in ran:
        del terms["reports_with_findings"]
    return terms


def _summed(con: duckdb.DuckDBPyConnection, tallies: frozenset[str]) -> dict[Subject, dict[str, Number | None]]:
    """Every term of every tally made, summed over the bank and over each unit."""
    terms: dict[Subject, dict[str, Number | None]] = defaultdict(dict)
    for tally in (t for n, t in all_tallies().items() if n in tallies and t.terms):
        sums = ", ".join(f"coalesce(sum({term}), 0)" for term in tally.terms)
        sets = f"SELECT grouping(unit_id), unit_id, {sums} FROM {tally.name} GROUP BY GROUPING SETS ((), (unit_id))"
        for is_bank, unit, *values in con.execute(sets).fetchall():
            subject = BANK if is_bank else ("unit", unit)
            terms[subject].update(zip(tally.terms, map(_number, values), strict=True))
    return terms


def _number(value: object) -> Number:
    return value if isinstance(value, Decimal) else int(value)  # type: ignore[call-overload]


def _customer_figures(con: duckdb.DuckDBPyConnection, tallies: frozenset[str]) -> dict[str, dict[str, Decimal | None]]:
    """The measures that also have the grain customer: by measure, the figure of every customer in scope.

    The terms leave the database as whole fen: at hundreds of thousands of customers, that is half the cost of decimals.
    """
    wanted = [m for m in all_measures().values() if "customer" in m.grains]
    tally_of = {term: name for name in sorted(tallies) for term in all_tallies()[name].terms}
    measures = [m for m in wanted if tally_of.keys() >= set(m.arguments)]
    if not measures:
        return {}
    terms = list(dict.fromkeys(argument for m in measures for argument in m.arguments))
    joins = " ".join(f"LEFT JOIN {name} ON {name}.customer_id = s.customer_id" for name in dict.fromkeys(tally_of[t] for t in terms))
    columns = ", ".join(f"CAST({tally_of[term]}.{term} * 100 AS BIGINT) AS {term}" for term in terms)
    found = con.execute(f"SELECT s.customer_id, {columns} FROM customer_in_scope AS s {joins} ORDER BY s.customer_id").fetchnumpy()
    amounts = {term: [None if fen is None else Decimal(fen) * FEN for fen in found[term].tolist()] for term in terms}
    customers = found["customer_id"].tolist()
    return {m.name: dict(zip(customers, m.of_columns([amounts[a] for a in m.arguments]), strict=True)) for m in measures}
