"""Tables, pictures and figures as the cells of a notebook show them: HTML and PNG with the same bytes in every run, in Chinese."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from IPython.display import HTML, Image
from markupsafe import Markup, escape
from pandas.io.formats.style import Styler

from postloan.figures.book import Book
from postloan.figures.measure import all_measures
from postloan.numbers import number, percent, points, wan

_TABLE_STYLES: list[Any] = [
    {"selector": "td, th", "props": "text-align: right; padding: 2px 10px"},
    {"selector": "td:first-child, th:first-child", "props": "text-align: left"},
    {"selector": "caption", "props": "text-align: left; font-weight: bold; padding: 6px 0"},
]


def number_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> HTML:
    """Return texts as a styled table, with the subject of a row in the first column. Names from the data are escaped."""
    # Without an id of ours pandas makes up another one in every run.
    styled = Styler(pd.DataFrame(list(rows), columns=list(heads)), uuid=title, cell_ids=False, caption=title)
    styled = styled.set_table_styles(_TABLE_STYLES).hide(axis="index")
    return HTML(styled.format(escape="html").format_index(escape="html", axis="columns").to_html())


def text_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str | Markup]]) -> HTML:
    """Return a table of longer texts, aligned left and top. Lines break in `Markup` only; all other text is escaped."""
    style = Markup("text-align: left; vertical-align: top; padding: 4px 10px; line-height: 1.6; white-space: ")
    cells = [[(style + ("normal" if isinstance(cell, Markup) else "nowrap"), cell) for cell in row] for row in (heads, *rows)]
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
