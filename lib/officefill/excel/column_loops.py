"""Loops over the columns of a sheet: their tags moved to between the cells, and the columns that repeat."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from lxml import etree

from officefill.errors import Fault
from officefill.excel.cells import column_of
from officefill.excel.column_layout import Across, Block, column_name
from officefill.excel.references import read_range
from officefill.excel.sheet import CELL, ROW, Sheet
from officefill.language.controls import cell_loop, nested_columns, not_across
from officefill.language.expressions import last_filter
from officefill.language.marks import Mark, Marks, without_mark
from officefill.messages import tr
from officefill.ooxml.namespaces import s


def place_loops(sheet: Sheet, row: etree._Element) -> None:
    """Move the tags of loops over columns out of a row's cells to between them."""
    while (crossing := cell_loop(sheet.lines(row), sheet.marks)) is not None:
        (begin, _, opening), (end, _, closing) = crossing
        for cell, number in ((begin, opening), (end, closing)):
            sheet.text[cell] = without_mark(sheet.text[cell], number).strip()
        begin.addprevious(sheet.marks.node_of(opening))
        _last_merged(sheet, end).addnext(sheet.marks.node_of(closing))


def _last_merged(sheet: Sheet, cell: etree._Element) -> etree._Element:
    """Return the last cell of its row that is merged with `cell`; those the file leaves out are put in."""
    merged = (read_range(node.get("ref", "")) for node in sheet.tree.iter(s("mergeCell")))
    area = next((area for area in merged if area and area.last and area.first.at(area.first.row) == cell.get("r")), None)
    if area is None or area.last is None:
        return cell
    for column in range(column_of(area.first.column) + 1, column_of(area.last.column) + 1):
        following, name = cell.getnext(), f"{column_name(column)}{area.first.row}"
        if following is None or following.get("r") != name:
            following = cell.makeelement(CELL, {"r": name})
            cell.addnext(following)
        cell = following
    return cell


def unplaced(sheet: Sheet) -> Iterator[Fault]:
    """Yield a fault for each loop that says `across` and does not stand between cells."""
    placed = {mark for node in sheet.data.iter(etree.PI) if (mark := sheet.marks.at(node)) and node.getparent().tag == ROW}
    return (not_across(mark.tag) for mark in sheet.marks.all if mark.tag.across and mark not in placed)


def read_across(sheet: Sheet, faults: list[Fault]) -> None:
    """Find the columns of a sheet that repeat, the loops over them and the cells in them; add faults for those not safe to fill."""
    loops: list[tuple[Block, Mark, etree._Element]] = []
    for row in sheet.data.iter(ROW):
        loops += [(block, mark, row) for block, mark in _loops(row, sheet.marks, faults)]
    blocks = tuple(sorted({block for block, *_ in loops}))
    for one, other in pairwise(blocks):
        if other[0] < one[1]:
            mark = next(mark for block, mark, _ in loops if block == other)
            what, do = tr("loops over columns lie over each other in part"), tr("let all loops repeat the same columns")
            faults.append(Fault(what, mark.tag.place, do))
            return
    rows = frozenset((int(row.get("r")), blocks.index(block)) for block, _, row in loops)
    sheet.across = Across(blocks, {}, rows)
    widest = max((column_of(cell.get("r")) for cell in sheet.data.iter(CELL)), default=0)
    for block, mark, _ in loops:
        mark.filter, mark.args = "-across-items", (blocks.index(block), block[1] - block[0], widest)
    if blocks:
        faults += _in_the_way(sheet)


def _loops(row: etree._Element, marks: Marks, faults: list[Fault]) -> Iterator[tuple[Block, Mark]]:
    opened: list[tuple[Mark, list[int]]] = []
    for child in row:
        mark = marks.at(child)
        if mark is None:
            for _, columns in opened:
                columns.append(column_of(child.get("r", "")))
        elif mark.control == "for":
            opened.append((mark, []))
            if len(opened) > 1:
                faults.append(nested_columns(mark.tag))
        elif mark.control == "endfor":
            loop, columns = opened.pop()
            yield (columns[0], columns[-1] + 1), loop


def _in_the_way(sheet: Sheet) -> Iterator[Fault]:
    """Yield faults for numbers and formulas under columns that repeat without them, and merged cells over a part of the columns."""
    across = sheet.across
    for cell in sheet.data.iter(CELL):
        block, row = across.at(column_of(cell.get("r"))), int(cell.getparent().get("r"))
        if block is not None and (row, block) not in across.rows and _counts(cell, sheet):
            what = tr("{cell} counts under columns that repeat, and does not repeat with them", cell=sheet.place(cell))
            yield Fault(what, sheet.name, tr("let the row repeat the same columns, or move the cell out of them"))
    for node in sheet.tree.iter(s("mergeCell")):
        area = read_range(node.get("ref", ""))
        if area and area.last and not _merges_well(across, area.first.row, column_of(area.first.column), column_of(area.last.column)):
            what = tr("the merged cell {area} lies over a part of columns that repeat", area=node.get("ref"))
            yield Fault(what, sheet.name, tr("merge over all of them, or within a row that repeats them"))
    for node in sheet.tree.iter(s("autoFilter")):
        if len(node):
            yield Fault(tr("a filter that is set cannot follow columns that repeat"), sheet.name, tr("take the filter's choice off"))


def _counts(cell: etree._Element, sheet: Sheet) -> bool:
    if cell.find(s("f")) is not None:
        return True
    if cell not in sheet.text:
        return cell.find(s("v")) is not None
    return any(last_filter(mark.tag.expression) in ("formula", "picture") for mark in sheet.marks.in_text(sheet.text[cell]))


def _merges_well(across: Across, row: int, first: int, last: int) -> bool:
    for number, (start, end) in enumerate(across.blocks):
        inside = start <= first and last < end and (row, number) in across.rows
        if first < end and last >= start and not inside and not (first <= start and end - 1 <= last):
            return False
    return True
