"""The open headings at a place of a report; a new heading closes some of them."""

from __future__ import annotations

from typing import NamedTuple

from postloan.inspection_reports.sections.heading import Heading, HeadingMark


class _OpenHeading(NamedTuple):
    mark: HeadingMark
    sections: tuple[str, ...]


class Outline:
    """The open headings, the outermost first. A heading without a section's name belongs to the section around it."""

    def __init__(self) -> None:
        self._open: list[_OpenHeading] = []

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections of the text at this place."""
        return self._open[-1].sections if self._open else ()

    def enter(self, heading: Heading) -> None:
        """Open a heading; close the headings beside and below it."""
        count = self._open_count(heading)
        inherited = self._open[count - 1].sections if count else ()
        self._open[count:] = [_OpenHeading(heading.mark, heading.sections or inherited)]

    def _open_count(self, heading: Heading) -> int:
        """Return the number of headings that stay open."""
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
    def _is_under_style(entry: _OpenHeading, mark: HeadingMark, known: bool) -> bool:
        # A plain line is a main heading only where no heading above it has a style.
        return entry.mark.level >= mark.level if entry.mark.level else known or mark.level == 1

    def _beside_number(self, mark: HeadingMark, known: bool) -> int:
        """Return the place of the heading with the number before this one's.

        A section's heading continues the outermost row of numbers (一、…二、); a possible list item continues the innermost. A new 1 starts a
        new row.
        """
        same = [i for i, e in enumerate(self._open) if e.mark.scheme == mark.scheme and (known or not e.mark.level)]
        before = [i for i in same if self._open[i].mark.number == mark.number - 1]
        if known:
            return (before or same or [len(self._open)])[0]
        lower = [i for i in same if self._open[i].mark.number < mark.number]
        return (before or lower or [len(self._open)])[-1]


def _is_same_list(one: HeadingMark, other: HeadingMark) -> bool:
    """Return True if a heading counted by Word stands beside or under another of the same list."""
    if not one.scheme.startswith("list "):
        return False
    (_, list_one, depth_one), (_, list_other, depth_other) = one.scheme.split(" "), other.scheme.split(" ")
    return list_one == list_other and depth_one >= depth_other
