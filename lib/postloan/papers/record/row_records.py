"""The part of a record that is about rows that repeat: what the cells of a column have in common once, and one line of values a row.

An annex has tens of thousands of rows. Said cell by cell, as figures and again as lines, the record would be larger than the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from lxml import etree
from officefill.excel.cell_text import plain_number
from officefill.excel.cells import MOST_DIGITS, number_text
from officefill.language.marks import NOT_XML
from officefill.language.names import ITEM
from officefill.language.provenance import NAMESPACE, RowForm, ShownRow

from postloan.numbers import exact
from postloan.papers.record.identity import Identity, IdentityForm, identity_form, item_name
from postloan.period import Period

_N = f"{{{NAMESPACE}}}"
_NO_PLACE_IN_A_NAME = str.maketrans(dict.fromkeys("\t\n\r", "\ufffd"))

Slot = tuple[tuple[str, ...], tuple[int, ...]]
"""A list on the way to a value: the path to its items, and which loops the items in it are of."""


class CellMade(NamedTuple):
    """One cell of such a row as it was made. `line` is its text among the lines of its sheet; without an identity it is no figure."""

    row: int
    column: str
    line: str
    identity: Identity | None
    value: Decimal | date | None
    text: str
    tag: str


# Writing


def write_rows(root: etree._Element, shown: Iterable[ShownRow], context: Mapping[str, Any], period: Period, unit: str) -> None:
    """Puts the rows of a paper about `unit` into the record `root`, those of one form and kind together."""
    together: dict[tuple[RowForm, str], list[ShownRow]] = {}
    for row in shown:
        together.setdefault((row.form, row.kinds), []).append(row)
    for (form, kinds), rows in together.items():
        slots = list(dict.fromkeys(slot for path in form.paths if path for slot in _slots(*path)))
        node = etree.SubElement(root, f"{_N}rows", {"in": form.part, "day0": str(form.first_day), "names": str(len(slots))})
        for column, kind, path, tag in zip(form.columns, kinds, form.paths, form.tags, strict=True):
            said = {"at": column, "k": kind, **(_figure(path, slots, period, unit) | {"tag": tag} if path and kind != "t" else {})}
            etree.SubElement(node, f"{_N}c", {name: NOT_XML.sub("\ufffd", text) for name, text in said.items() if text})
        values = etree.SubElement(node, f"{_N}v")
        lines = ("\t".join([row.row, *_names(row.at, slots, context), *map(str, row.values)]) for row in rows)
        values.text = NOT_XML.sub("\ufffd", "\n".join(lines))


def _slots(path: tuple[str, ...], loops: tuple[int, ...]) -> Iterator[Slot]:
    items = [at for at, step in enumerate(path) if step == ITEM]
    for count, at in enumerate(items, 1):
        yield path[: at + 1], loops[:count]


def _figure(path: tuple[tuple[str, ...], tuple[int, ...]], slots: list[Slot], period: Period, unit: str) -> dict[str, str]:
    form = identity_form(path[0], period, unit)
    said = {"key": form.key, "m": form.measure, "g": form.grain, "s": form.subject, "p": form.period}
    said |= {"change": "1" if form.change else "", "by": "item" if form.by_item else ""}
    return said | {"names": " ".join(str(slots.index(slot)) for slot in _slots(*path))}


def _names(at: Sequence[int], slots: Iterable[Slot], context: Mapping[str, Any]) -> Iterator[str]:
    """What the items are called that a row is about."""
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


def read_rows(node: etree._Element) -> Iterator[CellMade]:
    """The cells of all rows of one form, row by row."""
    columns = [(c, _form(c), [int(name) for name in c.get("names", "").split()]) for c in node.iter(f"{_N}c")]
    names, first_day = int(node.get("names", "0")), int(node.get("day0", "0"))
    for line in (node.findtext(f"{_N}v") or "").split("\n"):
        row, *said = line.split("\t")
        for (column, form, slots), text in zip(columns, said[names:], strict=True):
            value, shown = _read(column.get("k", ""), text, first_day)
            of = form.of([said[slot] for slot in slots]) if form else None
            yield CellMade(int(row), column.get("at", ""), shown, of, value, exact(value) if of else "", column.get("tag", ""))


def _form(column: etree._Element) -> IdentityForm | None:
    said = column.get
    if not said("key"):
        return None
    return IdentityForm(said("key"), said("m", ""), said("g", ""), said("s", ""), said("p", ""), bool(said("change")), bool(said("by")))


def _read(kind: str, text: str, first_day: int) -> tuple[Decimal | date | None, str]:
    """The value of a cell that is a number or a date, and what the cell shows to those who read the sheet."""
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
