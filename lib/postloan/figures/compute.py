"""The whole way from clean tables to a book: tally, find, measure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from postloan.data.intake import open_package
from postloan.data.screen import Clean, screen
from postloan.errors import BadFile
from postloan.figures.aggregate import customer_figures, figures_of, read_by_papers, readers, rules_run
from postloan.figures.book import Book, Results, in_schema, schema_of
from postloan.figures.control_totals import TABLE as CONTROL_TOTALS
from postloan.figures.control_totals import control_totals, total_problems
from postloan.figures.coverage import fields_filled, missing_tables, spans_covered, tables_with_rows
from postloan.figures.data_stops import data_problems, draft_note, lost_days
from postloan.figures.engine import Tallied
from postloan.figures.find import find, running
from postloan.figures.finding import Finding
from postloan.figures.follow_up import ANSWERS, Followed, answers_to_nothing, followed_before, judged, lay_down
from postloan.figures.longer_period import (
    Quarters,
    figures_of_month,
    figures_of_quarters,
    findings_of_quarters,
    notes_of_quarters,
    nothing_given,
    procedures_of_quarters,
    rules_of_quarters,
)
from postloan.figures.measure import check_ceilings
from postloan.figures.notices_sent import lay_down_notices
from postloan.figures.procedures import procedures
from postloan.figures.query_parameters import make_parameters
from postloan.figures.rule import rules_of
from postloan.figures.settings import Settings
from postloan.figures.tally import FOUND
from postloan.figures.untested import Untested, not_judged, undefined_by, untested_by
from postloan.inspection_reports.tables import ReportTableMaker
from postloan.language import tr
from postloan.period import Period
from postloan.policy import read_policy
from postloan.problem import STOP, Problem
from postloan.themes import themes_on
from postloan.workdays import Calendar


class LastQuarter(NamedTuple):
    """The texts of last quarter's reports as its run kept them, and its findings: customer, rule, title, index number."""

    texts: pa.Table | None = None
    findings: Sequence[tuple[str, str, str, str]] = ()


class Given(NamedTuple):
    """The names of the tables that may be used; the knowledge of last quarter; of a longer period, the books of its quarters.

    `followed` are the findings of the quarter before, where what became of them is followed up.
    """

    tables: frozenset[str]
    last: LastQuarter = LastQuarter()
    quarters: Quarters = ()
    followed: Followed | None = None


def make_book(data: str | Path, period: str, policy: str = "branch2014", calendar: Path | None = None) -> Book:
    """Return the book of a data folder. Raises `BadFile` where the data stop it."""
    chosen = read_policy(policy)
    settings = Settings(Period.parse(period), chosen, Calendar.load(chosen.calendar, calendar))
    return compute(screen(open_package(Path(data))), settings)


def compute(clean: Clean, settings: Settings, kept: pa.Table | None = None) -> Book:
    """Tally, find and measure over clean tables, and compare with the sender's control totals, which stops a run where they differ (`BadFile`).

    `kept` is the `report_texts` of the quarter before.
    """
    return _compared(_compute_asked(clean, settings, kept))


def _compared(book: Book) -> Book:
    """Return the book with the control totals beside its figures, and what is to be said of them."""
    totals = control_totals(book.clean, book.period, book.figures, book.measures_on)
    found = total_problems(book.clean, totals, book.measures_on, book.settings.draft)
    raise_stops(book.clean, found)
    if any(p.check == "total_differs" for p in found) and not any(p.check == "draft" for p in book.problems_found):
        found.append(draft_note())
    return replace(book, results=replace(book.results, notes=[*book.results.notes, *found], totals=totals))


def problems_beside(clean: Clean, settings: Settings) -> list[Problem]:
    """Return what a run over the clean tables would add to their problems of its own, as far as it may stop: lost balance, control totals."""
    found = data_problems(clean, settings.period, settings.policy)
    stops = clean.stops or any(p.consequence == STOP for p in found)
    if stops or CONTROL_TOTALS not in tables_with_rows(clean, settings.period):
        return found
    book = _compute_asked(clean, settings, None)
    totals = control_totals(clean, settings.period, book.figures, book.measures_on)
    return [*found, *total_problems(clean, totals, book.measures_on)]


def _compute_asked(clean: Clean, settings: Settings, kept: pa.Table | None) -> Book:
    """Tally, find and measure over clean tables.

    Without a single balance on the period's last day every figure would look like zero: that stops the run (`BadFile`).
    Deposits without a row on that day count as a table that is not in the package. So does, outside quarters, every table that is
    dated and holds nothing for the period: a month's run is not told that no quarterly inspection was done.
    """
    check_ceilings(settings.policy)
    found = data_problems(clean, settings.period, settings.policy, settings.draft)
    raise_stops(clean, found)
    lost = lost_days(clean, settings.period, settings.policy)
    clean = replace(clean, problems=[*clean.problems, *found, *lost.values()], lost_days=frozenset(lost))
    covered = tables_with_rows(clean, settings.period)
    if settings.period.is_longer:
        quarters = _quarters(clean, settings, kept)
        return _compute(clean, settings, Given(covered, quarters=quarters), lambda: _compute_before(clean, settings))
    tables = (clean.tables if "deposit" in covered else clean.tables - {"deposit"}) if settings.period.is_quarter else covered
    follows = ANSWERS in tables and settings.period.is_quarter
    if not (follows or _has_texts(clean)):
        return _compute(clean, settings, Given(tables, LastQuarter(kept)), lambda: _compute_before(clean, settings))
    before = _compute_before(clean, settings)
    findings = [(f.customer_id, f.rule.name, f.rule.title, f.index_no) for f in before.findings_made] if before else []
    given = Given(tables, LastQuarter(kept, findings), followed=followed_before(before, settings) if follows else None)
    return _compute(clean, settings, given, lambda: before)


def raise_stops(clean: Clean, found: Iterable[Problem]) -> None:
    """Raise `BadFile` where a problem of the clean tables, or one `found` beside them, stops a run; it says which, or, of several, how many."""
    new = [p for p in found if p.consequence == STOP]
    stops = [*(p for p in clean.problems if p.consequence == STOP), *new]
    if not stops:
        return
    what, do = tr("{count} problems in the data stop the run", count=len(stops)), tr("problems.csv says where; mend the data and run again")
    if len(stops) == 1:
        what = stops[0].says
    raise BadFile(what, stops[0].file if len(stops) == 1 else "", do, new)


def _has_texts(clean: Clean) -> bool:
    """Tell if reports can be read: only then must last quarter's findings be known, for their follow-up."""
    return "report_section" in clean.tables or (
        "inspection" in clean.tables
        and bool(clean.con.execute("SELECT 1 FROM inspection WHERE report_file IS NOT NULL LIMIT 1").fetchall())
    )


def _quarters(clean: Clean, settings: Settings, kept: pa.Table | None) -> list[Book | None]:
    """Return the books of the quarters inside a longer period, as runs of their own would make them: each knows the texts of the one before."""
    books: list[Book | None] = []
    for quarter in settings.period.quarters:
        unknown = "loan_balance" in clean.tables - tables_with_rows(clean, quarter)
        books.append(None if unknown else _compute_asked(clean, replace(settings, period=quarter), kept))
        kept = books[-1].report_texts if books[-1] else None
    return books


def _compute_before(clean: Clean, settings: Settings) -> Book | None:
    """Return the book of the period before from the same data; None where the data hold no balances for it."""
    return _compute_covered(clean, replace(settings, period=settings.period.before))


def _compute_covered(clean: Clean, settings: Settings) -> Book | None:
    """Return the book of an earlier period; None where the data hold no balances for it.

    A table that does not reach back counts as one that is not in the package: else nothing inspected would be told from nothing
    exported.
    """
    covered = tables_with_rows(clean, settings.period)
    if "loan_balance" not in covered:
        return None
    inside = settings.period.quarters if settings.period.is_longer else []
    quarters = [_compute_covered(clean, replace(settings, period=quarter)) for quarter in inside]
    return _compute(clean, settings, Given(covered, quarters=quarters), lambda: _compute_before(clean, settings))


def _find(source: Tallied, clean: Clean, settings: Settings) -> tuple[dict[str, Untested], list[Finding]]:
    """Return about whom each rule does not speak, and the findings."""
    untested = untested_by(source, running(source, settings.policy), clean.unread)
    found = find(source, settings.policy, settings.period, settings.numbers, untested)
    return untested, judged(clean.con, found) if ANSWERS in clean.tables else found


def _compute(clean: Clean, settings: Settings, given: Given, earlier: Callable[[], Book | None]) -> Book:
    (tables, last, quarters, followed), period, policy, schema = given, settings.period, settings.policy, schema_of(settings)
    clean.con.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
    on = themes_on(policy.themes, clean.tables)
    with in_schema(clean.con, schema) as con:
        make_parameters(con, period, policy, settings.calendar, clean.lost_days)
        texts = ReportTableMaker(con, clean, policy, period).make(tables, *last)
        tables = texts.tables | spans_covered(clean, period) | fields_filled(clean) | lay_down_notices(con, settings.notices, period)
        with settings.engine.open(clean) as tallying:
            source = Tallied(tallying, tallying.make(tables, readers(on), read_by_papers(on)), tables, on)
            untested, findings = ({}, findings_of_quarters(quarters)) if quarters else _find(source, clean, settings)
            if followed:
                lay_down(con, followed, findings, settings.due)
                tables = tables.union(FOUND)
                source = Tallied(tallying, tallying.make(tables, readers(on), read_by_papers(on)), tables, on)
                untested, findings = _find(source, clean, settings)
            rules = rules_of_quarters(quarters) if quarters else list(rules_run(tables, on).values())
            fixed = figures_of_quarters(quarters, on) if quarters else nothing_given
            if period.is_month:
                fixed = figures_of_month(rules, policy, on)
            undefined = undefined_by(source, rules_of(on).values(), clean.unread)
            figures, year_before = figures_of(source, findings, policy, rules, lambda of: {**fixed(of), **undefined.get(of, {})})
            by_customer = customer_figures(source, undefined)
            beside = [
                *notes_of_quarters(quarters),
                *not_judged(rules_of(on), untested),
                *(answers_to_nothing(con, followed) if followed else ()),
            ]
            notes = list(dict.fromkeys([*texts.problems, *missing_tables(tables, clean, period, on), *beside]))
            done = procedures_of_quarters(quarters) if quarters else procedures(source, policy, findings, notes)
    results = Results(tables, on, source.names, figures, by_customer, findings, notes, rules, done, year_before, texts.kept)
    return Book(settings, clean, results, earlier)
