"""Loops over the columns of a sheet: reading them, and the cells, widths and merged cells that follow.

How often columns repeat is known only when the sheet is filled. Until then their letters and numbers stand as notes in its text:
`FENCE @ column FENCE` a letter, `#` a number, `~` the number before it, `= copy` which copy what follows is, `^ block` … `$` what is to be
there for every copy but the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.errors import Fault
from officefill.excel.cells import Cells, S, column_of
from officefill.excel.column_layout import LAST_COLUMN, Across, Block, column_name
from officefill.excel.references import read_range
from officefill.language.expressions import outermost_filter
from officefill.language.marks import FENCE, IN_TEXT, Mark, Marks, without_mark
from officefill.language.program import STATE, items_of
from officefill.messages import tr
from officefill.word.loops import across_cells

if TYPE_CHECKING:
    from officefill.excel.sheet_filling import Sheet, SheetState

_ROW, _CELL, _FORMULA, _VALUE = (f"{{{S}}}{name}" for name in ("row", "c", "f", "v"))
_NOTE = re.compile(f"{FENCE}([@#~=])([0-9]+){FENCE}")
_REPEATED = re.compile(rf"{FENCE}\^([0-9]+){FENCE}(.*?){FENCE}\${FENCE}", re.DOTALL)


def place_loops(row: etree._Element, cells: Cells, marks: Marks) -> None:
    """Moves the tags of loops over columns out of a row's cells to between them."""
    while True:
        lines = [(cell, cell, cells.text[cell]) for cell in row.iter(_CELL) if cells.text.get(cell, "").strip()]
        crossing = across_cells(lines, marks)
        if crossing is None:
            return
        (begin, _, opening), (end, _, closing) = crossing
        for cell, number in ((begin, opening), (end, closing)):
            cells.text[cell] = without_mark(cells.text[cell], number).strip()
        begin.addprevious(marks.node(marks.of(opening)))
        _last_merged(end).addnext(marks.node(marks.of(closing)))


def _last_merged(cell: etree._Element) -> etree._Element:
    """The last cell of its row that is merged with `cell`; those the file leaves out are put in."""
    sheet, here = next(cell.iterancestors(f"{{{S}}}worksheet")), cell.get("r", "")
    merged = (read_range(node.get("ref", "")) for node in sheet.iter(f"{{{S}}}mergeCell"))
    area = next((area for area in merged if area and area.last and area.first.at(area.first.row) == here), None)
    if area is None or area.last is None:
        return cell
    for column in range(column_of(here) + 1, column_of(area.last.column) + 1):
        following, name = cell.getnext(), f"{column_name(column)}{area.first.row}"
        if following is None or following.get("r") != name:
            following = cell.makeelement(_CELL, {"r": name})
            cell.addnext(following)
        cell = following
    return cell


def unplaced(marks: Marks, data: etree._Element) -> Iterator[Fault]:
    """A fault for each loop that says `across` and does not stand between cells."""
    placed = {mark for node in data.iter(etree.PI) if (mark := marks.at(node)) and node.getparent().tag == _ROW}
    for mark in marks.all:
        if mark.tag and mark.tag.across and mark not in placed:
            do = tr("begin it at the beginning of a cell and end it at the end of a cell of the same row")
            yield Fault(tr("{tag} does not repeat cells of a table", tag=mark.tag.source), mark.tag.place, do)


# Reading


def read_across(sheet: Sheet, faults: list[Fault]) -> None:
    """Finds the columns of a sheet that repeat, the loops over them and the cells in them; tells what cannot be filled surely."""
    loops: list[tuple[Block, Mark, etree._Element]] = []
    for row in sheet.data.iter(_ROW):
        loops += [(block, mark, row) for block, mark in _loops(row, sheet.marks, faults)]
    blocks = tuple(sorted({block for block, *_ in loops}))
    for one, other in pairwise(blocks):
        if other[0] < one[1]:
            mark = next(mark for block, mark, _ in loops if block == other)
            what, do = tr("loops over columns lie over each other in part"), tr("let all loops repeat the same columns")
            faults.append(Fault(what, mark.tag.place if mark.tag else "", do))
            return
    rows = frozenset((int(row.get("r")), blocks.index(block)) for block, _, row in loops)
    sheet.across = Across(blocks, {}, rows)
    widest = max((column_of(cell.get("r")) for cell in sheet.data.iter(_CELL)), default=0)
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
            if len(opened) > 1 and mark.tag:
                faults.append(Fault(tr("a loop over columns stands inside another"), mark.tag.place, tr("walk one list of columns")))
        elif mark.control == "endfor":
            loop, columns = opened.pop()
            yield (columns[0], columns[-1] + 1), loop


def _in_the_way(sheet: Sheet) -> Iterator[Fault]:
    """Faults for numbers and formulas under columns that repeat without them, and merged cells over a part of the columns."""
    across = sheet.across
    for cell in sheet.data.iter(_CELL):
        block, row = across.at(column_of(cell.get("r"))), int(cell.getparent().get("r"))
        if block is not None and (row, block) not in across.rows and _counts(cell, sheet):
            what = tr("{cell} counts under columns that repeat, and does not repeat with them", cell=sheet.place(cell))
            yield Fault(what, sheet.name, tr("let the row repeat the same columns, or move the cell out of them"))
    for node in sheet.tree.iter(f"{{{S}}}mergeCell"):
        area = read_range(node.get("ref", ""))
        if area and area.last and not _merges_well(across, area.first.row, column_of(area.first.column), column_of(area.last.column)):
            what = tr("the merged cell {area} lies over a part of columns that repeat", area=node.get("ref"))
            yield Fault(what, sheet.name, tr("merge over all of them, or within a row that repeats them"))
    for node in sheet.tree.iter(f"{{{S}}}autoFilter"):
        if len(node):
            yield Fault(tr("a filter that is set cannot follow columns that repeat"), sheet.name, tr("take the filter's choice off"))


def _counts(cell: etree._Element, sheet: Sheet) -> bool:
    if cell.find(_FORMULA) is not None:
        return True
    if cell not in sheet.cells.text:
        return cell.find(_VALUE) is not None
    found = (sheet.marks.of(match[1]) for match in IN_TEXT.finditer(sheet.cells.text[cell]))
    called = (outermost_filter(mark.tag.expression) for mark in found if mark.tag)
    return any(each is not None and each.name in ("formula", "picture") for each in called)


def _merges_well(across: Across, row: int, first: int, last: int) -> bool:
    for number, (start, end) in enumerate(across.blocks):
        inside = start <= first and last < end and (row, number) in across.rows
        if first < end and last >= start and not inside and not (first <= start and end - 1 <= last):
            return False
    return True


# Compiling


def _note(kind: str, number: int) -> str:
    return f"{FENCE}{kind}{number}{FENCE}"


def noted_columns(sheet: Sheet) -> dict[etree._Element, str]:
    """The letters of each cell's column, as notes where the column may move."""
    found = {}
    for cell in sheet.data.iter(_CELL):
        letters = cell.get("r", "").rstrip("0123456789")
        number = column_of(letters)
        found[cell] = _note("@", number) if sheet.across.moves(number) else letters
    return found


def prepare_columns(sheet: Sheet) -> None:
    """Marks where copies of columns begin, forms without values for the rows that do not repeat them, widths, and what else counts columns."""
    across, marks = sheet.across, sheet.marks
    for row in sheet.data.iter(_ROW):
        row.attrib.pop("spans", None)
        for child in list(row):
            mark = marks.at(child)
            if mark and mark.control == "for":
                sheet.looped |= {cell: mark.args[0] for cell in _until_end(child, marks)}
                child.addnext(marks.node(Mark("emit", filter="-across", args=(1,))))
            elif mark and mark.control == "endfor":
                child.addnext(marks.node(Mark("emit", filter="-across", args=(0,))))
        for number in range(len(across.blocks)):
            if not any(sheet.looped.get(cell) == number for cell in row):
                _repeat_forms([cell for cell in row.iterfind(_CELL) if across.at(column_of(cell.get("r", ""))) == number], number, marks)
    for columns in sheet.tree.iter(f"{{{S}}}cols"):
        _repeat_widths(columns, across, marks)
    for pane in sheet.tree.iter(f"{{{S}}}pane"):
        if pane.get("xSplit", "").isdecimal() and pane.get("state", "").startswith("frozen"):
            pane.set("xSplit", _note("~", int(pane.get("xSplit")) + 1))
    for line in sheet.tree.iterfind(f"{{{S}}}colBreaks/{{{S}}}brk"):
        line.set("id", _note("~", int(line.get("id", "0")) + 1))


def _until_end(begin: etree._Element, marks: Marks) -> Iterator[etree._Element]:
    for node in begin.itersiblings():
        mark = marks.at(node)
        if mark and mark.control == "endfor":
            return
        if node.tag == _CELL:
            yield node


def _repeat_forms(cells: list[etree._Element], block: int, marks: Marks) -> None:
    formed = [cell for cell in cells if cell.get("s")]
    if not formed:
        return
    before = marks.node(Mark("literal", args=(_note("^", block),)))
    blank = [cell.makeelement(_CELL, {"r": cell.get("r"), "s": cell.get("s")}) for cell in formed]
    anchor = cells[-1]
    for node in (before, *blank, marks.node(Mark("literal", args=(f"{FENCE}${FENCE}",)))):
        anchor.addnext(node)
        anchor = node


def _repeat_widths(columns: etree._Element, across: Across, marks: Marks) -> None:
    drawn = [(child, *piece) for child in columns for piece in _pieces(int(child.get("min")), int(child.get("max")), across)]
    columns[:] = []
    for block, group in groupby(drawn, key=lambda piece: across.at(piece[1])):
        pieces = [{**child.attrib, "min": _note("#", first), "max": _note("#", last)} for child, first, last in group]
        columns.extend(columns.makeelement(f"{{{S}}}col", piece) for piece in pieces)
        if block is not None:
            columns.append(marks.node(Mark("literal", args=(_note("^", block),))))
            columns.extend(columns.makeelement(f"{{{S}}}col", piece) for piece in pieces)
            columns.append(marks.node(Mark("literal", args=(f"{FENCE}${FENCE}",))))


def _pieces(first: int, last: int, across: Across) -> Iterator[tuple[int, int]]:
    """`first`..`last` cut at the edges of the blocks."""
    cuts = sorted({edge for block in across.blocks for edge in block if first < edge <= last})
    for start, end in zip([first, *cuts], [*cuts, last + 1]):
        yield start, end - 1


# Filling


@pass_context
def column_items(context: Context, value: Any, line: int, block: int, width: int, widest: int) -> list[Any]:
    """What a loop over columns walks: as many in every row of the sheet, at least one, no more than a sheet has columns."""
    state: SheetState = context.parent[STATE]
    state.copy = -1
    items = items_of(context, value, line)
    if type(value) is not list:
        return items
    written, count = state.program.written[line - 1], len(items)
    before = state.copies.across.counts.setdefault(block, count)
    if not count:
        state.refuse(line, tr("{written} is empty, and a table without these columns cannot be", written=written))
    elif before != count:
        what = tr(
            "{written} gives this row {count} times the columns, another row {before} times", written=written, count=count, before=before
        )
        state.refuse(line, what, tr("walk lists of one length in all rows of a table"))
    elif widest + (count - 1) * width > LAST_COLUMN:
        state.refuse(line, tr("the sheet has more than {most} columns", most=LAST_COLUMN))
    return items


@pass_context
def begin_copy(context: Context, inside: int) -> str:
    """The next copy of the columns begins here, or the columns after the last."""
    state: SheetState = context.parent[STATE]
    state.copy = state.copy + 1 if inside else 0
    return _note("=", state.copy)


def cell_name(column: str, copy: int, row: str) -> str:
    """The name of a cell, with notes where its column may move."""
    return f"{_note('=', copy)}{column}{row}" if FENCE in column else f"{column}{row}"


def columns_now(text: str, across: Across) -> str:
    """The text of a sheet with its notes turned into letters and numbers of columns."""
    if not across.blocks:
        return text
    copy = 0

    def repeated(match: re.Match[str]) -> str:
        return "".join(_note("=", k) + match[2] for k in range(1, across.copies(int(match[1])))) + _note("=", 0)

    def said(match: re.Match[str]) -> str:
        nonlocal copy
        kind, number = match[1], int(match[2])
        if kind == "=":
            copy = number
            return ""
        place = across.place(number, copy)
        return column_name(place) if kind == "@" else str(min(place, LAST_COLUMN) - (kind == "~"))

    return _NOTE.sub(said, _REPEATED.sub(repeated, text))
