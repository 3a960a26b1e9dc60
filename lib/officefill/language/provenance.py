"""The origin of each value of a paper: the record that a traced filling keeps, and the part of the file that carries it.

A tag that shows one value (`{{ npl_ratio|percent }}`, not a comparison) leaves a `Shown`: the path of the value from the context, the
value itself and the text printed. In Word a bookmark `_pl_N` stands round the run that prints it; Word, WPS and LibreOffice keep
bookmarks through an edit, print nothing for them, and every reader of the text sees the text (content controls hide theirs from
python-docx). In Excel the cell's name says where it is. The caller writes the record, as one custom XML part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from lxml import etree

from officefill.language.names import ITEM
from officefill.language.program import Key
from officefill.language.regions import Region
from officefill.ooxml.namespaces import remove_where, w
from officefill.ooxml.package import TYPES, Package, part_bytes, relationships_name
from officefill.settings import Settings

BOOKMARK = "_pl_"
"""Names of the bookmarks round figures begin so; the leading _ hides them in Word's lists."""
KEPT = "_pk_"
"""Names of the bookmarks round regions for people begin so."""
FIGURES = frozenset((int, Decimal, date, type(None)))
"""Types of values that are figures; other texts are words."""

_ITEM_ID = "{6F1C2C3E-5B0B-4D59-9A5D-7A1C3E0B5F01}"
_PROPS_TYPE = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_ITEM = re.compile(r"customXml/item\d+\.xml")
_OWN_BOOKMARK = re.compile(f"{BOOKMARK}|{KEPT}")


def exact(value: int | Decimal | date | None) -> str:
    """Return the text of a figure with all its digits and no exponent; blank where it is undefined."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else format(Decimal(value) if value else abs(Decimal(value)), "f")


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure as a paper shows it. `path` leads to it from the context, positions of list items included; `part` is a Word part or
    the name of a sheet, `cell` the cell there; `number` is that of the bookmark."""

    number: int
    path: tuple[Key, ...]
    value: int | Decimal | date | None
    text: str
    written: str
    part: str
    cell: str = ""


@dataclass(frozen=True, eq=False)
class RowForm:
    """The common part of cells side by side in every row they are in: the sheet, their columns, their tags, and the paths to their values
    with the loops that the items on the way are of; None for a cell that shows no one value. `first_day` is day 0 of the workbook."""

    part: str
    columns: tuple[str, ...]
    paths: tuple[tuple[tuple[str, ...], tuple[int, ...]] | None, ...]
    tags: tuple[str, ...]
    first_day: int


KINDS = {str: "t", int: "n", Decimal: "n", date: "d"}
"""Kinds of values that a row may hold, one letter each."""


class ShownRow(NamedTuple):
    """Such cells of one row: a record for each would cost more than the cells do. `at` are the turns of the loops, `kinds` the letters."""

    form: RowForm
    row: str
    at: tuple[int, ...]
    kinds: str
    values: list[Any]

    def figures(self) -> Iterator[Shown]:
        """Yield the figures in it."""
        form = self.form
        for value, path, column, tag in zip(self.values, form.paths, form.columns, form.tags, strict=True):
            if path and type(value) in FIGURES:
                turns = iter(path[1])
                steps = tuple(self.at[next(turns)] if step == ITEM else step for step in path[0])
                yield Shown(0, steps, value, exact(value), tag, form.part, f"{column}{self.row}")


@dataclass(frozen=True)
class Traced:
    """The results of a traced filling: its figures, those of `rows` and others, its regions for people, and the filled parts, by name
    or by sheet, without the cells of `rows`."""

    others: list[Shown]
    regions: list[Region]
    parts: Mapping[str, bytes]
    rows: list[ShownRow] = field(default_factory=list)

    @property
    def shown(self) -> list[Shown]:
        """Every figure, those of rows first."""
        return [*(figure for row in self.rows for figure in row.figures()), *self.others]


Seal = Callable[[Traced], bytes]
"""A function that makes the record's XML from the results of a filling."""


def settle_record(package: Package, settings: Settings) -> str:
    """Make room for the record beside the main part; return its name. An earlier paper's record and bookmarks go."""
    main = package.main
    _forget(package, main, settings.namespace)
    taken = {name.replace("Props", "") for name in package.parts if name.startswith("customXml/")}
    number = next(number for number in range(1, len(taken) + 2) if f"customXml/item{number}.xml" not in taken)
    item, props = f"customXml/item{number}.xml", f"customXml/itemProps{number}.xml"
    package.parts[item] = b""
    package.parts[props] = part_bytes(
        f'<ds:datastoreItem ds:itemID="{_ITEM_ID}" xmlns:ds="{_OFFICE}/customXml">'
        f'<ds:schemaRefs><ds:schemaRef ds:uri="{settings.namespace}"/></ds:schemaRefs></ds:datastoreItem>'
    )
    package.add_arrow(item, "rId1", f"{_OFFICE}/relationships/customXmlProps", f"itemProps{number}.xml")
    package.declare("application/xml", extension="xml")
    package.declare(_PROPS_TYPE, part=props)
    package.add_arrow(main, f"{settings.application}-record", f"{_OFFICE}/relationships/customXml", f"../{item}")
    return item


def record_part(package: Package, namespace: str) -> str | None:
    """Return the name of the part that carries the record; None where the file has none."""
    items = (name for name, data in package.parts.items() if _ITEM.fullmatch(name) and namespace.encode() in data)
    return next((name for name in items if package.tree(name).tag == f"{{{namespace}}}paper"), None)


def _forget(package: Package, main: str, namespace: str) -> None:
    """Take the record and the bookmarks of an earlier paper out of a template that was drawn from one."""
    record = record_part(package, namespace)
    if record:
        pointing = {arrow.id for arrow in package.relationships(main) if arrow.target == record}
        remove_where(package.arrows(main), "Id", pointing)
        for props in package.related("customXmlProps", record):
            del package.parts[props]
            remove_where(package.tree(TYPES), "PartName", {f"/{props}"})
        del package.parts[record]
        package.parts.pop(relationships_name(record), None)
    for name in package.parts:
        if name.startswith("word/") and name.endswith(".xml"):
            forget_bookmarks(package.tree(name))


def forget_bookmarks(root: etree._Element) -> None:
    """Take the bookmarks of an earlier paper out of a Word part."""
    own = {node.get(w("id")) for node in root.iter(w("bookmarkStart")) if _OWN_BOOKMARK.match(node.get(w("name"), ""))}
    for node in list(root.iter(w("bookmarkStart"), w("bookmarkEnd"))) if own else ():
        if node.get(w("id")) in own:
            node.getparent().remove(node)
