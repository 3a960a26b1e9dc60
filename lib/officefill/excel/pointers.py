"""Everything in a workbook that points at rows and columns: found when the template is compiled.

In each place stands a mark `FENCE number FENCE`; `number` counts the `Pointer`s of one template, or the pointers met in one filling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from lxml import etree

from officefill.errors import Fault
from officefill.excel.column_layout import Across, cannot_follow, column_name, column_number
from officefill.excel.references import (
    ANYWHERE,
    End,
    Reference,
    Rows,
    Scope,
    Segment,
    is_own,
    points_to_many,
    read_formula,
    read_range,
    takes_in_others,
)
from officefill.language.marks import FENCE
from officefill.messages import tr
from officefill.ooxml.namespaces import ARROW_ID, XDR, s

_VML = "urn:schemas-microsoft-com:office:excel"
Kind = Literal["formula", "name", "ranges", "areas", "extent", "own", "cell", "note", "row", "row0", "note0", "column0", "split", "merges"]
RANGES: dict[tuple[str, str], Kind] = {
    (element, attribute): kind
    for kind, elements, attributes in (
        ("ranges", "table worksheetSource location", "ref"),
        ("areas", "conditionalFormatting dataValidation protectedRange ignoredError", "sqref"),
        ("own", "hyperlink autoFilter sortState sortCondition", "ref"),
        ("own", "cellWatch", "r"),
        ("cell", "sheetView pane", "topLeftCell"),
        ("cell", "selection", "activeCell sqref"),
        ("note", "comment threadedComment", "ref"),
        ("extent", "dimension", "ref"),
    )
    for element in elements.split()
    for attribute in attributes.split()
}
"""Attributes that hold ranges, by element, and the kind of pointer they are. The cursor is one cell; a cell's or an area's own thing (a
link, a comment, a format) goes where nothing of it is left: `without_removed`."""
FORMULAS = {s(name) for name in ("f", "formula", "formula1", "formula2", "definedName")}


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

    @property
    def references(self) -> list[Reference]:
        return [part for part in self.parts if isinstance(part, Reference)]


class Pointers:
    """The pointers of one template, numbered. `rows` and `across`: what repeats, by sheet; `faults`: of pointers that cannot follow."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self.all: list[Pointer] = []
        self.rows = rows
        self.across: Mapping[str, Across] = {}
        self.faults: list[Fault] = []

    def add(self, pointer: Pointer) -> int:
        """Return the number of a new pointer."""
        self.all.append(pointer)
        self.check_columns(pointer)
        return len(self.all) - 1

    def mark(self, pointer: Pointer) -> str:
        """Return a text that stands for a new pointer."""
        return f"{FENCE}{self.add(pointer)}{FENCE}"

    def check_columns(self, pointer: Pointer) -> None:
        """Note a fault for each reference that would come to mean other cells when columns repeat."""
        if not self.across or pointer.kind not in ("formula", "name", "ranges"):
            return
        written = "".join(map(str, pointer.parts))
        if cannot_follow(written, pointer.sheet, {part.sheet for part in pointer.references}, self.across):
            what = tr("the formula {formula} cannot follow columns that repeat", formula=written)
            self.faults.append(Fault(what, pointer.place, tr("write the cells it means, without whole columns and column numbers")))
        for part in pointer.references:
            own = part.sheet or pointer.sheet
            single = pointer.kind == "formula" and part.last is None
            if not single and takes_in_others(self._across(own), part, pointer.block if own == pointer.sheet else None):
                what = tr("{range} would take in the columns between its copies", range=part)
                do = tr("let it cover all columns that repeat together, or speak of its own copy")
                self.faults.append(Fault(what, pointer.place, do))

    def formula(self, text: str, pointer: Pointer, faults: list[Fault]) -> Pointer:
        """Return `pointer` as that of a cell's formula; add faults where it means several cells by one, or a sheet that is not there."""
        made = replace(pointer, parts=tuple(read_formula(text)))
        for part in made.references:
            own = part.sheet or pointer.sheet
            if own not in self.rows:
                what = tr("the formula {formula} speaks of the sheet '{sheet}', which is not there", formula=text, sheet=own)
                faults.append(Fault(what, pointer.place))
            elif part.last is None and (repeating := self._many(own, part.first, pointer)):
                cell = part.first.at(part.first.row)
                if repeating == "row":
                    what = tr("the formula {formula} points at {cell}, whose row repeats", formula=text, cell=cell)
                else:
                    what = tr("the formula {formula} points at {cell}, whose column repeats", formula=text, cell=cell)
                faults.append(Fault(what, pointer.place, tr("write {range} for all its copies", range=f"{cell}:{cell}")))
        return made

    def _many(self, sheet: str, end: End, pointer: Pointer) -> str:
        """Return the thing, row or column, of which a cell seen from a pointer has several copies; blank where it has one."""
        here, across = sheet == pointer.sheet, self._across(sheet)
        if points_to_many(self.rows[sheet], end, Scope(pointer.host.loops) if pointer.host and here else ANYWHERE):
            return "row"
        repeats = bool(end.column) and across.at(column_number(end.column.lstrip("$"))) is not None
        return "column" if repeats and not is_own(across, end, pointer.block if here else None) else ""

    def _across(self, sheet: str) -> Across:
        return self.across.get(sheet, Across())

    def mark_attributes(self, root: etree._Element, sheet: str, place: str, mark: Callable[[Pointer], str]) -> None:
        """Mark every attribute below `root` that holds ranges of `sheet`."""
        for node in root.iter("*"):
            name = etree.QName(node).localname
            for attribute, value in node.items():
                if kind := RANGES.get((name, attribute)):
                    ranges = tuple(r for text in value.split() if (r := read_range(text)))
                    if ranges:
                        node.set(attribute, mark(Pointer(kind, ranges[:1] if kind == "cell" else ranges, node.get("sheet", sheet), place)))
                elif (name, attribute) == ("hyperlink", "location") and ARROW_ID not in node.attrib:
                    node.set(attribute, mark(Pointer("name", tuple(read_formula(value)), sheet, place)))

    def mark_formulas(self, root: etree._Element, sheet: str, place: str) -> None:
        """Mark the formulas below `root` that are of no cell: names. A cell in them means all its copies."""
        for node in root.iter(*FORMULAS):
            if node.text:
                node.text = self.mark(Pointer("name", tuple(read_formula(node.text)), sheet, place))

    def mark_anchors(self, root: etree._Element, sheet: str, place: str, mark: Callable[[Pointer], str]) -> None:
        """Mark the rows and columns, counted from 0, where drawings begin and end, and where the boxes of comments do."""
        moves = bool(self._across(sheet).blocks)

        def row(text: str, kind: Kind = "row0") -> str:
            is_number = text.strip().isdecimal()
            return mark(Pointer(kind, (Reference(End("", int(text) + 1, False)),), sheet, place)) if is_number else text

        def note(text: str) -> str:
            return row(text, "note0")

        def column(text: str) -> str:
            if not moves or not text.strip().isdecimal():
                return text
            return mark(Pointer("column0", (Reference(End(column_name(int(text) + 1), 1, False)),), sheet, place))

        for namespace, name, marked in ((XDR, "row", row), (XDR, "col", column), (_VML, "Row", note), (_VML, "Column", column)):
            for node in root.iter(f"{{{namespace}}}{name}"):
                node.text = marked(node.text or "")
        for node in root.iter(f"{{{_VML}}}Anchor"):
            numbers = (node.text or "").split(",")
            for position in (0, 2, 4, 6) if len(numbers) == 8 else ():
                numbers[position] = (row if position in (2, 6) else column)(numbers[position])
            node.text = ",".join(numbers)
