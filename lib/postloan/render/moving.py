"""Everything in a workbook that points at rows: found when the template is compiled, put right when the rows are known.

In each place stands a mark `FENCE number FENCE`; `number` counts the `Pointer`s of one template, or the pointers met in one filling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from lxml import etree

from postloan.errors import Fault
from postloan.language import tr
from postloan.render.cells import S
from postloan.render.marks import FENCE, IN_TEXT
from postloan.render.references import (
    ANYWHERE,
    LAST_ROW,
    Copies,
    End,
    Iterations,
    Reference,
    Rows,
    Scope,
    Segment,
    cell_now,
    points_to_many,
    range_now,
    read_formula,
    read_range,
)

_ARROW = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_VML = "urn:schemas-microsoft-com:office:excel"
_XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"

RANGES = {
    *(("dimension", "ref"), ("autoFilter", "ref"), ("sortState", "ref"), ("sortCondition", "ref"), ("hyperlink", "ref")),
    *(("selection", "activeCell"), ("selection", "sqref"), ("sheetView", "topLeftCell"), ("pane", "topLeftCell")),
    *(("conditionalFormatting", "sqref"), ("dataValidation", "sqref"), ("protectedRange", "sqref"), ("ignoredError", "sqref")),
    *(("table", "ref"), ("comment", "ref"), ("threadedComment", "ref"), ("worksheetSource", "ref"), ("cellWatch", "r")),
}
"""Attributes that hold ranges, by element."""
FORMULAS = {f"{{{S}}}{name}" for name in ("f", "formula", "formula1", "formula2", "definedName")}
"""Elements whose text is a formula."""
_ONE_CELL = {
    ("selection", "activeCell"),
    ("sheetView", "topLeftCell"),
    ("pane", "topLeftCell"),
    ("comment", "ref"),
    ("threadedComment", "ref"),
}

Kind = Literal["formula", "name", "ranges", "cell", "row", "row0", "split", "merges"]


@dataclass(frozen=True)
class Pointer:
    """One thing that points at rows of `sheet`, seen from `host` (rows inside loops see their own time round)."""

    kind: Kind
    parts: tuple[str | Reference, ...]
    sheet: str
    place: str
    host: Segment | None = None
    at_first_copy: bool = False


Book = Mapping[str, Copies]
"""Where the rows of each sheet lie, by its name."""


def now(pointer: Pointer, book: Book, path: Iterations) -> str | None:
    """What a pointer says in the filled workbook, escaped for XML; None where nothing is left of what it pointed at."""
    copies = book[pointer.sheet] if pointer.sheet in book else next(iter(book.values()))
    host = pointer.host
    scope = Scope(host.loops, copies.first_path(host) if pointer.at_first_copy else path) if host else ANYWHERE
    if pointer.kind in ("formula", "name"):
        return _formula_now(pointer, book, scope)
    if pointer.kind == "merges":
        prefix, merged = pointer.parts[0], "".join(_merges_now(copies, pointer.parts))
        return f"<{prefix}mergeCells>{merged}</{prefix}mergeCells>" if merged else ""
    found = [_part_now(pointer.kind, copies, part) for part in pointer.parts if isinstance(part, Reference)]
    left = [text for text in found if text]
    return escape(" ".join(left)) if left else None


def _part_now(kind: Kind, copies: Copies, part: Reference) -> str | None:
    if kind == "ranges":
        return range_now(copies, part, ANYWHERE)
    if kind == "cell":
        return part.first.at(_first_from(copies, part.first.row))
    if kind == "split":
        return str(_first_from(copies, part.first.row) - 1)
    row = part.first.row
    span = copies.span(row, row, ANYWHERE)
    if kind == "row":
        return str(span[1] if span else _first_from(copies, row) - 1)
    return str((span[0] if span else _first_from(copies, row)) - 1)


def _first_from(copies: Copies, row: int) -> int:
    """Where the first of the rows from `row` on lies."""
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
            text.append(_as_written(part))
            continue
        seen = scope if not part.sheet or part.sheet == pointer.sheet else ANYWHERE
        one_cell = part.last is None and pointer.kind == "formula"
        moved = cell_now(copies, part.first, seen) if one_cell else range_now(copies, part, seen)
        if moved is None:
            return None
        text += part.prefix, moved
    return escape("".join(text), {'"': "&quot;"})


def _as_written(part: Reference) -> str:
    first, last = part.first, part.last
    return part.prefix + first.at(first.row) + (f":{last.at(last.row)}" if last else "")


def _merges_now(copies: Copies, parts: tuple[str | Reference, ...]) -> Iterator[str]:
    """Merged cells: one for each copy of their first row, down to the last copy of their last row in the same time round."""
    prefix = parts[0]
    for part in parts[1:]:
        assert isinstance(part, Reference) and part.last
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
                merged = f"{part.first.at(start + offset)}:{part.last.at(end)}"
                if len(set(merged.split(":"))) == 2:
                    yield f'<{prefix}mergeCell ref="{merged}"/>'
            if together < len(path):
                done.add(within)


class Pointers:
    """The pointers of one template, numbered."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self.all: list[Pointer] = []
        self.rows = rows

    def add(self, pointer: Pointer) -> int:
        """The number of a new pointer."""
        self.all.append(pointer)
        return len(self.all) - 1

    def mark(self, pointer: Pointer) -> str:
        """A text that stands for a new pointer."""
        return f"{FENCE}{self.add(pointer)}{FENCE}"

    def formula(self, text: str, sheet: str, place: str, host: Segment | None, faults: list[Fault]) -> Pointer:
        """The pointer of a cell's formula; faults where it means several rows by one cell, or a sheet that is not there."""
        parts = tuple(read_formula(text))
        scope = Scope(host.loops) if host else ANYWHERE
        for part in parts:
            if not isinstance(part, Reference):
                continue
            own = part.sheet or sheet
            if own not in self.rows:
                faults.append(
                    Fault(tr("the formula {formula} speaks of the sheet '{sheet}', which is not there", formula=text, sheet=own), place)
                )
            elif part.last is None and points_to_many(self.rows[own], part.first, scope if own == sheet else ANYWHERE):
                cell = part.first.at(part.first.row)
                do = tr("write {range} for all its copies", range=f"{cell}:{cell}")
                faults.append(Fault(tr("the formula {formula} points at {cell}, whose row repeats", formula=text, cell=cell), place, do))
        return Pointer("formula", parts, sheet, place, host)

    def mark_attributes(self, root: etree._Element, sheet: str, place: str, mark: Callable[[Pointer], str]) -> None:
        """Marks for every attribute below `root` that holds ranges of `sheet`."""
        for node in root.iter("*"):
            name = etree.QName(node).localname
            for attribute, value in node.items():
                if (name, attribute) in RANGES:
                    ranges = tuple(r for text in value.split() if (r := read_range(text)))
                    if ranges:
                        kind: Kind = "cell" if (name, attribute) in _ONE_CELL else "ranges"
                        node.set(attribute, mark(Pointer(kind, ranges, node.get("sheet", sheet), place)))
                elif (name, attribute) == ("hyperlink", "location") and _ARROW not in node.attrib:
                    node.set(attribute, mark(Pointer("name", tuple(read_formula(value)), sheet, place)))

    def mark_formulas(self, root: etree._Element, sheet: str, place: str) -> None:
        """Marks for the formulas below `root` that are of no cell: names. A cell in them means all its copies."""
        for node in root.iter(*FORMULAS):
            if node.text:
                node.text = self.mark(Pointer("name", tuple(read_formula(node.text)), sheet, place))

    def mark_anchors(self, root: etree._Element, sheet: str, place: str) -> None:
        """Marks for the rows where drawings begin and end, and where the boxes of comments do."""
        for node in root.iter(f"{{{_XDR}}}row", f"{{{_VML}}}Row"):
            node.text = self._row_from_0(node.text or "", sheet, place)
        for node in root.iter(f"{{{_VML}}}Anchor"):
            numbers = (node.text or "").split(",")
            for position in (2, 6):
                if len(numbers) == 8:
                    numbers[position] = self._row_from_0(numbers[position], sheet, place)
            node.text = ",".join(numbers)

    def _row_from_0(self, text: str, sheet: str, place: str) -> str:
        if not text.strip().isdecimal():
            return text
        return self.mark(Pointer("row0", (Reference(End("", int(text) + 1, False)),), sheet, place))


def put_right(text: str, pointers: list[tuple[Pointer, Iterations]], book: Book, faults: list[Fault]) -> str:
    """The text of a part with every pointer in it saying where things are now."""

    def said(number: str) -> str:
        pointer, path = pointers[int(number)]
        moved = now(pointer, book, path)
        if moved is None and pointer.kind == "formula":
            faults.append(
                Fault(tr("the formula points at rows that are not there"), pointer.place, tr("let the condition enclose the formula too"))
            )
        return f"A{LAST_ROW}" if moved is None and pointer.kind in ("ranges", "cell") else moved if moved is not None else "#REF!"

    return IN_TEXT.sub(lambda match: said(match[1]), text)
