"""Checks that charts draw the numbers in their cells, and those drawn when the paper was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice

from officefill.excel.cell_text import Cell
from officefill.excel.references import Reference, read_formula
from officefill.ooxml.package import Package, read_package
from officefill.ooxml.zip_gate import Refused

from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_rows import area_cells
from postloan.errors import BadTemplate
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_text import chart_copies, chart_names, charts_changed, parts_now

_CLOSE = Decimal("1E-9")


def chart_remarks(paper: FinishedPaper) -> Iterator[Remark]:
    """Yield remarks on points that differ from their cells, and on numbers that differ from those drawn first."""
    for name in chart_names(paper.package):
        yield from _against_cells(paper, name, _cells_of(paper, name))
    for _, name, numbers, drawn in charts_changed(paper.record.lines, paper.package):
        for was, is_ in zip(numbers, drawn, strict=False):
            if was != is_:
                yield Remark("chart_changed", name, None, None, {"was": was, "now": is_})


def _cells_of(paper: FinishedPaper, chart: str) -> Mapping[str, Mapping[str, Cell]]:
    """Return the cells behind a chart by sheet: of the paper's own workbook, or of the workbook inside a Word chart."""
    if not paper.is_word:
        return {name: part.cells for name, part in paper.parts.items()}
    book = next(iter(paper.package.related("package", chart)), "")
    if not book:
        return {}
    try:
        package: Package = read_package(paper.path, paper.package.parts[book])
        return {name: part.cells for name, part in parts_now(package).items()}
    except (BadTemplate, Refused):
        return {}


def _against_cells(paper: FinishedPaper, chart: str, sheets: Mapping[str, Mapping[str, Cell]]) -> Iterator[Remark]:
    for formula, points, numeric in chart_copies(paper.package.tree(chart)):
        for at, (sheet, place) in enumerate(_places(formula)):
            if sheet not in sheets:
                continue
            cell = sheets[sheet].get(place)
            content, drawn = cell.shown.strip() if cell else "", points.get(at, "")
            if not (_equal(drawn, content) if numeric else drawn == content):
                slots = {"now": drawn or "—", "other": content or "—", "place": f"{sheet}!{place}"}
                yield Remark("chart_disagrees", chart, slots=slots)


MOST_POINTS = 32_000
"""The most points of a series in a chart."""


def _places(formula: str) -> Iterator[tuple[str, str]]:
    """Yield the cells of a reference in the order of a chart's points."""
    for area in read_formula(formula.strip("()")):
        if isinstance(area, Reference) and area.first.column:
            yield from ((area.sheet, cell) for cell in islice(area_cells(area), MOST_POINTS))


def _equal(one: str, other: str) -> bool:
    try:
        a, b = Decimal(one or "0"), Decimal(other or "0")
    except InvalidOperation:
        return False  # no number in the cell: nothing is drawn
    return abs(a - b) <= max(abs(a), abs(b)) * _CLOSE
