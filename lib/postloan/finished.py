"""The texts of a finished paper, line by line, the same whether it was just made or has been edited since."""

from __future__ import annotations

from lxml import etree

from postloan.render.cells import S
from postloan.render.kept_sheet import cell_said
from postloan.render.kept_word import outside_regions
from postloan.render.safety import W

Line = tuple[str, str]
"""A place within its part (blank in Word, where lines count from 0; the cell in Excel) and its text."""


def word_lines(root: etree._Element) -> list[Line]:
    """The own text of every paragraph of a Word part, in the order of the file, without what people typed into their regions."""
    return [("", text) for _, text in outside_regions(root)]


def sheet_lines(root: etree._Element, shared: list[str]) -> list[Line]:
    """Every filled cell of a sheet and its text; a number as it is stored, a formula as `=…`."""
    return [(cell.get("r", ""), said[0]) for cell in root.iter(f"{{{S}}}c") if (said := cell_said(cell, shared))]


def is_word(root: etree._Element) -> bool:
    """Whether a part is of a Word file."""
    return etree.QName(root).namespace == W
