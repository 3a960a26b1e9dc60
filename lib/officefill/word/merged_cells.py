"""Cells of a Word table that are merged downwards, where their rows repeat or go.

A merged cell drawn from a row that repeats down to one that does not (or repeats less often) is one cell over all copies: it begins in the
first row that is there and goes on in all others. One whose rows repeat together is one cell each time. Excel's merged cells do the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.language.expressions import paths
from officefill.language.marks import Mark, Marks
from officefill.language.program import STATE, State
from officefill.language.tags import CLOSES
from officefill.ooxml.safety import W
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, inside

_VAL, _MERGED, _ABOUT = (f"{{{W}}}{name}" for name in ("val", "vMerge", "tcPr"))


@dataclass
class Area:
    """The cells of one merged cell from the top down, each with its row."""

    cells: list[tuple[etree._Element, etree._Element]] = field(default_factory=list)


def merged_areas(root: etree._Element) -> list[Area]:
    """The merged cells of a part that go over more than one row of the template."""
    return [area for table in root.iter(TABLE) for area in list(_areas(table)) if len(area.cells) > 1]


def _areas(table: etree._Element) -> Iterator[Area]:
    going: dict[int, Area] = {}
    for row in inside(table, ROW):
        at, still = _number(row.find(f"{{{W}}}trPr/{{{W}}}gridBefore"), 0), going
        going = {}
        for cell in inside(row, CELL):
            merged = cell.find(f"{_ABOUT}/{_MERGED}")
            if merged is not None:
                begins = merged.get(_VAL) == "restart" or at not in still
                area = going[at] = Area() if begins else still[at]
                area.cells.append((cell, row))
                if begins:
                    yield area
            at += _number(cell.find(f"{_ABOUT}/{{{W}}}gridSpan"), 1)


def _number(node: etree._Element | None, else_: int) -> int:
    said = "" if node is None else node.get(_VAL, "")
    return int(said) if said.isdecimal() else else_


def see_to_merged_cells(areas: list[Area], gone: Mapping[etree._Element, etree._Element], marks: Marks) -> None:
    """Makes each merged cell whole whatever its rows do. `gone`: rows that held but a tag, with what stands in their places."""
    for number, area in enumerate(areas):
        last = area.cells[-1][1]
        area.cells = [(cell, row) for cell, row in area.cells if row not in gone]
        if not area.cells:
            continue
        first = area.cells[0][1]
        inner = _beyond(_around(first, marks), _around(gone.get(last, last), marks))
        if inner is None or any(_around(cell, marks) for cell, _ in area.cells):  # a cell that repeats to the right is many merged ones
            _say(area.cells[0][0], begins=True)
            continue
        inner.addprevious(marks.node(Mark("do", filter="-merged-none", args=(number,))))
        words = _words_for_all(area.cells[0][0], inner, first, marks)
        for cell, _ in area.cells:
            _either(cell, number, words, marks)


def _around(node: etree._Element, marks: Marks) -> list[etree._Element]:
    """The tags that begin what encloses a row; the tag that ends something belongs to what it ends."""
    opened: list[etree._Element] = []
    for sibling in (*reversed(list(node.itersiblings(preceding=True))), node):
        mark = marks.at(sibling)
        if mark and mark.control in CLOSES and sibling is not node:
            opened.append(sibling)
        elif mark and mark.control in CLOSES.values() and sibling is not node:
            opened.pop()
    return opened


def _beyond(first: list[etree._Element], last: list[etree._Element]) -> etree._Element | None:
    """What begins around the first row but not around the last."""
    return next((here for position, here in enumerate(first) if last[position : position + 1] != [here]), None)


def _words_for_all(cell: etree._Element, inner: etree._Element, row: etree._Element, marks: Marks) -> list[etree._Element]:
    """What the first cell holds, for the next to begin with if its row is not there; nothing where it speaks of what repeats with the row."""
    around = [mark for node in _around(row, marks) if (mark := marks.at(node))]
    outer = [mark for node in _around(inner, marks) if (mark := marks.at(node))]
    own = {mark.tag.item for mark in around if mark not in outer and mark.tag} | {"loop"}
    text = etree.tostring(cell, encoding="unicode")
    tags = [piece.tag for piece in marks.cut(text) if isinstance(piece, Mark) and piece.tag]
    asked = {path[0] for tag in tags if tag.expression for path in paths(tag.expression)}
    once = any(next(cell.iter(f"{{{W}}}{name}"), None) is not None for name in ("bookmarkStart", "drawing", "pict", "sdt"))
    return [] if asked & own or once else [deepcopy(child) for child in cell if child.tag != _ABOUT]


def _either(cell: etree._Element, number: int, words: list[etree._Element], marks: Marks) -> None:
    """The cell as the beginning of the merged one or, where that has begun, as a part of it; one that begins and is blank says `words`."""
    if words and not "".join(cell.itertext()).strip() and not any(marks.at(node) for node in cell.iter(etree.PI)):
        for child in [child for child in cell if child.tag != _ABOUT]:
            cell.remove(child)
        cell.extend(deepcopy(word) for word in words)
    on = cell.makeelement(CELL)
    on.append(deepcopy(cell.find(_ABOUT)))
    on.append(on.makeelement(PARAGRAPH))
    _say(cell, begins=True)
    _say(on, begins=False)
    cell.addprevious(marks.node(Mark("when", filter="-merged-first", args=(number,))))
    for node in (marks.node(Mark("end")), on, marks.node(Mark("empty"))):
        cell.addnext(node)


def _say(cell: etree._Element, *, begins: bool) -> None:
    cell.find(f"{_ABOUT}/{_MERGED}").set(_VAL, "restart" if begins else "continue")


@pass_context
def none_begun(context: Context, number: int) -> None:
    """A merged cell is yet to begin."""
    state: State = context.parent[STATE]
    state.counts["merged", number] = 0


@pass_context
def is_first(context: Context, number: int) -> bool:
    """Whether the merged cell begins here; from then on it has begun."""
    state: State = context.parent[STATE]
    state.counts["merged", number] = state.counts.get(("merged", number), 0) + 1
    return state.counts["merged", number] == 1
