"""Loops and conditions of a Word part: each control tag goes to the place it works in, in a line, between paragraphs or between rows.

(a) a paragraph that holds one control tag and nothing else encloses paragraphs and tables; (b) a row whose only text is one control tag
encloses rows; (c) a row that begins with a tag and ends with its end repeats or depends as a whole; (d) a loop that begins with a cell and
ends with a later one of the row, or with the same one where it says `across`, repeats cells; (e) else the tag works in its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.errors import Fault
from officefill.language.controls import ROWS, Line, cell_loop, lift_row_controls, not_across, pair_faults, unpaired
from officefill.language.marks import IN_TEXT, Mark, Marks
from officefill.language.tags import CLOSES
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, RUN, TABLE, TEXT, ends_section, is_bare, pieces, split_run, take_mark, text_of
from officefill.word.region_marks import enclose_cell, settle_regions


def arrange(root: etree._Element, marks: Marks, faults: list[Fault]) -> dict[etree._Element, etree._Element]:
    """Move every control mark of a part out of the text to its place among rows, paragraphs or runs; pictures into their runs.

    Return the rows that held nothing but a tag and are gone, with the mark that is in the place of each."""
    removed = {row: mark for row in list(root.iter(ROW)) if (mark := _arrange_row(row, marks)) is not None}
    for cell in list(root.iter(CELL)):
        enclose_cell(cell, marks)
    for paragraph in list(root.iter(PARAGRAPH)):
        text = text_of(paragraph)
        if not IN_TEXT.search(text):
            continue
        alone = IN_TEXT.fullmatch(text.strip())
        control = marks.of(alone[1]).control if alone else ""
        if alone and control and is_bare(paragraph):
            paragraph.getparent().replace(paragraph, marks.node_of(alone[1]))
        elif alone and control and ends_section(paragraph):
            # The section ends after its tag: what begins here begins in the next section, what ends here has ended in this one.
            take_mark(paragraph, alone[1])
            (paragraph.addnext if control in CLOSES else paragraph.addprevious)(marks.node_of(alone[1]))
        else:
            _arrange_line(paragraph, bool(alone), marks)
    unbalanced = list(_unbalanced(root, marks))
    faults += unbalanced or settle_regions(root, marks)
    return removed


def _arrange_row(row: etree._Element, marks: Marks) -> etree._Element | None:
    """Take the tags of a row to their places; return the mark that is there instead of a row that held nothing else."""
    lines = _lines(row)
    alone = IN_TEXT.fullmatch(lines[0][2].strip()) if len(lines) == 1 else None
    may_go = next(row.iterdescendants(TABLE), None) is None and all(is_bare(paragraph) for paragraph in row.iter(PARAGRAPH))
    if alone and marks.of(alone[1]).control in ROWS and may_go:
        mark = marks.node_of(alone[1])
        row.getparent().replace(row, mark)
        return mark
    list(lift_row_controls(row, lambda: _lines(row), take_mark, marks))
    while (crossing := cell_loop(_lines(row), marks)) is not None:
        for (line, cell, number), put in zip(crossing, ("addprevious", "addnext"), strict=True):
            take_mark(line, number)
            getattr(cell, put)(marks.node_of(number))
    return None


def _lines(row: etree._Element) -> list[Line]:
    """Return the row's own paragraphs that have text, not those of tables inside it or of text boxes."""
    found = []
    for paragraph in row.iter(PARAGRAPH):
        if next(paragraph.iterancestors(ROW)) is row and next(paragraph.iterancestors(PARAGRAPH), None) is None:
            text = text_of(paragraph)
            if text.strip():
                found.append((paragraph, next(paragraph.iterancestors(CELL)), text))
    return found


def _arrange_line(paragraph: etree._Element, alone: bool, marks: Marks) -> None:
    for node, _ in pieces(paragraph):
        while node is not None and node.tag == TEXT and (match := _next(node.text or "", marks)):
            mark = marks.of(match[1])
            if mark.kind == "show" and alone:
                node.getparent().replace(node, marks.node(mark))
                break
            middle = marks.node(mark)
            if mark.kind == "show":
                run = node.makeelement(RUN)
                run.append(middle)
                middle = run
            node = split_run(node, match, middle)


def _next(text: str, marks: Marks) -> re.Match[str] | None:
    """Return the first mark of a text that must leave it: a control or a picture."""
    found = ((match, marks.of(match[1])) for match in IN_TEXT.finditer(text))
    return next((match for match, mark in found if mark.control or mark.filter == "-picture"), None)


def _unbalanced(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """Yield faults of controls that do not begin and end among the same rows, paragraphs or runs."""
    parents: dict[etree._Element, list[Mark]] = {}
    for node in root.iter(etree.PI):
        mark = marks.at(node)
        if mark and mark.control:
            parents.setdefault(node.getparent(), []).append(mark)
            if mark.tag.across and node.getparent().tag != ROW:
                yield not_across(mark.tag)
    yield from pair_faults([mark for siblings in parents.values() for mark in unpaired(siblings)])
