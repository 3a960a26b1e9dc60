"""Rows of a sheet that repeat or depend: controls moved to between the rows, and the rows cut into segments."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from officefill.errors import Fault
from officefill.excel.column_loops import place_loops, unplaced
from officefill.excel.references import LAST_ROW, Rows, Segment
from officefill.excel.sheet import CELL, ROW, Sheet
from officefill.language.controls import ROWS, lift_row_controls, pair_faults, unpaired
from officefill.language.marks import FENCE, IN_TEXT, Mark
from officefill.ooxml.namespaces import s

_VALUES = {s("v"), s("f"), s("is")}
Cuts = dict[etree._Element, tuple[int, int]]
"""For each control between rows: the last template row before it, and the first after."""


def arrange_rows(sheet: Sheet, faults: list[Fault]) -> Cuts:
    """Move the controls of rows out of their cells to between the rows. Rows that held nothing but one tag are gone afterwards."""
    cuts: Cuts = {}
    marks = sheet.marks

    def take(cell: etree._Element, mark: str) -> None:
        before, _, after = sheet.text[cell].partition(f"{FENCE}{mark}{FENCE}")
        sheet.text[cell] = before.rstrip() if before.strip() else after.lstrip()

    for row in list(sheet.data.iter(ROW)):
        number, lines = int(row.get("r")), sheet.lines(row)
        alone = IN_TEXT.fullmatch(lines[0][2].strip()) if len(lines) == 1 and not _other_values(row, sheet) else None
        if alone and marks.of(alone[1]).control in ROWS:
            node = marks.node_of(alone[1])
            sheet.data.replace(row, node)
            cuts[node] = (number - 1, number + 1)
        else:
            for before, after in lift_row_controls(row, lambda row=row: sheet.lines(row), take, marks):
                cuts[before], cuts[after] = (number - 1, number), (number, number + 1)
            place_loops(sheet, row)
    left = unpaired([mark for child in sheet.data if (mark := marks.at(child))])
    for cell, text in sheet.text.items():
        if cell.getparent() is not None and cell.getparent().getparent() is not None:
            left += unpaired([mark for mark in marks.in_text(text) if mark.control])
    faults += pair_faults(left)
    faults += unplaced(sheet)
    return cuts


def _other_values(row: etree._Element, sheet: Sheet) -> bool:
    """Return True where a row has values that are no text: numbers, formulas."""
    return any(child.tag in _VALUES for cell in row.iter(CELL) if cell not in sheet.text for child in cell)


def cut_rows(sheet: Sheet, cuts: Cuts) -> None:
    """Cut the rows of a sheet into segments at its controls, and mark where each begins, goes round and is left blank."""
    cutter = _RowCutter(sheet, cuts)
    sheet.rows, sheet.row_places = cutter.cut(), cutter.places


class _RowCutter:
    """The segments of one sheet in the making."""

    def __init__(self, sheet: Sheet, cuts: Cuts) -> None:
        self.data, self.marks, self.cuts = sheet.data, sheet.marks, cuts
        self.places: dict[etree._Element, tuple[Segment, int]] = {}
        self._found: list[Segment] = []
        self._loops: list[int] = []
        self._first, self._rows = 1, list[etree._Element]()
        self._opened: list[tuple[str, etree._Element]] = []

    def cut(self) -> Rows:
        for child in list(self.data):
            mark = self.marks.at(child)
            if mark is not None:
                last, following = self.cuts[child]
                self._close(child, last)
                self._turn(mark, child)
                self._first = following
            elif child.tag == ROW:
                self._rows.append(child)
        self._close(None, LAST_ROW)
        return Rows(self._found)

    def _close(self, before: etree._Element | None, last: int) -> None:
        """End the segment at row `last`; the next one begins after it."""
        if last < self._first:
            return
        segment = Segment(len(self._found), self._first, last, tuple(self._loops))
        self._found.append(segment)
        node = self._begin(segment, last - self._first + 1)
        anchor = self._rows[0] if self._rows else before
        if anchor is None:
            self.data.append(node)
        else:
            anchor.addprevious(node)
        for row in self._rows:
            self.places[row] = (segment, int(row.get("r")) - self._first)
        self._first, self._rows = last + 1, []

    def _begin(self, segment: Segment, length: int) -> etree._Element:
        return self.marks.node(Mark("do", filter="-segment", args=(segment.index, len(self._loops), length)))

    def _turn(self, mark: Mark, node: etree._Element) -> None:
        kind = mark.control
        if kind in ("for", "if"):
            self._opened.append((kind, node))
            if kind == "for":
                self._loops.append(int(node.text or 0))
                node.addnext(self.marks.node(Mark("do", filter="-iterate", args=(len(self._loops) - 1,))))
        elif kind in ("endfor", "endif"):
            opened, begin = self._opened.pop()
            if opened == "for":
                self._loops.pop()
                self._leave_blank(begin, node)

    def _leave_blank(self, begin: etree._Element, end: etree._Element) -> None:
        """Add the rest of a loop over nothing: its first row with the forms of its cells and no values, so that totals below stand."""
        row = next((node for node in begin.itersiblings() if node.tag == ROW), None)
        if row is None or row not in self.places or not any(node is end for node in row.itersiblings()):
            return
        segment, offset = self.places[row]
        blank = deepcopy(row)
        for loop in list(blank.iter(etree.PI)):
            blank.remove(loop)
        for cell in blank.iter(CELL):
            cell.attrib.pop("t", None)
            for child in list(cell):
                cell.remove(child)
        for new in (self.marks.node(Mark("empty")), self._begin(segment, offset + 1), blank):
            end.addprevious(new)
        self.places[blank] = (segment, offset)


def number_rows(sheet: Sheet) -> Iterator[etree._Element]:
    """Put marks for the rows' numbers, except in rows that cannot move; yield the rows."""
    for row, (segment, offset) in sheet.row_places.items():
        settled = segment.index == 0 and not segment.loops and segment.first == 1
        row.addprevious(sheet.marks.node(Mark("do", filter="-row", args=(offset,), store="_row")))
        if not settled:
            row.set("r", sheet.marks.text(Mark("name", store="_row")))
            row.attrib.pop("spans", None)
            for cell in row.iter(CELL):
                cell.set("r", cell.get("r", "").rstrip("0123456789") + sheet.marks.text(Mark("name", store="_row")))
        yield row
