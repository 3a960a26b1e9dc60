"""Tables that would come to stand side by side when tags between them go: Word shows such as one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import Mark, Marks
from officefill.messages import tr
from officefill.word.paragraphs import TABLE


@dataclass(frozen=True)
class _Edges:
    """What a stretch of blocks may begin and end with: a table? May it be nothing at all?"""

    begins: bool
    ends: bool
    empty: bool


def tables_that_meet(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """A fault for each loop or condition that would put one table right after another."""
    parents = dict.fromkeys(node.getparent() for node in root.iter(etree.PI) if (mark := marks.at(node)) and mark.control)
    for parent in parents:
        if parent.find(TABLE) is not None:
            faults: list[Fault] = []
            _stretch(_Blocks(parent, marks), faults, None)
            yield from faults


class _Blocks:
    """The blocks of one parent, one after the other: elements and controls."""

    def __init__(self, parent: etree._Element, marks: Marks) -> None:
        self.left = [marks.at(child) or child for child in parent]
        self.left.reverse()

    def take(self) -> etree._Element | Mark:
        return self.left.pop()


def _stretch(blocks: _Blocks, faults: list[Fault], around: Mark | None) -> tuple[_Edges, str]:
    """The edges of the blocks up to the end of the branch `around` opened, and the control that ended it."""
    begins, ends, empty, last_control = False, False, True, around
    while blocks.left:
        block = blocks.take()
        if isinstance(block, Mark) and block.kind == "control":
            assert block.tag
            if block.tag.kind in ("keep", "endkeep"):
                continue
            if block.tag.kind not in ("for", "if"):
                return _Edges(begins, ends, empty), block.tag.kind
            edges, last_control = _control(blocks, faults, block), block
        elif isinstance(block, Mark):
            continue
        else:
            edges = _Edges(block.tag == TABLE, block.tag == TABLE, False)
        if ends and edges.begins and last_control and last_control.tag:
            faults.append(_fault(last_control))
        begins = begins or (empty and edges.begins)
        ends = edges.ends or (edges.empty and ends)
        empty = empty and edges.empty
        if not edges.empty:
            last_control = None if not isinstance(block, Mark) else block
    return _Edges(begins, ends, empty), ""


def _control(blocks: _Blocks, faults: list[Fault], mark: Mark) -> _Edges:
    """The edges of a whole loop or condition."""
    branches, end = [], "else"
    has_else = False
    while end in ("elif", "else"):
        edges, end = _stretch(blocks, faults, None)
        branches.append(edges)
        has_else = has_else or end == "else"
    if mark.tag and mark.tag.kind == "for":
        if branches[0].begins and branches[0].ends:
            faults.append(_fault(mark))
        has_else = False
    empty = not has_else or any(branch.empty for branch in branches)
    return _Edges(any(b.begins for b in branches), any(b.ends for b in branches), empty)


def _fault(mark: Mark) -> Fault:
    assert mark.tag
    return Fault(
        tr("two tables would grow together at {tag}", tag=mark.tag.source), mark.tag.place, tr("put an empty paragraph between them")
    )
