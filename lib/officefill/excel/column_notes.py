"""Cells, widths and other things of a sheet that follow columns that repeat.

The count of the copies is known only when the sheet is filled. Until then letters and numbers of columns stand as notes in its text:
`FENCE @ column FENCE` a letter, `#` a number, `~` the number before it, `= copy` the copy of the text after it, `^ block` … `$` text for
every copy but the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from lxml import etree

from officefill.excel.cells import column_of
from officefill.excel.column_layout import LAST_COLUMN, Across, column_name
from officefill.excel.sheet import CELL, ROW, Sheet
from officefill.language.marks import FENCE, Mark, Marks
from officefill.ooxml.namespaces import s

_NOTE = re.compile(f"{FENCE}([@#~=])([0-9]+){FENCE}")
_REPEATED = re.compile(rf"{FENCE}\^([0-9]+){FENCE}(.*?){FENCE}\${FENCE}", re.DOTALL)


def note(kind: str, number: int | str = "") -> str:
    """Return the text of a note."""
    return f"{FENCE}{kind}{number}{FENCE}"


def noted_columns(sheet: Sheet) -> dict[etree._Element, str]:
    """Return the letters of each cell's column, as notes where the column may move."""
    found = {}
    for cell in sheet.data.iter(CELL):
        letters = cell.get("r", "").rstrip("0123456789")
        number = column_of(letters)
        found[cell] = note("@", number) if sheet.across.moves(number) else letters
    return found


def prepare_columns(sheet: Sheet) -> None:
    """Mark where copies of columns begin; repeat forms without values in other rows, and widths; note other columns."""
    across, marks = sheet.across, sheet.marks
    for row in sheet.data.iter(ROW):
        row.attrib.pop("spans", None)
        for child in list(row):
            control = marks.control_at(child)
            if control == "for":
                block = marks.at(child).args[0]  # type: ignore[union-attr]
                sheet.looped |= dict.fromkeys(_until_end(child, marks), block)
            if control in ("for", "endfor"):
                child.addnext(marks.node(Mark("emit", filter="-across", args=(int(control == "for"),))))
        for number in range(len(across.blocks)):
            if not any(sheet.looped.get(cell) == number for cell in row):
                _repeat_forms([cell for cell in row.iterfind(CELL) if across.at(column_of(cell.get("r", ""))) == number], number, marks)
    for columns in sheet.tree.iter(s("cols")):
        _repeat_widths(columns, across, marks)
    for pane in sheet.tree.iter(s("pane")):
        if pane.get("xSplit", "").isdecimal() and pane.get("state", "").startswith("frozen"):
            pane.set("xSplit", note("~", int(pane.get("xSplit")) + 1))
    for line in sheet.tree.iterfind(f"{s('colBreaks')}/{s('brk')}"):
        line.set("id", note("~", int(line.get("id", "0")) + 1))


def _until_end(begin: etree._Element, marks: Marks) -> Iterator[etree._Element]:
    for node in begin.itersiblings():
        if marks.control_at(node) == "endfor":
            return
        if node.tag == CELL:
            yield node


def _repeat_forms(cells: list[etree._Element], block: int, marks: Marks) -> None:
    formed = [cell for cell in cells if cell.get("s")]
    blank = [cell.makeelement(CELL, {"r": cell.get("r"), "s": cell.get("s")}) for cell in formed]
    for node in reversed(_for_each_copy(blank, block, marks) if formed else []):
        cells[-1].addnext(node)


def _for_each_copy(nodes: list[etree._Element], block: int, marks: Marks) -> list[etree._Element]:
    """Return the nodes between notes that repeat them for every copy but the first."""
    before, after = (marks.node(Mark("literal", args=(text,))) for text in (note("^", block), note("$")))
    return [before, *nodes, after]


def _repeat_widths(columns: etree._Element, across: Across, marks: Marks) -> None:
    drawn = [(child, *piece) for child in columns for piece in _pieces(int(child.get("min")), int(child.get("max")), across)]
    columns[:] = []
    for block, group in groupby(drawn, key=lambda piece: across.at(piece[1])):
        widths = [{**child.attrib, "min": note("#", first), "max": note("#", last)} for child, first, last in group]
        columns.extend(columns.makeelement(s("col"), width) for width in widths)
        if block is not None:
            columns.extend(_for_each_copy([columns.makeelement(s("col"), width) for width in widths], block, marks))


def _pieces(first: int, last: int, across: Across) -> Iterator[tuple[int, int]]:
    """Yield `first`..`last` cut at the edges of the blocks."""
    cuts = sorted({edge for block in across.blocks for edge in block if first < edge <= last})
    for start, end in zip([first, *cuts], [*cuts, last + 1]):
        yield start, end - 1


# Filling


def cell_name(column: str, copy: int, row: str) -> str:
    """Return the name of a cell, with notes where its column may move."""
    return f"{note('=', copy)}{column}{row}" if FENCE in column else f"{column}{row}"


def columns_now(text: str, across: Across) -> str:
    """Return the text of a sheet with its notes turned into letters and numbers of columns."""
    if not across.blocks:
        return text
    copy = 0

    def repeated(match: re.Match[str]) -> str:
        return "".join(note("=", k) + match[2] for k in range(1, across.copies(int(match[1])))) + note("=", 0)

    def column(match: re.Match[str]) -> str:
        nonlocal copy
        kind, number = match[1], int(match[2])
        if kind == "=":
            copy = number
            return ""
        place = across.place(number, copy)
        return column_name(place) if kind == "@" else str(min(place, LAST_COLUMN) - (kind == "~"))

    return _NOTE.sub(column, _REPEATED.sub(repeated, text))
