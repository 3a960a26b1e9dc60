"""Follow-up: the findings of the quarter before, and of this one, as tables for the tallies that say what became of them.

They are there only once this quarter's findings are known: tallies that read them are made after the others, and rules over those are run then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from postloan.data.relation import lay_down_table
from postloan.data.schema import all_tables
from postloan.figures.book import Book
from postloan.figures.finding import Finding, finding_keys
from postloan.figures.settings import Settings
from postloan.figures.tally import FOUND
from postloan.language import tr
from postloan.period import Period
from postloan.problem import NOTE, Problem

ANSWERS = "rectification"
"""The table of what became of findings: without it nothing is followed."""
_TEXTS = ("period", "key", "rule", "title", "unit_id", "customer_id", "whose", "item", "compared", "loan_id", "last_index_no")
_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXTS), ("due_on", pa.date32())])
WHOLE_REPORTS = ("report", "inspection")
"""Findings about these have another subject in each quarter: one is found again where its rule and customer are."""


class Followed(NamedTuple):
    """The quarter before, its findings, and the rows of earlier ones that were still open at its end; `days` from that end are for putting right."""

    period: Period
    findings: Sequence[Finding]
    carried: Sequence[Mapping[str, Any]]
    days: timedelta


def followed_before(before: Book | None, settings: Settings) -> Followed | None:
    """Return the findings to follow: as the run of the quarter before has told them, else those of `before`, the book computed for it; None without both."""
    quarter, kept = settings.period.before, settings.kept_before(settings.period)
    if kept is None and before is None:
        return None
    days = timedelta(days=int(settings.policy.limit("rectify_days", quarter.as_of)))
    findings = kept.findings if kept else before.findings_made if before else []
    return Followed(quarter, findings, kept.carried if kept else (), days)


def lay_down(con: duckdb.DuckDBPyConnection, followed: Followed, now: Iterable[Finding], due: Mapping[tuple[str, str], date]) -> None:
    """Make the tables of `FOUND` in the schema in use. `due` are the days that notices have set, by period and key of a finding."""
    before = list(_rows(followed.findings, followed, due))
    keys = {_compared(row) for row in before}
    carried = [{name: row[name] for name in _SCHEMA.names} for row in followed.carried if _compared(row) not in keys]
    for name, rows in zip(FOUND, ([*before, *carried], list(_rows(now, None, {}))), strict=True):
        lay_down_table(con, name, pa.Table.from_pylist(rows, schema=_SCHEMA))


def _compared(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values by which one finding is another one found again."""
    return row["rule"], row["unit_id"], row["whose"], row["compared"]


def _rows(findings: Iterable[Finding], before: Followed | None, due: Mapping[tuple[str, str], date]) -> Iterator[dict[str, Any]]:
    """Yield a row a finding; of the quarter before only what is to be put right, with its day, and no finding about following up."""
    found = list(findings)
    for finding, key in zip(found, finding_keys(found), strict=True):
        if before and (finding.rule.severity == "hint" or finding.rule.theme == all_tables()[ANSWERS].theme):
            continue
        yield {
            "period": finding.period or (before.period.name if before else ""),
            "key": key,
            "rule": finding.rule.name,
            "title": finding.rule.title,
            "unit_id": finding.unit_id,
            "customer_id": finding.customer_id or None,
            "whose": finding.customer_id,
            "item": finding.subject,
            "compared": "" if finding.rule.about in WHOLE_REPORTS or "meeting_id" in finding.row else finding.subject,
            "loan_id": finding.row.get("loan_id"),
            "last_index_no": finding.index_no,
            "due_on": due.get((finding.period, key), before.period.as_of + before.days) if before else None,
        }


def answers_to_nothing(con: duckdb.DuckDBPyConnection, before: Followed) -> list[Problem]:
    """Return a note for each answer about the quarter before that fits none of its findings: it counts nowhere. An answer to a hint may stand there."""
    hints = [f for f in before.findings if f.rule.severity == "hint"]
    answered = {(name, f.unit_id, f.customer_id, f.subject) for f in hints for name in (f.rule.name, f.rule.title)}
    asked = f"""
        SELECT r.rule, r.unit_id, coalesce(r.customer_id, ''), r.subject FROM {ANSWERS} AS r
        WHERE r.period = ? AND coalesce(r.replied_on, r.rectified_on, r.verified_on) IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM {FOUND[0]} AS b
            WHERE r.rule IN (b.rule, b.title) AND r.unit_id = b.unit_id AND coalesce(r.customer_id, '') = b.whose AND r.subject = b.item
        )
        ORDER BY ALL
    """
    notes = []
    found = con.execute(asked, [before.period.name]).fetchall()
    for rule, unit, customer, subject in (row for row in found if row not in answered):
        says = tr(
            "no finding of {period} is answered by this ({what}); correct rule, unit, customer or subject",
            period=before.period,
            what=" ".join(filter(None, (unit, customer, rule))),
        )
        notes.append(Problem("answer_to_nothing", NOTE, "", "", None, f"{ANSWERS}.rule", subject, says))
    return notes


def judged(con: duckdb.DuckDBPyConnection, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings; one that the inspector has judged unfounded, the reviewer agreeing, stays and costs nothing."""
    asked = f"""
        SELECT period, rule, unit_id, coalesce(customer_id, ''), subject FROM {ANSWERS}
        WHERE outcome = 'unfounded' AND judgement IS NOT NULL AND review IS NOT NULL AND verified_by IS NOT NULL
    """
    unfounded = set(con.execute(asked).fetchall())
    return [
        replace(f, unfounded=True, deduction=Decimal(0))
        if any((f.period, name, f.unit_id, f.customer_id, f.subject) in unfounded for name in (f.rule.name, f.rule.title))
        else f
        for f in findings
    ]


def rows_to_answer(book: Book, answered: Iterable[Mapping[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield an empty answer for each finding of the period that is to be put right and is not among those `answered`, and what was found.

    The rule is named by its title, as people read it.
    """
    taken = {tuple(row.get(name) or "" for name in ("period", "rule", "unit_id", "customer_id", "subject")) for row in answered}
    for finding in book.findings_made:
        rule, whose = finding.rule, (finding.unit_id, finding.customer_id, finding.subject)
        if rule.severity == "hint" or not taken.isdisjoint((finding.period, name, *whose) for name in (rule.name, rule.title)):
            continue
        taken.add((finding.period, rule.title, *whose))
        row = dict(zip(("unit_id", "customer_id", "subject"), whose, strict=True)) | {"period": finding.period, "rule": rule.title}
        yield row, f"{finding.index_no} {rule.title}：{finding.words}"
