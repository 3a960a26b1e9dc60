"""Subjects about whom a rule cannot speak, since input about them was lost: nothing absent is found from what was not read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from postloan.data.intake.fast import literal
from postloan.data.schema import all_tables
from postloan.data.screen.unread import OF_WHOM, Unread
from postloan.figures.engine import Tallied
from postloan.figures.finding import Finding
from postloan.figures.measure import Figures, measures_of, terms_behind
from postloan.figures.rule import Rule
from postloan.figures.tally import WORKED, Tally, all_tallies
from postloan.language import tr
from postloan.problem import NOTE, Problem


@dataclass(frozen=True)
class Untested:
    """The customers and units that one rule does not judge; `anybody` where a row was lost that may be about any of them."""

    customers: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    anybody: bool = False

    def covers(self, finding: Finding) -> bool:
        """Return True where the finding is about one of them."""
        return self.anybody or finding.customer_id in self.customers or not finding.customer_id and finding.unit_id in self.units


JUDGED = Untested()
TEXT_FIELDS = {"inspection": ("customer_id", "period", "kind", "submitted_at", "done_on", "report_file")}
"""The fields by which texts of reports are found, where these are not all of a table."""


def untested_by(source: Tallied, rules: Iterable[Rule], unread: Collection[Unread]) -> dict[str, Untested]:
    """Return by rule the subjects in its tally that it does not judge.

    A rule that finds something absent or too little judges nobody of whom a row of its tables was dropped; no rule judges anybody of
    whom a cell that it reads was blanked.
    """
    if not unread:
        return {}
    return {rule.name: found for rule in rules if (found := _untested(source, rule, unread)) != JUDGED}


def _untested(source: Tallied, rule: Rule, unread: Collection[Unread], also: str = "") -> Untested:
    """Return the subjects of the rule's tally, and of the tally `also`, about whom input was lost."""
    tables, read = rule.tables(), _fields_read(rule)
    lost = [u for u in unread if (not u.field and rule.absence and u.table in tables) or (u.field and u.field in read.get(u.table, ()))]
    if not lost:
        return JUDGED
    rows = source.engine.execute(f"SELECT * FROM {rule.over} LIMIT 0")
    by = "customer_id" if "customer_id" in {column[0] for column in rows.description} else "unit_id"
    tallies = [rule.over, *([also] if also in source.names and rule.about == "customer" else [])]
    subjects = {row[0] for tally in tallies for row in source.engine.execute(f"SELECT DISTINCT {by} FROM {tally}").fetchall()}
    named = frozenset(subjects & {getattr(u, by) for u in lost})
    anybody = any(not u.field and u.customer_id is None and u.unit_id is None and u.table not in OF_WHOM for u in lost)
    return Untested(named, frozenset(), anybody) if by == "customer_id" else Untested(frozenset(), named, anybody)


def _fields_read(rule: Rule) -> dict[str, set[str]]:
    """Return by input table the fields that the rule's tally, and those that it reads, use; one that is only passed on is not used."""
    chain = _with_read(rule.over)
    found: dict[str, set[str]] = {}
    for name in {name for tally in chain for name in tally.reads}:
        for table in WORKED.get(name, ()):
            found.setdefault(table, set()).update(TEXT_FIELDS.get(table, all_tables()[table].fields))
    for table in rule.tables():
        direct = [tally for tally in chain if table in tally.reads]
        above = [*(tally.sql for tally in chain if tally not in direct), rule.broken_when]
        used = {
            field
            for field in all_tables()[table].fields
            if any(_uses(tally.sql, field) for tally in direct)
            or any(_names(tally.sql, field) for tally in direct)
            and any(_uses(sql, field) for sql in above)
        }
        found.setdefault(table, set()).update(used)
    return found


def _with_read(name: str) -> list[Tally]:
    """Return the tally called `name` and all that it reads."""
    found, waiting = dict[str, Tally](), [name]
    while waiting:
        tally = all_tallies()[waiting.pop()]
        found[tally.name] = tally
        waiting += [read for read in tally.reads if read in all_tallies() and read not in found]
    return list(found.values())


def _names(sql: str, field: str) -> bool:
    return bool(re.search(rf"\b{field}\b", sql))


def _uses(sql: str, field: str) -> bool:
    """Return True where the SQL does more with a field than to pass it on under its name."""
    return _names(re.sub(rf"(?m)(?:\bSELECT |, |^\s+)(?:\w+\.)?{field}(?=,|\s+FROM|\s*$)", "", sql), field)


def undefined_by(source: Tallied, rules: Iterable[Rule], unread: Collection[Unread]) -> dict[tuple[str, str], Figures]:
    """Return by grain and id the measures that are undefined, since they count what a rule, switched off or not, cannot judge of somebody."""
    found = defaultdict[tuple[str, str], Figures](dict)
    for rule in (rule for rule in rules if unread and rule.leaves_undefined and rule.over in source.names):
        of, terms = _untested(source, rule, unread, "customer_in_scope"), set(rule.leaves_undefined)
        undefined = [measure for measure in measures_of(source.themes) if terms & set(terms_behind(measure))]
        for subject in _concerned(source, rule, of) if of != JUDGED else ():
            found[subject].update(dict.fromkeys(undefined))
    return found


def _concerned(source: Tallied, rule: Rule, untested: Untested) -> Iterator[tuple[str, str]]:
    """Yield the customers whom a rule does not judge, their units and managers, and the bank."""
    by = "customer_id" if untested.customers else "unit_id"
    named = ", ".join(map(literal, sorted(untested.customers or untested.units)))
    where = "TRUE" if untested.anybody else f"{by} IN ({named})"
    yield "bank", ""
    of_customers = rule.about == "customer" and "customer_in_scope" in source.names
    if of_customers:
        in_scope = f"SELECT customer_id FROM customer_in_scope WHERE {where}"
        yield from (("customer", row[0]) for row in source.engine.execute(in_scope).fetchall())
    for tally in [rule.over, *(["customer_in_scope"] if of_customers else [])]:
        of_units = f"SELECT DISTINCT unit_id FROM {tally} WHERE {where}"
        yield from (("unit", row[0]) for row in source.engine.execute(of_units).fetchall())
    if "customer_holder" in source.names and (untested.customers or untested.anybody):
        of_managers = f"SELECT DISTINCT staff_id FROM customer_holder WHERE {where}"
        yield from (("manager", row[0]) for row in source.engine.execute(of_managers).fetchall())


def not_judged(rules: Mapping[str, Rule], untested: Mapping[str, Untested]) -> list[Problem]:
    """Return one note a rule and subject that it does not judge."""
    notes = []
    for name, found in untested.items():
        title = rules[name].title
        for subject in sorted(found.customers | found.units):
            says = tr("'{title}' is not judged here: input about {subject} could not be read", title=title, subject=subject)
            notes.append(Problem("not_judged", NOTE, "", "", None, name, subject, says))
        if found.anybody:
            says = tr("'{title}' is judged for nobody: a row was left out that does not say about whom it is", title=title)
            notes.append(Problem("not_judged", NOTE, "", "", None, name, "", says))
    return notes
