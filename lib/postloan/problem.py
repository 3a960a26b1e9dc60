"""Faults in the data: the rows of `problems.csv`."""

from __future__ import annotations

from typing import NamedTuple

STOP, DROP, NOTE = "stop", "drop", "note"


class Problem(NamedTuple):
    """One fault in the data, for the sender to put right.

    `consequence`: `stop` (the run ends), `drop` (the row is left out) or `note` (the row stays). `row`: its number in Excel or an editor,
    None for a fault of the whole file or column.
    """

    check: str
    consequence: str
    file: str
    sheet: str
    row: int | None
    field: str
    value: str
    says: str
