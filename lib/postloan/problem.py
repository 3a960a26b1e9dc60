"""Faults in the data: the rows of `problems.csv`."""

from __future__ import annotations

from typing import NamedTuple

STOP, DROP, BLANK, NOTE = "stop", "drop", "blank", "note"


class Problem(NamedTuple):
    """One fault in the data, for the sender to put right.

    `consequence`: `stop` (the run ends), `drop` (the row is left out), `blank` (the cell counts as not given, the row stays) or `note`
    (all stays). `row`: its number in Excel or an editor, None for a fault of the whole file or column.
    """

    check: str
    consequence: str
    file: str
    sheet: str
    row: int | None
    field: str
    value: str
    says: str
