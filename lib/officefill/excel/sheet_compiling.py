"""A sheet of an Excel template made into a program: cells, formulas, merged cells, everything around the rows."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from jinja2 import nodes
from lxml import etree

from officefill.errors import Fault, Place
from officefill.excel.cells import CellForm, S, Styles, cell_texts
from officefill.excel.column_loops import noted_columns, prepare_columns, read_across
from officefill.excel.pointers import Pointer, Pointers
from officefill.excel.references import Segment, column_number, moved_formula, read_formula, read_range
from officefill.excel.sheet import CELL, Segments, arrange_rows, number_rows, settle_rows
from officefill.excel.sheet_filling import Sheet
from officefill.language.expressions import PlainEnvironment, outermost_filter, value_shown, words_of
from officefill.language.marks import FENCE, IN_TEXT, Mark
from officefill.language.tags import find_tags, quoted
from officefill.messages import tr

_LETTERS = re.compile("[A-Z]*")
_HEADER_FOOTER = tuple(f"{{{S}}}{kind}{what}" for kind in ("odd", "even", "first") for what in ("Header", "Footer"))
_AREA, _AREA_FORMULA = (f"{{http://schemas.microsoft.com/office/excel/2006/main}}{name}" for name in ("sqref", "f"))
_FORMULA, _VALUE = f"{{{S}}}f", f"{{{S}}}v"


def read_sheet(name: str, tree: etree._Element, shared: list[str], environment: PlainEnvironment, where: str, faults: list[Fault]) -> Sheet:
    """A sheet whose cells have marks for their tags and whose rows are cut into segments."""
    sheet = Sheet(name, tree)
    settle_rows(sheet.data)
    sheet.cells.text = cell_texts(sheet.data, shared)
    for cell, text in sheet.cells.text.items():
        place = Place(f"{where}, {sheet.place(cell)}", name, cell.get("r"))
        marked = _marked(sheet, environment, text, quoted(place, text), faults)
        if marked != text:
            sheet.cells.text[cell] = marked
            sheet.cells.tagged.add(cell)
    for node in tree.iter(*_HEADER_FOOTER):
        place = quoted(f"{where}, {name} {etree.QName(node).localname}", node.text or "")
        tags = find_tags(environment, node.text or "", place, faults)
        for tag in reversed(tags):
            if tag.is_control:
                faults.append(Fault(tr("loops and conditions do not work in headers and footers of a sheet"), place))
            node.text = (node.text or "")[: tag.span[0]] + sheet.marks.text(Mark("show", tag, "-header")) + (node.text or "")[tag.span[1] :]
    if sheet.marks.all:
        cuts = arrange_rows(sheet.data, sheet.cells, sheet.marks, faults)
        if not faults:
            read_across(sheet, faults)
        if not faults:
            sheet.segments = Segments(sheet.data, sheet.marks, cuts)
            sheet.rows = sheet.segments.cut()
    return sheet


def _marked(sheet: Sheet, environment: PlainEnvironment, text: str, place: str, faults: list[Fault]) -> str:
    tags = find_tags(environment, text, place, faults)
    for tag in tags:
        tag.order = (len(sheet.marks.all), tag.span[0])
    for tag in reversed(tags):
        mark = Mark("control" if tag.is_control else "show", tag, "" if tag.is_control else "-plain")
        text = text[: tag.span[0]] + sheet.marks.text(mark) + text[tag.span[1] :]
    return text


class SheetCompiler:
    """Puts the rest of the marks into a sheet whose rows, like those of every other sheet, are known."""

    def __init__(
        self, sheet: Sheet, pointers: Pointers, styles: Styles, epoch: date, where: str, faults: list[Fault], *, trace: bool = False
    ) -> None:
        self.sheet, self.pointers, self.styles, self.epoch, self.where, self.faults = sheet, pointers, styles, epoch, where, faults
        self.trace = trace

    def compile(self) -> None:
        """Marks for cells, formulas and ranges; cached values of formulas go, since they are no longer true."""
        sheet = self.sheet
        if sheet.segments is None:
            sheet.segments = Segments(sheet.data, sheet.marks, {})
            sheet.rows = sheet.segments.cut()
        self._unshare()
        if sheet.across.blocks:
            prepare_columns(sheet)
        places = {cell: self.where + ", " + sheet.place(cell) for cell in sheet.data.iter(CELL)}
        columns = noted_columns(sheet)
        self._formulas(places)
        self._around()
        for row in number_rows(sheet.segments, sheet.marks):
            segment, _ = sheet.segments.of_row[row]
            if row.get("customHeight") not in ("1", "true") and any(cell in sheet.cells.tagged for cell in row):
                row.attrib.pop("ht", None)  # it fitted the tag; Excel fits it to the text anew
            for cell in row.iterfind(CELL) if sheet.across.blocks else ():
                cell.set("r", columns[cell] + cell.get("r", "")[len(_LETTERS.match(cell.get("r", ""))[0]) :])  # type: ignore[index]
            for cell in list(row):
                if cell in sheet.cells.tagged:
                    self._fill(cell, segment, places.get(cell, ""), columns[cell])

    def _mark(self, pointer: Pointer) -> str:
        return self.sheet.marks.text(Mark("emit", filter="-pointer", args=(self.pointers.add(pointer),)))

    # Formulas

    def _unshare(self) -> None:
        """Gives each cell of a shared formula its own."""
        masters: dict[str, tuple[str, str]] = {}
        for cell in self.sheet.data.iter(CELL):
            node = cell.find(_FORMULA)
            if node is None or node.get("t") != "shared":
                continue
            here = cell.get("r", "")
            if node.text:
                masters[node.get("si", "")] = (here, node.text)
            elif node.get("si", "") in masters:
                there, text = masters[node.get("si", "")]
                node.text = moved_formula(text, *_distance(there, here))
            for name in ("t", "ref", "si"):
                node.attrib.pop(name, None)

    def _formulas(self, places: dict[etree._Element, str]) -> None:
        assert self.sheet.segments
        for row, (segment, _) in self.sheet.segments.of_row.items():
            for cell in row.iter(CELL):
                node = cell.find(_FORMULA)
                if node is None:
                    continue
                value = cell.find(_VALUE)
                if value is not None:
                    cell.remove(value)
                cell.attrib.pop("t", None)
                if node.text:
                    node.text = self._mark(self._pointer(node.text, places[cell], segment, cell, self.faults))
                if node.get("ref"):
                    node.set("ref", self._mark(self._pointer(node.get("ref", ""), places[cell], segment, cell, [])))

    def _pointer(self, text: str, place: str, segment: Segment, cell: etree._Element, faults: list[Fault]) -> Pointer:
        return self.pointers.formula(text, self.sheet.name, place, segment, faults, self.sheet.looped.get(cell))

    # Around the rows

    def _around(self) -> None:
        for child in list(self.sheet.tree):
            if child is self.sheet.data or not isinstance(child.tag, str):
                continue
            if child.tag == f"{{{S}}}mergeCells":
                self._merges(child)
                continue
            for node in child.iter(f"{{{S}}}conditionalFormatting", f"{{{S}}}dataValidation"):
                if node is child or child.tag != f"{{{S}}}conditionalFormatting":
                    self._relative(node)
            for node in child.iter(_AREA):
                self._extended(node)
            for pane in child.iter(f"{{{S}}}pane"):
                if pane.get("ySplit", "").isdecimal() and pane.get("state", "").startswith("frozen"):
                    pane.set("ySplit", self._row_mark("split", int(pane.get("ySplit")) + 1))
            if child.tag == f"{{{S}}}rowBreaks":
                for line in child:
                    line.set("id", self._row_mark("row", int(line.get("id", "1"))))
            self.pointers.mark_attributes(child, self.sheet.name, self.where, self._mark)

    def _row_mark(self, kind: Any, row: int) -> str:
        reference = read_range(f"A{row}")
        return self._mark(Pointer(kind, (reference,), self.sheet.name, self.where)) if reference else str(row)

    def _relative(self, node: etree._Element) -> None:
        """Formulas that speak of the first cell of a range."""
        first = read_range(node.get("sqref", "").split(" ")[0])
        host = self.sheet.rows.at(first.first.row) if first else None
        for inner in node.iter("{*}formula", "{*}formula1", "{*}formula2"):
            if inner.text:
                pointer = self.pointers.formula(inner.text, self.sheet.name, self.where, host, [])
                block = self.sheet.across.at(column_number(first.first.column)) if first else None
                inner.text = self._mark(
                    Pointer("formula", pointer.parts, self.sheet.name, self.where, host, at_first_copy=True, block=block)
                )

    def _extended(self, area: etree._Element) -> None:
        """A newer kind of format, check or small chart, which names its range in an element."""
        ranges = tuple(r for text in (area.text or "").split() if (r := read_range(text)))
        if not ranges:
            return
        host = self.sheet.rows.at(ranges[0].first.row)
        owner = area.getparent()
        repeats = bool(host and host.loops) or self.sheet.across.at(column_number(ranges[0].first.column)) is not None
        if repeats and etree.QName(owner).localname == "sparkline":
            self.faults.append(Fault(tr("a small chart in a cell cannot repeat"), f"{self.where}, {self.sheet.place(area.text or '')}"))
        for inner in owner.iter(_AREA_FORMULA):
            if inner.text:
                parts = tuple(read_formula(inner.text))
                inner.text = self._mark(Pointer("name", parts, self.sheet.name, self.where, host, at_first_copy=True))
        area.text = self._mark(Pointer("areas", ranges, self.sheet.name, self.where))

    def _merges(self, node: etree._Element) -> None:
        ranges = [r for child in node if (r := read_range(child.get("ref", ""))) and r.last]
        prefix = f"{node.prefix}:" if node.prefix else ""
        pointer = self.pointers.add(Pointer("merges", (prefix, *ranges), self.sheet.name, self.where))
        node.getparent().replace(node, self.sheet.marks.node(Mark("emit", filter="-pointer", args=(pointer,))))

    # Cells

    def _fill(self, cell: etree._Element, segment: Segment, place: str, column: str) -> None:
        text, style = self.sheet.cells.text[cell], cell.get("s", "")
        tag = f"{cell.prefix}:c" if cell.prefix else "c"
        form = CellForm(tag, column, style, self.styles.quoted(style), self.styles.is_date(style), self.epoch)
        self.sheet.cells.forms.append(form)
        number = len(self.sheet.cells.forms) - 1
        marks = self.sheet.marks
        alone = IN_TEXT.fullmatch(text.strip())
        if alone and marks.of(alone[1]).kind == "show":
            shown = marks.of(alone[1])
            called = outermost_filter(shown.tag.expression) if shown.tag else None
            filtered = called is not None and called.name != "or_gap"  # which never makes a text of a figure
            typed = self._typed(shown, number, segment, place, cell)
            in_place = self._traced(typed, "-cell-figure", column) if filtered and typed.filter == "-cell" else [typed]
        else:
            pieces = [p if isinstance(p, Mark) else Mark("literal", args=(p,)) for p in marks.cut(text)]
            self._check_region(pieces)
            self._check_pictures(pieces)
            inside = [mark for piece in pieces for mark in self._traced(piece, "-figure")]
            in_place = [Mark("begin", filter="-text", args=(number,)), *inside, Mark("end")]
        for mark in in_place:
            cell.addprevious(marks.node(mark))
        cell.getparent().remove(cell)

    def _check_region(self, pieces: list[Mark]) -> None:
        """A fault for a region for people that is not the whole of its cell."""
        begins = [mark for mark in pieces if mark.control == "keep"]
        if begins and (len(begins) > 1 or pieces[0].control != "keep" or pieces[-1].control != "endkeep"):
            assert begins[0].tag
            self.faults.append(Fault(tr("a region for people is a whole cell"), begins[0].tag.place, tr("put nothing else into the cell")))

    def _check_pictures(self, pieces: list[Mark]) -> None:
        """A fault for each picture that is not the whole of its cell."""
        for tag in (mark.tag for mark in pieces if mark.tag):
            called = outermost_filter(tag.expression)
            if called is not None and called.name == "picture":
                self.faults.append(Fault(tr("a picture stands alone in its cell"), tag.place))

    def _traced(self, mark: Mark, filter: str, *args: str) -> list[Mark]:
        """The mark of a tag that shows one value between marks that keep the record of it."""
        if not self.trace or mark.kind != "show" or not mark.tag or value_shown(mark.tag.expression) is None:
            return [mark]
        return [Mark("figure", mark.tag, filter, args), mark, Mark("end")]

    def _typed(self, mark: Mark, number: int, segment: Segment, place: str, cell: etree._Element) -> Mark:
        """The mark of a cell that holds one value: what is in it is a number, a date or a text, not a piece of text."""
        assert mark.tag
        called = outermost_filter(mark.tag.expression)
        if called is not None and called.name == "picture":
            self.sheet.pictured = True
            if FENCE in self.sheet.cells.forms[number].column:
                what, do = tr("a picture cannot stand in or right of columns that repeat"), tr("move it to the left of them")
                self.faults.append(Fault(what, mark.tag.place, do))
            return Mark("show", mark.tag, "-picture", (number, words_of(called)))
        if called is None or called.name != "formula":
            return Mark("show", mark.tag, "-cell", (number,))
        if len(called.args) != 1 or not isinstance(called.args[0], nodes.Const) or not isinstance(called.args[0].value, str):
            self.faults.append(Fault(tr("the formula is written as one text in quotes"), mark.tag.place))
            return mark
        pointer = self._pointer(called.args[0].value.lstrip("="), mark.tag.place, segment, cell, self.faults)
        mark.tag.expression = called.node
        return Mark("show", mark.tag, "-formula", (number, self.pointers.add(pointer)))


def _distance(there: str, here: str) -> tuple[int, int]:
    first, second = read_range(there), read_range(here)
    assert first and second
    return second.first.row - first.first.row, column_number(second.first.column) - column_number(first.first.column)
