"""The basis of a figure: input tables, rules, policy, calendar. Only these can explain a change of the figure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from postloan.data.schema import all_tables
from postloan.figures.finding_terms import finding_terms
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules
from postloan.figures.tally import NOTICES, WORKED, all_tallies, all_terms
from postloan.papers.ledgers import ledger_of
from postloan.papers.record.causes import CALENDAR, MEASURES, POLICY, RULES
from postloan.papers.record.identity import Identity

_READS_POLICY = re.compile(r"\b(scope_segment|scope_product|asked_section|asked\.(?!as_of|first_day|previous_as_of)\w+)\b")
_READS_CALENDAR = re.compile(r"\b(calendar_day|asked\.report_deadline)\b")
_TERM_ENDING = re.compile(r"rules\[(\w+)\]")
_POLICY_DATES = {"report_deadline", "rectify_by", "due_on"}


Basis = frozenset[str]
"""The names of input tables, and of the causes `rules`, `measures`, `policy` and `calendar`."""


def basis(of: Identity) -> Basis:
    """Return the basis of a figure; for an unknown one, everything."""
    if of.measure:
        return of_measure(of.measure)
    steps = re.sub(r"\[[^\]]*\]", "", of.key).split(".")
    if steps[-1] in ("as_of", "first_day", "before_as_of", "prepared_on"):
        return frozenset()
    if steps[-1] in _POLICY_DATES and steps[0] != "findings":
        return frozenset({POLICY, CALENDAR})
    if steps[0] == "limits":
        return frozenset({POLICY})
    if named := _TERM_ENDING.search(of.key):
        return _of_rules([named[1]])
    if ledger := ledger_of(steps):
        return frozenset().union(*map(of_tally, ledger.tally)) | {MEASURES}
    if steps[0] in ("findings", "findings_waived", "deduction_listed", "sections", "checklist", "rules", "waivers"):
        return _of_rules(all_rules()) | {"waiver"}
    if steps[-1] in all_measures():
        return of_measure(steps[-1])
    if steps[-1] in all_terms():
        return of_tally(all_terms()[steps[-1]].tally) | {MEASURES}
    return frozenset({*all_tables(), RULES, MEASURES, POLICY, CALENDAR})


@cache
def of_measure(name: str) -> Basis:
    """Return the basis of a measure, through its measures and terms."""
    found = frozenset({MEASURES})
    for argument in all_measures()[name].arguments:
        if argument in all_measures() and argument != name:
            found |= of_measure(argument)
        elif argument in finding_terms():
            found |= _of_rules(all_rules()) | {"waiver"}
        else:
            found |= of_tally(all_terms()[argument].tally)
    return found | ({RULES, POLICY} if name in ("score", "deduction") else set())


@cache
def of_tally(name: str) -> Basis:
    """Return the basis of a tally, through the tallies it reads."""
    tally = all_tallies()[all_tallies()[name].original or name]
    found = frozenset({MEASURES}).union(*(WORKED.get(name, {name} if name in {*all_tables(), NOTICES} else ()) for name in tally.reads))
    found |= {cause for cause, pattern in ((POLICY, _READS_POLICY), (CALENDAR, _READS_CALENDAR)) if pattern.search(tally.sql)}
    for read in tally.reads:
        if read in all_tallies():
            found |= of_tally(read)
    return found


def _of_rules(names: Iterable[str]) -> Basis:
    return frozenset({RULES, POLICY, MEASURES}).union(*(of_tally(all_rules()[name].over) for name in names if name in all_rules()))
