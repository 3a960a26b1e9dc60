"""Loops, conditions and regions: a begin and its end, and the rows or cells that they enclose.

Word tables and sheets share it: a line is a paragraph or a cell of one row, with the cell it is in and its text with marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import FENCE, IN_TEXT, Mark, Marks
from officefill.language.tags import CLOSES, Tag
from officefill.messages import tr

ROWS = ("for", "endfor", "if", "elif", "else", "endif")
"""The controls that may enclose rows."""
Line = tuple[etree._Element, etree._Element, str]
"""A line, the cell it is in, and its text with marks; or the number of one of its marks instead of the text."""


# Pairs


def unpaired(siblings: list[Mark]) -> list[Mark]:
    """Return those of controls in a row that have no partner or are out of order."""
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


def pair_faults(left: list[Mark]) -> Iterator[Fault]:
    """Yield one fault with both places for a begin and an end that do not meet, one for each that has no partner at all."""
    waiting: list[Tag] = []
    for tag in sorted((mark.tag for mark in left), key=lambda tag: tag.order):
        partner = next((other for other in reversed(waiting) if CLOSES[other.kind] == tag.kind), None)
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


def not_across(tag: Tag) -> Fault:
    """Return the fault of a loop that says `across` and does not stand between cells."""
    do = tr("begin it at the beginning of a cell and end it at the end of a cell of the same row")
    return Fault(tr("{tag} does not repeat cells of a table", tag=tag.source), tag.place, do)


def nested_columns(tag: Tag) -> Fault:
    """Return the fault of a loop over columns inside another."""
    return Fault(tr("a loop over columns stands inside another"), tag.place, tr("walk one list of columns"))


# Rows and cells


def lift_row_controls(
    row: etree._Element, lines: Callable[[], list[Line]], take: Callable[[etree._Element, str], None], marks: Marks
) -> Iterator[tuple[etree._Element, etree._Element]]:
    """Move the controls that enclose a whole row out of its lines and around it; yield each pair. `take` removes a mark from a line."""
    first, last = None, row
    while (pair := _embracing(lines(), marks)) is not None:
        for line, number in pair:
            take(line, number)
        before, after = (marks.node_of(number) for _, number in pair)
        if first is None:
            row.addprevious(before)
            row.addnext(after)
        else:
            first.addnext(before)
            last.addprevious(after)
        first, last = before, after
        yield before, after


def _embracing(lines: list[Line], marks: Marks) -> tuple[tuple[etree._Element, str], tuple[etree._Element, str]] | None:
    """Return the tag a row begins with and the tag it ends with, if the one ends the other and nothing turns in between.

    Not if each is alone in its paragraph in one cell: then they enclose the paragraphs between them.
    """
    if not lines:
        return None
    (first, first_cell, first_text), (last, last_cell, last_text) = lines[0], lines[-1]
    opening = IN_TEXT.match(first_text.lstrip())
    if not opening or marks.of(opening[1]).tag.across:
        return None
    closing = _end_of(opening[1], "".join(text for *_, text in lines), marks)
    if closing is None or not _ends_with(last_text, closing):
        return None
    if first_cell is last_cell and IN_TEXT.fullmatch(first_text.strip()) and IN_TEXT.fullmatch(last_text.strip()):
        return None
    return (first, opening[1]), (last, closing)


def cell_loop(lines: list[Line], marks: Marks) -> tuple[Line, Line] | None:
    """Return the first loop of a row that begins with a cell and ends with a cell: the cells from the one to the other repeat."""
    text = "".join(text for *_, text in lines)
    for position, (line, cell, words) in enumerate(lines):
        opening = IN_TEXT.match(words.lstrip())
        if not opening or (position and lines[position - 1][1] is cell) or marks.of(opening[1]).control != "for":
            continue
        closing = _end_of(opening[1], text, marks)
        end = next((end for end, (*_, other) in enumerate(lines) if closing and _ends_with(other, closing)), None)
        if end is None or closing is None:
            continue
        last, last_cell, _ = lines[end]
        is_last = end + 1 == len(lines) or lines[end + 1][1] is not last_cell
        if is_last and (last_cell is not cell or marks.of(opening[1]).tag.across):
            return (line, cell, opening[1]), (last, last_cell, closing)
    return None


def _ends_with(text: str, number: str) -> bool:
    return text.rstrip().endswith(f"{FENCE}{number}{FENCE}")


def _end_of(opening: str, text: str, marks: Marks) -> str | None:
    """Return the mark that ends the control `opening` in `text`; None if it has other branches or no end."""
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
