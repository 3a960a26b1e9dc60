"""Repeated rows in a record: the common attributes of a column once, and one line of values per row.

An annex has tens of thousands of rows. Recorded cell by cell, as figures and again as lines, they would take more room than the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from lxml import etree
from officefill.excel.cell_text import plain_number
from officefill.excel.cells import MOST_DIGITS, number_text
from officefill.language.names import ITEM
from officefill.language.provenance import RowForm, ShownRow
from officefill.ooxml.namespaces import NOT_XML

from postloan.numbers import exact
from postloan.papers.paper_template import NAMESPACE
from postloan.papers.record.identity import Identity, IdentityPattern, identity_pattern, item_name
from postloan.period import Period

_N = f"{{{NAMESPACE}}}"
_NO_PLACE_IN_A_NAME = str.maketrans(dict.fromkeys("\t\n\r", "\ufffd"))

Slot = tuple[tuple[str, ...], tuple[int, ...]]
"""A list on the path to a value: the path to its items, and the numbers of the loops over them."""


class RecordedCell(NamedTuple):
    """One cell of a repeated row as made. `line`: its text among the lines of the sheet. Without an identity it is no figure."""

    row: int
    column: str
    line: str
    identity: Identity | None
    value: Decimal | date | None
    text: str
    tag: str


# Writing


def write_rows(root: etree._Element, shown: Iterable[ShownRow], context: Mapping[str, Any], period: Period, unit: str) -> None:
    """Add the rows of a paper about `unit` to the record `root`, grouped by form and kinds of values."""
    together: dict[tuple[RowForm, str], list[ShownRow]] = {}
    for row in shown:
        together.setdefault((row.form, row.kinds), []).append(row)
    for (form, kinds), rows in together.items():
        slots = list(dict.fromkeys(slot for path in form.paths if path for slot in _slots(*path)))
        node = etree.SubElement(root, f"{_N}rows", {"in": form.part, "day0": str(form.first_day), "names": str(len(slots))})
        for column, kind, path, tag in zip(form.columns, kinds, form.paths, form.tags, strict=True):
            figure = _figure(path, slots, period, unit) | {"tag": tag} if path and kind != "t" else {}
            etree.SubElement(node, f"{_N}c", filled({"at": column, "k": kind, **figure}))
        values = etree.SubElement(node, f"{_N}v")
        lines = ("\t".join([row.row, *_names(row.at, slots, context), *map(str, row.values)]) for row in rows)
        values.text = xml_text("\n".join(lines))


def _slots(path: tuple[str, ...], loops: tuple[int, ...]) -> Iterator[Slot]:
    items = [at for at, step in enumerate(path) if step == ITEM]
    for count, at in enumerate(items, 1):
        yield path[: at + 1], loops[:count]


def _figure(path: tuple[tuple[str, ...], tuple[int, ...]], slots: list[Slot], period: Period, unit: str) -> dict[str, str]:
    pattern = identity_pattern(path[0], period, unit)
    names = " ".join(str(slots.index(slot)) for slot in _slots(*path))
    return pattern.common.attributes() | {"by": "item" if pattern.by_item else "", "names": names}


def _names(at: Sequence[int], slots: Iterable[Slot], context: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the items behind a row."""
    for path, loops in slots:
        value: Any = context
        turns = iter(loops)
        for step in path:
            if step == ITEM:
                position = at[next(turns)]
                value = value[position]
            else:
                value = value[step]
        name = item_name(value, position)
        yield name if name.isprintable() else name.translate(_NO_PLACE_IN_A_NAME)


# Reading


def read_rows(node: etree._Element) -> Iterator[RecordedCell]:
    """Yield the cells of all rows of one form, row by row."""
    columns = [(c, _pattern(c), [int(name) for name in c.get("names", "").split()]) for c in node.iter(f"{_N}c")]
    names, first_day = int(node.get("names", "0")), int(node.get("day0", "0"))
    for line in (node.findtext(f"{_N}v") or "").split("\n"):
        row, *texts = line.split("\t")
        for (column, pattern, slots), text in zip(columns, texts[names:], strict=True):
            value, shown = _read(column.get("k", ""), text, first_day)
            of = pattern.of([texts[slot] for slot in slots]) if pattern else None
            yield RecordedCell(int(row), column.get("at", ""), shown, of, value, exact(value) if of else "", column.get("tag", ""))


def _pattern(column: etree._Element) -> IdentityPattern | None:
    return IdentityPattern(Identity.read(column), bool(column.get("by"))) if column.get("key") else None


def filled(attributes: dict[str, str]) -> dict[str, str]:
    """Return the attributes with a value, as text that XML can hold."""
    return {name: xml_text(text) for name, text in attributes.items() if text}


def xml_text(text: str) -> str:
    """Return `text` with a replacement character for each character that XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)


def _read(kind: str, text: str, first_day: int) -> tuple[Decimal | date | None, str]:
    """Return the value of a number or date cell, and the text of the cell as a reader of the sheet gets it."""
    if kind == "t":
        return None, text
    if kind == "d":
        day = date.fromisoformat(text)
        return day, str(day.toordinal() - first_day)
    value = Decimal(text)
    if len(text) <= MOST_DIGITS and "E" not in text:
        return value, plain_number(text)
    number = number_text(value)
    return value, format(value, "f") if number is None else plain_number(number)
