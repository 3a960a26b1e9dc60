"""Follow-up: the findings of the quarter before, and of this one, as tables for the tallies that say what became of them.

They are there only once this quarter's findings are known: tallies that read them are made after the others, and rules over those are run then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from postloan.data.relation import lay_down_table
from postloan.figures.book import Book
from postloan.figures.finding import Finding, finding_keys
from postloan.figures.tally import FOUND
from postloan.language import tr
from postloan.problem import NOTE, Problem

ANSWERS = "rectification"
"""The table of what became of findings: without it nothing is followed."""
_TEXTS = ("period", "rule", "title", "unit_id", "customer_id", "whose", "item", "compared", "loan_id", "last_index_no")
_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXTS), ("due_on", pa.date32())])
WHOLE_REPORTS = ("report", "inspection")
"""Findings about these have another subject in each quarter: one is found again where its rule and customer are."""


def lay_down(con: duckdb.DuckDBPyConnection, before: Book | None, now: Iterable[Finding], due: Mapping[tuple[str, str], date]) -> None:
    """Make the tables of `FOUND` in the schema in use. `due` are the days that notices have set, by period and key of a finding."""
    for name, rows in zip(FOUND, (_rows(before.findings_made, before, due) if before else (), _rows(now, None, {})), strict=True):
        lay_down_table(con, name, pa.Table.from_pylist(list(rows), schema=_SCHEMA))


def _rows(findings: Iterable[Finding], before: Book | None, due: Mapping[tuple[str, str], date]) -> Iterator[dict[str, Any]]:
    """Yield a row a finding; of the quarter before only what is to be put right, with its day."""
    found = list(findings)
    days = timedelta(days=int(before.policy.limit("rectify_days", before.period.as_of))) if before else timedelta()
    for finding, key in zip(found, finding_keys(found), strict=True):
        if before and finding.rule.severity == "hint":
            continue
        yield {
            "period": finding.period or (before.period.name if before else ""),
            "rule": finding.rule.name,
            "title": finding.rule.title,
            "unit_id": finding.unit_id,
            "customer_id": finding.customer_id or None,
            "whose": finding.customer_id,
            "item": finding.subject,
            "compared": "" if finding.rule.about in WHOLE_REPORTS or "meeting_id" in finding.row else finding.subject,
            "loan_id": finding.row.get("loan_id"),
            "last_index_no": finding.index_no,
            "due_on": due.get((finding.period, key), before.period.as_of + days) if before else None,
        }


def answers_to_nothing(con: duckdb.DuckDBPyConnection, before: Book) -> list[Problem]:
    """Return a note for each answer about the quarter before that fits none of its findings: it counts nowhere."""
    asked = f"""
        SELECT r.rule, r.unit_id, coalesce(r.customer_id, ''), r.subject FROM {ANSWERS} AS r
        WHERE r.period = ? AND coalesce(r.replied_on, r.rectified_on, r.verified_on) IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM {FOUND[0]} AS b
            WHERE r.rule IN (b.rule, b.title) AND r.unit_id = b.unit_id AND coalesce(r.customer_id, '') = b.whose AND r.subject = b.item
        )
        ORDER BY ALL
    """
    notes = []
    for rule, unit, customer, subject in con.execute(asked, [before.period.name]).fetchall():
        says = tr(
            "no finding of {period} is answered by this ({what}); correct rule, unit, customer or subject",
            period=before.period,
            what=" ".join(filter(None, (unit, customer, rule))),
        )
        notes.append(Problem("answer_to_nothing", NOTE, "", "", None, f"{ANSWERS}.rule", subject, says))
    return notes


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
