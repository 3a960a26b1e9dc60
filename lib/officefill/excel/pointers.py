"""Everything in a workbook that points at rows: found when the template is compiled, put right when the rows are known.

In each place stands a mark `FENCE number FENCE`; `number` counts the `Pointer`s of one template, or the pointers met in one filling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from lxml import etree

from officefill.errors import Fault
from officefill.excel.cells import S
from officefill.excel.column_layout import Across, cannot_follow, column_name, column_number
from officefill.excel.references import (
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
    column_now,
    is_own,
    points_to_many,
    range_now,
    read_formula,
    read_range,
    takes_in_others,
)
from officefill.excel.removed import GONE
from officefill.language.marks import FENCE, IN_TEXT
from officefill.messages import tr

_ARROW = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_VML = "urn:schemas-microsoft-com:office:excel"
_XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"

RANGES = {
    *(("dimension", "ref"), ("autoFilter", "ref"), ("sortState", "ref"), ("sortCondition", "ref"), ("hyperlink", "ref")),
    *(("selection", "activeCell"), ("selection", "sqref"), ("sheetView", "topLeftCell"), ("pane", "topLeftCell")),
    *(("conditionalFormatting", "sqref"), ("dataValidation", "sqref"), ("protectedRange", "sqref"), ("ignoredError", "sqref")),
    *(
        ("table", "ref"),
        ("comment", "ref"),
        ("threadedComment", "ref"),
        ("worksheetSource", "ref"),
        ("cellWatch", "r"),
        ("location", "ref"),
    ),
}
"""Attributes that hold ranges, by element."""
FORMULAS = {f"{{{S}}}{name}" for name in ("f", "formula", "formula1", "formula2", "definedName")}
"""Elements whose text is a formula."""

Kind = Literal["formula", "name", "ranges", "areas", "extent", "own", "cell", "note", "row", "row0", "note0", "column0", "split", "merges"]
_KINDS: dict[tuple[str, str], Kind] = {
    **{(name, "sqref"): "areas" for name in ("conditionalFormatting", "dataValidation", "protectedRange", "ignoredError")},
    **{(name, "ref"): "own" for name in ("hyperlink", "autoFilter", "sortState", "sortCondition")},
    **{(name, "topLeftCell"): "cell" for name in ("sheetView", "pane")},
    **{("selection", name): "cell" for name in ("activeCell", "sqref")},
    **{(name, "ref"): "note" for name in ("comment", "threadedComment")},
    ("dimension", "ref"): "extent",
    ("cellWatch", "r"): "own",
}
"""What kind of pointer the ranges of an attribute are, where they are not `ranges`. The cursor is one cell; what is a cell's or an area's own
(a link, a comment, a format) goes where nothing of it is left: `without_what_is_gone`."""


@dataclass(frozen=True)
class Pointer:
    """One thing that points at rows of `sheet`, seen from `host` (rows inside loops see their own time round), and from the copy `copy` of
    the columns `block`, where it is in columns that repeat."""

    kind: Kind
    parts: tuple[str | Reference, ...]
    sheet: str
    place: str
    host: Segment | None = None
    at_first_copy: bool = False
    block: int | None = None
    copy: int = 0


Book = Mapping[str, Copies]
"""Where the rows of each sheet lie, by its name."""


def now(pointer: Pointer, book: Book, path: Iterations) -> str | None:
    """What a pointer says in the filled workbook, escaped for XML; None where nothing is left of what it pointed at."""
    copies = book[pointer.sheet] if pointer.sheet in book else next(iter(book.values()))
    host = pointer.host
    seen = (host.loops, copies.first_path(host) if pointer.at_first_copy else path) if host else ((), ())
    scope = Scope(*seen, pointer.block, pointer.copy)
    if pointer.kind in ("formula", "name"):
        return _formula_now(pointer, book, scope)
    if pointer.kind == "merges":
        prefix, merged = pointer.parts[0], "".join(_merges_now(copies, pointer.parts))
        return f"<{prefix}mergeCells>{merged}</{prefix}mergeCells>" if merged else ""
    found = [_part_now(pointer.kind, copies, part) for part in pointer.parts if isinstance(part, Reference)]
    left = [text for text in found if text]
    return escape(" ".join(left)) if left else None


def _part_now(kind: Kind, copies: Copies, part: Reference) -> str | None:
    if kind in ("ranges", "own"):
        return range_now(copies, part, ANYWHERE)
    if kind in ("areas", "extent"):
        return _areas_now(copies, part)
    if kind == "cell":
        return part.first.at(_first_from(copies, part.first.row), column_now(copies.across, part.first, ANYWHERE))
    if kind == "column0":
        return str(column_number(column_now(copies.across, part.first, ANYWHERE)) - 1)
    if kind == "split":
        return str(_first_from(copies, part.first.row) - 1)
    row = part.first.row
    span = copies.span(row, row, ANYWHERE)
    if kind == "note":
        return part.first.at(span[0], column_now(copies.across, part.first, ANYWHERE)) if span else None
    if kind == "note0":
        return str(span[0] - 1) if span else None
    if kind == "row":
        return str(span[1] if span else _first_from(copies, row) - 1)
    return str((span[0] if span else _first_from(copies, row)) - 1)


def _areas_now(copies: Copies, part: Reference) -> str | None:
    """The areas of a format or check: one for each copy of the columns it is over, where others repeat between them."""
    block = copies.across.at(column_number(part.first.column)) if takes_in_others(copies.across, part, None) else None
    if block is None:
        return range_now(copies, part, ANYWHERE)
    found = (range_now(copies, part, Scope(block=block, copy=copy)) for copy in range(copies.across.copies(block)))
    return " ".join(area for area in found if area) or None


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
                for left, right in _columns_merged(copies.across, part):
                    merged = f"{part.first.at(start + offset, left)}:{part.last.at(end, right)}"
                    if len(set(merged.split(":"))) == 2:
                        yield f'<{prefix}mergeCell ref="{merged}"/>'
            if together < len(path):
                done.add(within)


def _columns_merged(across: Across, part: Reference) -> Iterator[tuple[str, str]]:
    """The columns of merged cells: of every copy where their row repeats them, else over all copies."""
    assert part.last
    first, last = column_number(part.first.column), column_number(part.last.column)
    block = across.at(first)
    if block is not None and block == across.at(last) and (part.first.row, block) in across.rows:
        for copy in range(across.copies(block)):
            yield column_name(across.place(first, copy)), column_name(across.place(last, copy))
    else:
        yield column_name(across.place(first)), column_name(across.place(last, last=True))


class Pointers:
    """The pointers of one template, numbered. `rows` and `across` say by sheet what repeats; `faults` what could not follow it."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self.all: list[Pointer] = []
        self.rows = rows
        self.across: Mapping[str, Across] = {}
        self.faults: list[Fault] = []

    def add(self, pointer: Pointer) -> int:
        """The number of a new pointer."""
        self.all.append(pointer)
        self.check_columns(pointer)
        return len(self.all) - 1

    def check_columns(self, pointer: Pointer) -> None:
        """Notes a fault for each reference that would come to mean other cells when columns repeat."""
        if not self.across or pointer.kind not in ("formula", "name", "ranges"):
            return
        references = [part for part in pointer.parts if isinstance(part, Reference)]
        written = "".join(part if isinstance(part, str) else _as_written(part) for part in pointer.parts)
        if cannot_follow(written, pointer.sheet, {part.sheet for part in references}, self.across):
            what = tr("the formula {formula} cannot follow columns that repeat", formula=written)
            self.faults.append(Fault(what, pointer.place, tr("write the cells it means, without whole columns and column numbers")))
        for part in references:
            own = part.sheet or pointer.sheet
            single = pointer.kind == "formula" and part.last is None
            if not single and takes_in_others(self.across.get(own, Across()), part, pointer.block if own == pointer.sheet else None):
                what = tr("{range} would take in the columns between its copies", range=_as_written(part))
                self.faults.append(
                    Fault(what, pointer.place, tr("let it cover all columns that repeat together, or speak of its own copy"))
                )

    def mark(self, pointer: Pointer) -> str:
        """A text that stands for a new pointer."""
        return f"{FENCE}{self.add(pointer)}{FENCE}"

    def formula(self, text: str, sheet: str, place: str, host: Segment | None, faults: list[Fault], block: int | None = None) -> Pointer:
        """The pointer of a cell's formula; faults where it means several cells by one, or a sheet that is not there."""
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
            elif part.last is None and self._many_columns(own, part.first, block if own == sheet else None):
                cell = part.first.at(part.first.row)
                do = tr("write {range} for all its copies", range=f"{cell}:{cell}")
                what = tr("the formula {formula} points at {cell}, whose column repeats", formula=text, cell=cell)
                faults.append(Fault(what, place, do))
        return Pointer("formula", parts, sheet, place, host, block=block)

    def _many_columns(self, sheet: str, end: End, block: int | None) -> bool:
        across = self.across.get(sheet, Across())
        repeats = bool(end.column) and across.at(column_number(end.column.lstrip("$"))) is not None
        return repeats and not is_own(across, end, block)

    def mark_attributes(self, root: etree._Element, sheet: str, place: str, mark: Callable[[Pointer], str]) -> None:
        """Marks for every attribute below `root` that holds ranges of `sheet`."""
        for node in root.iter("*"):
            name = etree.QName(node).localname
            for attribute, value in node.items():
                if (name, attribute) in RANGES:
                    ranges = tuple(r for text in value.split() if (r := read_range(text)))
                    if ranges:
                        kind = _KINDS.get((name, attribute), "ranges")
                        node.set(attribute, mark(Pointer(kind, ranges[:1] if kind == "cell" else ranges, node.get("sheet", sheet), place)))
                elif (name, attribute) == ("hyperlink", "location") and _ARROW not in node.attrib:
                    node.set(attribute, mark(Pointer("name", tuple(read_formula(value)), sheet, place)))

    def mark_formulas(self, root: etree._Element, sheet: str, place: str) -> None:
        """Marks for the formulas below `root` that are of no cell: names. A cell in them means all its copies."""
        for node in root.iter(*FORMULAS):
            if node.text:
                node.text = self.mark(Pointer("name", tuple(read_formula(node.text)), sheet, place))

    def mark_anchors(self, root: etree._Element, sheet: str, place: str, mark: Callable[[Pointer], str]) -> None:
        """Marks for the rows where drawings begin and end, and where the boxes of comments do."""
        for node in root.iter(f"{{{_XDR}}}row"):
            node.text = _row_from_0(node.text or "", sheet, place, mark)
        for node in root.iter(f"{{{_VML}}}Row"):
            node.text = _row_from_0(node.text or "", sheet, place, mark, "note0")
        moves = bool(self.across.get(sheet, Across()).blocks)
        for node in root.iter(f"{{{_XDR}}}col", f"{{{_VML}}}Column") if moves else ():
            node.text = _column_from_0(node.text or "", sheet, place, mark)
        for node in root.iter(f"{{{_VML}}}Anchor"):
            numbers = (node.text or "").split(",")
            for position in (2, 6):
                if len(numbers) == 8:
                    numbers[position] = _row_from_0(numbers[position], sheet, place, mark)
            for position in (0, 4) if moves and len(numbers) == 8 else ():
                numbers[position] = _column_from_0(numbers[position], sheet, place, mark)
            node.text = ",".join(numbers)


def _row_from_0(text: str, sheet: str, place: str, mark: Callable[[Pointer], str], kind: Kind = "row0") -> str:
    if not text.strip().isdecimal():
        return text
    return mark(Pointer(kind, (Reference(End("", int(text) + 1, False)),), sheet, place))


def _column_from_0(text: str, sheet: str, place: str, mark: Callable[[Pointer], str]) -> str:
    if not text.strip().isdecimal():
        return text
    return mark(Pointer("column0", (Reference(End(column_name(int(text) + 1), 1, False)),), sheet, place))


def put_right(pieces: list[str], pointers: list[tuple[Pointer, Iterations]], book: Book, faults: list[Fault]) -> list[str]:
    """The pieces of a part's text with every pointer in them saying where things are now.

    They are joined without marks only: one `FENCE` in a text makes every character of it take four bytes.
    """

    def said(number: str) -> str:
        pointer, path = pointers[int(number)]
        moved = now(pointer, book, path)
        if moved is not None:
            return moved
        if pointer.kind == "formula":
            faults.append(
                Fault(tr("the formula points at rows that are not there"), pointer.place, tr("let the condition enclose the formula too"))
            )
        if pointer.kind == "ranges":
            what = tr("a table or pivot of the sheet '{sheet}' stands on rows that are not there", sheet=pointer.sheet)
            faults.append(Fault(what, pointer.place, tr("turn it into plain cells, or let its headings stand outside the condition")))
        return "A1" if pointer.kind == "extent" else GONE

    return [IN_TEXT.sub(lambda match: said(match[1]), piece) if FENCE in piece else piece for piece in pieces]
