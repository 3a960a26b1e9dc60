"""Procedures: one rule applied to the population of one unit: how much there was, how much was tested, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from postloan.data.intake.fast import literal
from postloan.data.schema import all_tables
from postloan.errors import BadRule
from postloan.figures.engine import Tallied
from postloan.figures.finding import Finding
from postloan.figures.rule import Rule, rules_of
from postloan.inspection_reports import UNREAD
from postloan.language import tr
from postloan.policy import Policy
from postloan.problem import Problem

RAN, EMPTY, ABSENT, UNREADABLE, OFF = "ran", "empty", "absent", "unread", "off"
"""The states: looked at; nothing to look at; a table is not in the package; texts of reports could not be read; off in the policy."""
NOT_JUDGED = "not_judged"
"""The check of notes on a rule (`field`) that does not judge a customer or unit (`value`), or nobody where it is blank."""
TEXTS = "report_section"


class Procedure(NamedTuple):
    """One row of `procedures.csv`. `tested` are the rows of the population that could be judged; `why` says why a rule did not run."""

    rule: str
    unit_id: str
    state: str
    population: int = 0
    tested: int = 0
    exceptions: int = 0
    waived: int = 0
    why: str = ""


@dataclass(frozen=True)
class Rows:
    """The rows of a rule's population by unit, and those of them that are not judged."""

    all: Mapping[str, int]
    not_judged: Mapping[str, int]


def procedures(source: Tallied, policy: Policy, findings: Iterable[Finding], notes: Sequence[Problem]) -> list[Procedure]:
    """Return one procedure a rule and unit that manages a customer in scope, in the order of the checklist."""
    units = _units(source)
    found, waived = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for finding in findings:
        found[finding.rule.name, finding.unit_id] += 1
        waived[finding.rule.name, finding.unit_id] += finding.waived
    rules = rules_of(source.themes)
    rows, unread = _rows(source, [rule for rule in rules.values() if _runs(rule, source, policy)], notes), _unread(source)
    made = []
    for name, rule in rules.items():
        for unit in units:
            stopped = _stopped(rule, source, policy, notes)
            one = stopped._replace(unit_id=unit) if stopped else _counted(rule, unit, rows[name], unread.get(unit, 0))
            made.append(one._replace(exceptions=found[name, unit], waived=waived[name, unit]))
    return made


def _units(source: Tallied) -> list[str]:
    if "customer_in_scope" not in source.names:
        return []
    found = source.engine.execute("SELECT DISTINCT unit_id FROM customer_in_scope WHERE unit_id IS NOT NULL").fetchall()
    return sorted(row[0] for row in found)


def _runs(rule: Rule, source: Tallied, policy: Policy) -> bool:
    return rule.over in source.names and rule.name not in policy.rules_off


def _stopped(rule: Rule, source: Tallied, policy: Policy, notes: Iterable[Problem]) -> Procedure | None:
    """Return the procedure of a rule that did not run; None for one that did."""
    if _runs(rule, source, policy):
        return None
    if rule.name in policy.rules_off:
        return Procedure(rule.name, "", OFF, why=tr("off in the policy"))
    lacking = rule.tables() - source.tables
    if lacking == {TEXTS} and any(note.check in UNREAD for note in notes):
        return Procedure(rule.name, "", UNREADABLE, why=tr("the texts of the reports could not be read"))
    return Procedure(
        rule.name,
        "",
        ABSENT,
        why=tr("not in the data: {tables}", tables="、".join(sorted(all_tables()[name].title for name in lacking)) or "-"),
    )


def _counted(rule: Rule, unit: str, rows: Rows, unread: int) -> Procedure:
    """Return the procedure of a rule that ran; a report that could not be read counts among the population, and is not tested."""
    unread = unread if TEXTS in rule.tables() else 0
    here = rows.all.get(unit, 0)
    tested = here - rows.not_judged.get(unit, 0)
    why = tr("{count} reports could not be read", count=unread) if unread else ""
    state = RAN if tested else UNREADABLE if here or unread else EMPTY
    if here and not tested:
        why = tr("nobody of the population could be judged")
    return Procedure(rule.name, unit, state, here + unread, tested, why=why)


def _unread(source: Tallied) -> dict[str, int]:
    """Count the reports by unit whose text could not be read."""
    if "required_section" not in source.names:
        return {}
    sql = "SELECT unit_id, count(*) FROM periodic_report WHERE inspection_id IN (SELECT inspection_id FROM report_unread) GROUP BY unit_id"
    return dict(source.engine.execute(sql).fetchall())


def _rows(source: Tallied, rules: Iterable[Rule], notes: Iterable[Problem]) -> dict[str, Rows]:
    """Count the populations by rule and unit: one query a tally."""
    by_tally: dict[str, list[tuple[Rule, str]]] = {}
    for rule in rules:
        tally, condition = rule.population_rows
        by_tally.setdefault(tally, []).append((rule, condition))
    subjects: dict[str, set[str]] = {}
    for note in notes:
        if note.check == NOT_JUDGED:
            subjects.setdefault(note.field, set()).add(note.value)
    return {name: rows for tally, asked in by_tally.items() for name, rows in _of_tally(source, tally, asked, subjects).items()}


def _of_tally(source: Tallied, tally: str, asked: list[tuple[Rule, str]], subjects: Mapping[str, set[str]]) -> dict[str, Rows]:
    places = "; ".join(f"{rule.place}: population" for rule, _ in asked)
    if tally not in source.names:
        raise BadRule(tr("unknown or not made: the tally '{name}'", name=tally), places)
    try:
        columns = {column[0] for column in source.engine.execute(f"SELECT * FROM {tally} LIMIT 0").description}
        by = f"{tally}.customer_id" if "customer_id" in columns else f"{tally}.unit_id"
        counts = [f"count(CASE WHEN {condition} THEN 1 END) AS rows_{n}" for n, (_, condition) in enumerate(asked)]
        about = [f"({condition}) AND {_among(by, subjects.get(rule.name, ()))}" for rule, condition in asked]
        counts += [f"count(CASE WHEN {condition} THEN 1 END) AS not_judged_{n}" for n, condition in enumerate(about)]
        sql = f"SELECT {tally}.unit_id, {', '.join(counts)} FROM {tally} CROSS JOIN asked GROUP BY {tally}.unit_id"
        found = source.engine.execute(sql).fetchall()
    except source.engine.refusals as fault:
        raise BadRule(tr("the population of the rule cannot be counted: {what}", what=fault), places) from fault
    half = len(asked)
    return {
        rule.name: Rows({row[0]: row[1 + n] for row in found}, {row[0]: row[1 + half + n] for row in found})
        for n, (rule, _) in enumerate(asked)
    }


def _among(column: str, subjects: Iterable[str]) -> str:
    """Return the condition that a row is about one of `subjects`; a blank one is anybody."""
    named = sorted(subjects)
    return "FALSE" if not named else "TRUE" if "" in named else f"{column} IN ({', '.join(map(literal, named))})"


def summed(parts: Iterable[Procedure], unit: str = "") -> dict[str, Procedure]:
    """Return one procedure a rule over several units or quarters: it ran where one of them ran, and counts of all."""
    by_rule: dict[str, list[Procedure]] = {}
    for part in parts:
        by_rule.setdefault(part.rule, []).append(part)
    return {name: _sum(found, unit) for name, found in by_rule.items()}


def _sum(parts: list[Procedure], unit: str) -> Procedure:
    state = min((part.state for part in parts), key=(RAN, UNREADABLE, ABSENT, EMPTY, OFF).index)
    numbers = [sum(column) for column in zip(*((p.population, p.tested, p.exceptions, p.waived) for p in parts), strict=True)]
    why = "; ".join(dict.fromkeys(part.why for part in parts if part.why))
    return Procedure(parts[0].rule, unit, state, *numbers, why)


def of_quarters(quarters: Iterable[Sequence[Procedure]]) -> list[Procedure]:
    """Return the procedures of a longer period: those of its quarters together."""
    by_unit: dict[str, list[Procedure]] = {}
    for procedure in (one for quarter in quarters for one in quarter):
        by_unit.setdefault(procedure.unit_id, []).append(procedure)
    made = [one for unit, parts in sorted(by_unit.items()) for one in summed(parts, unit).values()]
    order = list(dict.fromkeys(one.rule for one in made))
    return sorted(made, key=lambda one: (order.index(one.rule), one.unit_id))
