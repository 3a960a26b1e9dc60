"""Columns of a Word table that repeat: the grid, spans and widths of every row follow, and the table stays as wide as it was drawn.

The columns under a loop share the width drawn for them. How many there are is known only when the table is filled, so numbers that hang
on it stand in the program as notes `FENCE table kind … FENCE`, which the filter around the table turns into numbers at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from officefill.errors import Fault
from officefill.language.controls import nested_columns
from officefill.language.marks import FENCE, Mark, Marks
from officefill.language.program import State, column_items
from officefill.messages import tr
from officefill.ooxml.namespaces import prefix_of, w
from officefill.word.paragraphs import CELL, ROW, TABLE, grid_columns, inside

MOST_COLUMNS = 63
"""The most columns of a table in Word."""
_VAL, _WIDTH, _KIND = (w(name) for name in ("val", "w", "type"))
_ROW_FORM, _BEFORE, _AFTER, _SPAN = (w(name) for name in ("trPr", "gridBefore", "gridAfter", "gridSpan"))
_NOTE = re.compile(f"{FENCE}([0-9]+)([a-z]) ([^{FENCE}]*){FENCE}")

GridColumns = tuple[int, int]
"""Grid columns of the template: the first, and the one after the last."""


@dataclass
class _Row:
    """One row: its loops with the columns they repeat, and the cells and room over repeated and other columns."""

    loops: dict[GridColumns, Mark] = field(default_factory=dict)
    repeated: list[tuple[etree._Element, GridColumns]] = field(default_factory=list)
    still: list[tuple[etree._Element, GridColumns]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def settle_columns(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """Prepare every table of a part that has a loop over columns; yield a fault for each that would come out ragged."""
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
    for child in (*row.iterfind(f"{_ROW_FORM}/{_BEFORE}"), *row, *row.iterfind(f"{_ROW_FORM}/{_AFTER}")):
        mark = marks.at(child)
        if mark and mark.control == "for":
            opened.append((column, mark))
            if len(opened) > 1:
                found.faults.append(nested_columns(mark.tag))
        elif mark and mark.control == "endfor":
            start, loop = opened.pop()
            found.loops[start, column] = loop
            found.repeated += [(cell, (start, column)) for cell in waiting]
            waiting = []
        for node in _standing(child):
            end = column + grid_columns(node)
            if opened:
                waiting.append(node)
            else:
                found.still.append((node, (column, end)))
            column = end
    return found


def _standing(child: etree._Element) -> Iterator[etree._Element]:
    """Yield the things of a row's child that take up columns: a cell, cells in a content control, room before or after."""
    if child.tag in (CELL, _BEFORE, _AFTER):
        yield child
    elif isinstance(child.tag, str):
        yield from inside(child, CELL)


def _ragged(rows: list[_Row], blocks: dict[GridColumns, Mark]) -> Iterator[Fault]:
    """Yield a fault for each loop over columns that another row neither repeats nor covers with one cell."""
    for (start, end), mark in blocks.items():
        for number, row in enumerate(rows, 1):
            if (start, end) not in row.loops and not any(first <= start and end <= last for _, (first, last) in row.still):
                what = tr(
                    "row {row} of the table does not follow {tag}, so the rows would differ in columns", row=number, tag=mark.tag.source
                )
                yield Fault(what, mark.tag.place, tr("let the row repeat the same columns, or merge its cells over them into one"))
                break


# Notes for numbers that hang on the number of columns


def _prepare(table: etree._Element, number: int, rows: list[_Row], blocks: list[GridColumns], marks: Marks) -> None:
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
    marks.enclose(table, table, Mark("begin", filter="-columns", args=(number, prefix_of(table))))


def _note(table: int, kind: str, *says: object) -> str:
    return f"{FENCE}{table}{kind} {' '.join(map(str, says))}{FENCE}"


def _note_width(cell: etree._Element, table: int, block: int) -> None:
    width = cell.find(f"{w('tcPr')}/{w('tcW')}")
    if width is not None and width.get(_KIND, "dxa") in ("dxa", "pct") and width.get(_WIDTH, "").isdecimal():
        width.set(_WIDTH, _note(table, "w", block, width.get(_WIDTH)))


def _note_span(node: etree._Element, table: int, columns: int, over: list[str]) -> None:
    span = node
    if node.tag == CELL:
        about = node.find(w("tcPr"))
        if about is None:
            about = node.makeelement(w("tcPr"))
            node.insert(0, about)
        span = about.find(_SPAN)
        if span is None:  # the schema wants it after the width. Source: ECMA-376 part 1, 17.4.69
            span = about.makeelement(_SPAN)
            about.insert(sum(child.tag in (w("cnfStyle"), w("tcW")) for child in about), span)
    span.set(_VAL, _note(table, "s", columns, *over))


def _note_grid(table: etree._Element, number: int, blocks: list[GridColumns], marks: Marks) -> None:
    columns = table.findall(f"{w('tblGrid')}/{w('gridCol')}")
    for block, (start, end) in enumerate(blocks):
        drawn = columns[start:end]
        if len(drawn) == end - start:
            note = _note(number, "g", block, *(column.get(_WIDTH, "0") for column in drawn))
            drawn[0].addprevious(marks.node(Mark("literal", args=(note,))))
            for column in drawn:
                column.getparent().remove(column)


# Filling


def items_across(state: State, value: Any, line: int, table: int, block: int, *widths: int) -> list[Any]:
    """Return the items of a loop over columns, no more than Word takes; `widths`: of the columns that repeat, of the table."""
    items = column_items(state, value, line, ("columns", table, block), tr("put {% if … %} around the table"))
    width, widest = widths
    if widest + (len(items) - 1) * width > MOST_COLUMNS:
        state.refuse(line, tr("the table would have more than {most} columns, which Word does not take", most=MOST_COLUMNS))
    return items


def columns_now(text: str, state: State, table: int, prefix: str) -> str:
    """Return a table whose columns are counted, with the notes about them turned into numbers."""
    counts = {key[2]: state.counts.pop(key) for key in list(state.counts) if key[:2] == ("columns", table)}

    def replaced(match: re.Match[str]) -> str:
        return _replaced(match[2], match[3].split(" "), counts, prefix) if match[1] == str(table) else match[0]

    return _NOTE.sub(replaced, text)


def _replaced(kind: str, says: list[str], counts: dict[int, int], prefix: str) -> str:
    if kind == "s":
        over = [each.split("*") for each in says[1:]]
        return str(int(says[0]) + sum((counts.get(int(block), 1) - 1) * int(width) for block, width in over))
    count = max(1, counts.get(int(says[0]), 1))
    if kind == "w":
        return str(max(1, int(says[1]) // count))
    drawn = [int(width) for width in says[1:]]
    widths = [(k + 1) * width // count - k * width // count for k in range(count) for width in drawn]
    return "".join(f'<{prefix}gridCol {prefix or "w:"}w="{width}"/>' for width in widths)
