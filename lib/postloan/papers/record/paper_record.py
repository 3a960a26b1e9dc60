"""The record inside a finished paper: what it was made from, every figure with its identity and value, and every line as it was made.

It is one custom XML part, which Word, WPS, Excel and LibreOffice keep through an edit and nobody sees. `trace`, `verify`, `diff` and
the next run of the same paper read it; it holds nothing that the paper does not print, no path of a machine, and no row of data.
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
from officefill.language.marks import NOT_XML
from officefill.language.provenance import NAMESPACE, record_part
from officefill.language.regions import Region
from officefill.ooxml.package import Package, read_file, read_package

from postloan.errors import BadPaper, BadTemplate
from postloan.language import tr
from postloan.papers.record.identity import Identity
from postloan.papers.record.repeated import read_rows

Value = Decimal | date | None
_N = f"{{{NAMESPACE}}}"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Figure:
    """One figure as the paper showed it when it was made.

    `number` is that of its bookmark `_pl_N` in Word, 0 in Excel; `text` as printed; `tag` as the template wrote it; `part` the Word part
    or the sheet, `cell` the cell there; in Word `line` is the number of its line in the part, `start` where in it the figure began.
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
class Ledger:
    """The record of one paper.

    `about` says what it is: document, period, unit, policy, prepared_on, preparer, reviewer, program. `causes` are fingerprints of what it
    was made from, by name: `data/<file>`, `policy`, `calendar`, `rules`, `measures`, `template`. `lines` are the texts as made: of each Word
    part its paragraphs in order (all `w:p`, those of tables and text boxes too); of each sheet its filled cells, `A1` → text.
    """

    about: Mapping[str, str]
    causes: Mapping[str, str]
    figures: list[Figure]
    lines: Mapping[str, list[tuple[str, str]]]
    regions: list[Region] = field(default_factory=list)


# Writing


def ledger_tree(ledger: Ledger) -> etree._Element:
    """The root of the record's part."""
    root = etree.Element(f"{_N}paper", dict(ledger.about), nsmap={None: NAMESPACE})
    for name, print_ in ledger.causes.items():
        etree.SubElement(root, f"{_N}cause", {"of": name, "is": print_})
    for figure in ledger.figures:
        etree.SubElement(root, f"{_N}f", _attributes(figure))
    for region in ledger.regions:
        said = {"n": str(region.number), "name": region.name, "key": region.key, "kind": region.kind, "in": region.part, "at": region.cell}
        said["beside"] = region.beside
        node = etree.SubElement(root, f"{_N}region", _filled(said))
        node.text = _sayable(region.made)
    for part, lines in ledger.lines.items():
        node = etree.SubElement(root, f"{_N}lines", {"in": part})
        for place, text in lines:
            line = etree.SubElement(node, f"{_N}l", _filled({"at": place}))
            line.text = _sayable(text)
    return root


def _attributes(figure: Figure) -> dict[str, str]:
    of = figure.identity
    said = {"n": str(figure.number or ""), "key": of.key, "m": of.measure, "g": of.grain, "s": of.subject, "p": of.period}
    said |= {"change": "1" if of.change else "", "v": exact_text(figure.value), "t": figure.text, "tag": figure.tag, "in": figure.part}
    place = {"l": str(figure.line), "o": str(figure.start)} if figure.line >= 0 else {}
    return _filled(said | {"at": figure.cell} | place)


def _filled(said: dict[str, str]) -> dict[str, str]:
    return {name: _sayable(text) for name, text in said.items() if text}


def _sayable(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)


def exact_text(value: Value | int) -> str:
    """A value with all its digits; blank where it is undefined."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else format(Decimal(value), "f")


# Reading


def read_ledger(path: Path) -> Ledger:
    """The record of the paper at `path`. Raises `BadPaper` where it is no paper of ours."""
    try:
        return ledger_of(read_package(path, read_file(path)))
    except BadTemplate as fault:  # the reader of packages was written for templates
        what = fault.faults[0]
        raise BadPaper(what.what, path.name, what.do) from None


def ledger_of(package: Package) -> Ledger:
    """The record in a paper's package. Raises `BadPaper`."""
    part = record_part(package)
    if part is None:
        raise BadPaper(
            tr("the file carries no record of its figures"),
            package.path.name,
            tr("only papers made by postloan can be traced and verified"),
        )
    root = package.tree(part)
    ledger = Ledger(
        dict(root.attrib),
        {node.get("of", ""): node.get("is", "") for node in root.iter(f"{_N}cause")},
        [_figure(node) for node in root.iter(f"{_N}f")],
        {node.get("in", ""): [(line.get("at", ""), line.text or "") for line in node] for node in root.iter(f"{_N}lines")},
        [_region(node) for node in root.iter(f"{_N}region")],
    )
    if root.find(f"{_N}rows") is not None:
        _spread(ledger, root)
    return ledger


def _spread(ledger: Ledger, root: etree._Element) -> None:
    """Adds the cells of rows that repeat to the figures and lines, and puts all of them in the order of the sheets."""
    for node in root.iterfind(f"{_N}rows"):
        sheet = node.get("in", "")
        lines = ledger.lines[sheet]
        for made in read_rows(node):
            place = f"{made.column}{made.row}"
            if made.line:
                lines.append((place, made.line))
            if made.identity:
                ledger.figures.append(Figure(0, made.identity, made.value, made.text, made.tag, sheet, place))
    for lines in ledger.lines.values():
        lines.sort(key=lambda line: _position(line[0]))
    order = {name: number for number, name in enumerate(ledger.lines)}
    ledger.figures.sort(key=lambda figure: (order.get(figure.part, -1), *_position(figure.cell)))


def _position(cell: str) -> tuple[int, int]:
    """Row and column of a cell."""
    column, row = split_cell(cell)
    return row, column_number(column)


def _figure(node: etree._Element) -> Figure:
    said = node.get
    of = Identity(said("key", ""), said("m", ""), said("g", ""), said("s", ""), said("p", ""), bool(said("change")))
    return Figure(
        int(said("n", "0")),
        of,
        _value(said("v", "")),
        said("t", ""),
        said("tag", ""),
        said("in", ""),
        said("at", ""),
        int(said("l", "-1")),
        int(said("o", "0")),
    )


def _region(node: etree._Element) -> Region:
    said = node.get
    return Region(
        *(int(said("n", "0")), said("name", ""), said("key", ""), said("kind", ""), said("in", ""), said("at", "")),
        made=node.text or "",
        beside=said("beside", ""),
    )


def _value(text: str) -> Value:
    if not text:
        return None
    return date.fromisoformat(text) if _ISO.fullmatch(text) else Decimal(text)


def by_key(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    """The figures of each key, in the order of the paper."""
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        found.setdefault(figure.identity.key, []).append(figure)
    return found
