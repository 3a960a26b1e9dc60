"""Errors of the engine. Each says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from notebookrun.messages import tr

MOST_NAMED = 12
"""Known words named where none is near."""


class NotebookError(Exception):
    """Base of the engine's errors. `exit_code` is for a program that ends by one."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", do: str = "") -> None:
        self.what, self.where, self.do = what, where, do
        super().__init__(what, where, do)

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows in place of a traceback through our own code."""
        return [str(self)]

    def __str__(self) -> str:
        said = f"{self.where}: {self.what}" if self.where else self.what
        return f"{said}\n  → {self.do}" if self.do else said


class BadNotebook(NotebookError):
    """A notebook cannot be run as it stands: its author's job."""

    exit_code = 2


class BadParameters(NotebookError):
    """Parameters given to a notebook, or to the engine, are wrong: the caller's job."""

    exit_code = 2


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or the first known ones where none is near."""
    known = sorted(known)
    if near := get_close_matches(word, known, n=1, cutoff=0.5):
        return tr("did you mean '{near}'?", near=near[0])
    return tr("known: {known}", known=", ".join(known[:MOST_NAMED]) + (" …" if len(known) > MOST_NAMED else ""))
