"""Cells of a Word table that are merged downwards, where their rows repeat or go.

A merged cell drawn from a row that repeats down to one that does not (or repeats less often) is one cell over all copies: it begins in the
first row that is there and goes on in all others. One whose rows repeat together is one cell each time. Excel's merged cells do the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy

from lxml import etree

from officefill.language.expressions import paths
from officefill.language.marks import Mark, Marks
from officefill.language.program import State
from officefill.language.tags import CLOSES
from officefill.ooxml.namespaces import w
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, grid_columns, inside

_VAL, _MERGED, _ABOUT = (w(name) for name in ("val", "vMerge", "tcPr"))


MergedCell = list[tuple[etree._Element, etree._Element]]
"""The cells of one merged cell from the top down, each with its row."""


def merged_cells(root: etree._Element) -> list[MergedCell]:
    """Return the merged cells of a part that go over more than one row of the template."""
    return [merged for table in root.iter(TABLE) for merged in list(_merged(table)) if len(merged) > 1]


def _merged(table: etree._Element) -> Iterator[MergedCell]:
    going: dict[int, MergedCell] = {}
    for row in inside(table, ROW):
        before = row.find(f"{w('trPr')}/{w('gridBefore')}")
        at, still = 0 if before is None else grid_columns(before), going
        going = {}
        for cell in inside(row, CELL):
            node = cell.find(f"{_ABOUT}/{_MERGED}")
            if node is not None:
                begins = node.get(_VAL) == "restart" or at not in still
                merged = going[at] = [] if begins else still[at]
                merged.append((cell, row))
                if begins:
                    yield merged
            at += grid_columns(cell)


def keep_merged(found: list[MergedCell], removed: Mapping[etree._Element, etree._Element], marks: Marks) -> None:
    """Make each merged cell whole, whatever its rows do. `removed`: rows that held but a tag, with the mark in the place of each."""
    for number, merged in enumerate(found):
        last = merged[-1][1]
        cells = [(cell, row) for cell, row in merged if row not in removed]
        if not cells:
            continue
        top, first = cells[0]
        inner = _beyond(_around(first, marks), _around(removed.get(last, last), marks))
        if inner is None or any(_around(cell, marks) for cell, _ in cells):  # a cell that repeats to the right is many merged ones
            _set(top, begins=True)
            continue
        inner.addprevious(marks.node(Mark("do", filter="-merged-none", args=(number,))))
        words = _words_for_all(top, inner, first, marks)
        for cell, _ in cells:
            _either(cell, number, words, marks)


def _around(node: etree._Element, marks: Marks) -> list[etree._Element]:
    """Return the tags that begin the loops and conditions around a row; the tag that ends one belongs to it."""
    opened: list[etree._Element] = []
    for sibling in reversed(list(node.itersiblings(preceding=True))):
        control = marks.control_at(sibling)
        if control in CLOSES:
            opened.append(sibling)
        elif control in CLOSES.values():
            opened.pop()
    return opened


def _beyond(first: list[etree._Element], last: list[etree._Element]) -> etree._Element | None:
    """Return the tag that begins around the first row but not around the last."""
    return next((here for position, here in enumerate(first) if last[position : position + 1] != [here]), None)


def _words_for_all(cell: etree._Element, inner: etree._Element, row: etree._Element, marks: Marks) -> list[etree._Element]:
    """Return the content of the first cell, for the next to begin with if its row is not there; nothing if it repeats with its row."""
    outer = _around(inner, marks)
    own = {mark.tag.item for node in _around(row, marks) if node not in outer and (mark := marks.at(node))} | {"loop"}
    tags = [piece.tag for piece in marks.cut(etree.tostring(cell, encoding="unicode")) if isinstance(piece, Mark)]
    used = {path[0] for tag in tags if tag.expression for path in paths(tag.expression)}
    once = next(cell.iter(*map(w, ("bookmarkStart", "drawing", "pict", "sdt"))), None) is not None
    return [] if used & own or once else [deepcopy(child) for child in cell if child.tag != _ABOUT]


def _either(cell: etree._Element, number: int, words: list[etree._Element], marks: Marks) -> None:
    """Make the cell the beginning of the merged one or, where that has begun, a part of it; a blank one that begins gets `words`."""
    if words and not "".join(cell.itertext()).strip() and not any(marks.at(node) for node in cell.iter(etree.PI)):
        for child in [child for child in cell if child.tag != _ABOUT]:
            cell.remove(child)
        cell.extend(deepcopy(word) for word in words)
    on = cell.makeelement(CELL)
    on.append(deepcopy(cell.find(_ABOUT)))
    on.append(on.makeelement(PARAGRAPH))
    _set(cell, begins=True)
    _set(on, begins=False)
    cell.addprevious(marks.node(Mark("when", filter="-merged-first", args=(number,))))
    for node in (marks.node(Mark("end")), on, marks.node(Mark("empty"))):
        cell.addnext(node)


def _set(cell: etree._Element, *, begins: bool) -> None:
    cell.find(f"{_ABOUT}/{_MERGED}").set(_VAL, "restart" if begins else "continue")


def none_begun(state: State, number: int) -> None:
    """Note that a merged cell is yet to begin."""
    state.counts["merged", number] = 0


def is_first(state: State, number: int) -> bool:
    """Return True where the merged cell begins here; from then on it has begun."""
    state.counts["merged", number] = state.counts.get(("merged", number), 0) + 1
    return state.counts["merged", number] == 1
