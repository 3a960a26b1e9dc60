"""Tables that would come to stand side by side when tags between them go: Word shows such as one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import Mark, Marks
from officefill.language.tags import NO_TAG, Tag
from officefill.messages import tr
from officefill.word.paragraphs import TABLE


class _Edges(NamedTuple):
    """The edges of a stretch of blocks: it may begin with a table, end with one, be nothing at all."""

    begins: bool
    ends: bool
    empty: bool


def adjacent_tables(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """Yield a fault for each loop or condition that would put one table right after another."""
    parents = dict.fromkeys(node.getparent() for node in root.iter(etree.PI) if marks.control_at(node))
    for parent in parents:
        if parent.find(TABLE) is not None:
            blocks = [marks.at(child) or child for child in reversed(parent)]
            faults: list[Fault] = []
            _stretch(blocks, faults)
            yield from faults


def _stretch(blocks: list[etree._Element | Mark], faults: list[Fault]) -> tuple[_Edges, str]:
    """Take the blocks, the last first, up to the end of a branch; return their edges, and the control that ended it."""
    begins, ends, empty, last = False, False, True, NO_TAG
    while blocks:
        block, control = blocks.pop(), NO_TAG
        if isinstance(block, Mark):
            if block.control in ("", "keep", "endkeep"):
                continue
            if block.control not in ("for", "if"):
                return _Edges(begins, ends, empty), block.control
            edges, last, control = _control(blocks, faults, block.tag), block.tag, block.tag
        else:
            edges = _Edges(block.tag == TABLE, block.tag == TABLE, False)
        if ends and edges.begins and last.kind:
            faults.append(_fault(last))
        begins = begins or (empty and edges.begins)
        ends = edges.ends or (edges.empty and ends)
        empty = empty and edges.empty
        if not edges.empty:
            last = control
    return _Edges(begins, ends, empty), ""


def _control(blocks: list[etree._Element | Mark], faults: list[Fault], tag: Tag) -> _Edges:
    """Return the edges of a whole loop or condition."""
    branches, end = [], "else"
    has_else = False
    while end in ("elif", "else"):
        edges, end = _stretch(blocks, faults)
        branches.append(edges)
        has_else = has_else or end == "else"
    if tag.kind == "for":
        if branches[0].begins and branches[0].ends:
            faults.append(_fault(tag))
        has_else = False
    empty = not has_else or any(branch.empty for branch in branches)
    return _Edges(any(b.begins for b in branches), any(b.ends for b in branches), empty)


def _fault(tag: Tag) -> Fault:
    return Fault(tr("two tables would grow together at {tag}", tag=tag.source), tag.place, tr("put an empty paragraph between them"))
