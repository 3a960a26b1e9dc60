"""Follow-up: the findings of the quarter before, and of this one, as tables for the tallies that say what became of them.

They are there only once this quarter's findings are known: tallies that read them are made after the others, and rules over those are run then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from postloan.figures.book import Book
from postloan.figures.finding import Finding, finding_keys
from postloan.figures.tally import FOUND

ANSWERS = "rectification"
"""The table of what became of findings: without it nothing is followed."""
_TEXTS = ("period", "rule", "title", "unit_id", "customer_id", "whose", "subject", "compared", "loan_id", "last_index_no")
_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXTS), ("due_on", pa.date32())])
WHOLE_REPORTS = ("report", "inspection")
"""What a finding is about whose subject is another in each quarter: it is found again where its rule and customer are."""


def lay_down(con: duckdb.DuckDBPyConnection, before: Book | None, now: Iterable[Finding], due: Mapping[tuple[str, str], date]) -> None:
    """Make the tables of `FOUND` in the schema in use. `due` are the days that notices have set, by period and key of a finding."""
    for name, rows in zip(FOUND, (_rows(before.findings_made, before, due) if before else (), _rows(now, None, {})), strict=True):
        con.register("found", pa.Table.from_pylist(list(rows), schema=_SCHEMA))
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM found")
        con.unregister("found")


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
            "subject": finding.subject,
            "compared": "" if finding.rule.about in WHOLE_REPORTS or "meeting_id" in finding.row else finding.subject,
            "loan_id": finding.row.get("loan_id"),
            "last_index_no": finding.index_no,
            "due_on": due.get((finding.period, key), before.period.as_of + days) if before else None,
        }
