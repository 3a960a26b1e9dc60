"""Columns taken out of the tables of a template."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from officefill.ooxml.namespaces import w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, grid_columns, inside, text_of
from officefill.word.template import filled_parts

_WIDTH = w("w")


def remove_columns(document: Package, goes: Callable[[str], bool]) -> None:
    """Take the columns under every cell whose text `goes` out of the tables of `document`."""
    for part, _ in filled_parts(document):
        tables = [(table, gone) for table in document.tree(part).iter(TABLE) if (gone := set(_under(table, goes)))]
        for table, gone in tables:
            _narrow(table, gone)
        if tables:
            document.save(part)


def _under(table: etree._Element, goes: Callable[[str], bool]) -> Iterator[int]:
    for row in inside(table, ROW):
        for cell, columns in _cells(row):
            if goes("".join(text_of(paragraph) for paragraph in cell.iter(PARAGRAPH))):
                yield from columns


def _cells(row: etree._Element) -> Iterator[tuple[etree._Element, range]]:
    """Yield the cells of a row, each with its columns."""
    column = sum(grid_columns(node) for node in row.iterfind(f"{w('trPr')}/{w('gridBefore')}"))
    for cell in inside(row, CELL):
        yield cell, range(column, column + grid_columns(cell))
        column += grid_columns(cell)


def _narrow(table: etree._Element, gone: set[int]) -> None:
    for place, column in enumerate(table.findall(f"{w('tblGrid')}/{w('gridCol')}")):
        if place in gone:
            column.getparent().remove(column)
    for row in inside(table, ROW):
        for cell, columns in list(_cells(row)):
            left = sum(column not in gone for column in columns)
            if not left:
                cell.getparent().remove(cell)
            elif left < len(columns):
                _shrink(cell, left, len(columns))


def _shrink(cell: etree._Element, left: int, columns: int) -> None:
    cell.find(f"{w('tcPr')}/{w('gridSpan')}").set(w("val"), str(left))
    width = cell.find(f"{w('tcPr')}/{w('tcW')}")
    if width is not None and width.get(_WIDTH, "").isdecimal():
        width.set(_WIDTH, str(int(width.get(_WIDTH)) * left // columns))
