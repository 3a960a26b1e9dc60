"""The Excel template of a document: the workbook that people drew, with the sheets of the ledgers that stand in the paper.

A ledger's sheet is drawn from its description, unless people drew one: a workbook called as the ledger in the document's folder, among
the templates, or beside the ledger's file (there `book.xlsx` will do if it is the only ledger), or a sheet of that name in the document's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from officefill.excel.sheet_import import import_sheets, remove_sheets
from officefill.language.expressions import PlainEnvironment
from officefill.language.tags import find_tags
from officefill.ooxml.package import Package, package_bytes, read_file, read_package

from postloan.errors import BadLedger, BadPolicy, Fault
from postloan.language import tr
from postloan.papers.document import Document, Placed, document, templates_folder
from postloan.papers.fields.field_check import FieldChecker
from postloan.papers.fields.fields import all_fields
from postloan.papers.ledgers import Ledger, all_ledgers, ledgers_of
from postloan.papers.ledgers.sheet import drawn
from postloan.papers.table_filters import TEMPLATE_FILTERS
from postloan.papers.theme_columns import without_columns

BOOK = ".xlsx"
_MOST_KEPT = 64


def ledgers_named(kind: Document, on: Iterable[str]) -> list[Ledger]:
    """Return the ledgers that the document lists, in its order, whose themes are on. A name that no theme has any more is passed over."""
    known = ledgers_of(frozenset(on))
    if kind.ledgers is None:
        return [ledger for ledger in known.values() if not ledger.by_name]
    return [known[name] for name in kind.ledgers if name in known]


def template_bytes(kind: Document, file: str, ledgers: Iterable[str], on: Collection[str]) -> bytes:
    """Return the template `file` of a document, without what is drawn of themes that are not `on`; a workbook with the sheets of `ledgers`."""
    return without_columns(kind.folder / file, _with_sheets(kind, file, tuple(ledgers), on), frozenset(on))


def _with_sheets(kind: Document, file: str, ledgers: tuple[str, ...], on: Collection[str]) -> bytes:
    path, gone = kind.folder / file, tuple(sheet for sheet, theme in kind.sheets.items() if theme not in on)
    if not file.endswith(BOOK) or not (ledgers or gone):
        return read_file(path)
    own = {name: found for name in ledgers if (found := own_workbook(kind, all_ledgers()[name]))}
    stamps = tuple((found, found.stat().st_mtime_ns) for found in own.values())
    return _composed(path, read_file(path) if path.is_file() else b"", ledgers, gone, (kind.name, *stamps))


def own_workbook(kind: Document, ledger: Ledger) -> Path | None:
    """Return the workbook that people drew for a ledger; None where there is none."""
    beside, name = ledger.path.parent, f"{ledger.name}{BOOK}"
    found = [kind.folder / name, templates_folder() / name, beside / name]
    if len(list(beside.glob("*.yaml"))) == 1:
        found.append(beside / f"book{BOOK}")
    return next((path for path in found if path.is_file()), None)


@lru_cache(_MOST_KEPT)
def _composed(path: Path, data: bytes, ledgers: tuple[str, ...], gone: tuple[str, ...], marks: tuple[Any, ...]) -> bytes:
    """Make the workbook; `marks` are the name of its document, and what tells one drawing of people's own workbooks from the next."""
    kind = document(marks[0])
    book = read_package(path, data) if data else None
    if book and gone:
        remove_sheets(book, gone)
    for name in ledgers:
        ledger, placed = all_ledgers()[name], (kind.ledgers or {}).get(name, Placed())
        own = own_workbook(kind, ledger)
        if not own:
            _check_words(ledger, kind.name)
        sheets = read_package(own, read_file(own)) if own else read_package(path, drawn(ledger, placed.title or ledger.title))
        if book is None:
            book = sheets
        else:
            _put(book, sheets, placed.before, f"{kind.name}/document.yaml: ledgers: {name}")
    assert book is not None
    return package_bytes(book)


def _check_words(ledger: Ledger, kind: str) -> None:
    """Raise `BadLedger` where the note or remark of a ledger says what the templates of the document may not say."""
    for key in ("note", "remark"):
        where, found = f"{ledger.place}: {key}", list[Fault]()
        tags = list(find_tags(PlainEnvironment(TEMPLATE_FILTERS), getattr(ledger, key), where, found))
        for fault in (*found, *FieldChecker(all_fields(kind)).read((tag, False) for tag in tags)):
            raise BadLedger(fault.what, where, fault.do)


def _put(book: Package, sheets: Package, before: str, where: str) -> None:
    try:
        import_sheets(book, sheets, before)
    except KeyError:
        raise BadPolicy(tr("the workbook has no sheet '{name}'", name=before), f"{where}: before") from None
