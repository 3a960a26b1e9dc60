"""Paragraphs of a Word part: where each stands, its text over all runs, and putting marks in place of tags.

Word splits a tag over runs as it likes. Runs are merged inside a tag only; the run where the tag begins gives its form to the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.errors import Fault, Place
from officefill.language.expressions import PlainEnvironment, outermost_filter, value_shown, words_of
from officefill.language.marks import IN_TEXT, Mark, Marks, without_mark
from officefill.language.tags import Tag, find_tags, quoted
from officefill.messages import tr
from officefill.ooxml.safety import W

PARAGRAPH, RUN, TEXT, TABLE, ROW, CELL = (f"{{{W}}}{name}" for name in ("p", "r", "t", "tbl", "tr", "tc"))
_TAB, _BREAK, _HYPHEN, _BOX = (f"{{{W}}}{name}" for name in ("tab", "br", "noBreakHyphen", "txbxContent"))
_GONE = {f"{{{W}}}{name}" for name in ("del", "moveFrom", "pPr", "rPr")}
_NOTHING = {f"{{{W}}}{name}" for name in ("pPr", "rPr", "r", "t", "proofErr", "bookmarkStart", "bookmarkEnd", "lastRenderedPageBreak")}
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_UNFILLED = re.compile(r"\{\{|\{%")


def paragraphs(container: etree._Element, where: str) -> Iterator[tuple[etree._Element, str]]:
    """Every paragraph of a part in order, with its place: paragraph 12; table 2 row 3 cell 1; those of text boxes too."""
    yield from _walk(container, where, {"paragraph": 0, "table": 0})


def _walk(container: etree._Element, where: str, seen: dict[str, int]) -> Iterator[tuple[etree._Element, str]]:
    for child in container:
        if child.tag == PARAGRAPH:
            seen["paragraph"] += 1
            place = where if container.tag == CELL else _join(where, tr("paragraph {number}", number=seen["paragraph"]))
            yield child, place
            for box in child.iter(_BOX):
                if next(box.iterancestors(PARAGRAPH)) is child:
                    yield from _walk(box, _join(place, tr("text box")), {"paragraph": 0, "table": 0})
        elif child.tag == TABLE:
            seen["table"] += 1
            yield from _table(child, _join(where, tr("table {number}", number=seen["table"])))
        elif isinstance(child.tag, str):
            yield from _walk(child, where, seen)


def _table(table: etree._Element, where: str) -> Iterator[tuple[etree._Element, str]]:
    for row_number, row in enumerate(inside(table, ROW), 1):
        for cell_number, cell in enumerate(inside(row, CELL), 1):
            place = tr("{table} row {row} cell {cell}", table=where, row=row_number, cell=cell_number)
            yield from _walk(cell, place, {"paragraph": 0, "table": 0})


def inside(node: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Rows of a table or cells of a row, also those wrapped in content controls."""
    for child in node:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in (ROW, CELL):
            yield from inside(child, tag)


def _join(where: str, more: str) -> str:
    return f"{where}, {more}" if where else more


def pieces(paragraph: etree._Element) -> list[tuple[etree._Element, str]]:
    """The elements that make a paragraph's own text, with the text of each; not those of its text boxes or deleted ones."""
    found: list[tuple[etree._Element, str]] = []
    _collect(paragraph, found)
    return found


def _collect(node: etree._Element, found: list[tuple[etree._Element, str]]) -> None:
    for child in node:
        tag = child.tag
        if tag == TEXT:
            found.append((child, child.text or ""))
        elif tag == _TAB:
            found.append((child, "\t"))
        elif tag == _BREAK and not child.get(f"{{{W}}}type"):
            found.append((child, "\n"))
        elif tag == _HYPHEN:
            found.append((child, "-"))
        elif isinstance(tag, str) and tag != PARAGRAPH and tag not in _GONE:
            _collect(child, found)


def text_of(paragraph: etree._Element) -> str:
    """The paragraph's own text, with marks where tags were."""
    return "".join(text for _, text in pieces(paragraph))


def is_bare(paragraph: etree._Element) -> bool:
    """Whether a paragraph holds text only, so that it may go when its tag goes."""
    return _is_text(paragraph) and next(paragraph.iter(f"{{{W}}}sectPr"), None) is None


def ends_section(paragraph: etree._Element) -> bool:
    """Whether a paragraph holds text only, and is the last of its section, so that it must stay."""
    return _is_text(paragraph) and next(paragraph.iter(f"{{{W}}}sectPr"), None) is not None


def _is_text(paragraph: etree._Element) -> bool:
    return all(node.tag in _NOTHING or _within_properties(node) for node in paragraph.iterdescendants("*"))


def _within_properties(node: etree._Element) -> bool:
    return any(above.tag in (f"{{{W}}}pPr", f"{{{W}}}rPr") for above in node.iterancestors())


def mark_tags(environment: PlainEnvironment, paragraph: etree._Element, place: str, marks: Marks, faults: list[Fault]) -> None:
    """Puts a mark in place of each tag of the paragraph."""
    parts = pieces(paragraph)
    text = "".join(piece for _, piece in parts)
    tags = find_tags(environment, text, quoted(place, text), faults)
    if not tags:
        return
    if _is_bound(paragraph):
        faults.append(Fault(tr("the content control around the text would overwrite it"), tags[0].place, tr("remove the content control")))
    for tag in tags:
        tag.order = (len(marks.all), tag.span[0])
    for tag in reversed(tags):
        _put(parts, tag.span, marks.text(_mark_of(tag)))
    for node, piece in parts:
        if node.tag == TEXT:
            set_text(node, piece)


def _mark_of(tag: Tag) -> Mark:
    if tag.is_control:
        return Mark("control", tag)
    called = outermost_filter(tag.expression)
    if called is not None and called.name == "picture":
        return Mark("show", tag, "-picture", (words_of(called),))
    return Mark("show", tag, "-words")


def _put(parts: list[tuple[etree._Element, str]], span: tuple[int, int], mark: str) -> None:
    """Replaces the characters of `span` by `mark`; what of the tag lies in later elements goes."""
    position = 0
    for number, (node, text) in enumerate(parts):
        start, end = max(span[0] - position, 0), min(span[1] - position, len(text))
        position += len(text)
        if start >= end or (node.tag != TEXT and not text):
            continue
        parts[number] = (node, text[:start] + mark + text[end:])
        mark = ""
        if node.tag != TEXT:
            parts[number] = (node, "")
            node.getparent().remove(node)


def set_text(node: etree._Element, text: str) -> None:
    """Sets the text of a `w:t`; one without text goes, and its run with it if nothing else is in it."""
    node.text = text
    if text:
        if IN_TEXT.search(text) or text != text.strip():
            node.set(_SPACE, "preserve")
        return
    run = node.getparent()
    run.remove(node)
    if run.tag == RUN and all(child.tag == f"{{{W}}}rPr" for child in run) and run.getparent() is not None:
        run.getparent().remove(run)


def _is_bound(paragraph: etree._Element) -> bool:
    return any(control.find(f"{{{W}}}sdtPr/{{{W}}}dataBinding") is not None for control in paragraph.iter(f"{{{W}}}sdt")) or any(
        control.find(f"{{{W}}}sdtPr/{{{W}}}dataBinding") is not None for control in paragraph.iterancestors(f"{{{W}}}sdt")
    )


def take_mark(paragraph: etree._Element, number: str) -> None:
    """Removes a mark from the paragraph's text."""
    for node, text in pieces(paragraph):
        if node.tag == TEXT and any(match[1] == number for match in IN_TEXT.finditer(text)):
            set_text(node, without_mark(text, number))
            return


def split_run(node: etree._Element, match: re.Match[str], middle: etree._Element) -> etree._Element | None:
    """Splits the run of a `w:t` at a mark in its text and puts `middle` between the halves; gives the text after it, if any is left."""
    run, text = node.getparent(), node.text or ""
    rest = run.makeelement(RUN, run.attrib, run.nsmap)
    form = run.find(f"{{{W}}}rPr")
    if form is not None:
        rest.append(_copy(form))
    tail = rest.makeelement(TEXT)
    rest.append(tail)
    for later in list(node.itersiblings()):
        rest.append(later)
    run.addnext(rest)
    run.addnext(middle)
    set_text(tail, text[match.end() :])
    set_text(node, text[: match.start()])
    return tail if text[match.end() :] else None


def wrap_figures(root: etree._Element, marks: Marks) -> None:
    """Gives every tag that shows one value a run of its own, between marks that will put a bookmark round it."""
    for paragraph in list(root.iter(PARAGRAPH)):
        for node, _ in pieces(paragraph):
            while node is not None and node.tag == TEXT and (match := _figure(node.text or "", marks)):
                node = _wrap(node, match, marks)


def _figure(text: str, marks: Marks) -> re.Match[str] | None:
    for match in IN_TEXT.finditer(text):
        mark = marks.of(match[1])
        if mark.kind == "show" and mark.filter == "-words" and mark.tag and value_shown(mark.tag.expression) is not None:
            return match
    return None


def _wrap(node: etree._Element, match: re.Match[str], marks: Marks) -> etree._Element | None:
    """Puts the run of one tag between its marks; gives what is left of the text after it."""
    run = node.getparent()
    own = run.makeelement(RUN, run.attrib, run.nsmap)
    form = run.find(f"{{{W}}}rPr")
    if form is not None:
        own.append(_copy(form))
    words = etree.SubElement(own, TEXT)
    prefix = f"{run.prefix}:" if run.prefix else ""
    begin, end = marks.node(Mark("figure", marks.of(match[1]).tag, "-figure", (prefix,))), marks.node(Mark("end"))
    rest = split_run(node, match, begin)
    begin.addnext(own)
    own.addnext(end)
    set_text(words, match[0])
    return rest


def _copy(node: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(node, with_tail=False))


def unfilled(root: etree._Element, where: str, part: str) -> Iterator[Fault]:
    """A fault for each tag in a text that is never filled: deleted text, field codes, formulas, drawings."""
    for node in root.iter(f"{{{W}}}delText", f"{{{W}}}instrText", "{*}t"):
        if node.tag != TEXT and node.text and _UNFILLED.search(node.text):
            do = tr("move the tag into ordinary text; accept tracked changes first")
            around = next(node.iterancestors(PARAGRAPH), None)
            at = next((number for number, paragraph in enumerate(root.iter(PARAGRAPH)) if paragraph is around), None)
            place = quoted(Place(where, part, at), node.text)
            yield Fault(tr("a tag in a field, a formula, a drawing or deleted text is not filled"), place, do)
