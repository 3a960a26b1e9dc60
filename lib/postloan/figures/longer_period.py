"""Periods that are no quarter: a half-year or year is made of its quarters, and a month has no score where it looks at too little.

Findings of a longer period are those of its quarters, with their index numbers. Deduction and score are the means of the quarters';
figures that compare a customer's acts with one quarter's deadline are undefined, and duties (户次) stand in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal

from postloan.figures.aggregate import Subject
from postloan.figures.book import Book
from postloan.figures.finding import Finding
from postloan.figures.measure import NOTHING_GIVEN, Figures, measures_of
from postloan.figures.procedures import Procedure, of_quarters
from postloan.figures.rule import Rule, rules_of
from postloan.policy import Policy
from postloan.problem import Problem

DEDUCTION, SCORE = "deduction", "score"
NO_FINDING = {DEDUCTION: Decimal(0), SCORE: Decimal(100)}
"""The figures of a unit in a quarter in which it has no row."""
Quarters = Sequence[Book | None]
"""The books of the quarters inside a longer period; None for one on whose last day no balance is dated."""
GivenFigures = Callable[[Subject], Figures]
"""The figures of a subject that do not follow from its terms."""


def findings_of_quarters(quarters: Quarters) -> list[Finding]:
    """Return the findings of the quarters in the order of units and sections of the checklist, in each the earlier quarter's first."""
    found = [finding for book in quarters if book for finding in book.findings_made]
    return sorted(found, key=lambda finding: (finding.unit_id, finding.rule.letter))


def rules_of_quarters(quarters: Quarters) -> list[Rule]:
    """Return the rules that ran in one of the quarters."""
    return list(dict.fromkeys(rule for book in quarters if book for rule in book.rules_ran))


def procedures_of_quarters(quarters: Quarters) -> list[Procedure]:
    """Return the procedures of the quarters together."""
    return of_quarters(book.procedures for book in quarters if book)


def notes_of_quarters(quarters: Quarters) -> Iterable[Problem]:
    """Yield what could not be looked at in a quarter for want of rows, or of rows that can be read."""
    return (note for book in quarters if book for note in book.results.notes if note.check in ("no_rows_for_period", "not_judged"))


def figures_of_quarters(quarters: Quarters, on: Collection[str]) -> GivenFigures:
    """Return what is given in a longer period: the means of the quarters', and that what is of one quarter only is undefined."""
    undefined: Figures = {name: None for name, measure in measures_of(on).items() if measure.within_quarter}

    def given(subject: Subject) -> Figures:
        of_quarters = {} if subject[0] == "manager" else {name: _mean(quarters, subject, name) for name in NO_FINDING}
        return {**undefined, **of_quarters}

    return given


def _mean(quarters: Quarters, subject: Subject, name: str) -> Decimal | None:
    """Return the mean of a figure over the quarters; None where one of them has none."""
    values = [_of_quarter(book, subject, name) if book else None for book in quarters]
    defined = [value for value in values if value is not None]
    return sum(defined, Decimal(0)) / len(values) if len(defined) == len(values) else None


def _of_quarter(book: Book, subject: Subject, name: str) -> Decimal | None:
    """Return a figure of one quarter; a unit without customers and findings has no row for it."""
    made = book.figures.get(subject, {})
    return made.get(name) if name in made or book.figure(name) is None else NO_FINDING[name]


def figures_of_month(rules: Collection[Rule], policy: Policy, on: Collection[str]) -> GivenFigures:
    """Return what is given in a month in which `rules` ran: no score where a section of the checklist that has points could not be looked at."""
    pointed = {rule.dimension for name, rule in rules_of(on).items() if policy.points(name).points and name not in policy.rules_off}
    given: Figures = {} if pointed <= {rule.dimension for rule in rules if policy.points(rule.name).points} else {SCORE: None}
    return lambda subject: given


def nothing_given(subject: Subject) -> Figures:
    """Return no figures: in a quarter all of them follow from terms."""
    return dict(NOTHING_GIVEN)
