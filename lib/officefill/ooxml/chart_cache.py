"""The copy a chart keeps of the cells it reads. Source: ECMA-376 part 1, 21.2.2.121 (numCache), 201 (strCache), 102 (multiLvlStrCache)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Literal
from xml.sax.saxutils import escape

from officefill.excel.filled_cells import Area, Held

Form = Literal["number", "text", "levels", "labels", "either"]
"""How a source keeps its copy; `either`: categories, which are numbers where all that are there are."""


def form_of(form: Form, areas: list[Area] | None) -> Form:
    """What `either` comes to for these cells; any other form stays."""
    if form != "either":
        return form
    kinds = {held.kind for held in _all(areas or [])} - {"blank"}
    return "number" if kinds == {"number"} else "text"


def cache(form: Form, areas: list[Area], c: str, own: str, across: bool) -> str:
    """The element of the copy. `c` and `own` are prefixes: of charts, and of the reference; `across`: points lie side by side."""
    held = list(_all(areas))
    if form == "levels":
        return _levels(areas, c, across)
    if form == "number":
        code = next((h.code for h in held if h.kind == "number"), held[0].code)
        points = _points(held, c, code)
        return f"<{c}numCache><{c}formatCode>{escape(code)}</{c}formatCode>{_count(len(held), c)}{points}</{c}numCache>"
    name = f"{own}dlblRangeCache" if form == "labels" else f"{c}strCache"
    return f"<{name}>{_count(len(held), c)}{_points(held, c)}</{name}>"


def _levels(areas: list[Area], c: str, across: bool) -> str:
    """Categories of several levels: the innermost, which lies nearest to the values, comes first."""
    lines = [line for area in areas for line in area]
    levels = lines if across else [list(column) for column in zip(*lines, strict=True)]
    inside = "".join(f"<{c}lvl>{_points(level, c)}</{c}lvl>" for level in reversed(levels))
    return f"<{c}multiLvlStrCache>{_count(len(levels[0]), c)}{inside}</{c}multiLvlStrCache>"


def _points(held: Iterable[Held], c: str, code: str | None = None) -> str:
    """A point for each cell that holds something; of numbers, with its own format where that is not the common one."""
    kinds = ("number",) if code is not None else ("number", "text")
    return "".join(
        f'<{c}pt idx="{index}"{_own_code(h, code)}><{c}v>{escape(h.text)}</{c}v></{c}pt>' for index, h in enumerate(held) if h.kind in kinds
    )


def _own_code(held: Held, code: str | None) -> str:
    return "" if code in (None, held.code) else f' formatCode="{escape(held.code, {chr(34): "&quot;"})}"'


def _count(number: int, c: str) -> str:
    return f'<{c}ptCount val="{number}"/>'


def _all(areas: list[Area]) -> Iterable[Held]:
    return chain.from_iterable(chain.from_iterable(areas))
