"""Inspection reports: from Word files and tables of sections to facts, copies and faults."""

from __future__ import annotations

from pathlib import Path

from postloan.period import Period

UNREAD = ("unreadable_report", "no_section")
"""Problems of a report file that leave its text unknown."""
TEXTS_KEPT = "report_texts.parquet"
"""The next quarter's run compares its report texts with this file: it stays in the output folder and holds customers' words."""


def texts_before(out: str | Path, period: Period) -> Path:
    """Return the file in which the run of the period before has kept its report texts; of a longer period, that before its first quarter."""
    first = period.quarters[0] if period.quarters else period
    return Path(out) / first.before.name / TEXTS_KEPT
