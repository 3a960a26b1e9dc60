"""Paragraphs of a Word part: their places, their texts over all runs, and marks in place of their tags.

Word splits a tag over runs as it likes. Runs are merged inside a tag only; the run where the tag begins gives its form to the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.errors import Fault, Place
from officefill.language.expressions import PlainEnvironment, last_filter, value_shown, words_of
from officefill.language.marks import IN_TEXT, Mark, Marks, mark_of, without_mark
from officefill.language.tags import Tag, find_tags, quoted
from officefill.messages import tr
from officefill.ooxml.namespaces import SPACE, copy_of, holds_tag, prefix_of, w

PARAGRAPH, RUN, TEXT, TABLE, ROW, CELL = (w(name) for name in ("p", "r", "t", "tbl", "tr", "tc"))
_TAB, _BREAK, _HYPHEN, _BOX = (w(name) for name in ("tab", "br", "noBreakHyphen", "txbxContent"))
_REMOVED = {w(name) for name in ("del", "moveFrom", "pPr", "rPr")}
_NOTHING = {w(name) for name in ("pPr", "rPr", "r", "t", "proofErr", "bookmarkStart", "bookmarkEnd", "lastRenderedPageBreak")}
_FORM, _VAL = w("rPr"), w("val")


def paragraphs(container: etree._Element, where: str) -> Iterator[tuple[etree._Element, str]]:
    """Yield every paragraph of a part in order, with its place: paragraph 12; table 2 row 3 cell 1; those of text boxes too."""
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


MOST_COLUMNS = 1_000
"""The largest span that is believed: Word has 63 columns at most."""


def grid_columns(node: etree._Element) -> int:
    """Return the number of grid columns that a cell, or room before or after the cells of a row, takes up."""
    span = node.find(f"{w('tcPr')}/{w('gridSpan')}") if node.tag == CELL else node
    number = "1" if span is None else span.get(_VAL, "1")
    return min(int(number), MOST_COLUMNS) if number.isdecimal() and len(number) < 10 else 1


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
        elif tag == _BREAK and not child.get(w("type")):
            found.append((child, "\n"))
        elif tag == _HYPHEN:
            found.append((child, "-"))
        elif isinstance(tag, str) and tag != PARAGRAPH and tag not in _REMOVED:
            _collect(child, found)


def text_of(paragraph: etree._Element) -> str:
    """The paragraph's own text, with marks where tags were."""
    return "".join(text for _, text in pieces(paragraph))


def is_bare(paragraph: etree._Element) -> bool:
    """Return True where a paragraph holds text only, so that it may go when its tag goes."""
    return _is_text(paragraph) and next(paragraph.iter(w("sectPr")), None) is None


def ends_section(paragraph: etree._Element) -> bool:
    """Return True where a paragraph holds text only, and is the last of its section, so that it must stay."""
    return _is_text(paragraph) and next(paragraph.iter(w("sectPr")), None) is not None


def _is_text(paragraph: etree._Element) -> bool:
    return all(
        node.tag in _NOTHING or any(above.tag in (w("pPr"), _FORM) for above in node.iterancestors())
        for node in paragraph.iterdescendants("*")
    )


def mark_tags(environment: PlainEnvironment, paragraph: etree._Element, place: str, marks: Marks, faults: list[Fault]) -> None:
    """Put a mark in place of each tag of the paragraph."""
    parts = pieces(paragraph)
    text = "".join(piece for _, piece in parts)
    tags = find_tags(environment, text, quoted(place, text), faults)
    if not tags:
        return
    if _is_bound(paragraph):
        faults.append(Fault(tr("the content control around the text would overwrite it"), tags[0].place, tr("remove the content control")))
    marks.put(tags, _mark_of, lambda span, mark: _put(parts, span, mark))
    for node, piece in parts:
        if node.tag == TEXT:
            set_text(node, piece)


def _mark_of(tag: Tag) -> Mark:
    if not tag.is_control and last_filter(tag.expression) == "picture":
        return Mark("show", tag, "-picture", (words_of(tag.expression),))
    return mark_of(tag, "-words")


def _put(parts: list[tuple[etree._Element, str]], span: tuple[int, int], mark: str) -> None:
    """Replace the characters of `span` by `mark`; the rest of the tag in later elements goes."""
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
    """Set the text of a `w:t`; one without text goes, and its run with it if nothing else is in it."""
    node.text = text
    if text:
        if IN_TEXT.search(text) or text != text.strip():
            node.set(SPACE, "preserve")
        return
    run = node.getparent()
    run.remove(node)
    if run.tag == RUN and all(child.tag == _FORM for child in run) and run.getparent() is not None:
        run.getparent().remove(run)


def _is_bound(paragraph: etree._Element) -> bool:
    controls = (*paragraph.iter(w("sdt")), *paragraph.iterancestors(w("sdt")))
    return any(control.find(f"{w('sdtPr')}/{w('dataBinding')}") is not None for control in controls)


def take_mark(paragraph: etree._Element, number: str) -> None:
    """Remove a mark from the paragraph's text."""
    for node, text in pieces(paragraph):
        if node.tag == TEXT and any(match[1] == number for match in IN_TEXT.finditer(text)):
            set_text(node, without_mark(text, number))
            return


def like_run(run: etree._Element) -> etree._Element:
    """Return a run with the form of another, and nothing in it."""
    made = run.makeelement(RUN, run.attrib, run.nsmap)
    form = run.find(_FORM)
    if form is not None:
        made.append(copy_of(form))
    return made


def split_run(node: etree._Element, match: re.Match[str], middle: etree._Element) -> etree._Element | None:
    """Split the run of a `w:t` at a mark in its text and put `middle` between the halves; return the text after it, if any is left."""
    run, text = node.getparent(), node.text or ""
    rest = like_run(run)
    tail = etree.SubElement(rest, TEXT)
    for later in list(node.itersiblings()):
        rest.append(later)
    run.addnext(rest)
    run.addnext(middle)
    set_text(tail, text[match.end() :])
    set_text(node, text[: match.start()])
    return tail if text[match.end() :] else None


def wrap_figures(root: etree._Element, marks: Marks) -> None:
    """Give every tag that shows one value a run of its own, between marks that will put a bookmark round it."""
    for paragraph in list(root.iter(PARAGRAPH)):
        for node, _ in pieces(paragraph):
            while node is not None and node.tag == TEXT and (match := _figure(node.text or "", marks)):
                node = _wrap(node, match, marks)


def _figure(text: str, marks: Marks) -> re.Match[str] | None:
    for match in IN_TEXT.finditer(text):
        mark = marks.of(match[1])
        if mark.kind == "show" and mark.filter == "-words" and value_shown(mark.tag.expression) is not None:
            return match
    return None


def _wrap(node: etree._Element, match: re.Match[str], marks: Marks) -> etree._Element | None:
    """Put the run of one tag between its marks; return the rest of the text after it."""
    run = node.getparent()
    own, begin = like_run(run), marks.node(Mark("figure", marks.of(match[1]).tag, "-figure", (prefix_of(run),)))
    words = etree.SubElement(own, TEXT)
    rest = split_run(node, match, begin)
    begin.addnext(own)
    own.addnext(marks.node(Mark("end")))
    set_text(words, match[0])
    return rest


def unfilled(root: etree._Element, where: str, part: str) -> Iterator[Fault]:
    """Yield a fault for each tag in a text that is never filled: deleted text, field codes, formulas, drawings."""
    for node in root.iter(w("delText"), w("instrText"), "{*}t"):
        if node.tag != TEXT and node.text and holds_tag(node.text):
            do = tr("move the tag into ordinary text; accept tracked changes first")
            around = next(node.iterancestors(PARAGRAPH), None)
            at = next((number for number, paragraph in enumerate(root.iter(PARAGRAPH)) if paragraph is around), None)
            place = quoted(Place(where, part, at), node.text)
            yield Fault(tr("a tag in a field, a formula, a drawing or deleted text is not filled"), place, do)
