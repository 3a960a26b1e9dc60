"""A job of a batch as records, logs and progress tell it, and the states it can be in."""

from __future__ import annotations

from dataclasses import dataclass, field

MADE, UNCHANGED = "made", "unchanged"
FAILED, TIMED_OUT, KERNEL_DIED, STOPPED_EARLY = "failed", "timed out", "kernel died", "stopped early"
INTERRUPTED, NOT_STARTED = "interrupted", "not started"

STATES = (MADE, UNCHANGED, FAILED, TIMED_OUT, KERNEL_DIED, STOPPED_EARLY, INTERRUPTED, NOT_STARTED)
"""Every state a job ends in."""
DONE = frozenset({MADE, UNCHANGED})
"""The states in which the papers of a job are there and right."""


@dataclass
class Job:
    """One document for one unit.

    `unit` is blank for the whole. `seconds` is the duration of the last try, `started` an ISO time in UTC, `files` and `notebook` are
    paths below the output folder, `edited` counts the places that people edited by hand and that were not taken over.
    """

    document: str
    title: str
    unit: str = ""
    unit_name: str = ""
    state: str = NOT_STARTED
    reason: str = ""
    tries: int = 0
    seconds: float = 0.0
    started: str = ""
    files: list[str] = field(default_factory=list)
    notebook: str = ""
    edited: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """The pair that tells a job from all others."""
        return self.document, self.unit
