"""Faults of templates with their places, and the errors that stop a filling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self

from officefill.messages import tr

MOST_NAMED = 12
"""Known words that are listed where none is near."""


class OfficefillError(Exception):
    """Base of the engine's errors: what is wrong, where, and what to do. `exit_code` is that of a command line."""

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


class Place(str):
    """A place in a template or paper: words for people that also carry the place for programs, such as one that puts a comment there.

    `part`: a part of a Word file, or the name of a sheet; blank where there is none. `at`: the number, from 0, of the paragraph among all
    `w:p` of the part, or a cell (C12); None for the whole part. `span`: the characters of the paragraph's text; None for all of it.
    """

    part: str
    at: int | str | None
    span: tuple[int, int] | None

    def __new__(cls, words: str, part: str = "", at: int | str | None = None, span: tuple[int, int] | None = None) -> Self:
        made = super().__new__(cls, words)
        made.part, made.at, made.span = part, at, span
        return made

    def worded(self, words: str) -> Place:
        """Return the same place in other words."""
        return Place(words, self.part, self.at, self.span)

    def spanning(self, span: tuple[int, int]) -> Place:
        """Return the place of these characters."""
        return Place(str(self), self.part, self.at, span)


NOWHERE = Place("")
"""The place of a fault of which only words are known."""


@dataclass(eq=False)
class Fault:
    """One fault of a template, at its place: words, or a `Place`."""

    what: str
    where: str
    do: str = ""

    @property
    def place(self) -> Place:
        """The fault's place for programs; without a part where only words are known."""
        return self.where if isinstance(self.where, Place) else NOWHERE.worded(self.where)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n  → {self.do}" if self.do else "")


class BadTemplate(OfficefillError):
    """A template that cannot be used: its owner's job. Carries every fault found, each once, not just the first."""

    exit_code = 4

    def __init__(self, template: str, faults: Iterable[Fault]) -> None:
        self.template, self.faults = template, list({str(fault): fault for fault in faults}.values())
        super().__init__(
            tr("the template has {count} faults", count=len(self.faults)) + "\n" + "\n".join(map(str, self.faults)),
            template,
        )

    def __reduce__(self) -> tuple[type[BadTemplate], tuple[str, list[Fault]]]:
        """Pickle the error with its faults."""
        return BadTemplate, (self.template, self.faults)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or the first known ones where none is near."""
    known = sorted(known)
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return tr("did you mean '{near}'?", near=near[0])
    return tr("known: {known}", known=", ".join(known[:MOST_NAMED]) + (" …" if len(known) > MOST_NAMED else ""))
