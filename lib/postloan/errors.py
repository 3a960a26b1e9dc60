"""Everything that stops the program, by whose job it is to put it right.

Each error says what is wrong, where, and what to do. Faults in single rows of data are no errors:
they are rows of `problems.csv` (see `problem.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from notebookrun import redact
from notebookrun.errors import NotebookError
from officefill.errors import MOST_NAMED, BadTemplate, Fault, OfficefillError, Place, did_you_mean  # noqa: F401 - others import them from here

from postloan.problem import Problem


class PostloanError(Exception):
    """Base of all errors a user may meet. `exit_code` is the contract's."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", do: str = "") -> None:
        self.what, self.where, self.do = what, where, do
        super().__init__(what, where, do)

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows in place of a traceback through our own code."""
        return [str(self)]

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.do:
            lines.append(f"  → {self.do}")
        return "\n".join(lines)


class BadCommand(PostloanError):
    """The command line or a notebook's parameters are wrong: the caller's job."""

    exit_code = 2


class BadFile(PostloanError):
    """The data cannot be used at all: the sender's job. `problems` are rows for `problems.csv` that say so."""

    exit_code = 3

    def __init__(self, what: str, where: str = "", do: str = "", problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(what, where, do)


class BadMeasure(PostloanError):
    """A measure or a tally is wrong: the maintainer's job."""

    exit_code = 4


class BadRule(PostloanError):
    """A rule is wrong: the maintainer's job."""

    exit_code = 4


class BadTheme(PostloanError):
    """A theme, or a part of one that has no error of its own, is wrong: the maintainer's job."""

    exit_code = 4


class BadLedger(PostloanError):
    """A ledger is wrong: the maintainer's job."""

    exit_code = 4


class BadSection(PostloanError):
    """A named condition, list or word of papers is wrong: the maintainer's job."""

    exit_code = 4


class BadPolicy(PostloanError):
    """A policy, a table description or a calendar is wrong or has no answer: the policy owner's job."""

    exit_code = 4


class BadPaper(PostloanError):
    """A file given as a finished paper is none, or cannot be read: the job of whoever gave it."""

    exit_code = 2


class CannotTally(PostloanError):
    """A tally is not to be had: the engine gave up (the machine's, or that of whoever runs the cluster), or the run has not kept it."""


class CannotFile(PostloanError):
    """The output could not be written: the machine's, or whoever has the file open."""

    exit_code = 5


STOPPING = (PostloanError, OfficefillError, NotebookError)
"""The errors that stop the program with words of ours: its own, and those of the engines."""


def _names(kind: type[Exception]) -> set[str]:
    return {kind.__name__}.union(*map(_names, kind.__subclasses__()))


OURS = frozenset().union(*map(_names, STOPPING))
"""Names of the errors whose message is ours; that of any other may quote a value of the data."""
redact.trust(OURS)
