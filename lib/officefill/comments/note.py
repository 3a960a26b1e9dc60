"""A note for a comment, and the arrows and names of new parts that carry comments."""

from __future__ import annotations

from dataclasses import dataclass

from officefill.ooxml.namespaces import R
from officefill.ooxml.package import Package


@dataclass(frozen=True)
class Note:
    """A comment's words, and its place.

    Word: `part` is a part's name (word/document.xml), `at` the number, from 0, of a `w:p` among all of that part in document order, and
    `span` the characters of the paragraph's text (`text_of`) it is about; without one, the whole paragraph.
    Excel: `part` is the name of a sheet, or of its part, and `at` a cell (C12). A place that cannot carry a comment (a header, a note, a
    chart, a part as a whole) is given in words at the first place of the file, or of the sheet; without a part `says` has it all.
    """

    part: str
    at: int | str | None
    says: str
    span: tuple[int, int] | None = None


def new_arrow(package: Package, source: str, kind: str, name: str) -> str:
    """Add an arrow from `source` to the part `name`; return its id."""
    taken = {node.get("Id") for node in package.arrows(source)}
    identifier = next(f"rIdNote{number}" for number in range(1, len(taken) + 2) if f"rIdNote{number}" not in taken)
    package.add_arrow(source, identifier, f"{R}/{kind}", f"/{name}")
    return identifier


def free_name(package: Package, pattern: str) -> str:
    """Return the first part name of `pattern` (with a place for a number) that is not taken, whatever the case of its letters."""
    taken = {name.lower() for name in package.parts}
    return next(name for number in range(1, len(taken) + 2) if (name := pattern.format(number=number)).lower() not in taken)
