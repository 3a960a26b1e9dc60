"""Notices: what a document tells a unit once, and the register of everything told, so that nothing is sent twice.

A document whose `document.yaml` names what it `tells` (a ledger's flag, `maturities.notice_now`, or a key of `SOURCES`) is made of *items*: a loan that falls due, a finding. Each item
has a key; the register, one CSV file in the output folder for all periods, has one row for each item told, with the number (发文字号) of the paper
that tells it. An item that a paper of another period has told is left out; in a new run of the same period it comes again, with its number.

Numbers run without gaps for each document and year. A paper is numbered before it is made: the register is filed first with the new rows not
yet `made`, then the papers, then the register again. After a crash in between, the next run of whatever period takes those rows
over with their numbers. So nothing is lost, and no two papers share a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from postloan.errors import BadPolicy, CannotFile, did_you_mean
from postloan.figures.book import Book
from postloan.file import csv_bytes, lock, put, sweep
from postloan.language import tr
from postloan.papers.checklist import findings_said
from postloan.papers.document import REGISTER, Document
from postloan.papers.ledgers import Ledger, all_ledgers
from postloan.papers.ledgers.rows import ledger_rows

MADE = "已成文"
PATIENCE = 600.0
"""Seconds to wait for another run that is at work on notices of another period."""
_NUMBER = re.compile(r"(?P<mark>.+)〔(?P<year>\d{4})〕(?P<count>\d+)号")


@dataclass(frozen=True)
class Item:
    """One thing to tell a unit. `says` is what templates may say of it; `about` names it in the register."""

    key: str
    unit_id: str
    customer: str
    about: str
    due_on: date
    says: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One row of the register. Only `number`, `key`, `file` and `made` are read again, and none of them is a text that Excel turns
    into a number or a date; the rest is for people. `file` begins with the period that told it."""

    number: str
    document: str
    unit: str
    customer: str
    about: str
    due_on: str
    prepared_on: str
    file: str
    made: str
    key: str

    @property
    def period(self) -> str:
        """The period whose run told it, or was about to."""
        return self.file.partition("/")[0]


Register = dict[str, Entry]
"""Every entry by its key, in the order in which numbers were given."""


# What there is to tell


def _maturities(book: Book, ledger: Ledger, flag: str) -> Iterator[Item]:
    """Yield each business that falls due whose `flag` is true in the ledger; an extension sets a new date, which is told anew."""
    for row in ledger_rows(book, ledger):
        if row[flag]:
            key = f"{row['kind']}|{row['business_id']}|{row['due_on'].isoformat()}"
            customer, says = f"{row['customer_id']} {row['customer']}", {name: value for name, value in row.items() if name != "key"}
            yield Item(key, row["unit_id"], customer, f"{row['kind_cn']} {row['business_id']}", row["due_on"], says)


def _to_rectify(book: Book, day: date) -> Iterator[Item]:
    """Yield each finding of the period, waived ones too, which cost nothing and are put right all the same; it is named by its index number."""
    for said in findings_said(book, book.findings_made, day):
        customer = f"{said['customer_id']} {said['customer']}".strip()
        yield Item(f"{book.period}|{said['key']}", said["unit_id"], customer, f"{said['index_no']} {said['item']}", said["due_on"], said)


SOURCES: dict[str, Callable[[Book, date], Iterator[Item]]] = {"findings_to_rectify": _to_rectify}
"""What documents may tell beside `LEDGER.FLAG`: by the name that `document.yaml` says, the items of one book for papers of one day."""


def _items(book: Book, kind: Document, day: date) -> Iterator[Item]:
    """Yield what the document has to tell; nothing for a ledger that no theme has any more. Raises `BadPolicy` for an unknown source or flag."""
    name, dot, flag = kind.tells.partition(".")
    if kind.tells in SOURCES:
        yield from SOURCES[kind.tells](book, day)
    elif dot and name not in all_ledgers():
        return
    elif not dot or flag not in (flags := [flag for flag, of in all_ledgers()[name].row().items() if of.type == "flag"]):
        known = [*SOURCES, *(f"{name}.{flag}" for flag in (flags if dot else ()))]
        raise BadPolicy(tr("no notice can tell '{name}'", name=kind.tells), f"{kind.name}/document.yaml", did_you_mean(kind.tells, known))
    else:
        yield from _maturities(book, all_ledgers()[name], flag)


def to_tell(book: Book, kind: Document, day: date, register: Mapping[str, Entry]) -> dict[str, list[Item]]:
    """By unit, in order: the items of the document that no paper of another period has told."""
    told: dict[str, list[Item]] = {}
    for item in _items(book, kind, day):
        entry = register.get(key(kind, item))
        if entry is None or not entry.made or entry.period == book.period.name:
            told.setdefault(item.unit_id, []).append(item)
    return told


def numbered(
    register: Mapping[str, Entry], kind: Document, told: Mapping[str, list[Item]], stems: Mapping[str, str], book: Book, day: date
) -> list[Entry]:
    """The entries of this run, not yet made, for every item of every unit in order.

    A number once given is kept. Where the document is `numbered` by unit, all items of a unit share one.
    """
    counts, of_papers = _counts(register, kind.mark), {entry.file: entry.number for entry in register.values()}
    entries = []
    for unit, items in told.items():
        file = f"{book.period}/{stems[unit]}{Path(kind.templates[0]).suffix}"
        shared = of_papers.get(file, "") if kind.numbered == "unit" else ""
        for item in items:
            held = register.get(key(kind, item))
            number = shared or (held.number if held else _next(counts, kind.mark, day.year))
            shared = number if kind.numbered == "unit" else ""
            entries.append(_entry(item, number, kind, file, book, day))
    return entries


def _entry(item: Item, number: str, kind: Document, file: str, book: Book, day: date) -> Entry:
    unit = f"{item.unit_id} {book.unit_names.get(item.unit_id, '')}".strip()
    return Entry(number, kind.title, unit, item.customer, item.about, item.due_on.isoformat(), day.isoformat(), file, "", key(kind, item))


def key(kind: Document, item: Item) -> str:
    """The key of the item's entry: what one document has told, another tells too."""
    return f"{kind.name}|{item.key}"


def _counts(register: Mapping[str, Entry], mark: str) -> dict[int, int]:
    """The highest number given under `mark` in each year."""
    highest: dict[int, int] = {}
    for entry in register.values():
        found = _NUMBER.fullmatch(entry.number)
        if found and found["mark"] == mark:
            highest[int(found["year"])] = max(highest.get(int(found["year"]), 0), int(found["count"]))
    return highest


def _next(counts: dict[int, int], mark: str, year: int) -> str:
    counts[year] = counts.get(year, 0) + 1
    return f"{mark}〔{year}〕{counts[year]}号"


# The register


def read_register(out: Path) -> Register:
    """The register of the output folder; empty where there is none yet. Raises `CannotFile` where it cannot be understood."""
    path = out / REGISTER
    if not path.exists():
        return {}
    try:
        reader = csv.DictReader(io.StringIO(_decoded(path.read_bytes()), newline=""), strict=True)
        if lacking := [column.name for column in fields(Entry) if column.name not in (reader.fieldnames or ())]:
            raise KeyError(", ".join(lacking))
        rows = list(reader)
        entries = [Entry(**{column.name: row[column.name] for column in fields(Entry)}) for row in rows]
        damaged = [entry.number for entry in entries if not _NUMBER.fullmatch(entry.number) or "/" not in entry.file or not entry.key]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as fault:
        raise _unreadable(path, str(fault)) from fault
    register = {entry.key: entry for entry in entries}
    if damaged or len(register) < len(entries):
        raise _unreadable(path, tr("a number or key is damaged or stands there twice: {what}", what=", ".join(damaged[:5]) or "key"))
    return register


def _decoded(content: bytes) -> str:
    """The text of the register, also where Excel has saved it in the code page of a Chinese Windows."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _unreadable(path: Path, why: str) -> CannotFile:
    return CannotFile(
        tr("the register of notices cannot be read ({why})", why=why),
        str(path),
        tr("put back a copy that can be read: without it notices would be sent twice"),
    )


@contextmanager
def entered(out: Path, register: Mapping[str, Entry], entries: Sequence[Entry]) -> Iterator[None]:
    """Enter what a run tells: as numbered before the block, which files the papers, and as made after it.

    A number once filed is never given to anything else, whatever happens in the block; what an earlier run has made stays made.
    """
    if entries:
        earlier = {entry.key: register[entry.key].made for entry in entries if entry.key in register}
        _file(out, register, [replace(entry, made=earlier.get(entry.key, "")) for entry in entries])
    yield
    if entries:
        _file(out, register, [replace(entry, made=MADE) for entry in entries])


def _file(out: Path, register: Mapping[str, Entry], entries: Iterable[Entry]) -> None:
    columns = [column.name for column in fields(Entry)]
    merged = {**register, **{entry.key: entry for entry in entries}}
    # Two documents of one run may be made in either order; the register is the same.
    ordered = sorted(merged.values(), key=lambda entry: (entry.period, entry.document))
    rows = [[getattr(entry, column) for column in columns] for entry in ordered]
    put(out / REGISTER, csv_bytes(columns, rows))


@contextmanager
def held_register(out: Path, kind: Document) -> Iterator[Register]:
    """The register, kept from other runs while the block runs; a document that tells nothing needs none."""
    if not kind.tells:
        yield {}
        return
    out.mkdir(parents=True, exist_ok=True)
    with lock(out, PATIENCE):
        sweep(out, below=False)
        yield read_register(out)
