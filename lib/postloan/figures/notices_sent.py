"""Notices that went out in earlier periods, as a table for the tallies that say what became of what they told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

import duckdb
import pyarrow as pa

from postloan.data.relation import lay_down_table
from postloan.figures.tally import NOTICES
from postloan.period import Period

REPLIES = "notice_reply"
"""The table of replies to notices."""


@dataclass(frozen=True)
class NoticeItem:
    """One item of a notice that went out: a loan or acceptance that falls due, a finding, a signal, a matter.

    `told_for` is the last day of the period whose run told it, `replaced_on` the day of the notice that replaced or withdrew it.
    """

    document: str
    title: str
    kind: str
    business_id: str
    due_on: date
    unit_id: str
    customer_id: str
    number: str
    prepared_on: date
    reply_by: date
    told_for: date
    replaced_on: date | None = None


_SCHEMA = pa.schema([(field.name, pa.date32() if "date" in str(field.type) else pa.string()) for field in fields(NoticeItem)])


def known_by(notices: Iterable[NoticeItem], period: Period) -> list[NoticeItem]:
    """Return what notices of earlier periods had told by the last day of the period: a run's own notices change nothing that it rests on."""
    return [item for item in notices if item.told_for < period.as_of and item.prepared_on <= period.as_of]


def lay_down_notices(con: duckdb.DuckDBPyConnection, notices: Iterable[NoticeItem], period: Period) -> frozenset[str]:
    """Make the table of what is known of notices in the schema in use; return its name, or nothing where nothing is known.

    It is there, empty, where nothing is known: SQL that does without may read it as a parameter of the run.
    """
    known = known_by(notices, period)
    lay_down_table(con, NOTICES, notices_table(known))
    return frozenset([NOTICES] if known else ())


def notices_table(items: Iterable[NoticeItem]) -> pa.Table:
    """Return items of notices as a table."""
    return pa.Table.from_pylist([vars(item) for item in items], schema=_SCHEMA)
