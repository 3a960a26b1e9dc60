"""Everything that stops the program, by whose job it is to put it right.

Each error says what is wrong, where, and what to do. Faults in single rows of data are no errors:
they are rows of `problems.csv` (see `problem.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Self

from postloan.language import tr
from postloan.problem import Problem

MOST_NAMED = 12
"""Known words named where none is near."""


class PostloanError(Exception):
    """Base of all errors a user may meet. `exit_code` is the contract's."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", do: str = "") -> None:
        self.what, self.where, self.do = what, where, do
        super().__init__(what, where, do)

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


class BadPolicy(PostloanError):
    """A policy, a table description or a calendar is wrong or has no answer: the policy owner's job."""

    exit_code = 4


class Place(str):
    """A place in a template or paper in words, which also knows it for programs: what a comment is put at.

    `part`: a part of a Word file, or the name of a sheet; blank where there is none. `at`: the number, from 0, of the paragraph (`w:p`) among
    all of the part, or a cell (C12); None for the whole part. `span`: the characters of the paragraph's text; None for all of it.
    """

    part: str
    at: int | str | None
    span: tuple[int, int] | None

    def __new__(cls, words: str, part: str = "", at: int | str | None = None, span: tuple[int, int] | None = None) -> Self:
        made = super().__new__(cls, words)
        made.part, made.at, made.span = part, at, span
        return made

    def worded(self, words: str) -> Place:
        """The same place in other words."""
        return Place(words, self.part, self.at, self.span)

    def spanning(self, span: tuple[int, int]) -> Place:
        """These characters of the place."""
        return Place(str(self), self.part, self.at, span)


NOWHERE = Place("")
"""The place of what is known by its words only."""


class Fault:
    """One fault of a template, at its place: words, or a `Place`."""

    def __init__(self, what: str, where: str, do: str = "") -> None:
        self.what, self.where, self.do = what, where, do

    @property
    def place(self) -> Place:
        """Where the fault is, for programs; without a part where only words are known."""
        return self.where if isinstance(self.where, Place) else NOWHERE.worded(self.where)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n  → {self.do}" if self.do else "")

    def __repr__(self) -> str:
        return f"Fault({self.what!r}, {self.where!r}, {self.do!r})"


class BadTemplate(PostloanError):
    """A template cannot be used: its owner's job. Carries every fault found, not just the first."""

    exit_code = 4

    def __init__(self, template: str, faults: Iterable[Fault]) -> None:
        self.template, self.faults = template, list(faults)
        super().__init__(
            tr("the template has {count} faults", count=len(self.faults)) + "\n" + "\n".join(map(str, self.faults)),
            template,
        )

    def __reduce__(self) -> tuple[type[BadTemplate], tuple[str, list[Fault]]]:
        """Pickled from a child process whole, with its faults."""
        return BadTemplate, (self.template, self.faults)


class BadPaper(PostloanError):
    """A file given as a finished paper is none, or cannot be read: the job of whoever gave it."""

    exit_code = 2


class CannotTally(PostloanError):
    """A tally is not to be had: the engine gave up (the machine's, or that of whoever runs the cluster), or the run has not kept it."""


class CannotFile(PostloanError):
    """The output could not be written: the machine's, or whoever has the file open."""

    exit_code = 5


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known word, or the first known ones where none is near."""
    known = sorted(known)
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return tr("did you mean '{near}'?", near=near[0])
    return tr("known: {known}", known=", ".join(known[:MOST_NAMED]) + (" …" if len(known) > MOST_NAMED else ""))


OURS = frozenset(name for name, kind in list(vars().items()) if isinstance(kind, type) and issubclass(kind, PostloanError))
"""Names of the errors whose message is ours; that of any other may quote a value of the data."""
