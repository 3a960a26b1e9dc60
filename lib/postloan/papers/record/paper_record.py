"""The record inside a finished paper: its sources, every figure with identity and value, and every line as made.

It is one custom XML part: invisible, and kept by Word, WPS, Excel and LibreOffice through an edit. `trace`, `verify`, `diff` and the next
run of the same paper read it. It holds only printed content, no path of a machine, and no row of data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from lxml import etree
from officefill.excel.column_layout import column_number, split_cell
from officefill.language.provenance import record_part
from officefill.language.regions import Region
from officefill.ooxml.package import Package, read_file, read_package

from postloan.errors import BadPaper, BadTemplate
from postloan.language import tr
from postloan.numbers import exact
from postloan.papers.paper_template import NAMESPACE
from postloan.papers.record.identity import Identity
from postloan.papers.record.row_records import filled, read_rows, xml_text

Value = Decimal | date | None
_N = f"{{{NAMESPACE}}}"
DRAFT = "草稿"
"""The mark of drafts: in headers, titles and the record."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Figure:
    """One figure as the paper showed it when it was made.

    `number`: that of its bookmark `_pl_N` in Word, 0 in Excel. `text`: as printed. `tag`: as the template wrote it. `part`: the Word part or
    the sheet. `cell`: the cell there. `line`: the number of its line in a Word part; `start`: its first character in that line.
    """

    number: int
    identity: Identity
    value: Value
    text: str
    tag: str
    part: str
    cell: str = ""
    line: int = -1
    start: int = 0


@dataclass(frozen=True)
class PaperRecord:
    """The record of one paper.

    `about`: document, period, unit, policy, prepared_on, preparer, reviewer, program, of a draft `draft`. `causes`: fingerprints of its sources by name:
    `data/<file>`, `policy`, `calendar`, `rules`, `measures`, `template`. `lines`: the texts as made: of each Word part all paragraphs in
    order (every `w:p`, in tables and text boxes too); of each sheet its filled cells, `A1` → text.
    """

    about: Mapping[str, str]
    causes: Mapping[str, str]
    figures: list[Figure]
    lines: Mapping[str, list[tuple[str, str]]]
    regions: list[Region] = field(default_factory=list)


# Writing


def record_tree(record: PaperRecord) -> etree._Element:
    """Return the root element of a record."""
    root = etree.Element(f"{_N}paper", dict(record.about), nsmap={None: NAMESPACE})
    for name, print_ in record.causes.items():
        etree.SubElement(root, f"{_N}cause", {"of": name, "is": print_})
    for figure in record.figures:
        etree.SubElement(root, f"{_N}f", _attributes(figure))
    for region in record.regions:
        attributes = {"n": str(region.number), "name": region.name, "key": region.key, "kind": region.kind}
        attributes |= {"in": region.part, "at": region.cell, "beside": region.beside}
        node = etree.SubElement(root, f"{_N}region", filled(attributes))
        node.text = xml_text(region.made)
    for part, lines in record.lines.items():
        node = etree.SubElement(root, f"{_N}lines", {"in": part})
        for place, text in lines:
            line = etree.SubElement(node, f"{_N}l", filled({"at": place}))
            line.text = xml_text(text)
    return root


def _attributes(figure: Figure) -> dict[str, str]:
    printed = {"v": exact(figure.value), "t": figure.text, "tag": figure.tag, "in": figure.part, "at": figure.cell}
    place = {"l": str(figure.line), "o": str(figure.start)} if figure.line >= 0 else {}
    return filled({"n": str(figure.number or ""), **figure.identity.attributes(), **printed, **place})


# Reading


def read_record(path: Path) -> PaperRecord:
    """Read the record of the paper at `path`. Raises `BadPaper` for a file of another program."""
    try:
        return record_of(read_package(path, read_file(path)))
    except BadTemplate as fault:  # the package reader raises errors of templates
        what = fault.faults[0]
        raise BadPaper(what.what, path.name, what.do) from None


def record_of(package: Package) -> PaperRecord:
    """Return the record in a paper's package. Raises `BadPaper`."""
    part = record_part(package, NAMESPACE)
    if part is None:
        raise BadPaper(
            tr("the file carries no record of its figures"),
            package.path.name,
            tr("only papers made by postloan can be traced and verified"),
        )
    root = package.tree(part)
    record = PaperRecord(
        dict(root.attrib),
        {node.get("of", ""): node.get("is", "") for node in root.iter(f"{_N}cause")},
        [_figure(node) for node in root.iter(f"{_N}f")],
        {node.get("in", ""): [(line.get("at", ""), line.text or "") for line in node] for node in root.iter(f"{_N}lines")},
        [_region(node) for node in root.iter(f"{_N}region")],
    )
    if root.find(f"{_N}rows") is not None:
        _add_rows(record, root)
    return record


def _add_rows(record: PaperRecord, root: etree._Element) -> None:
    """Add the cells of repeated rows to the figures and lines, and sort both in the order of the sheets."""
    for node in root.iterfind(f"{_N}rows"):
        sheet = node.get("in", "")
        lines = record.lines[sheet]
        for cell in read_rows(node):
            place = f"{cell.column}{cell.row}"
            if cell.line:
                lines.append((place, cell.line))
            if cell.identity:
                record.figures.append(Figure(0, cell.identity, cell.value, cell.text, cell.tag, sheet, place))
    for lines in record.lines.values():
        lines.sort(key=lambda line: _position(line[0]))
    order = {name: number for number, name in enumerate(record.lines)}
    record.figures.sort(key=lambda figure: (order.get(figure.part, -1), *_position(figure.cell)))


def _position(cell: str) -> tuple[int, int]:
    """Return row and column of a cell."""
    column, row = split_cell(cell)
    return row, column_number(column)


def _figure(node: etree._Element) -> Figure:
    text, tag, part, cell = (node.get(name, "") for name in ("t", "tag", "in", "at"))
    number, line, start = (int(node.get(name, default)) for name, default in (("n", "0"), ("l", "-1"), ("o", "0")))
    return Figure(number, Identity.read(node), _value(node.get("v", "")), text, tag, part, cell, line, start)


def _region(node: etree._Element) -> Region:
    name, key, kind, part, cell, beside = (node.get(name, "") for name in ("name", "key", "kind", "in", "at", "beside"))
    return Region(int(node.get("n", "0")), name, key, kind, part, cell, made=node.text or "", beside=beside)


def _value(text: str) -> Value:
    if not text:
        return None
    return date.fromisoformat(text) if _ISO.fullmatch(text) else Decimal(text)


def by_key(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    """Return the figures of each key, in the order of the paper."""
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        found.setdefault(figure.identity.key, []).append(figure)
    return found
