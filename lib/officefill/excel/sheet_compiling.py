"""A sheet of an Excel template made into a program: cells, formulas, merged cells, everything around the rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from jinja2 import nodes
from lxml import etree

from officefill.errors import Fault, Place
from officefill.excel.cells import CellForm, Styles, cell_texts
from officefill.excel.column_loops import read_across
from officefill.excel.column_notes import noted_columns, prepare_columns
from officefill.excel.pointers import Kind, Pointer, Pointers
from officefill.excel.references import STILL, Segment, column_number, read_formula, read_range, shifted_formula
from officefill.excel.row_loops import arrange_rows, cut_rows, number_rows
from officefill.excel.sheet import CELL, Sheet, settle_rows
from officefill.language.expressions import PlainEnvironment, last_filter, value_shown, words_of
from officefill.language.marks import FENCE, IN_TEXT, Mark, mark_of
from officefill.language.tags import find_tags, quoted
from officefill.messages import tr
from officefill.ooxml.namespaces import prefix_of, s

_LETTERS = re.compile("[A-Z]*")
_HEADER_FOOTER = tuple(s(kind + what) for kind in ("odd", "even", "first") for what in ("Header", "Footer"))
_AREA, _AREA_FORMULA = (f"{{http://schemas.microsoft.com/office/excel/2006/main}}{name}" for name in ("sqref", "f"))
_FORMULA, _VALUE, _FORMATTING = s("f"), s("v"), s("conditionalFormatting")


@dataclass
class Compilation:
    """The parts that the sheets of one workbook share while they are compiled; faults are added to `faults`."""

    environment: PlainEnvironment
    where: str
    epoch: date
    trace: bool
    pointers: Pointers
    faults: list[Fault]
    styles: Styles = field(default_factory=lambda: Styles(None))


def read_sheet(name: str, tree: etree._Element, shared: list[str], book: Compilation) -> Sheet:
    """Return a sheet whose cells have marks for their tags and whose rows are cut into segments."""
    sheet, faults = Sheet(name, tree), book.faults
    settle_rows(sheet.data)
    sheet.text = cell_texts(sheet.data, shared)
    for cell, text in list(sheet.text.items()):
        place = Place(f"{book.where}, {sheet.place(cell)}", name, cell.get("r"))
        marked = _marked(sheet, book, text, quoted(place, text), "-plain")
        if marked != text:
            sheet.text[cell] = marked
            sheet.tagged.add(cell)
    for node in (node for node in tree.iter(*_HEADER_FOOTER) if node.text):
        place = quoted(f"{book.where}, {name} {etree.QName(node).localname}", node.text)
        node.text = _marked(sheet, book, node.text, place, "-header")
        if any(mark.control for mark in sheet.marks.in_text(node.text)):
            faults.append(Fault(tr("loops and conditions do not work in headers and footers of a sheet"), place))
    if sheet.marks.all:
        cuts = arrange_rows(sheet, faults)
        if not faults:
            read_across(sheet, faults)
        if not faults:
            cut_rows(sheet, cuts)
    return sheet


def _marked(sheet: Sheet, book: Compilation, text: str, place: str, filter: str) -> str:
    """Return a text with marks for its tags."""

    def put(span: tuple[int, int], mark: str) -> None:
        nonlocal text
        text = text[: span[0]] + mark + text[span[1] :]

    sheet.marks.put(find_tags(book.environment, text, place, book.faults), lambda tag: mark_of(tag, filter), put)
    return text


class SheetCompiler:
    """The compiler of one sheet, whose rows, like those of every other sheet, are known."""

    def __init__(self, sheet: Sheet, book: Compilation) -> None:
        self.sheet, self.book, self.pointers = sheet, book, book.pointers

    def compile(self) -> None:
        """Put marks for cells, formulas and ranges; cached values of formulas go, since they are no longer true."""
        sheet = self.sheet
        if sheet.rows is STILL:
            cut_rows(sheet, {})
        self._unshare()
        if sheet.across.blocks:
            prepare_columns(sheet)
        places = {cell: f"{self.book.where}, {sheet.place(cell)}" for cell in sheet.data.iter(CELL)}
        columns = noted_columns(sheet)
        self._formulas(places)
        self._around()
        for row in number_rows(sheet):
            if row.get("customHeight") not in ("1", "true") and any(cell in sheet.tagged for cell in row):
                row.attrib.pop("ht", None)  # it fitted the tag; Excel fits it to the text anew
            for cell in row.iterfind(CELL) if sheet.across.blocks else ():
                cell.set("r", columns[cell] + _LETTERS.sub("", cell.get("r", ""), count=1))
            for cell in list(row):
                if cell in sheet.tagged:
                    self._fill(cell, columns[cell], self._seen(cell, sheet.row_places[row][0]))

    def _mark(self, pointer: Pointer) -> str:
        return self.sheet.marks.text(Mark("emit", filter="-pointer", args=(self.pointers.add(pointer),)))

    # Formulas

    def _unshare(self) -> None:
        """Give each cell of a shared formula its own."""
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
                node.text = shifted_formula(text, there, here)
            for name in ("t", "ref", "si"):
                node.attrib.pop(name, None)

    def _seen(self, cell: etree._Element, segment: Segment, place: str = "") -> Pointer:
        """Return the pointer of a formula that is to be read, as seen from a cell."""
        return Pointer("formula", (), self.sheet.name, place, segment, block=self.sheet.looped.get(cell))

    def _formulas(self, places: dict[etree._Element, str]) -> None:
        for row, (segment, _) in self.sheet.row_places.items():
            for cell in row.iter(CELL):
                node = cell.find(_FORMULA)
                if node is None:
                    continue
                value = cell.find(_VALUE)
                if value is not None:
                    cell.remove(value)
                cell.attrib.pop("t", None)
                seen = self._seen(cell, segment, places[cell])
                if node.text:
                    node.text = self._mark(self.pointers.formula(node.text, seen, self.book.faults))
                if node.get("ref"):
                    node.set("ref", self._mark(self.pointers.formula(node.get("ref", ""), seen, [])))

    # Around the rows

    def _around(self) -> None:
        for child in list(self.sheet.tree):
            if child is self.sheet.data or not isinstance(child.tag, str):
                continue
            if child.tag == s("mergeCells"):
                self._merges(child)
                continue
            for node in child.iter(_FORMATTING, s("dataValidation")):
                if node is child or child.tag != _FORMATTING:
                    self._relative(node)
            for node in child.iter(_AREA):
                self._extended(node)
            for pane in child.iter(s("pane")):
                if pane.get("ySplit", "").isdecimal() and pane.get("state", "").startswith("frozen"):
                    pane.set("ySplit", self._row_mark("split", int(pane.get("ySplit")) + 1))
            if child.tag == s("rowBreaks"):
                for line in child:
                    line.set("id", self._row_mark("row", int(line.get("id", "1"))))
            self.pointers.mark_attributes(child, self.sheet.name, self.book.where, self._mark)

    def _row_mark(self, kind: Kind, row: int) -> str:
        reference = read_range(f"A{row}")
        return self._mark(Pointer(kind, (reference,), self.sheet.name, self.book.where)) if reference else str(row)

    def _relative(self, node: etree._Element) -> None:
        """Mark formulas that speak of the first cell of a range."""
        first = read_range(node.get("sqref", "").split(" ")[0])
        host = self.sheet.rows.at(first.first.row) if first else None
        block = self.sheet.across.at(column_number(first.first.column)) if first else None
        seen = Pointer("formula", (), self.sheet.name, self.book.where, host, at_first_copy=True, block=block)
        for inner in node.iter("{*}formula", "{*}formula1", "{*}formula2"):
            if inner.text:
                inner.text = self._mark(replace(seen, parts=tuple(read_formula(inner.text))))

    def _extended(self, area: etree._Element) -> None:
        """Mark a newer kind of format, check or small chart, which names its range in an element."""
        ranges = tuple(r for text in (area.text or "").split() if (r := read_range(text)))
        if not ranges:
            return
        host = self.sheet.rows.at(ranges[0].first.row)
        owner = area.getparent()
        repeats = bool(host and host.loops) or self.sheet.across.at(column_number(ranges[0].first.column)) is not None
        if repeats and etree.QName(owner).localname == "sparkline":
            place = f"{self.book.where}, {self.sheet.place(area.text or '')}"
            self.book.faults.append(Fault(tr("a small chart in a cell cannot repeat"), place))
        for inner in owner.iter(_AREA_FORMULA):
            if inner.text:
                parts = tuple(read_formula(inner.text))
                inner.text = self._mark(Pointer("name", parts, self.sheet.name, self.book.where, host, at_first_copy=True))
        area.text = self._mark(Pointer("areas", ranges, self.sheet.name, self.book.where))

    def _merges(self, node: etree._Element) -> None:
        ranges = [r for child in node if (r := read_range(child.get("ref", ""))) and r.last]
        pointer = self.pointers.add(Pointer("merges", (prefix_of(node), *ranges), self.sheet.name, self.book.where))
        node.getparent().replace(node, self.sheet.marks.node(Mark("emit", filter="-pointer", args=(pointer,))))

    # Cells

    def _fill(self, cell: etree._Element, column: str, seen: Pointer) -> None:
        """Put marks in place of a cell with tags; a formula of its filter points from `seen`."""
        marks, text, style = self.sheet.marks, self.sheet.text[cell], cell.get("s", "")
        form = CellForm(
            f"{prefix_of(cell)}c", column, style, self.book.styles.quoted(style), self.book.styles.is_date(style), self.book.epoch
        )
        number = len(self.sheet.forms)
        self.sheet.forms.append(form)
        alone = IN_TEXT.fullmatch(text.strip())
        if alone and marks.of(alone[1]).kind == "show":
            shown = marks.of(alone[1])
            filtered = last_filter(shown.tag.expression) not in ("", "or_gap")  # which never makes a text of a figure
            typed = self._typed(shown, number, seen)
            in_place = self._traced(typed, "-cell-figure", column) if filtered and typed.filter == "-cell" else [typed]
        else:
            pieces = [p if isinstance(p, Mark) else Mark("literal", args=(p,)) for p in marks.cut(text)]
            self._check_alone(pieces)
            inside = [mark for piece in pieces for mark in self._traced(piece, "-figure")]
            in_place = [Mark("begin", filter="-text", args=(number,)), *inside, Mark("end")]
        for mark in in_place:
            cell.addprevious(marks.node(mark))
        cell.getparent().remove(cell)

    def _check_alone(self, pieces: list[Mark]) -> None:
        """Note a fault for a region for people and for a picture that is not the whole of its cell."""
        begins, faults = [mark.tag for mark in pieces if mark.control == "keep"], self.book.faults
        if begins and (len(begins) > 1 or pieces[0].control != "keep" or pieces[-1].control != "endkeep"):
            faults.append(Fault(tr("a region for people is a whole cell"), begins[0].place, tr("put nothing else into the cell")))
        pictures = (mark.tag for mark in pieces if last_filter(mark.tag.expression) == "picture")
        faults += (Fault(tr("a picture stands alone in its cell"), tag.place) for tag in pictures)

    def _traced(self, mark: Mark, filter: str, *args: str) -> list[Mark]:
        """Return the mark of a tag that shows one value between marks that keep the record of it."""
        if not self.book.trace or mark.kind != "show" or value_shown(mark.tag.expression) is None:
            return [mark]
        return [Mark("figure", mark.tag, filter, args), mark, Mark("end")]

    def _typed(self, mark: Mark, number: int, seen: Pointer) -> Mark:
        """Return the mark of a cell that holds one value: a number, a date or a text, not a piece of text."""
        tag, faults = mark.tag, self.book.faults
        called = last_filter(tag.expression)
        if called == "picture":
            self.sheet.pictured = True
            if FENCE in self.sheet.forms[number].column:
                what, do = tr("a picture cannot stand in or right of columns that repeat"), tr("move it to the left of them")
                faults.append(Fault(what, tag.place, do))
            return Mark("show", tag, "-picture", (number, words_of(tag.expression)))
        if called != "formula":
            return Mark("show", tag, "-cell", (number,))
        assert isinstance(tag.expression, nodes.Filter)
        args = tag.expression.args
        if len(args) != 1 or not isinstance(args[0], nodes.Const) or not isinstance(args[0].value, str):
            faults.append(Fault(tr("the formula is written as one text in quotes"), tag.place))
            return mark
        pointer = self.pointers.formula(args[0].value.lstrip("="), replace(seen, place=tag.place), faults)
        tag.expression = tag.expression.node
        return Mark("show", tag, "-formula", (number, self.pointers.add(pointer)))
