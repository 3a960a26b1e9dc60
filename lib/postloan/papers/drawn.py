"""The charts of papers: each named in the sections of the theme whose figures it shows, and drawn from a book."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from postloan.figures.book import Book
from postloan.papers.sections import SectionValue, all_sections


def chart_names() -> list[str]:
    """Return the names of the charts that papers may show."""
    return [name for name, value in all_sections().items() if value.chart]


def drawn(name: str, book: Book, unit: str = "") -> bytes | None:
    """Return the chart called `name` as PNG; None where its theme is off or gone, or the data hold nothing to draw."""
    value = all_sections().get(name)
    if value is None or value.theme not in book.themes:
        return None
    return _by_unit(value, book, unit) if "by_unit" in value.chart else _by_class(value, book, unit)


def _by_unit(value: SectionValue, book: Book, unit: str) -> bytes | None:
    """A bar for each unit whose figures are all defined."""
    rows = unit_rows(book, value.figures, unit)
    return _drawing(value)(rows) if rows else None


def _by_class(value: SectionValue, book: Book, unit: str) -> bytes | None:
    """The figures side by side, now and, where the data reach back, a period before."""
    subject = ("unit", unit) if unit else ("bank", "")
    classes = value.chart["by_class"].items()
    now, before = ({label: read(name, *subject) for label, name in classes} for read in (book.figure, book.previous))
    if all(figure is None for figure in now.values()):
        return None
    return _drawing(value)(now, before if any(figure is not None for figure in before.values()) else None)


def _drawing(value: SectionValue) -> Callable[..., bytes]:
    """The function of `papers.charts` that draws it."""
    from postloan.papers import charts  # late: matplotlib is loaded where something is drawn

    return getattr(charts, f"{value.chart['drawing']}_chart")


def unit_rows(book: Book, names: Iterable[str], only: str = "") -> list[tuple[Any, ...]]:
    """Return name and figures of every unit, or of one, where all of them are defined."""
    wanted, units = list(names), [only] if only else book.units()
    rows = [(book.unit_names.get(unit, unit), *(book.figure(name, "unit", unit) for name in wanted)) for unit in units]
    return [row for row in rows if None not in row]
