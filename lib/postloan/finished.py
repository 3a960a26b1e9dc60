"""The texts of a finished paper, line by line, the same whether it was just made or has been edited since."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from postloan.render.cells import S
from postloan.render.paragraphs import PARAGRAPH, text_of
from postloan.render.safety import W

Line = tuple[str, str]
"""A place within its part (blank in Word, where lines count from 0; the cell in Excel) and its text."""


def word_lines(root: etree._Element) -> list[Line]:
    """The own text of every paragraph of a Word part, in the order of the file."""
    return [("", text_of(paragraph)) for paragraph in root.iter(PARAGRAPH)]


def sheet_lines(root: etree._Element, shared: list[str]) -> list[Line]:
    """Every filled cell of a sheet and its text; a number as it is stored, a formula as `=…`."""
    return list(_cells(root, shared))


def _cells(root: etree._Element, shared: list[str]) -> Iterator[Line]:
    for cell in root.iter(f"{{{S}}}c"):
        formula, value = cell.find(f"{{{S}}}f"), cell.findtext(f"{{{S}}}v")
        if formula is not None and formula.text:
            yield cell.get("r", ""), f"={formula.text}"
        elif cell.get("t") == "s" and value is not None and value.isdecimal() and int(value) < len(shared):
            yield cell.get("r", ""), shared[int(value)]
        elif cell.get("t") == "inlineStr":
            yield cell.get("r", ""), "".join(t.text or "" for t in cell.iter(f"{{{S}}}t"))
        elif value is not None:
            yield cell.get("r", ""), value


def is_word(root: etree._Element) -> bool:
    """Whether a part is of a Word file."""
    return etree.QName(root).namespace == W
