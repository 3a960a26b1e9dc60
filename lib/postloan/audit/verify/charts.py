"""Charts: whether what they draw is what their cells hold, and what they drew when the paper was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from officefill.excel.cell_text import Cell
from officefill.excel.references import Reference, column_name, column_number, read_formula
from officefill.ooxml.package import Broken, Package, read_package

from postloan.audit.verify.remark import Remark
from postloan.errors import BadTemplate
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_text import chart_copies, chart_names, charts_changed, parts_now

_CLOSE = Decimal("1E-9")


def chart_remarks(paper: FinishedPaper) -> Iterator[Remark]:
    """Points that differ from the cells they copy, and numbers that differ from those drawn first."""
    for name in chart_names(paper.package):
        yield from _against_cells(paper, name, _cells_of(paper, name))
    for _, name, numbers, drawn in charts_changed(paper.record.lines, paper.package):
        for was, is_ in zip(numbers, drawn, strict=False):
            if was != is_:
                yield Remark("chart_changed", name, None, None, {"was": was, "now": is_})


def _cells_of(paper: FinishedPaper, chart: str) -> Mapping[str, Mapping[str, Cell]]:
    """The cells a chart reads, by sheet: of the paper's own book, or of the workbook a chart in Word brings with it."""
    if not paper.is_word:
        return {name: part.cells for name, part in paper.parts.items()}
    book = next(iter(paper.package.related("package", chart)), "")
    if not book:
        return {}
    try:
        package: Package = read_package(paper.path, paper.package.parts[book])
        return {name: part.cells for name, part in parts_now(package).items()}
    except (BadTemplate, Broken):
        return {}


def _against_cells(paper: FinishedPaper, chart: str, sheets: Mapping[str, Mapping[str, Cell]]) -> Iterator[Remark]:
    for formula, points, numeric in chart_copies(paper.package.tree(chart)):
        for at, place in enumerate(_places(formula)):
            sheet, cell = place
            if sheet not in sheets:
                continue
            held = sheets[sheet].get(cell)
            there, drawn = held.shown.strip() if held else "", points.get(at, "")
            if not (_equal(drawn, there) if numeric else drawn == there):
                yield Remark("chart_disagrees", chart, None, None, {"now": drawn or "—", "other": there or "—", "place": f"{sheet}!{cell}"})


def _places(formula: str) -> Iterator[tuple[str, str]]:
    """The cells of a reference in the order of a chart's points."""
    for area in read_formula(formula.strip("()")):
        if isinstance(area, Reference) and area.first.column:
            last = area.last or area.first
            for row in range(area.first.row, last.row + 1):
                for column in range(_column(area.first.column), _column(last.column) + 1):
                    yield area.sheet, f"{column_name(column)}{row}"


def _column(name: str) -> int:
    return column_number(name.lstrip("$"))


def _equal(one: str, other: str) -> bool:
    try:
        a, b = Decimal(one or "0"), Decimal(other or "0")
    except InvalidOperation:
        return False  # no number in the cell: nothing is drawn
    return abs(a - b) <= max(abs(a), abs(b)) * _CLOSE
