"""A chart's copy of the cells it reads. Source: ECMA-376 part 1, 21.2.2.121 (numCache), 201 (strCache), 102 (multiLvlStrCache)."""

from __future__ import annotations

from typing import Literal
from xml.sax.saxutils import escape

from officefill.excel.filled_cells import CellRange, CellValue

ReferenceForm = Literal["number", "text", "levels", "labels", "either"]
"""The form of a copy; `either`: categories, which are numbers if all of them are."""


def form_of(form: ReferenceForm, areas: list[CellRange] | None) -> ReferenceForm:
    """Return the form that `either` has for these cells; any other form stays."""
    if form != "either":
        return form
    kinds = {cell.kind for cell in _cells(areas or [])} - {"blank"}
    return "number" if kinds == {"number"} else "text"


def cache(form: ReferenceForm, areas: list[CellRange], c: str, own: str, across: bool) -> str:
    """Return the element of the copy. `c` and `own` are prefixes: of charts, and of the reference; `across`: points lie side by side."""
    cells = _cells(areas)
    if form == "levels":
        return _levels(areas, c, across)
    if form == "number":
        code = next((cell.code for cell in cells if cell.kind == "number"), cells[0].code)
        return f"<{c}numCache><{c}formatCode>{escape(code)}</{c}formatCode>{_count(cells, c)}{_points(cells, c, code)}</{c}numCache>"
    name = f"{own}dlblRangeCache" if form == "labels" else f"{c}strCache"
    return f"<{name}>{_count(cells, c)}{_points(cells, c)}</{name}>"


def _levels(areas: list[CellRange], c: str, across: bool) -> str:
    """Return categories of several levels: the innermost, which lies nearest to the values, comes first."""
    lines = [line for area in areas for line in area]
    levels = lines if across else [list(column) for column in zip(*lines, strict=True)]
    inside = "".join(f"<{c}lvl>{_points(level, c)}</{c}lvl>" for level in reversed(levels))
    return f"<{c}multiLvlStrCache>{_count(levels[0], c)}{inside}</{c}multiLvlStrCache>"


def _points(cells: list[CellValue], c: str, code: str | None = None) -> str:
    """Return a point for each cell that is not blank; of numbers, with its own format where that is not the common one."""
    kinds, points = (("number", "text") if code is None else ("number",)), ""
    for index, cell in enumerate(cells):
        if cell.kind in kinds:
            own = "" if code in (None, cell.code) else ' formatCode="' + escape(cell.code, {'"': "&quot;"}) + '"'
            points += f'<{c}pt idx="{index}"{own}><{c}v>{escape(cell.text)}</{c}v></{c}pt>'
    return points


def _count(cells: list[CellValue], c: str) -> str:
    return f'<{c}ptCount val="{len(cells)}"/>'


def _cells(areas: list[CellRange]) -> list[CellValue]:
    return [cell for area in areas for line in area for cell in line]
