"""Loops and conditions of a Word part: each control tag goes to where it works, in a line, between paragraphs or between rows.

(a) a paragraph that holds one control tag and nothing else encloses paragraphs and tables; (b) a row whose only text is one control tag
encloses rows; (c) a row that begins with a tag and ends with its end repeats or depends as a whole; (d) a loop that begins with a cell and
ends with a later one of the row, or with the same one where it says `across`, repeats cells; (e) else the tag works in its line.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import FENCE, IN_TEXT, Mark, Marks
from officefill.language.regions import enclose_cell, settle_regions
from officefill.language.tags import CLOSES, Tag
from officefill.messages import tr
from officefill.word.paragraphs import (
    CELL,
    PARAGRAPH,
    ROW,
    RUN,
    TABLE,
    TEXT,
    ends_section,
    is_bare,
    pieces,
    split_run,
    take_mark,
    text_of,
)

ROWS = ("for", "endfor", "if", "elif", "else", "endif")
"""The controls that may enclose rows."""
Line = tuple[etree._Element, etree._Element, str]
"""A paragraph, the cell it is in, and its text with marks."""


def arrange(root: etree._Element, marks: Marks, faults: list[Fault]) -> dict[etree._Element, etree._Element]:
    """Moves every control mark of a part out of the text to its place among rows, paragraphs or runs; pictures into their runs.

    Gives the rows that held nothing but a tag and are gone, with the mark that is in the place of each."""
    gone = {row: mark for row in list(root.iter(ROW)) if (mark := _arrange_row(row, marks)) is not None}
    for cell in list(root.iter(CELL)):
        enclose_cell(cell, marks)
    for paragraph in list(root.iter(PARAGRAPH)):
        text = text_of(paragraph)
        if not IN_TEXT.search(text):
            continue
        alone = IN_TEXT.fullmatch(text.strip())
        if alone and marks.of(alone[1]).kind == "control" and is_bare(paragraph):
            paragraph.getparent().replace(paragraph, _moved(marks, alone[1]))
        elif alone and marks.of(alone[1]).kind == "control" and ends_section(paragraph):
            # The section ends after its tag: what begins here begins in the next section, what ends here has ended in this one.
            take_mark(paragraph, alone[1])
            (paragraph.addnext if marks.of(alone[1]).control in CLOSES else paragraph.addprevious)(_moved(marks, alone[1]))
        else:
            _arrange_line(paragraph, bool(alone), marks)
    unbalanced = list(_unbalanced(root, marks))
    faults += unbalanced or settle_regions(root, marks)
    return gone


def _moved(marks: Marks, number: str) -> etree._Element:
    return marks.node(marks.of(number))


# Rows


def _arrange_row(row: etree._Element, marks: Marks) -> etree._Element | None:
    """Takes the tags of a row to their places; gives the mark that is there instead of a row that held nothing else."""
    lines = _lines(row)
    if len(lines) == 1 and _alone_in_row(row, lines[0], marks):
        mark = _moved(marks, IN_TEXT.fullmatch(lines[0][2].strip())[1])  # type: ignore[index]
        row.getparent().replace(row, mark)
        return mark
    first: etree._Element | None = None
    last: etree._Element = row
    while (pair := embracing(_lines(row), marks)) is not None:
        (opening_line, opening), (closing_line, closing) = pair
        take_mark(opening_line, opening)
        take_mark(closing_line, closing)
        before, after = _moved(marks, opening), _moved(marks, closing)
        if first is None:
            row.addprevious(before)
            row.addnext(after)
        else:
            first.addnext(before)
            last.addprevious(after)
        first, last = before, after
    while (crossing := across_cells(_lines(row), marks)) is not None:
        for (line, cell, number), put in zip(crossing, ("addprevious", "addnext"), strict=True):
            take_mark(line, number)
            getattr(cell, put)(_moved(marks, number))
    return None


def _lines(row: etree._Element) -> list[Line]:
    """The row's own paragraphs that have text, not those of tables inside it."""
    found = []
    for paragraph in row.iter(PARAGRAPH):
        if next(paragraph.iterancestors(ROW)) is row and not _in_paragraph(paragraph):
            text = text_of(paragraph)
            if text.strip():
                found.append((paragraph, next(paragraph.iterancestors(CELL)), text))
    return found


def _in_paragraph(paragraph: etree._Element) -> bool:
    """Whether a paragraph is of a text box."""
    return next(paragraph.iterancestors(PARAGRAPH), None) is not None


def _alone_in_row(row: etree._Element, line: Line, marks: Marks) -> bool:
    alone = IN_TEXT.fullmatch(line[2].strip())
    if not alone or marks.of(alone[1]).control not in ROWS or next(row.iterdescendants(TABLE), None) is not None:
        return False
    return all(is_bare(paragraph) for paragraph in row.iter(PARAGRAPH))


def embracing(lines: list[Line], marks: Marks) -> tuple[tuple[etree._Element, str], tuple[etree._Element, str]] | None:
    """The tag a row begins with and the tag it ends with, where the one ends the other and nothing turns in between.

    Not where each is alone in its paragraph in one cell: then they enclose the paragraphs between them.
    """
    if not lines:
        return None
    (first, first_cell, first_text), (last, last_cell, last_text) = lines[0], lines[-1]
    opening = IN_TEXT.match(first_text.lstrip())
    closing = next((m for m in IN_TEXT.finditer(last_text.rstrip()) if m.end() == len(last_text.rstrip())), None)
    if (
        not opening
        or not closing
        or _goes_across(opening[1], marks)
        or _end_of(opening[1], "".join(text for *_, text in lines), marks) != closing[1]
    ):
        return None
    if first_cell is last_cell and IN_TEXT.fullmatch(first_text.strip()) and IN_TEXT.fullmatch(last_text.strip()):
        return None
    return (first, opening[1]), (last, closing[1])


def _goes_across(number: str, marks: Marks) -> bool:
    tag = marks.of(number).tag
    return tag is not None and tag.across


Found = tuple[etree._Element, etree._Element, str]
"""A paragraph, its cell, and the mark found in it."""


def across_cells(lines: list[Line], marks: Marks) -> tuple[Found, Found] | None:
    """The first loop of a row that begins with a cell and ends with a cell: the cells from the one to the other repeat."""
    text = "".join(text for *_, text in lines)
    for position, (line, cell, words) in enumerate(lines):
        opening = IN_TEXT.match(words.lstrip())
        if not opening or (position and lines[position - 1][1] is cell) or marks.of(opening[1]).control != "for":
            continue
        closing = _end_of(opening[1], text, marks)
        ends = [(other, there) for other, there, said in lines if said.rstrip().endswith(f"{FENCE}{closing}{FENCE}")]
        if ends and closing and _last_of_cell(ends[0][0], lines) and (ends[0][1] is not cell or _goes_across(opening[1], marks)):
            return (line, cell, opening[1]), (*ends[0], closing)
    return None


def _last_of_cell(line: etree._Element, lines: list[Line]) -> bool:
    position = next(number for number, (each, *_) in enumerate(lines) if each is line)
    return position + 1 == len(lines) or lines[position + 1][1] is not lines[position][1]


def _end_of(opening: str, text: str, marks: Marks) -> str | None:
    """The mark that ends the control `opening` in `text`; None where it has other branches or no end."""
    if marks.of(opening).control not in ("for", "if"):
        return None
    depth, inside = 0, False
    for match in IN_TEXT.finditer(text):
        kind = marks.of(match[1]).control
        inside = inside or match[1] == opening
        if not inside or not kind:
            continue
        depth += (kind in CLOSES) - (kind in CLOSES.values())
        if depth == 0:
            return match[1]
        if depth == 1 and kind in ("elif", "else"):
            return None
    return None


# Lines


def _arrange_line(paragraph: etree._Element, alone: bool, marks: Marks) -> None:
    for node, _ in pieces(paragraph):
        while node.tag == TEXT and (match := _next(node.text or "", marks)):
            mark = marks.of(match[1])
            if mark.kind == "show" and alone:
                node.getparent().replace(node, marks.node(mark))
                break
            middle = marks.node(mark)
            if mark.kind == "show":
                run = node.makeelement(RUN)
                run.append(middle)
                middle = run
            rest = split_run(node, match, middle)
            if rest is None:
                break
            node = rest


def _next(text: str, marks: Marks):  # type: ignore[no-untyped-def]
    """The first mark of a text that must leave it: a control or a picture."""
    for match in IN_TEXT.finditer(text):
        if marks.of(match[1]).kind == "control" or marks.of(match[1]).filter == "-picture":
            return match
    return None


# Balance


def _unbalanced(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """Faults of controls that do not begin and end among the same rows, paragraphs or runs."""
    parents: dict[etree._Element, list[Mark]] = {}
    for node in root.iter(etree.PI):
        mark = marks.at(node)
        if mark and mark.control:
            parents.setdefault(node.getparent(), []).append(mark)
            if mark.tag and mark.tag.across and node.getparent().tag != ROW:
                do = tr("begin it at the beginning of a cell and end it at the end of a cell of the same row")
                yield Fault(tr("{tag} does not repeat cells of a table", tag=mark.tag.source), mark.tag.place, do)
    left = [mark for siblings in parents.values() for mark in unpaired(siblings)]
    yield from told_in_pairs(left)


def unpaired(siblings: list[Mark]) -> list[Mark]:
    """Of controls in a row, those without a partner or out of order."""
    opened: list[Mark] = []
    left: list[Mark] = []
    turned: set[Mark] = set()
    for mark in siblings:
        kind, inner = mark.control, opened[-1] if opened else None
        if kind in CLOSES:
            opened.append(mark)
        elif inner and kind == CLOSES[inner.control]:
            opened.pop()
        elif inner and kind in ("elif", "else") and inner.control == "if" and inner not in turned:
            if kind == "else":
                turned.add(inner)
        else:
            left.append(mark)
    return left + opened


def told_in_pairs(left: list[Mark]) -> Iterator[Fault]:
    """One fault with both places for a begin and an end that do not meet, one for each that has no partner at all."""
    waiting: list[Tag] = []
    for tag in sorted((mark.tag for mark in left if mark.tag), key=lambda tag: tag.order):
        partner = next((w for w in reversed(waiting) if CLOSES[w.kind] == tag.kind), None)
        if tag.kind in CLOSES:
            waiting.append(tag)
        elif partner:
            waiting.remove(partner)
            what = tr("{begin} begins here and {end} is at {place}", begin=partner.source, end=tag.source, place=tag.place)
            do = tr("begin and end in one line, or each alone in a paragraph, or each in a row of one table")
            yield Fault(what, partner.place, do)
        else:
            yield Fault(tr("{tag} has no beginning here", tag=tag.source), tag.place)
    for tag in waiting:
        yield Fault(tr("{tag} has no end", tag=tag.source), tag.place)
