"""The book of one run: everything up to the findings, which notebooks and papers read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from postloan.ask import ask
from postloan.errors import BadFile
from postloan.find import Finding, deduction, find, finding_terms
from postloan.intake import open_package
from postloan.language import tr
from postloan.measure import Figures, Number, all_measures, figures
from postloan.numbers import exact
from postloan.period import Period
from postloan.policy import Policy, read_policy
from postloan.problem import NOTE, STOP, Problem
from postloan.rule import all_rules
from postloan.screen import Clean, screen
from postloan.table import all_tables
from postloan.tally import Tally, all_tallies, make_tallies
from postloan.workdays import Calendar

Subject = tuple[str, str]
"""Grain and id: ("bank", ""), ("unit", "001"), ("customer", "C0001")."""
BANK: Subject = ("bank", "")

MEASURE_COLUMNS = ["measure", "grain", "subject", "value", "unit", "scope", "as_of"]
FINDING_COLUMNS = ["index_no", "rule", "severity", "unit_id", "customer_id", "subject", "words", "value", "limit", "deduction", "waived", "evidence"]


@dataclass(frozen=True)
class Book:
    """What one run knows. `figures` holds the figures of every subject that has a row."""

    period: Period
    policy: Policy
    calendar: Calendar
    clean: Clean
    figures: dict[Subject, Figures]
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
        return self.figures.get((grain, subject), {}).get(measure)

    @cached_property
    def before(self) -> Book | None:
        """The book of the quarter before from the same data, None where the data hold no balances for it."""
        return compute(self.clean, self.period.previous_quarter, self.policy, self.calendar, must_have_balances=False)

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
        return sorted(subject for grain, subject in self.figures if grain == "unit" and "customers_in_scope" in self.figures[grain, subject])

    def rows(self, tally: str, order: str) -> list[dict[str, object]]:
        """The rows of one tally as mappings, ordered by the column `order`; none where the tally could not be made."""
        if tally not in self.tallies:
            return []
        found = self.clean.con.execute(f'SELECT * FROM "{self.schema}".{tally} ORDER BY {order}')
        header = [column[0] for column in found.description]
        return [dict(zip(header, row, strict=True)) for row in found.fetchall()]

    def measure_rows(self) -> Iterable[tuple[str, ...]]:
        """The rows of `measures.csv`."""
        scope, as_of = self.policy.name, self.period.as_of.isoformat()
        for name, measure in all_measures().items():
            for (grain, subject), made in self.figures.items():
                if name in made and grain in measure.grains:
                    yield name, grain, subject, exact(made[name]), measure.unit, scope, as_of

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
    book = compute(clean, Period.parse(period), chosen, Calendar.load(chosen.calendar, calendar))
    assert book is not None
    return book


def compute(clean: Clean, period: Period, policy: Policy, calendar: Calendar, *, must_have_balances: bool = True) -> Book | None:
    """Tally, find and measure over clean tables.

    Without a single balance on the period's last day every figure would look like zero: that stops the run, or gives None
    where `must_have_balances` is false.
    """
    stops = [p for p in clean.problems if p.consequence == STOP]
    if stops:
        raise BadFile(tr("{count} problems in the data stop the run", count=len(stops)), do=tr("problems.csv says where; mend the data and run again"))
    if not _has_rows_at(clean, "loan_balance", period):
        if must_have_balances:
            raise BadFile(*_no_balances(clean, period))
        return None
    tables = clean.tables if _has_rows_at(clean, "deposit", period) else clean.tables - {"deposit"}
    con = clean.con
    schema = _schema(period, policy)
    con.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    con.execute(f"SET search_path = '{schema},main'")
    try:
        ask(con, period, policy, calendar)
        tallies = make_tallies(con, tables)
        findings = find(con, tallies, tables, policy, period)
        made = _figures(con, tallies, tables, findings, policy)
    finally:
        con.execute("SET search_path = 'main'")
    return Book(period, policy, calendar, clean, made, findings, tallies, _notes(tables, clean, period))


def _schema(period: Period, policy: Policy) -> str:
    return "run_" + "".join(c if c.isalnum() else "_" for c in f"{period}_{policy.name}")


def _has_rows_at(clean: Clean, table: str, period: Period) -> bool:
    """Whether `table`, which is dated, holds anything for the period's last day; an absent table is not asked."""
    if table not in clean.tables:
        return True
    return clean.con.execute(f"SELECT count(*) > 0 FROM {table} WHERE as_of = ?", [period.as_of]).fetchone()[0]  # type: ignore[index]


def _no_balances(clean: Clean, period: Period) -> tuple[str, str, str]:
    dates = [str(row[0]) for row in clean.con.execute("SELECT DISTINCT as_of FROM loan_balance ORDER BY as_of DESC LIMIT 6").fetchall()]
    return (
        tr("no loan balance is dated {as_of}, the last day of {period}", as_of=period.as_of, period=period),
        "loan_balance",
        tr("ask for the export of that day, or name another period; the data hold {dates}", dates=", ".join(dates) or "-"),
    )


def _figures(
    con: duckdb.DuckDBPyConnection, tallies: frozenset[str], tables: frozenset[str], findings: list[Finding], policy: Policy
) -> dict[Subject, Figures]:
    """The figures of the bank, of every unit that has a row, and of every customer in scope."""
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
    return {**made, **_customer_figures(con, tallies)}


def _found(findings: list[Finding], policy: Policy, tables: frozenset[str]) -> dict[str, Decimal | int]:
    """The terms from findings; those whose rules could not run for want of a table are left out, not zero."""
    ran = {name for name, rule in all_rules().items() if rule.tables() <= tables}
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


def _customer_figures(con: duckdb.DuckDBPyConnection, tallies: frozenset[str]) -> dict[Subject, Figures]:
    """The measures that also have the grain customer, for every customer in scope."""
    wanted = [m for m in all_measures().values() if "customer" in m.grains]
    if "customer_in_scope" not in tallies:
        return {}
    asked = {argument for m in wanted for argument in m.arguments}
    sources = [t for n, t in all_tallies().items() if n in tallies and asked & t.terms.keys()]
    columns = [(tally.name, term) for tally in sources for term in tally.terms if term in asked]
    joins = " ".join(f"LEFT JOIN {t.name} ON {t.name}.customer_id = s.customer_id" for t in sources)
    selected = "".join(f", {tally}.{term}" for tally, term in columns)
    names = [term for _, term in columns]
    rows = con.execute(f"SELECT s.customer_id{selected} FROM customer_in_scope AS s {joins} ORDER BY s.customer_id").fetchall()
    return {("customer", key): _of_customer(wanted, dict(zip(names, values, strict=True))) for key, *values in rows}


def _of_customer(wanted: list, terms: dict[str, Number | None]) -> Figures:
    return {m.name: m.of(terms) for m in wanted}


def _notes(tables: frozenset[str], clean: Clean, period: Period) -> list[Problem]:
    """One note for each table that is not in the package: what is undefined for want of it."""
    notes = []
    for name, spec in all_tables().items():
        if name in tables or name == "waiver":
            continue
        measures = [m.title for m in all_measures().values() if any(name in _tables_of(t) for t in m.arguments)]
        rules = [rule.title for rule in all_rules().values() if name in rule.tables()]
        check, says = "table_absent", tr("the table {title} is not in the package", title=spec.title)
        if name in clean.tables:
            check, says = "no_rows_at_date", tr("the table {title} holds no row for {as_of}", title=spec.title, as_of=period.as_of)
        if measures or rules:
            says += tr("; undefined without it: {measures}; rules not run: {rules}", measures="、".join(measures) or "-", rules="、".join(rules) or "-")
            notes.append(Problem(check, NOTE, "", "", None, name, "", says))
    return notes


def _tables_of(argument: str) -> frozenset[str]:
    """The input tables that a term, or a measure by that name, rests on."""
    for tally in all_tallies().values():
        if argument in tally.terms:
            return tally.tables()
    measure = all_measures().get(argument)
    return frozenset().union(*map(_tables_of, measure.arguments)) if measure else frozenset()
