"""What a figure of a paper rests on: input tables, rules, policy, calendar. Where it changed, only these can be why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_

from postloan.data.schema import all_tables
from postloan.figures.finding_terms import finding_terms
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules
from postloan.figures.tally import WORKED, all_tallies, all_terms
from postloan.papers.ledgers import ledger_of
from postloan.papers.record.identity import Identity

_POLICY = re.compile(r"\b(scope_segment|scope_product|asked_section|asked\.(?!as_of|first_day|previous_as_of)\w+)\b")
_CALENDAR = re.compile(r"\b(calendar_day|asked\.report_deadline)\b")
_TERM_ENDING = re.compile(r"rules\[(\w+)\]")
_POLICY_DATES = {"report_deadline", "rectify_by", "due_on"}


@dataclass(frozen=True)
class Basis:
    """`tables` are input tables; the rest says whether rules, definitions, policy and calendar have a say."""

    tables: frozenset[str] = frozenset()
    rules: bool = False
    measures: bool = False
    policy: bool = False
    calendar: bool = False

    def __or__(self, other: Basis) -> Basis:
        return Basis(
            self.tables | other.tables,
            self.rules or other.rules,
            self.measures or other.measures,
            self.policy or other.policy,
            self.calendar or other.calendar,
        )


def basis(of: Identity) -> Basis:
    """What the figure rests on; where nothing is known of it, everything."""
    if of.measure:
        return of_measure(of.measure)
    steps = re.sub(r"\[[^\]]*\]", "", of.key).split(".")
    if steps[-1] in ("as_of", "first_day", "before_as_of", "prepared_on"):
        return Basis()
    if steps[-1] in _POLICY_DATES and steps[0] != "findings":
        return Basis(policy=True, calendar=True)
    if steps[0] == "limits":
        return Basis(policy=True)
    if named := _TERM_ENDING.search(of.key):
        return _of_rules([named[1]])
    if ledger := ledger_of(steps):
        return reduce(or_, map(of_tally, ledger.tally), Basis(measures=True))
    if steps[0] in ("findings", "findings_waived", "deduction_listed", "sections", "checklist", "rules", "waivers"):
        return _of_rules(all_rules()) | Basis(frozenset({"waiver"}))
    if steps[-1] in all_measures():
        return of_measure(steps[-1])
    if steps[-1] in all_terms():
        return of_tally(all_terms()[steps[-1]].tally) | Basis(measures=True)
    return Basis(frozenset(all_tables()), True, True, True, True)


@cache
def of_measure(name: str) -> Basis:
    """What a measure rests on, through the measures and terms it asks for."""
    found = Basis(measures=True)
    for argument in all_measures()[name].arguments:
        if argument in all_measures() and argument != name:
            found |= of_measure(argument)
        elif argument in finding_terms():
            found |= _of_rules(all_rules()) | Basis(frozenset({"waiver"}))
        else:
            found |= of_tally(all_terms()[argument].tally)
    return found | (Basis(rules=True, policy=True) if name in ("score", "deduction") else Basis())


@cache
def of_tally(name: str) -> Basis:
    """What a tally rests on, through those it reads."""
    tally = all_tallies()[name]
    found = Basis(
        measures=True, policy=bool(_POLICY.search(tally.sql)), calendar=bool(_CALENDAR.search(tally.sql)), tables=_tables(tally.reads)
    )
    for read in tally.reads:
        if read in all_tallies():
            found |= of_tally(read)
    return found


def _tables(names: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(WORKED.get(name, {name} if name in all_tables() else ()) for name in names))


def _of_rules(names: Iterable[str]) -> Basis:
    found = Basis(rules=True, policy=True, measures=True)
    for name in names:
        if name in all_rules():
            found |= of_tally(all_rules()[name].over)
    return found
