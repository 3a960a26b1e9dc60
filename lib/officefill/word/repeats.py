"""What must be seen to in a Word part whose pieces may repeat or go: things there may be only one of, and containers that must not be empty."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import Mark, Marks
from officefill.messages import tr
from officefill.ooxml.safety import W, field_codes
from officefill.word.paragraphs import PARAGRAPH, ROW, TABLE

Branch = tuple[tuple[int, int], ...]
"""Where a node stands among loops and conditions: (control, branch of it) from the outside in."""

_BOOKMARK_START, _BOOKMARK_END, _FIELD, _SDT_ID = (f"{{{W}}}{name}" for name in ("bookmarkStart", "bookmarkEnd", "fldChar", "id"))
_ONCE = {f"{{{W}}}{name}" for name in ("footnoteReference", "endnoteReference", "commentReference", "commentRangeStart", "commentRangeEnd")}
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_PARAGRAPH_IDS = tuple(f"{{http://schemas.microsoft.com/office/word/2010/wordml}}{name}" for name in ("paraId", "textId"))
_HOLDERS = tuple(f"{{{W}}}{name}" for name in ("tc", "txbxContent", "hdr", "ftr", "footnote", "endnote"))


def see_to_repeats(root: etree._Element, marks: Marks, where: str) -> Iterator[Fault]:
    """Renumbers drawings that repeat, removes identities that may not, and tells what cannot repeat or be cut in half."""
    starts: dict[str, tuple[etree._Element, Branch]] = {}
    ends: dict[str, tuple[etree._Element, Branch]] = {}
    fields: list[Branch] = []
    for node, branch, repeats in _branches(root, marks):
        if node.tag == _BOOKMARK_START:
            starts[node.get(f"{{{W}}}id", "")] = (node, branch)
        elif node.tag == _BOOKMARK_END:
            ends[node.get(f"{{{W}}}id", "")] = (node, branch)
        elif node.tag == _FIELD:
            yield from _cut_field(node, branch, fields, where)
        elif repeats and node.tag in _ONCE:
            yield Fault(
                tr("a footnote or comment in a loop would be there many times under one number"), where, tr("move it out of the loop")
            )
        elif repeats:
            _lose_identity(node, marks)
    gone = set(_keep_whole_bookmarks(starts, ends, {branch for _, branch, repeats in _branches(root, marks) if repeats}))
    for code in field_codes(root):
        words = code.split()
        if words[:1] in (["REF"], ["PAGEREF"], ["NOTEREF"]) and len(words) > 1 and words[1] in gone and not words[1].startswith("_Toc"):
            what = tr("the field {code} points at a place in a loop, of which there may be many or none", code=" ".join(words)[:60])
            yield Fault(what, where, tr("write the reference as text"))


def _branches(root: etree._Element, marks: Marks) -> Iterator[tuple[etree._Element, Branch, bool]]:
    """Each element with the branch it is in and whether that repeats."""
    branch: list[tuple[int, int]] = []
    loops: list[bool] = []
    for number, node in enumerate(list(root.iter())):
        mark = marks.at(node)
        if mark is None or mark.tag is None or not mark.tag.is_control or mark.tag.kind in ("keep", "endkeep"):
            if isinstance(node.tag, str):
                yield node, tuple(branch), any(loops)
        elif mark.tag.kind in ("for", "if"):
            branch.append((number, 0))
            loops.append(mark.tag.kind == "for")
        elif mark.tag.kind in ("endfor", "endif"):
            branch.pop()
            loops.pop()
        else:
            branch[-1] = (branch[-1][0], branch[-1][1] + 1)


def _cut_field(node: etree._Element, branch: Branch, fields: list[Branch], where: str) -> Iterator[Fault]:
    kind = node.get(f"{{{W}}}fldCharType")
    if kind == "begin":
        fields.append(branch)
    elif kind == "end" and fields and fields.pop() != branch:
        yield Fault(tr("a loop or condition cuts a field in half"), where, tr("put the whole field inside or outside"))


def _lose_identity(node: etree._Element, marks: Marks) -> None:
    for name in _PARAGRAPH_IDS:
        node.attrib.pop(name, None)
    if node.tag == _DRAWING:
        node.set("id", marks.text(Mark("emit", filter="-number", args=("drawing",))))
    elif node.tag == _SDT_ID and node.getparent().tag == f"{{{W}}}sdtPr":
        node.getparent().remove(node)


def _keep_whole_bookmarks(starts: dict, ends: dict, repeated: set[Branch]) -> Iterator[str]:  # type: ignore[type-arg]
    """Bookmarks stay where both their ends are always there together, once; gives the names of those that go."""
    for key in dict.fromkeys((*starts, *ends)):
        found = [place[key] for place in (starts, ends) if key in place]
        branches = [branch for _, branch in found]
        if len(found) == 2 and branches[0] == branches[1] and branches[0] not in repeated:
            continue
        if any(branches):
            for node, _ in found:
                node.getparent().remove(node)
            yield from (starts[key][0].get(f"{{{W}}}name", ""),) if key in starts else ()


# Containers


def keep_filled(root: etree._Element, marks: Marks) -> None:
    """Wraps tables that may lose all their rows and cells that may lose all their paragraphs: Word calls either a damaged file."""
    for table in list(root.iter(TABLE)):
        if not _always_has(table, ROW, marks):
            table.addprevious(marks.node(Mark("begin", filter="-table", args=(_prefix(table),))))
            table.addnext(marks.node(Mark("end")))
    for holder in list(root.iter(*_HOLDERS)):
        controls = [child for child in holder if marks.at(child)]
        if controls and not _ends_with_paragraph(holder):
            first = next(child for child in holder if child.tag != f"{{{W}}}tcPr")
            first.addprevious(marks.node(Mark("begin", filter="-cell", args=(_prefix(holder),))))
            holder.append(marks.node(Mark("end")))


def _prefix(node: etree._Element) -> str:
    return f"{node.prefix}:" if node.prefix else ""


def _always_has(table: etree._Element, tag: str, marks: Marks) -> bool:
    depth = 0
    for child in table:
        mark = marks.at(child)
        if mark and mark.tag and mark.tag.is_control:
            depth += {"for": 1, "if": 1, "endfor": -1, "endif": -1}.get(mark.tag.kind, 0)
        elif depth == 0 and (child.tag == tag or child.tag == f"{{{W}}}sdt"):
            return True
    return False


def _ends_with_paragraph(holder: etree._Element) -> bool:
    return len(holder) > 0 and holder[-1].tag == PARAGRAPH


def table_or_nothing(text: str, prefix: str) -> str:
    """A table that has a row, or nothing."""
    return text if f"<{prefix}tr" in text.replace(f"<{prefix}trPr", "") else ""


def ending_with_paragraph(text: str, prefix: str) -> str:
    """The inside of a cell, which ends with a paragraph."""
    return text if re.search(rf"(</{prefix}p>|<{prefix}p(\s[^<>]*)?/>)\s*$", text) else f"{text}<{prefix}p/>"
