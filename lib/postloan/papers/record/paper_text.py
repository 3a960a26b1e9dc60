"""The texts of a finished paper as they are now, the same whether it was just made or has been edited since."""

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
from officefill.ooxml.package import Package, parse_xml
from officefill.ooxml.safety import W

from postloan.papers.record.finished_word import Span, read_word

Line = tuple[str, str]
"""A place within its part (blank in Word, where lines count from 0; the cell in Excel) and its text."""

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_OFF = ("0", "false", "off")
_CHART = re.compile(r"(?:word|xl)/charts/[^/]+\.xml")


@dataclass
class Part:
    """The texts of one part, without those of people.

    `lines` are all paragraphs of a Word part, or the filled cells of a sheet; `spans` what the bookmarks of figures enclose, `cells` every
    cell; `tabular` the lines within tables; `hidden` the rows of a sheet that a filter or somebody hides. `own` are the lines that are
    people's as a whole, `typed` what people typed into regions, by line; `gaps` where a paragraph has more text than its line.
    """

    lines: list[Line]
    spans: dict[str, Span] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    tabular: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    own: frozenset[int] = frozenset()
    typed: dict[int, str] = field(default_factory=dict)
    gaps: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def machine_lines(self) -> list[Line]:
        """The lines that are not people's as a whole, as a record keeps them."""
        return [line for number, line in enumerate(self.lines) if number not in self.own]

    def number_in_record(self, line: int) -> int:
        """The number of a line among those."""
        return line - sum(own < line for own in self.own)

    def in_paragraph(self, line: int, span: tuple[int, int]) -> tuple[int, int]:
        """Where characters of a line stand in the whole text of its paragraph."""
        before = [sum(length for at, length in self.gaps.get(line, ()) if at <= end - last) for last, end in enumerate(span)]
        return span[0] + before[0], span[1] + before[1]


def word_part(root: etree._Element, regions: Sequence[Region] = ()) -> Part:
    """A Word part; a line is blank where nobody wrote it or it is deleted."""
    reader = read_word(root, regions)
    lines = [("", "".join(texts)) for texts in reader.lines]
    return Part(lines, reader.spans, tabular=frozenset(reader.tabular), own=frozenset(reader.own), typed=reader.typed, gaps=reader.gaps)


def sheet_part(root: etree._Element, shared: list[str]) -> Part:
    """A sheet; a number to 15 digits, a formula as `=…`."""
    cells = dict(sheet_cells(root, shared))
    hidden = frozenset(int(row.get("r", "0")) for row in root.iter(f"{{{S}}}row") if row.get("hidden", "0") not in _OFF)
    return Part([(place, cell.text) for place, cell in cells.items()], {}, cells, hidden=hidden)


def lines_of(parts: Mapping[str, Part], regions: Iterable[Region]) -> dict[str, list[Line]]:
    """The lines of every part without those of people."""
    theirs = {(region.part, region.cell) for region in regions}
    return {
        name: [(place, text) for place, text in part.machine_lines() if not place or (name, place) not in theirs]
        for name, part in parts.items()
    }


# Charts


def is_chart(root: etree._Element) -> bool:
    """Whether a part is a chart."""
    return root.tag == f"{_C}chartSpace"


def chart_part(root: etree._Element) -> Part:
    """What a chart draws: a line for each point of its copies of the cells, named by reference and position."""
    return Part([(f"{formula}#{at}", text) for formula, points, _ in chart_copies(root) for at, text in points.items()])


def chart_copies(root: etree._Element) -> Iterator[tuple[str, dict[int, str], bool]]:
    """Each reference of a chart to cells, the points of its copy by position, and whether they are numbers."""
    for node in root.iter(f"{_C}numRef", f"{_C}strRef"):
        numeric = node.tag == f"{_C}numRef"
        points = {int(point.get("idx", "0")): point.findtext(f"{_C}v") or "" for point in node.iter(f"{_C}pt")}
        shown = {at: plain_number(text) if numeric else text.strip() for at, text in points.items()}
        yield node.findtext(f"{_C}f") or "", shown, numeric


def chart_names(package: Package) -> list[str]:
    """The charts of a file."""
    return [name for name in package.parts if _CHART.fullmatch(name) and is_chart(package.tree(name))]


def charts_changed(made: Mapping[str, Sequence[Line]], package: Package) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Charts that draw other numbers than the `made` lines of a record: name as made and now, the numbers as made and now.

    Office programs number charts as they like: those that draw what one drew first are it, the rest go in order.
    """
    first = {name: chart_numbers(lines) for name, lines in made.items() if _CHART.fullmatch(name)}
    now = {name: chart_numbers(chart_part(package.tree(name)).lines) for name in chart_names(package)}
    for name, numbers in list(first.items()):
        if (same := next((other for other, drawn in now.items() if drawn == numbers), None)) is not None:
            del first[name], now[same]
    for (name, numbers), (other, drawn) in zip(first.items(), now.items(), strict=False):
        yield name, other, numbers, drawn


def chart_numbers(lines: Iterable[Line]) -> list[str]:
    """The numbers among the lines of a chart, each spelt in one way."""
    found = []
    for _, text in lines:
        try:
            found.append(format(Decimal(text).normalize(), "f"))
        except InvalidOperation:
            continue
    return found


# A file


def is_word(root: etree._Element) -> bool:
    """Whether a part is of a Word file."""
    return etree.QName(root).namespace == W


def parts_now(package: Package, regions: Sequence[Region] = ()) -> dict[str, Part]:
    """The parts of a finished paper that hold text: of Word the body, headers, footers and notes by part, of Excel the sheets by name."""
    main = next(iter(package.related("officeDocument")), "")
    if main and is_word(package.tree(main)):
        names = [main, *(name for kind in ("header", "footer", "footnotes", "endnotes") for name in package.related(kind, main))]
        return {name: word_part(package.tree(name), [r for r in regions if r.part == name]) for name in dict.fromkeys(names)}
    shared = shared_texts_of(package, main)
    return {name: sheet_part(package.tree(part), shared) for name, part in worksheets(package, main)}


def parts_of(parts: Mapping[str, bytes]) -> dict[str, Part]:
    """The same of parts that were just filled, by name or by sheet, and the shared texts and charts among them."""
    trees = {name: parse_xml(data) for name, data in parts.items()}
    strings = next((name for name in trees if name.endswith("sharedStrings.xml")), None)
    shared = shared_texts(trees.pop(strings) if strings else None)
    return {name: _part_of(tree, shared) for name, tree in trees.items()}


def _part_of(tree: etree._Element, shared: list[str]) -> Part:
    if is_chart(tree):
        return chart_part(tree)
    return word_part(tree) if is_word(tree) else sheet_part(tree, shared)
