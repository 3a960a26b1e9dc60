"""The targets of pointers, once the rows and columns of the filled workbook are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from officefill.errors import Fault
from officefill.excel.column_layout import Across, column_name, column_number
from officefill.excel.pointers import Kind, Pointer
from officefill.excel.references import (
    ANYWHERE,
    LAST_ROW,
    Copies,
    Iterations,
    Reference,
    Scope,
    cell_now,
    column_now,
    range_now,
    takes_in_others,
)
from officefill.excel.removed import REMOVED
from officefill.language.marks import FENCE, IN_TEXT
from officefill.messages import tr

Book = Mapping[str, Copies]
"""The places of the rows of each sheet, by its name."""


def text_now(pointer: Pointer, book: Book, path: Iterations) -> str | None:
    """Return the text of a pointer in the filled workbook, escaped for XML; None where nothing is left of its target."""
    copies = book[pointer.sheet] if pointer.sheet in book else next(iter(book.values()))
    host = pointer.host
    seen = (host.loops, copies.first_path(host) if pointer.at_first_copy else path) if host else ((), ())
    scope = Scope(*seen, pointer.block, pointer.copy)
    if pointer.kind in ("formula", "name"):
        return _formula_now(pointer, book, scope)
    if pointer.kind == "merges":
        prefix, merged = pointer.parts[0], "".join(_merges_now(copies, pointer))
        return f"<{prefix}mergeCells>{merged}</{prefix}mergeCells>" if merged else ""
    left = [text for part in pointer.references if (text := _part_now(pointer.kind, copies, part))]
    return escape(" ".join(left)) if left else None


def _part_now(kind: Kind, copies: Copies, part: Reference) -> str | None:
    if kind in ("ranges", "own"):
        return range_now(copies, part, ANYWHERE)
    if kind in ("areas", "extent"):
        return _areas_now(copies, part)
    row, column = part.first.row, column_now(copies.across, part.first, ANYWHERE)
    if kind == "column0":
        return str(column_number(column) - 1)
    if kind == "cell":
        return part.first.at(_first_from(copies, row), column)
    if kind == "split":
        return str(_first_from(copies, row) - 1)
    span = copies.span(row, row, ANYWHERE)
    if kind == "note":
        return part.first.at(span[0], column) if span else None
    if kind == "note0":
        return str(span[0] - 1) if span else None
    if kind == "row":
        return str(span[1] if span else _first_from(copies, row) - 1)
    return str((span[0] if span else _first_from(copies, row)) - 1)


def _areas_now(copies: Copies, part: Reference) -> str | None:
    """Return the areas of a format or check: one for each copy of the columns it is over, where others repeat between them."""
    block = copies.across.at(column_number(part.first.column)) if takes_in_others(copies.across, part, None) else None
    if block is None:
        return range_now(copies, part, ANYWHERE)
    found = (range_now(copies, part, Scope(block=block, copy=copy)) for copy in range(copies.across.copies(block)))
    return " ".join(area for area in found if area) or None


def _first_from(copies: Copies, row: int) -> int:
    """Return the place of the first of the rows from `row` on."""
    span = copies.span(row, LAST_ROW, ANYWHERE)
    return span[0] if span else row


def _formula_now(pointer: Pointer, book: Book, scope: Scope) -> str | None:
    text = []
    for part in pointer.parts:
        if isinstance(part, str):
            text.append(part)
            continue
        copies = book.get(part.sheet or pointer.sheet)
        if copies is None:
            text.append(str(part))
            continue
        seen = scope if not part.sheet or part.sheet == pointer.sheet else ANYWHERE
        one_cell = part.last is None and pointer.kind == "formula"
        target = cell_now(copies, part.first, seen) if one_cell else range_now(copies, part, seen)
        if target is None:
            return None
        text += part.prefix, target
    return escape("".join(text), {'"': "&quot;"})


def _merges_now(copies: Copies, pointer: Pointer) -> Iterator[str]:
    """Yield merged cells: one for each copy of their first row, down to the last copy of their last row in the same time round."""
    for part in pointer.references:
        assert part.last
        segments = list(copies.rows.between(part.first.row, part.last.row))
        if not segments:
            continue
        first, last = segments[0], segments[-1]
        together = Scope(first.loops).shared(last)
        done = set()
        for path, start, length in copies.all.get(first.index, ()):
            within = path[:together]
            end = copies.last_of(last, min(part.last.row, last.last), within)
            offset = max(part.first.row, first.first) - first.first
            if within not in done and end and offset < length:
                for left, right in _columns_merged(copies.across, part):
                    corners = part.first.at(start + offset, left), part.last.at(end, right)
                    if corners[0] != corners[1]:
                        yield f'<{pointer.parts[0]}mergeCell ref="{":".join(corners)}"/>'
            if together < len(path):
                done.add(within)


def _columns_merged(across: Across, part: Reference) -> Iterator[tuple[str, str]]:
    """Yield the columns of merged cells: of every copy where their row repeats them, else over all copies."""
    assert part.last
    first, last = column_number(part.first.column), column_number(part.last.column)
    block = across.at(first)
    if block is not None and block == across.at(last) and (part.first.row, block) in across.rows:
        for copy in range(across.copies(block)):
            yield column_name(across.place(first, copy)), column_name(across.place(last, copy))
    else:
        yield column_name(across.place(first)), column_name(across.place(last, last=True))


def put_right(pieces: list[str], pointers: list[tuple[Pointer, Iterations]], book: Book, faults: list[Fault]) -> list[str]:
    """Return the pieces of a part's text with the text that every pointer in them has now.

    They are joined without marks only: one `FENCE` in a text makes every character of it take four bytes.
    """

    def text(number: str) -> str:
        pointer, path = pointers[int(number)]
        target = text_now(pointer, book, path)
        if target is not None:
            return target
        if pointer.kind == "formula":
            what, do = tr("the formula points at rows that are not there"), tr("let the condition enclose the formula too")
            faults.append(Fault(what, pointer.place, do))
        if pointer.kind == "ranges":
            what = tr("a table or pivot of the sheet '{sheet}' stands on rows that are not there", sheet=pointer.sheet)
            faults.append(Fault(what, pointer.place, tr("turn it into plain cells, or let its headings stand outside the condition")))
        return "A1" if pointer.kind == "extent" else REMOVED

    return [IN_TEXT.sub(lambda match: text(match[1]), piece) if FENCE in piece else piece for piece in pieces]
