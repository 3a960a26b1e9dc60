"""Columns of a Word table that repeat: the grid, spans and widths of every row follow, and the table stays as wide as it was drawn.

The columns under a loop share the width drawn for them. How many there are is known only when the table is filled, so numbers that hang
on it stand in the program as notes `FENCE table kind … FENCE`, which the filter around the table turns into numbers at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import FENCE, Mark, Marks
from officefill.language.program import STATE, State, items_of
from officefill.messages import tr
from officefill.ooxml.safety import W
from officefill.word.paragraphs import CELL, ROW, TABLE, inside

MOST_COLUMNS = 63
"""What Word takes in one table."""
_VAL, _WIDTH, _KIND = (f"{{{W}}}{name}" for name in ("val", "w", "type"))
_NOTE = re.compile(f"{FENCE}([0-9]+)([a-z]) ([^{FENCE}]*){FENCE}")

Block = tuple[int, int]
"""Grid columns of the template that repeat together: the first, and the one after the last."""


@dataclass
class _Row:
    """One row: its loops with the columns they repeat, and what else stands over which columns (None for room before and after)."""

    loops: dict[Block, Mark] = field(default_factory=dict)
    repeated: list[tuple[etree._Element, Block]] = field(default_factory=list)
    still: list[tuple[etree._Element, Block]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def see_to_columns(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """Prepares every table of a part that has a loop over columns; a fault for each that would come out ragged."""
    for number, table in enumerate(list(root.iter(TABLE))):
        rows = [_read(row, marks) for row in inside(table, ROW)]
        blocks = {block: mark for row in rows for block, mark in row.loops.items()}
        if not blocks:
            continue
        faults = [fault for row in rows for fault in row.faults] or list(_ragged(rows, blocks))
        yield from faults
        if not faults:
            _prepare(table, number, rows, sorted(blocks), marks)


def _read(row: etree._Element, marks: Marks) -> _Row:
    found, column = _Row(), 0
    opened: list[tuple[int, Mark]] = []
    waiting: list[etree._Element] = []
    for child in (*row.iterfind(f"{{{W}}}trPr/{{{W}}}gridBefore"), *row, *row.iterfind(f"{{{W}}}trPr/{{{W}}}gridAfter")):
        mark = marks.at(child)
        if mark and mark.control == "for":
            opened.append((column, mark))
            if len(opened) > 1 and mark.tag:
                found.faults.append(Fault(tr("a loop over columns stands inside another"), mark.tag.place, tr("walk one list of columns")))
        elif mark and mark.control == "endfor":
            start, loop = opened.pop()
            found.loops[start, column] = loop
            found.repeated += [(cell, (start, column)) for cell in waiting]
            waiting = []
        for node in _standing(child):
            end = column + _columns(node)
            if opened:
                waiting.append(node)
            else:
                found.still.append((node, (column, end)))
            column = end
    return found


def _standing(child: etree._Element) -> Iterator[etree._Element]:
    """What of a row's child takes up columns: a cell, cells in a content control, room before or after."""
    if child.tag in (CELL, f"{{{W}}}gridBefore", f"{{{W}}}gridAfter"):
        yield child
    elif isinstance(child.tag, str):
        yield from inside(child, CELL)


def _columns(node: etree._Element) -> int:
    said = node if node.tag != CELL else node.find(f"{{{W}}}tcPr/{{{W}}}gridSpan")
    number = said.get(_VAL, "1") if said is not None else "1"
    return int(number) if number.isdecimal() else 1


def _ragged(rows: list[_Row], blocks: dict[Block, Mark]) -> Iterator[Fault]:
    """A fault for each loop whose columns another row neither repeats nor covers with one cell."""
    for (start, end), mark in blocks.items():
        for number, row in enumerate(rows, 1):
            covered = (start, end) in row.loops or any(first <= start and end <= last for _, (first, last) in row.still)
            if not covered and mark.tag:
                what = tr(
                    "row {row} of the table does not follow {tag}, so the rows would differ in columns", row=number, tag=mark.tag.source
                )
                do = tr("let the row repeat the same columns, or merge its cells over them into one")
                yield Fault(what, mark.tag.place, do)
                break


# Notes for what hangs on the number of columns


def _prepare(table: etree._Element, number: int, rows: list[_Row], blocks: list[Block], marks: Marks) -> None:
    widest = max(end for row in rows for _, (_, end) in (*row.still, *row.repeated, (None, (0, 0))))
    for row in rows:
        for block, mark in row.loops.items():
            mark.filter, mark.args = "-column-items", (number, blocks.index(block), block[1] - block[0], widest)
        for cell, block in row.repeated:
            _note_width(cell, number, blocks.index(block))
        for node, (start, end) in row.still:
            over = [f"{at}*{b[1] - b[0]}" for at, b in enumerate(blocks) if start <= b[0] and b[1] <= end]
            if over:
                _note_span(node, number, end - start, over)
    _note_grid(table, number, blocks, marks)
    table.addprevious(marks.node(Mark("begin", filter="-columns", args=(number, f"{table.prefix}:" if table.prefix else ""))))
    table.addnext(marks.node(Mark("end")))


def _note(table: int, kind: str, *says: object) -> str:
    return f"{FENCE}{table}{kind} {' '.join(map(str, says))}{FENCE}"


def _note_width(cell: etree._Element, table: int, block: int) -> None:
    width = cell.find(f"{{{W}}}tcPr/{{{W}}}tcW")
    if width is not None and width.get(_KIND, "dxa") in ("dxa", "pct") and width.get(_WIDTH, "").isdecimal():
        width.set(_WIDTH, _note(table, "w", block, width.get(_WIDTH)))


def _note_span(node: etree._Element, table: int, columns: int, over: list[str]) -> None:
    span = node
    if node.tag == CELL:
        about = node.find(f"{{{W}}}tcPr")
        if about is None:
            about = node.makeelement(f"{{{W}}}tcPr")
            node.insert(0, about)
        found = about.find(f"{{{W}}}gridSpan")
        span = _new_span(about) if found is None else found
    span.set(_VAL, _note(table, "s", columns, *over))


def _new_span(about: etree._Element) -> etree._Element:
    """A span where the schema wants it: after the width. Source: ECMA-376 part 1, 17.4.69."""
    span = about.makeelement(f"{{{W}}}gridSpan")
    before = [child for child in about if etree.QName(child).localname in ("cnfStyle", "tcW")]
    about.insert(len(before), span)
    return span


def _note_grid(table: etree._Element, number: int, blocks: list[Block], marks: Marks) -> None:
    columns = table.findall(f"{{{W}}}tblGrid/{{{W}}}gridCol")
    for block, (start, end) in enumerate(blocks):
        drawn = columns[start:end]
        if len(drawn) == end - start:
            note = _note(number, "g", block, *(column.get(_WIDTH, "0") for column in drawn))
            drawn[0].addprevious(marks.node(Mark("literal", args=(note,))))
            for column in drawn:
                column.getparent().remove(column)


# Filling


@pass_context
def column_items(context: Context, value: Any, line: int, table: int, block: int, width: int, widest: int) -> list[Any]:
    """What a loop over columns walks: as many in every row of the table, at least one, no more than Word takes."""
    state: State = context.parent[STATE]
    items = items_of(context, value, line)
    if type(value) is not list:
        return items
    written, count = state.program.written[line - 1], len(items)
    before = state.counts.setdefault(("columns", table, block), count)
    if not count:
        state.refuse(
            line,
            tr("{written} is empty, and a table without these columns cannot be", written=written),
            tr("put {% if … %} around the table"),
        )
    elif before != count:
        what = tr(
            "{written} gives this row {count} times the columns, another row {before} times", written=written, count=count, before=before
        )
        state.refuse(line, what, tr("walk lists of one length in all rows of a table"))
    elif widest - width + count * width > MOST_COLUMNS:
        state.refuse(line, tr("the table would have more than {most} columns, which Word does not take", most=MOST_COLUMNS))
    return items


@pass_context
def columns_now(context: Context, text: str, table: int, prefix: str) -> str:
    """A table whose columns are counted, with the notes about them turned into numbers."""
    state: State = context.parent[STATE]
    counts = {key[2]: state.counts.pop(key) for key in list(state.counts) if key[:2] == ("columns", table)}

    def said(match: re.Match[str]) -> str:
        if match[1] != str(table):
            return match[0]
        return _said(match[2], match[3].split(" "), counts, prefix)

    return _NOTE.sub(said, text)


def _said(kind: str, says: list[str], counts: dict[int, int], prefix: str) -> str:
    if kind == "s":
        over = [each.split("*") for each in says[1:]]
        return str(int(says[0]) + sum((counts.get(int(block), 1) - 1) * int(width) for block, width in over))
    count = max(1, counts.get(int(says[0]), 1))
    if kind == "w":
        return str(max(1, int(says[1]) // count))
    drawn = [int(width) for width in says[1:]]
    widths = [(k + 1) * width // count - k * width // count for k in range(count) for width in drawn]
    return "".join(f'<{prefix}gridCol {prefix or "w:"}w="{width}"/>' for width in widths)
