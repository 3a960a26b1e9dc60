"""The texts of a finished paper as they are now, read in the same way from a new paper and from an edited one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from lxml import etree
from officefill.excel.cell_text import Cell, plain_number, sheet_cells
from officefill.excel.cells import S, shared_texts
from officefill.excel.workbook_parts import shared_texts_of, worksheets
from officefill.language.regions import Region
from officefill.ooxml.package import Package
from officefill.ooxml.safety import W
from officefill.ooxml.zip_gate import parse_xml

from postloan.papers.record.word_reader import BookmarkText, read_word

Line = tuple[str, str]
"""A place within its part and its text. The place is a cell in Excel and blank in Word: there lines count from 0."""

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_OFF = ("0", "false", "off")
_CHART = re.compile(r"(?:word|xl)/charts/[^/]+\.xml")


@dataclass
class TextPart:
    """The texts of one part, without the texts of people.

    `lines`: all paragraphs of a Word part, or the filled cells of a sheet. `spans`: the texts inside the bookmarks of figures. `cells`: every
    cell. `tabular`: the lines within tables. `hidden`: the hidden rows of a sheet. `own`: lines that belong to people as a whole. `typed`: texts
    that people typed into regions, by line. `gaps`: places in a paragraph with more text than its line, by line, as (position, length).
    """

    lines: list[Line]
    spans: dict[str, BookmarkText] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    tabular: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    own: frozenset[int] = frozenset()
    typed: dict[int, str] = field(default_factory=dict)
    gaps: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def machine_lines(self) -> list[Line]:
        """Return the lines that do not belong to people as a whole: a record keeps these."""
        return [line for number, line in enumerate(self.lines) if number not in self.own]

    def number_in_record(self, line: int) -> int:
        """Return the number of a line among the lines of the record."""
        return line - sum(own < line for own in self.own)

    def in_paragraph(self, line: int, span: tuple[int, int]) -> tuple[int, int]:
        """Return the place of a line's characters in the whole text of its paragraph."""
        before = [sum(length for at, length in self.gaps.get(line, ()) if at <= end - last) for last, end in enumerate(span)]
        return span[0] + before[0], span[1] + before[1]


def word_part(root: etree._Element, regions: Sequence[Region] = ()) -> TextPart:
    """Return the texts of a Word part; a line that people added or deleted is blank."""
    reader = read_word(root, regions)
    lines = [("", "".join(texts)) for texts in reader.lines]
    return TextPart(lines, reader.spans, tabular=frozenset(reader.tabular), own=frozenset(reader.own), typed=reader.typed, gaps=reader.gaps)


def sheet_part(root: etree._Element, shared: list[str]) -> TextPart:
    """Return the texts of a sheet: a number to 15 digits, a formula as `=…`."""
    cells = dict(sheet_cells(root, shared))
    hidden = frozenset(int(row.get("r", "0")) for row in root.iter(f"{{{S}}}row") if row.get("hidden", "0") not in _OFF)
    return TextPart([(place, cell.text) for place, cell in cells.items()], {}, cells, hidden=hidden)


def lines_of(parts: Mapping[str, TextPart], regions: Iterable[Region]) -> dict[str, list[Line]]:
    """Return the lines of every part without the lines of people."""
    peoples = {(region.part, region.cell) for region in regions}
    return {
        name: [(place, text) for place, text in part.machine_lines() if not place or (name, place) not in peoples]
        for name, part in parts.items()
    }


# Charts


def is_chart(root: etree._Element) -> bool:
    """Return True if a part is a chart."""
    return root.tag == f"{_C}chartSpace"


def chart_part(root: etree._Element) -> TextPart:
    """Return the numbers and labels of a chart: one line for each point of its copies of the cells, named by reference and position."""
    return TextPart([(f"{formula}#{at}", text) for formula, points, _ in chart_copies(root) for at, text in points.items()])


def chart_copies(root: etree._Element) -> Iterator[tuple[str, dict[int, str], bool]]:
    """Yield each reference of a chart to cells, the points of its copy by position, and True if they are numbers."""
    for node in root.iter(f"{_C}numRef", f"{_C}strRef"):
        numeric = node.tag == f"{_C}numRef"
        points = {int(point.get("idx", "0")): point.findtext(f"{_C}v") or "" for point in node.iter(f"{_C}pt")}
        shown = {at: plain_number(text) if numeric else text.strip() for at, text in points.items()}
        yield node.findtext(f"{_C}f") or "", shown, numeric


def chart_names(package: Package) -> list[str]:
    """Return the names of a file's charts."""
    return [name for name in package.parts if _CHART.fullmatch(name) and is_chart(package.tree(name))]


def charts_changed(made: Mapping[str, Sequence[Line]], package: Package) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Yield charts with other numbers than the `made` lines of a record: name as made, name now, numbers as made, numbers now.

    Office programs number charts as they like: a chart with the same numbers is the same chart, the rest are paired in order.
    """
    first = {name: chart_numbers(lines) for name, lines in made.items() if _CHART.fullmatch(name)}
    now = {name: chart_numbers(chart_part(package.tree(name)).lines) for name in chart_names(package)}
    for name, numbers in list(first.items()):
        if (same := next((other for other, drawn in now.items() if drawn == numbers), None)) is not None:
            del first[name], now[same]
    for (name, numbers), (other, drawn) in zip(first.items(), now.items(), strict=False):
        yield name, other, numbers, drawn


def chart_numbers(lines: Iterable[Line]) -> list[str]:
    """Return the numbers among the lines of a chart, all in one spelling."""
    found = []
    for _, text in lines:
        try:
            found.append(format(Decimal(text).normalize(), "f"))
        except InvalidOperation:
            continue
    return found


# A file


def is_word(root: etree._Element) -> bool:
    """Return True if a part belongs to a Word file."""
    return etree.QName(root).namespace == W


def parts_now(package: Package, regions: Sequence[Region] = ()) -> dict[str, TextPart]:
    """Return the text parts of a finished paper by name: body, headers, footers and notes of Word; the sheets of Excel."""
    main = next(iter(package.related("officeDocument")), "")
    if main and is_word(package.tree(main)):
        names = [main, *(name for kind in ("header", "footer", "footnotes", "endnotes") for name in package.related(kind, main))]
        return {name: word_part(package.tree(name), [r for r in regions if r.part == name]) for name in dict.fromkeys(names)}
    shared = shared_texts_of(package, main)
    return {name: sheet_part(package.tree(part), shared) for name, part in worksheets(package, main)}


def parts_of(parts: Mapping[str, bytes]) -> dict[str, TextPart]:
    """Return the texts of newly filled parts, by part or sheet name; shared texts and charts are among them."""
    trees = {name: parse_xml(data) for name, data in parts.items()}
    strings = next((name for name in trees if name.endswith("sharedStrings.xml")), None)
    shared = shared_texts(trees.pop(strings) if strings else None)
    return {name: _part_of(tree, shared) for name, tree in trees.items()}


def _part_of(tree: etree._Element, shared: list[str]) -> TextPart:
    if is_chart(tree):
        return chart_part(tree)
    return word_part(tree) if is_word(tree) else sheet_part(tree, shared)
