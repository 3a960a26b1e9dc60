"""The book of one run: everything up to the findings, which notebooks and papers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa

from postloan.data.relation import mappings
from postloan.data.screen import Clean
from postloan.errors import CannotTally
from postloan.figures.aggregate import Subject
from postloan.figures.control_totals import ControlTotal
from postloan.figures.finding import FINDING_COLUMNS, Finding
from postloan.figures.measure import Figures, Measure, is_cumulative, measures_of
from postloan.figures.procedures import Procedure
from postloan.figures.rule import Rule, rules_of
from postloan.figures.settings import Settings
from postloan.figures.tally import all_tallies, make_tallies
from postloan.language import tr
from postloan.numbers import number_or_text
from postloan.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

MEASURE_COLUMNS = ["measure", "grain", "subject", "value", "unit", "scope", "as_of"]
SUMMED_OVER_RULES = ("findings", "deduction", "score")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Results:
    """Everything that was made for a book.

    `tables`, `themes` and `tallies` are the names of those that could be used; `rules` are those that ran; `year_before` are the figures of cumulative measures over
    the same days a year before; `totals` are the sender's control totals; `report_texts` is what the next quarter's run needs of this one's report texts to recognise copies.
    """

    tables: frozenset[str]
    themes: frozenset[str]
    tallies: frozenset[str]
    figures: dict[Subject, Figures]
    customer_figures: dict[str, dict[str, Decimal | None]]
    findings: list[Finding]
    notes: list[Problem]
    rules: list[Rule] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    year_before: dict[Subject, Figures] = field(default_factory=dict)
    report_texts: pa.Table | None = None
    totals: list[ControlTotal] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """Everything up to the findings: the figures of the bank and of every unit that has a row, and by measure those of customers in scope.

    `earlier` makes the book of the period before. `kept` is true of a book read from where a run kept it: it holds what papers read, no more.
    """

    settings: Settings
    clean: Clean
    results: Results
    earlier: Callable[[], Book | None]
    kept: bool = False

    period = property(attrgetter("settings.period"))
    policy = property(attrgetter("settings.policy"))
    calendar = property(attrgetter("settings.calendar"))
    tables = property(attrgetter("results.tables"))
    themes = property(attrgetter("results.themes"))
    tallies = property(attrgetter("results.tallies"))
    figures = property(attrgetter("results.figures"))
    customer_figures = property(attrgetter("results.customer_figures"))
    findings_made = property(attrgetter("results.findings"))
    procedures = property(attrgetter("results.procedures"))
    report_texts = property(attrgetter("results.report_texts"))
    totals = property(attrgetter("results.totals"))

    @property
    def problems_found(self) -> list[Problem]:
        """Every problem of the data, and what could not be computed for want of a table."""
        return [*self.clean.problems, *self.results.notes]

    @property
    def schema(self) -> str:
        """The schema of the database that holds this run's tallies."""
        return schema_of(self.settings)

    def figure(self, measure: str, grain: str = "bank", subject: str = "") -> Decimal | None:
        """One figure, None where it is undefined."""
        if grain == "customer":
            return self.customer_figures.get(measure, {}).get(subject)
        return self.figures.get((grain, subject), {}).get(measure)

    @cached_property
    def before(self) -> Book | None:
        """The book with which this one compares: of the period before, from the same data; None where the data hold no balances for it.

        Where other rules could run then, what is summed over rules is not comparable, and undefined. Cumulative measures compare with the
        same days a year before.
        """
        before = self.earlier()
        if before is None or self.kept:
            return before
        alike = set(before.rules_ran) == set(self.rules_ran)
        others: Figures = {} if alike else dict.fromkeys(SUMMED_OVER_RULES)
        nothing: Figures = dict.fromkeys(name for name in self.measures_on if is_cumulative(name))
        year_before = self.results.year_before
        figures = {of: {**made, **others, **nothing, **year_before.get(of, {})} for of, made in before.figures.items()}
        return replace(before, results=replace(before.results, figures=figures))

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
    def rules_ran(self) -> list[Rule]:
        """The rules that ran; in a longer period those that ran in one of its quarters."""
        return self.results.rules

    @property
    def labels(self) -> dict[str, str]:
        """Chinese title of every measure."""
        return {name: measure.title for name, measure in self.measures_on.items()}

    @cached_property
    def _made(self) -> dict[Callable[[Book], Any], Any]:
        return {}

    def once(self, make: Callable[[Book], Value]) -> Value:
        """Return the result of `make` for this book, made once: an index, so that a paper costs the same among six units and six hundred."""
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
        """Tell if a tally, or another relation of this run, was made already."""
        return tally in self.made()

    def made(self) -> set[str]:
        """Return the names of the tallies and other relations of this run that were made."""
        of_run = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
        return {name for (name,) in self.clean.con.execute(of_run, [self.schema]).fetchall()}

    def _make(self, con: duckdb.DuckDBPyConnection, tally: str) -> bool:
        """Make a tally now, if the tables allow; tell if it is there."""
        known = all_tallies().get(tally)
        if known is None or known.theme not in self.themes:
            return False
        if not self.kept:
            return tally in make_tallies(con, self.tables, Counter([tally]))
        if known.needs() <= self.tables:
            raise CannotTally(
                tr("a run keeps only what papers read, and not the tally '{name}'", name=tally),
                do=tr("ask for it in JupyterLab, or have it kept: write `-- kept: papers` into its head"),
            )
        return False

    def measure_rows(self) -> Iterable[tuple[object, ...]]:
        """The rows of `measures.csv`."""
        scope, as_of = self.policy.name, self.period.as_of.isoformat()
        for name, measure in self.measures_on.items():
            for (grain, subject), made in self.figures.items():
                if name in made:
                    yield name, grain, subject, made[name], measure.unit, scope, as_of
            for customer, value in self.customer_figures.get(name, {}).items():
                yield name, "customer", customer, value, measure.unit, scope, as_of

    def finding_rows(self) -> Iterable[tuple[object, ...]]:
        """The rows of `findings.csv`."""
        for f in self.findings_made:
            said = (f.index_no, f.rule.name, f.rule.severity, f.unit_id, f.customer_id, f.subject, f.words)
            yield *said, number_or_text(f.value), number_or_text(f.limit), f.deduction, f.waived, f.evidence

    @property
    def measures(self) -> pd.DataFrame:
        """`measures.csv` as a table; `value` holds Decimal or None."""
        import pandas as pd  # late: it takes a third of a second to import

        table = pd.DataFrame(list(self.measure_rows()), columns=MEASURE_COLUMNS, dtype=object)
        table["value"] = [value if value is None else Decimal(value) for value in table["value"]]
        return table

    @property
    def findings(self) -> pd.DataFrame:
        """`findings.csv` as a table of texts, `deduction` as Decimal, `waived` as truth value."""
        import pandas as pd

        table = pd.DataFrame(list(self.finding_rows()), columns=FINDING_COLUMNS, dtype=object)
        table["value"], table["limit"] = [f.value for f in self.findings_made], [f.limit for f in self.findings_made]
        table["deduction"] = [f.deduction for f in self.findings_made]
        table["waived"] = [f.waived for f in self.findings_made]
        return table

    @property
    def problems(self) -> pd.DataFrame:
        """`problems.csv` as a table."""
        import pandas as pd

        return pd.DataFrame(self.problems_found, columns=Problem._fields, dtype=object)


def _units(book: Book) -> list[str]:
    return sorted(subject for grain, subject in book.figures if grain == "unit" and "customers_in_scope" in book.figures[grain, subject])


def _findings_by_unit(book: Book) -> dict[str, list[Finding]]:
    by_unit: dict[str, list[Finding]] = {}
    for finding in book.findings_made:
        by_unit.setdefault(finding.unit_id, []).append(finding)
    return by_unit


@contextmanager
def in_schema(con: duckdb.DuckDBPyConnection, schema: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, where a plain name means the run's tally or else the package's table."""
    con.execute(f"SET search_path = '{schema},main'")
    try:
        yield con
    finally:
        con.execute("SET search_path = 'main'")


def schema_of(settings: Settings) -> str:
    """Return the name of the schema that holds a book's tallies."""
    return "run_" + "".join(c if c.isalnum() else "_" for c in f"{settings.period}_{settings.policy.name}")
