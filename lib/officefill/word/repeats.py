"""Word parts whose pieces may repeat or go: things there may be only one of, and containers that must not be empty."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import Mark, Marks
from officefill.language.program import State
from officefill.language.tags import CLOSES
from officefill.messages import tr
from officefill.ooxml.namespaces import prefix_of, w
from officefill.ooxml.safety import field_codes
from officefill.word.paragraphs import PARAGRAPH, ROW, TABLE

Branch = tuple[tuple[int, int], ...]
"""The place of a node among loops and conditions: (control, branch of it) from the outside in."""

_BOOKMARK_START, _BOOKMARK_END, _FIELD, _SDT_ID = (w(name) for name in ("bookmarkStart", "bookmarkEnd", "fldChar", "id"))
_ONCE = {w(name) for name in ("footnoteReference", "endnoteReference", "commentReference", "commentRangeStart", "commentRangeEnd")}
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_PARAGRAPH_IDS = tuple(f"{{http://schemas.microsoft.com/office/word/2010/wordml}}{name}" for name in ("paraId", "textId"))
_HOLDERS = tuple(w(name) for name in ("tc", "txbxContent", "hdr", "ftr", "footnote", "endnote"))


def settle_repeats(root: etree._Element, marks: Marks, where: str) -> Iterator[Fault]:
    """Renumber drawings that repeat, remove identities that may not; yield faults for things that cannot repeat or be cut in half."""
    starts: dict[str, tuple[etree._Element, Branch]] = {}
    ends: dict[str, tuple[etree._Element, Branch]] = {}
    fields: list[Branch] = []
    for node, branch, repeats in _branches(root, marks):
        if node.tag == _BOOKMARK_START:
            starts[node.get(w("id"), "")] = (node, branch)
        elif node.tag == _BOOKMARK_END:
            ends[node.get(w("id"), "")] = (node, branch)
        elif node.tag == _FIELD:
            yield from _cut_field(node, branch, fields, where)
        elif repeats and node.tag in _ONCE:
            what = tr("a footnote or comment in a loop would be there many times under one number")
            yield Fault(what, where, tr("move it out of the loop"))
        elif repeats:
            _lose_identity(node, marks)
    removed = set(_keep_whole_bookmarks(starts, ends, {branch for _, branch, repeats in _branches(root, marks) if repeats}))
    for code in field_codes(root):
        words = code.split()
        if words[:1] in (["REF"], ["PAGEREF"], ["NOTEREF"]) and len(words) > 1 and words[1] in removed and not words[1].startswith("_Toc"):
            what = tr("the field {code} points at a place in a loop, of which there may be many or none", code=" ".join(words)[:60])
            yield Fault(what, where, tr("write the reference as text"))


def _branches(root: etree._Element, marks: Marks) -> Iterator[tuple[etree._Element, Branch, bool]]:
    """Yield each element with the branch it is in and True where that repeats."""
    branch: list[tuple[int, int]] = []
    loops: list[bool] = []
    for number, node in enumerate(list(root.iter())):
        control = marks.control_at(node)
        if control in ("", "keep", "endkeep"):
            if isinstance(node.tag, str):
                yield node, tuple(branch), any(loops)
        elif control in CLOSES:
            branch.append((number, 0))
            loops.append(control == "for")
        elif control in CLOSES.values():
            branch.pop()
            loops.pop()
        else:
            branch[-1] = (branch[-1][0], branch[-1][1] + 1)


def _cut_field(node: etree._Element, branch: Branch, fields: list[Branch], where: str) -> Iterator[Fault]:
    kind = node.get(w("fldCharType"))
    if kind == "begin":
        fields.append(branch)
    elif kind == "end" and fields and fields.pop() != branch:
        yield Fault(tr("a loop or condition cuts a field in half"), where, tr("put the whole field inside or outside"))


def _lose_identity(node: etree._Element, marks: Marks) -> None:
    for name in _PARAGRAPH_IDS:
        node.attrib.pop(name, None)
    if node.tag == _DRAWING:
        node.set("id", marks.text(Mark("emit", filter="-number", args=("drawing",))))
    elif node.tag == _SDT_ID and node.getparent().tag == w("sdtPr"):
        node.getparent().remove(node)


def _keep_whole_bookmarks(starts: dict, ends: dict, repeated: set[Branch]) -> Iterator[str]:  # type: ignore[type-arg]
    """Take out bookmarks but where both their ends are always there together, once; yield the names of those that go."""
    for key in dict.fromkeys((*starts, *ends)):
        found = [place[key] for place in (starts, ends) if key in place]
        branches = [branch for _, branch in found]
        if len(found) == 2 and branches[0] == branches[1] and branches[0] not in repeated:
            continue
        if any(branches):
            for node, _ in found:
                node.getparent().remove(node)
            yield from (starts[key][0].get(w("name"), ""),) if key in starts else ()


# Containers


def keep_filled(root: etree._Element, marks: Marks) -> None:
    """Wrap tables that may lose all their rows and cells that may lose all their paragraphs: Word calls either a damaged file."""
    for table in list(root.iter(TABLE)):
        if not _always_has_row(table, marks):
            marks.enclose(table, table, Mark("begin", filter="-table", args=(prefix_of(table),)))
    for holder in list(root.iter(*_HOLDERS)):
        if any(marks.at(child) for child in holder) and holder[-1].tag != PARAGRAPH:
            first = next(child for child in holder if child.tag != w("tcPr"))
            marks.enclose(first, holder[-1], Mark("begin", filter="-cell", args=(prefix_of(holder),)))


def _always_has_row(table: etree._Element, marks: Marks) -> bool:
    depth = 0
    for child in table:
        depth += {"for": 1, "if": 1, "endfor": -1, "endif": -1}.get(marks.control_at(child), 0)
        if depth == 0 and child.tag in (ROW, w("sdt")):
            return True
    return False


def table_or_nothing(text: str, _state: State, prefix: str) -> str:
    """Return a table that has a row, or nothing."""
    return text if f"<{prefix}tr" in text.replace(f"<{prefix}trPr", "") else ""


def ending_with_paragraph(text: str, _state: State, prefix: str) -> str:
    """Return the inside of a cell, which ends with a paragraph."""
    return text if re.search(rf"(</{prefix}p>|<{prefix}p(\s[^<>]*)?/>)\s*$", text) else f"{text}<{prefix}p/>"
