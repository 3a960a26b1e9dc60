"""One sheet of an Excel template: its rows and cells with marks, and which of its rows repeat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from officefill.errors import Fault
from officefill.excel.cells import Cells, S, column_of
from officefill.excel.column_loops import place_loops, unplaced
from officefill.excel.references import LAST_ROW, Rows, Segment, column_name
from officefill.language.marks import IN_TEXT, Mark, Marks, without_mark
from officefill.messages import tr
from officefill.ooxml.zip_gate import Reason, Refused
from officefill.word.loops import ROWS, Line, embracing, told_in_pairs, unpaired

ROW, CELL = f"{{{S}}}row", f"{{{S}}}c"
_CELL_NAME = re.compile("[A-Z]{1,3}[0-9]{1,7}")
_VALUES = {f"{{{S}}}{name}" for name in ("v", "f", "is")}


def settle_rows(data: etree._Element) -> None:
    """Gives every row and cell the number it may leave out. Raises `Refused` for numbers that are none."""
    row_number = 0
    for row in data.iter(ROW):
        said = row.get("r", str(row_number + 1))
        if not said.isdecimal() or not row_number < int(said) <= LAST_ROW:
            raise Refused(Reason.UNFIT, tr("the rows of a sheet are not in order"))
        row_number = int(said)
        row.set("r", said)
        column = 0
        for cell in row.iter(CELL):
            if cell.get("r") and not _CELL_NAME.fullmatch(cell.get("r", "")):
                raise Refused(Reason.UNFIT, tr("a sheet holds a cell with the name {name}", name=cell.get("r")))
            column = column_of(cell.get("r", "")) if cell.get("r") else column + 1
            if not cell.get("r"):
                cell.set("r", f"{column_name(column)}{row_number}")


# Tags that enclose rows


Cuts = dict[etree._Element, tuple[int, int]]
"""For each control between rows: the last template row before it, and the first after."""


def arrange_rows(data: etree._Element, cells: Cells, marks: Marks, faults: list[Fault]) -> Cuts:
    """Moves the controls of rows out of their cells to between the rows. Rows that held nothing but one tag are gone afterwards."""
    cuts: Cuts = {}
    for row in list(data.iter(ROW)):
        number = int(row.get("r"))
        lines = [(cell, cell, cells.text[cell]) for cell in row.iter(CELL) if cells.text.get(cell, "").strip()]
        alone = IN_TEXT.fullmatch(lines[0][2].strip()) if len(lines) == 1 and not _other_values(row, cells) else None
        if alone and marks.of(alone[1]).control in ROWS:
            node = marks.node(marks.of(alone[1]))
            data.replace(row, node)
            cuts[node] = (number - 1, number + 1)
        else:
            _embrace(row, number, lines, cells, marks, cuts)
            place_loops(row, cells, marks)
    controls = [mark for child in data if (mark := marks.at(child))]
    left = unpaired(controls)
    for cell, text in cells.text.items():
        if cell.getparent() is not None and cell.getparent().getparent() is not None:
            left += unpaired([mark for m in IN_TEXT.finditer(text) if (mark := marks.of(m[1])).kind == "control"])
    faults += told_in_pairs(left)
    faults += unplaced(marks, data)
    return cuts


def _other_values(row: etree._Element, cells: Cells) -> bool:
    """Whether a row has values that are no text: numbers, formulas."""
    return any(child.tag in _VALUES for cell in row.iter(CELL) if cell not in cells.text for child in cell)


def _embrace(row: etree._Element, number: int, lines: list[Line], cells: Cells, marks: Marks, cuts: Cuts) -> None:
    first: etree._Element | None = None
    last: etree._Element = row
    while (pair := embracing(lines, marks)) is not None:
        for (cell, number_of_mark), trimmed in zip(pair, (str.lstrip, str.rstrip), strict=True):
            cells.text[cell] = trimmed(without_mark(cells.text[cell], number_of_mark))
        before, after = (marks.node(marks.of(mark)) for _, mark in pair)
        if first is None:
            row.addprevious(before)
            row.addnext(after)
        else:
            first.addnext(before)
            last.addprevious(after)
        first, last = before, after
        cuts[before], cuts[after] = (number - 1, number), (number, number + 1)
        lines = [(cell, cell, cells.text[cell]) for cell in row.iter(CELL) if cells.text.get(cell, "").strip()]


# Rows that appear together


class Segments:
    """Cuts the rows of a sheet into segments at its controls, and marks where each begins, goes round and is left blank."""

    def __init__(self, data: etree._Element, marks: Marks, cuts: Cuts) -> None:
        self.data, self.marks, self.cuts = data, marks, cuts
        self.found: list[Segment] = []
        self.loops: list[int] = []
        self.of_row: dict[etree._Element, tuple[Segment, int]] = {}
        self._first, self._rows = 1, list[etree._Element]()
        self._opened: list[tuple[str, etree._Element]] = []

    def cut(self) -> Rows:
        """The rows of the sheet; the tree has its marks."""
        for child in list(self.data):
            mark = self.marks.at(child)
            if mark is None:
                if child.tag == ROW:
                    self._rows.append(child)
                continue
            last, following = self.cuts[child]
            self._close(child, last)
            self._turn(mark, child)
            self._first = following
        self._close(None, LAST_ROW)
        return Rows(self.found)

    def _close(self, before: etree._Element | None, last: int) -> None:
        """Ends the segment at row `last`; what follows begins after it."""
        if last < self._first:
            return
        segment = Segment(len(self.found), self._first, last, tuple(self.loops))
        self.found.append(segment)
        begin = Mark("do", filter="-segment", args=(segment.index, len(self.loops), last - self._first + 1))
        node = self.marks.node(begin)
        anchor = self._rows[0] if self._rows else before
        if anchor is None:
            self.data.append(node)
        else:
            anchor.addprevious(node)
        for row in self._rows:
            self.of_row[row] = (segment, int(row.get("r")) - self._first)
        self._first, self._rows = last + 1, []

    def _turn(self, mark: Mark, node: etree._Element) -> None:
        kind = mark.control
        if kind in ("for", "if"):
            self._opened.append((kind, node))
            if kind == "for":
                self.loops.append(int(node.text or 0))
                node.addnext(self.marks.node(Mark("do", filter="-iterate", args=(len(self.loops) - 1,))))
        elif kind in ("endfor", "endif"):
            opened, begin = self._opened.pop()
            if opened == "for":
                self.loops.pop()
                self._leave_blank(begin, node)

    def _leave_blank(self, begin: etree._Element, end: etree._Element) -> None:
        """What a loop over nothing leaves: its first row with the forms of its cells and no values, so that totals below stand."""
        row = next((node for node in begin.itersiblings() if node.tag == ROW), None)
        if row is None or row not in self.of_row or not _before(row, end):
            return
        segment, offset = self.of_row[row]
        blank = deepcopy(row)
        for loop in list(blank.iter(etree.PI)):
            blank.remove(loop)
        for cell in blank.iter(CELL):
            cell.attrib.pop("t", None)
            for child in list(cell):
                cell.remove(child)
        for new in (
            self.marks.node(Mark("empty")),
            self.marks.node(Mark("do", filter="-segment", args=(segment.index, len(self.loops), offset + 1))),
            blank,
        ):
            end.addprevious(new)
        self.of_row[blank] = (segment, offset)


def _before(row: etree._Element, end: etree._Element) -> bool:
    return any(node is end for node in row.itersiblings())


def number_rows(segments: Segments, marks: Marks) -> Iterator[etree._Element]:
    """Puts marks for the rows' numbers, except in rows that cannot move; gives the rows."""
    for row, (segment, offset) in segments.of_row.items():
        settled = segment.index == 0 and not segment.loops and segment.first == 1
        row.addprevious(marks.node(Mark("do", filter="-row", args=(offset,), store="_row")))
        if not settled:
            row.set("r", marks.text(Mark("name", store="_row")))
            row.attrib.pop("spans", None)
            for cell in row.iter(CELL):
                cell.set("r", cell.get("r", "").rstrip("0123456789") + marks.text(Mark("name", store="_row")))
        yield row
