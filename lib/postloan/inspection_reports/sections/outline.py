"""The headings that are open at a place of a report, and which of them the next heading closes."""

from __future__ import annotations

from typing import NamedTuple

from postloan.inspection_reports.sections.heading import Heading, Mark


class _Open(NamedTuple):
    mark: Mark
    sections: tuple[str, ...]


class Outline:
    """Open headings, the outermost first. A heading that names no section belongs to the section it stands in."""

    def __init__(self) -> None:
        self._open: list[_Open] = []

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that text at this place belongs to."""
        return self._open[-1].sections if self._open else ()

    def enter(self, heading: Heading) -> None:
        """Open a heading, and close those it stands beside or above."""
        stay = self._staying(heading)
        inherited = self._open[stay - 1].sections if stay else ()
        self._open[stay:] = [_Open(heading.mark, heading.sections or inherited)]

    def _staying(self, heading: Heading) -> int:
        """How many of the open headings stay open."""
        mark, known = heading.mark, bool(heading.sections)
        if mark.level:
            closes = [self._is_under_style(entry, mark, known) for entry in self._open]
        elif mark.scheme.startswith("list "):
            closes = [_is_same_list(entry.mark, mark) for entry in self._open]
        elif mark.scheme:
            return self._beside_number(mark, known)
        else:
            closes = [entry.mark == mark for entry in self._open]
        return closes.index(True) if True in closes else len(self._open)

    @staticmethod
    def _is_under_style(entry: _Open, mark: Mark, known: bool) -> bool:
        # A plain line can be a main heading only where styles are used for nothing higher.
        return entry.mark.level >= mark.level if entry.mark.level else known or mark.level == 1

    def _beside_number(self, mark: Mark, known: bool) -> int:
        """The place of the heading whose number comes before this one's.

        A heading of a section continues the outermost row of numbers (一、…二、), a line that may be an item of a list the
        innermost; one that begins again at 1 opens a row of its own.
        """
        same = [i for i, e in enumerate(self._open) if e.mark.scheme == mark.scheme and (known or not e.mark.level)]
        before = [i for i in same if self._open[i].mark.number == mark.number - 1]
        if known:
            return (before or same or [len(self._open)])[0]
        lower = [i for i in same if self._open[i].mark.number < mark.number]
        return (before or lower or [len(self._open)])[-1]


def _is_same_list(one: Mark, other: Mark) -> bool:
    """Whether a heading that Word counts stands beside or under another of the same list."""
    if not one.scheme.startswith("list "):
        return False
    (_, list_one, depth_one), (_, list_other, depth_other) = one.scheme.split(" "), other.scheme.split(" ")
    return list_one == list_other and depth_one >= depth_other
