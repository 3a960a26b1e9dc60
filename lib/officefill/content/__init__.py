"""Everything that a Word or Excel file says, in lines that stay the same when another program saves the file again.

Texts, numbers and formulas are there: those of paragraphs, cells, headers, footnotes, text boxes and charts. Left out are forms and styles,
comments, page numbers, and results of formulas, which programs work out anew. A tracked change counts as accepted.

    content_hash(lines) == content_hash(content_lines(read_package(path, path.read_bytes())))     nothing else is said now
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from officefill.comments import excel as excel_file
from officefill.content.excel import book_lines
from officefill.content.line import ContentLine
from officefill.content.word import paper_lines
from officefill.ooxml.package import Package

__all__ = ["ContentChange", "ContentLine", "content_changes", "content_hash", "content_lines"]
_BETWEEN, _WITHIN = "\x1e", "\x1f"
"""Characters that XML cannot hold, so that no text of a file looks like two."""


class ContentChange(NamedTuple):
    """One line that differs: its place, and its text before and now; blank where there is none."""

    place: str
    was: str
    now: str


def content_lines(package: Package) -> list[ContentLine]:
    """Return the lines of a Word or Excel file; none of a file of another kind."""
    main = package.main
    if excel_file.is_excel(package, main):
        return list(book_lines(package))
    return list(paper_lines(package)) if main else []


def content_hash(lines: Iterable[ContentLine]) -> str:
    """Return the SHA-256 of lines, in hexadecimal digits."""
    return hashlib.sha256(_BETWEEN.join(_WITHIN.join((line.part, line.place, line.text)) for line in lines).encode()).hexdigest()


def content_changes(before: list[ContentLine], now: list[ContentLine]) -> list[ContentChange]:
    """Return the lines that differ, in the order of the file: those of a sheet cell by cell, others by their order."""
    from difflib import SequenceMatcher

    found = []
    for _, a, b, c, d in (code for code in SequenceMatcher(None, before, now, autojunk=False).get_opcodes() if code[0] != "equal"):
        old, new = before[a:b], now[c:d]
        by_place = all(line.place for line in (*old, *new))
        if by_place:
            was, is_ = ({(line.part, line.place): line.text for line in lines} for lines in (old, new))
            found += [ContentChange(" ".join(key), was.get(key, ""), is_.get(key, "")) for key in dict.fromkeys((*was, *is_))]
        else:
            for step in range(max(len(old), len(new))):
                one, other = old[step] if step < len(old) else None, new[step] if step < len(new) else None
                part = (other or one or ContentLine("", "", "")).part
                found.append(ContentChange(part, one.text if one else "", other.text if other else ""))
    return found
