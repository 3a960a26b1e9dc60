"""Tables, pictures and figures as the cells of a notebook show them: HTML and PNG with the same bytes in every run, in Chinese."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from decimal import Decimal

from IPython.display import HTML, Image
from markupsafe import Markup, escape

from postloan.figures.book import Book
from postloan.figures.measure import all_measures
from postloan.numbers import number, percent, points, wan

_TO_THE_LEFT, _TO_THE_RIGHT = (Markup(f"text-align: {side}; padding: 2px 10px") for side in ("left", "right"))
_TEXT = Markup("text-align: left; vertical-align: top; padding: 4px 10px; line-height: 1.6; white-space: ")


def number_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> HTML:
    """Return texts as a table, with the subject of a row in the first column and numbers to the right. All text is escaped."""
    return _table(title, [[(_TO_THE_RIGHT if nth else _TO_THE_LEFT, cell) for nth, cell in enumerate(row)] for row in (heads, *rows)])


def text_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str | Markup]]) -> HTML:
    """Return a table of longer texts, aligned left and top. Lines break in `Markup` only; all other text is escaped."""
    return _table(title, [[(_TEXT + ("normal" if isinstance(cell, Markup) else "nowrap"), cell) for cell in row] for row in (heads, *rows)])


def _table(title: str, cells: Sequence[Sequence[tuple[Markup, str]]]) -> HTML:
    """A table of cells, each a style and a text; the first row holds the heads."""
    lines = [
        Markup().join(Markup('<{0} style="{1}">{2}</{0}>').format("td" if nth else "th", *cell) for cell in row)
        for nth, row in enumerate(cells)
    ]
    page = Markup('<table>\n<caption style="text-align: left; font-weight: bold; padding: 6px 0">{}</caption>\n{}</table>')
    return HTML(page.format(title, Markup().join(Markup("<tr>{}</tr>\n").format(line) for line in lines)))


def picture(png: bytes, alt: str) -> Image:
    """Return a chart with its description."""
    return Image(png, format="png", width=780, alt=alt)


def inline_picture(png: bytes) -> Markup:
    """Return a picture for a cell of a table."""
    return Markup('<img src="data:image/png;base64,{}">').format(b64encode(png).decode("ascii"))


def highlighted(passage: Sequence[tuple[str, bool]]) -> Markup:
    """Return a passage, given in pieces, with the marked pieces highlighted."""
    return Markup().join(Markup("<mark>{}</mark>").format(text) if mark else escape(text) for text, mark in passage)


def unit_name(book: Book, unit: str) -> str:
    """Return the name of a unit, or its id."""
    return book.unit_names.get(unit, unit) or "未注明机构"


def figure_text(name: str, value: Decimal | None) -> str:
    """Return a figure of the measure `name` as text with its unit."""
    unit = all_measures()[name].unit
    if unit == "ratio":
        return points(value) if name.endswith("_change") else percent(value)
    return wan(value, separator=True) if unit == "元" else number(value) + ("" if value is None else unit)
