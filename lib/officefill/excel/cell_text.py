"""Cells of a sheet as they read, whichever program wrote them: shared or own strings, other digits, formulas kept once for many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Context
from typing import NamedTuple

from lxml import etree

from officefill.excel.references import column_name, column_number, shifted_formula
from officefill.ooxml.namespaces import s

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DIGITS_15 = Context(prec=15)
MOST_DIGITS = 400
"""The longest number written out: Excel ends at 308 digits."""
_BLANK_OR_TEXT = re.compile(r'("(?:[^"]|"")*")|\s+|_xlfn\.|_xlws\.')


class Cell(NamedTuple):
    """One filled cell: `text` as a line has it (a formula as `=…`), `shown` the value it shows, which for a formula is its last result."""

    text: str
    shown: str
    is_number: bool
    is_truth: bool = False


def sheet_cells(root: etree._Element, shared: list[str]) -> Iterator[tuple[str, Cell]]:
    """Every filled cell of a sheet by its name; `shared` are the shared texts of the workbook."""
    formulas: dict[str, tuple[str, str]] = {}
    row_number = 0
    for row in root.iter(s("row")):
        row_number = int(row.get("r") or row_number + 1)
        column = 0
        for cell in row.iter(s("c")):
            place = cell.get("r") or f"{column_name(column + 1)}{row_number}"
            column = column_number(place.rstrip("0123456789"))
            shown, formula = _shown(cell, shared), _formula(cell, place, formulas)
            if formula or shown:
                kind = cell.get("t", "n")
                yield place, Cell(f"={formula}" if formula else shown, shown, kind == "n" and bool(shown), kind == "b")


def _shown(cell: etree._Element, shared: list[str]) -> str:
    kind, value = cell.get("t", "n"), cell.findtext(s("v"))
    if kind == "inlineStr":
        return said("".join(t.text or "" for t in cell.iter(s("t"))))
    if value is None:
        return ""
    if kind == "s":
        return said(shared[int(value)]) if value.isdecimal() and int(value) < len(shared) else ""
    return plain_number(value) if kind == "n" else said(value)


def _formula(cell: etree._Element, place: str, formulas: dict[str, tuple[str, str]]) -> str:
    node = cell.find(s("f"))
    if node is None:
        return ""
    text, group = node.text or "", node.get("si") if node.get("t") == "shared" else None
    if group is not None and text:
        formulas[group] = (place, text)
    elif group in formulas:
        first, text = formulas[group]
        text = shifted_formula(text, first, place)
    return _BLANK_OR_TEXT.sub(lambda match: match[1] or "", text)


def plain_number(text: str) -> str:
    """A number as a sheet keeps it, to the 15 digits that every program keeps: 6000000.00 and 6.0E6 are 6000000."""
    try:
        value = _DIGITS_15.create_decimal(text)
    except ArithmeticError:
        return text
    if not value.is_finite() or abs(value.adjusted()) > MOST_DIGITS:
        return text
    return format(value.normalize(_DIGITS_15), "f") if value else "0"


def said(text: str) -> str:
    """A text of a cell without Excel's escapes."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).replace("\r\n", "\n").replace("\r", "\n")
