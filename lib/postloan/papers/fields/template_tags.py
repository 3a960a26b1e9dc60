"""The tags of a template, part by part in the order of the text, read without compiling it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from lxml import etree
from officefill.comments.excel import is_excel
from officefill.comments.word import is_word
from officefill.excel.cells import S, cell_texts
from officefill.excel.chart import typed_lines
from officefill.excel.sheet import settle_rows
from officefill.excel.sheet_filling import formula, or_gap
from officefill.excel.workbook_parts import shared_texts_of, worksheets
from officefill.language.expressions import PlainEnvironment
from officefill.language.tags import Tag, find_tags, quoted
from officefill.ooxml.package import Package, read_package
from officefill.ooxml.pictures import picture_filter
from officefill.ooxml.safety import W
from officefill.ooxml.zip_gate import Refused
from officefill.word.charts import charts_in, drawn_in
from officefill.word.paragraphs import PARAGRAPH, paragraphs, text_of
from officefill.word.template import filled_parts

from postloan.errors import BadTemplate, Fault, Place
from postloan.language import tr
from postloan.papers.fields.field_check import FieldChecker, TemplateFault
from postloan.papers.fields.fields import all_fields
from postloan.papers.fields.shapes import FieldPath
from postloan.papers.table_filters import TEMPLATE_FILTERS

TypedTags = list[tuple[Tag, bool]]
"""Tags in order. True: the tag is the only content of a workbook's cell, so its value keeps its type."""
_MOST_KEPT = 64


def tags_in(package: Package) -> Iterator[TypedTags]:
    """Yield the tags of each part of a Word file, or of each sheet of a workbook. Unreadable tags are left out: the compiler reports them."""
    main = next(iter(package.related("officeDocument")), "")
    if is_word(package, main):
        yield from _word(package)
    elif is_excel(package, main):
        yield from _excel(package, main)


def _word(package: Package) -> Iterator[TypedTags]:
    environment = PlainEnvironment({**TEMPLATE_FILTERS, "picture": picture_filter()})
    charts = charts_in(package, dict(filled_parts(package)))
    for part, where in filled_parts(package):
        root = package.tree(part)
        numbers = {paragraph: number for number, paragraph in enumerate(root.iter(PARAGRAPH))}
        body = root.find(f"{{{W}}}body")
        found: TypedTags = []
        targets = {arrow.id: arrow.target for arrow in package.relationships(part) if arrow.target in charts}
        for paragraph, words in paragraphs(root if body is None else body, where):
            text = text_of(paragraph)
            place = quoted(Place(words, part, numbers[paragraph]), text)
            found += [(tag, False) for tag in find_tags(environment, text, place, list[Fault]())]
            for chart in drawn_in(paragraph, targets):
                found += _chart(package, chart, charts[chart])
        yield found


def _chart(package: Package, part: str, where: Place) -> Iterator[tuple[Tag, bool]]:
    """Yield the tags of a chart, in its data sheet and its titles; their place is that of the chart."""
    environment = PlainEnvironment(TEMPLATE_FILTERS)
    for sheet in package.related("package", part):
        with suppress(BadTemplate, Refused):
            inside = read_package(Path(str(where)), package.parts[sheet])
            for tags in _excel(inside, next(iter(inside.related("officeDocument")), "")):
                yield from ((replace(tag, place=where.worded(str(tag.place))), typed) for tag, typed in tags)
    for line in typed_lines(package.tree(part)):
        text = "".join(node.text or "" for node in line)
        for tag in find_tags(environment, text, quoted(str(where), text), list[Fault]()):
            yield replace(tag, place=where.worded(str(tag.place))), False


def _excel(package: Package, main: str) -> Iterator[TypedTags]:
    environment = PlainEnvironment({**TEMPLATE_FILTERS, "formula": formula, "or_gap": or_gap})
    shared = shared_texts_of(package, main)
    for name, part in worksheets(package, main):
        data = package.tree(part).find(f"{{{S}}}sheetData")
        if data is None:
            continue
        settle_rows(data)
        found: TypedTags = []
        for cell, text in cell_texts(data, shared).items():
            place = quoted(Place(f"{package.path.name}, {name}!{cell.get('r')}", name, cell.get("r")), text)
            tags = find_tags(environment, text, place, list[Fault]())
            # Control tags leave the cell empty, so only the rest of its text counts.
            rest = "".join(part for part in _between(text, [tag for tag in tags if tag.is_control])).strip()
            found += [(tag, rest == tag.source) for tag in tags]
        found += _headers(package.tree(part), environment, package, name)
        yield found


def _between(text: str, tags: list[Tag]) -> Iterator[str]:
    """Yield the text between these tags."""
    end = 0
    for tag in tags:
        yield text[end : tag.span[0]]
        end = tag.span[1]
    yield text[end:]


def _headers(root: etree._Element, environment: PlainEnvironment, package: Package, sheet: str) -> TypedTags:
    found: TypedTags = []
    for node in root.iter(*(f"{{{S}}}{which}{what}" for which in ("odd", "even", "first") for what in ("Header", "Footer"))):
        text = node.text or ""
        place = quoted(Place(f"{package.path.name}, {sheet} {etree.QName(node).localname}", sheet), text)
        found += [(tag, False) for tag in find_tags(environment, text, place, list[Fault]())]
    return found


def template_faults(path: Path, data: bytes, document: str = "") -> tuple[TemplateFault, ...]:
    """Return the names and filters of a template that do not fit the fields of `document`; the result is cached by content."""
    return _checked(path, data, document, tr("table {number}"))[0]


def absent_names(path: Path, data: bytes, document: str = "") -> frozenset[FieldPath]:
    """Return the paths that a template says only where a theme is on that is not installed, and those of such themes."""
    return _checked(path, data, document, tr("table {number}"))[1]


@lru_cache(_MOST_KEPT)
def _checked(path: Path, data: bytes, document: str, _language: str) -> tuple[tuple[TemplateFault, ...], frozenset[FieldPath]]:
    fields = all_fields(document)
    checkers = [(FieldChecker(fields), tags) for tags in tags_in(read_package(path, data))]
    faults = tuple(fault for checker, tags in checkers for fault in checker.read(tags))
    return faults, frozenset(path for checker, _ in checkers for path in checker.absent)
