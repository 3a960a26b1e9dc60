"""One line of what a file says."""

from __future__ import annotations

from typing import NamedTuple


class ContentLine(NamedTuple):
    """A line: its part (`body`, `header`, the name of a sheet …), its place there where that is part of what it says (a cell), its text."""

    part: str
    place: str
    text: str
