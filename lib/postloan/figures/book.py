"""The book of one run: everything up to the findings, which notebooks and papers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa

from postloan.data.intake import open_package
from postloan.data.screen import Clean, screen
from postloan.errors import BadFile, CannotTally
from postloan.figures.aggregate import Subject, customer_figures, figures_of, read_by_papers, readers, rules_run
from postloan.figures.coverage import missing_tables, no_balances, reaching
from postloan.figures.engine import IN_PROCESS, EngineChoice, Tallied
from postloan.figures.find import Finding, find
from postloan.figures.measure import Figures, Measure, measures_of
from postloan.figures.query_parameters import ask
from postloan.figures.rule import Rule, rules_of
from postloan.figures.tally import all_tallies, make_tallies, mappings
from postloan.inspection_reports.tables import ReportTableMaker
from postloan.language import tr
from postloan.numbers import exact
from postloan.period import Period
from postloan.policy import Policy, read_policy
from postloan.problem import STOP, Problem
from postloan.themes import themes_on
from postloan.workdays import Calendar

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

SUMMED_OVER_RULES = ("findings", "deduction", "score")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Book:
    """What one run knows: the figures of the bank and of every unit that has a row, and by measure those of customers in scope.

    `kept` is true of a book read from where a run kept it: what it does not hold is not to be had. `report_texts` is what the next quarter's run needs of this one's report texts to recognise copies.
    """

    period: Period
    policy: Policy
    calendar: Calendar
    clean: Clean
    tables: frozenset[str]
    themes: frozenset[str]
    figures: dict[Subject, Figures]
    customer_figures: dict[str, dict[str, Decimal | None]]
    findings_made: list[Finding]
    tallies: frozenset[str]
    notes: list[Problem]
    report_texts: pa.Table | None = None
    made_before: Book | None = None
    kept: bool = False
    engine: EngineChoice = IN_PROCESS

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
        """The book of the period before from the same data, None where the data hold no balances for it.

        Where other rules could run then, what is summed over rules is not comparable, and undefined.
        """
        before = self.made_before
        if before is None and not self.kept:
            before = compute_before(self.clean, self.period, self.policy, self.calendar, self.engine)
        if before is None or rules_run(before.tables, self.themes) == rules_run(self.tables, self.themes):
            return before
        figures = {subject: {**made, **dict.fromkeys(SUMMED_OVER_RULES)} for subject, made in before.figures.items()}
        return replace(before, figures=figures)

    def previous(self, measure: str, grain: str = "bank", subject: str = "") -> Decimal | None:
        """The same figure one period earlier, None where it is undefined or the data do not reach back."""
        return self.before.figure(measure, grain, subject) if self.before else None

    @cached_property
    def unit_names(self) -> dict[str, str]:
        """Name of every unit by its id."""
        if "unit" not in self.clean.tables:
            return {}
        return dict(self.clean.con.execute("SELECT unit_id, unit_name FROM unit ORDER BY unit_id").fetchall())

    @cached_property
    def measures_on(self) -> dict[str, Measure]:
        """The measures of the themes that are on."""
        return measures_of(self.themes)

    @cached_property
    def rules_on(self) -> dict[str, Rule]:
        """The rules of the themes that are on, without those that the policy has taken off."""
        return {name: rule for name, rule in rules_of(self.themes).items() if name not in self.policy.rules_off}

    @property
    def labels(self) -> dict[str, str]:
        """Chinese title of every measure."""
        return {name: measure.title for name, measure in self.measures_on.items()}

    @cached_property
    def _made(self) -> dict[Callable[[Book], Any], Any]:
        return {}

    def once(self, make: Callable[[Book], Made]) -> Made:
        """What `make` makes of this book, made once: an index that lets a paper cost the same among six units and six hundred."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # type: ignore[no-any-return]

    def units(self) -> list[str]:
        """Ids of the units that have figures, in order."""
        return list(self.once(_units))

    def findings_of(self, unit: str) -> list[Finding]:
        """The findings of one unit, of the whole bank where blank, in the order of their index numbers."""
        return list(self.once(_findings_by_unit).get(unit, ()) if unit else self.findings_made)

    def rows(self, tally: str, order: str, column: str = "", within: Iterable[str] = ()) -> list[dict[str, object]]:
        """The rows of one tally as mappings, ordered by the column `order`; none where the tally could not be made.

        Where a `column` is named, only those whose value in it is one of `within`. Raises `CannotTally` where a run has not kept it.
        """
        wanted = sorted(set(within))
        if column and not wanted:
            return []
        where, given = (f"WHERE {column} IN (SELECT unnest(?))", [wanted]) if column else ("", [])
        with in_schema(self.clean.con, self.schema) as con:
            if not self.has(tally) and not self._make(con, tally):
                return []
            return mappings(con.execute(f"SELECT * FROM {tally} {where} ORDER BY {order}", given))

    def columns(self, tally: str) -> list[str]:
        """Return the names of the columns of one tally, none where it could not be made. Raises `CannotTally` where a run has not kept it."""
        with in_schema(self.clean.con, self.schema) as con:
            if not self.has(tally) and not self._make(con, tally):
                return []
            return [row[0] for row in con.execute(f"DESCRIBE {tally}").fetchall()]

    def has(self, tally: str) -> bool:
        """Whether a tally, or another relation of this run, was made already."""
        made = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
        return bool(self.clean.con.execute(made, [self.schema, tally]).fetchall())

    def _make(self, con: duckdb.DuckDBPyConnection, tally: str) -> bool:
        """Makes a tally now, if the tables allow."""
        known = all_tallies().get(tally)
        if known is None or known.theme not in self.themes:
            return False
        if not self.kept:
            return tally in make_tallies(con, self.tables, Counter([tally]))
        if known.tables() <= self.tables:
            raise CannotTally(
                tr("a run keeps only what papers read, and not the tally '{name}'", name=tally),
                do=tr("ask for it in JupyterLab, or have it kept: write `-- kept: papers` into its head"),
            )
        return False

    def measure_rows(self) -> Iterable[tuple[str, ...]]:
        """The rows of `measures.csv`."""
        scope, as_of = self.policy.name, self.period.as_of.isoformat()
        for name, measure in self.measures_on.items():
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


def _units(book: Book) -> list[str]:
    return sorted(subject for grain, subject in book.figures if grain == "unit" and "customers_in_scope" in book.figures[grain, subject])


def _findings_by_unit(book: Book) -> dict[str, list[Finding]]:
    by_unit: dict[str, list[Finding]] = {}
    for finding in book.findings_made:
        by_unit.setdefault(finding.unit_id, []).append(finding)
    return by_unit


def make_book(data: str | Path, period: str, policy: str = "branch2014", calendar: Path | None = None) -> Book:
    """The whole way from a data folder to findings. Raises `BadFile` where the data stop it."""
    chosen = read_policy(policy)
    clean = screen(open_package(Path(data)))
    return compute(clean, Period.parse(period), chosen, Calendar.load(chosen.calendar, calendar))


def compute(
    clean: Clean,
    period: Period,
    policy: Policy,
    calendar: Calendar,
    kept: pa.Table | None = None,
    engine: EngineChoice = IN_PROCESS,
) -> Book:
    """Tally, find and measure over clean tables.

    Without a single balance on the period's last day every figure would look like zero: that stops the run (`BadFile`).
    Deposits without a row on that day count as a table that is not in the package. So does, outside quarters, every table that is
    dated and holds nothing for the period: a month's run is not told that no quarterly inspection was done. `kept` is the `report_texts` of the quarter before.
    `engine` is where the tallies run; the book is the same whichever.
    """
    stops = [p for p in clean.problems if p.consequence == STOP]
    if stops:
        raise BadFile(
            tr("{count} problems in the data stop the run", count=len(stops)), do=tr("problems.csv says where; mend the data and run again")
        )
    reach = reaching(clean, period)
    if "loan_balance" in clean.tables - reach:
        raise no_balances(clean, period)
    tables = (clean.tables if "deposit" in reach else clean.tables - {"deposit"}) if period.is_quarter else reach
    before = compute_before(clean, period, policy, calendar, engine) if _has_texts(clean) else None
    return _compute(clean, period, policy, calendar, tables, engine, kept, before)


def _has_texts(clean: Clean) -> bool:
    """Whether reports can be read: only then must last quarter's findings be known, for their follow-up."""
    return "report_section" in clean.tables or (
        "inspection" in clean.tables
        and bool(clean.con.execute("SELECT 1 FROM inspection WHERE report_file IS NOT NULL LIMIT 1").fetchall())
    )


def compute_before(clean: Clean, period: Period, policy: Policy, calendar: Calendar, engine: EngineChoice = IN_PROCESS) -> Book | None:
    """The book of the period before `period` from the same data; None where the data hold no balances for it.

    A table that does not reach back counts as one that is not in the package: else nothing inspected would be told from nothing
    exported.
    """
    reach = reaching(clean, period.before)
    return _compute(clean, period.before, policy, calendar, reach, engine) if "loan_balance" in reach else None


def _compute(
    clean: Clean,
    period: Period,
    policy: Policy,
    calendar: Calendar,
    tables: frozenset[str],
    engine: EngineChoice,
    kept: pa.Table | None = None,
    before: Book | None = None,
) -> Book:
    schema = _schema(period, policy)
    clean.con.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
    on = themes_on(policy.themes, clean.tables)
    last = [(f.customer_id, f.rule.name, f.rule.title, f.index_no) for f in before.findings_made] if before else []
    with in_schema(clean.con, schema) as con:
        ask(con, period, policy, calendar)
        texts = ReportTableMaker(con, clean, policy, period).make(tables, kept, last)
        tables = texts.tables
        with engine.open(clean) as tallying:
            source = Tallied(tallying, tallying.make(tables, readers(on), read_by_papers(on)), tables, on)
            findings = find(source, policy, period)
            made = figures_of(source, findings, policy)
            by_customer = customer_figures(source)
    notes = [*texts.problems, *missing_tables(tables, clean, period, on)]
    return Book(
        *(period, policy, calendar, clean, tables, on, made, by_customer, findings, source.names, notes, texts.kept, before), engine=engine
    )


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
