"""Faults in the data, as rows: what `problems.csv` holds."""

from __future__ import annotations

from typing import NamedTuple

STOP, DROP, NOTE = "stop", "drop", "note"


class Problem(NamedTuple):
    """One fault in the data: the sender's business.

    `consequence` is `stop` (the run ends), `drop` (the row is left out) or `note` (the row stays).
    `row` is the number a person sees in Excel or an editor, None where the fault is the whole file's or column's.
    """

    check: str
    consequence: str
    file: str
    sheet: str
    row: int | None
    field: str
    value: str
    says: str
