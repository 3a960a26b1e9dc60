"""Notices: what a document tells a unit once, and the register of everything told, so that nothing is sent twice.

A document whose `document.yaml` names what it `tells` (a ledger's flag, `maturities.notice_now`, or a key of `SOURCES`) is made of *items*: a loan that falls due, a finding. Each item
has a key; the register, one CSV file in the output folder for all periods, has one row for each item told, with the number (发文字号) of the paper
that tells it. An item that a paper of another period has told is left out; in a new run of the same period it comes again, with its number.

The register (`notice_register.py`) freezes what went out: a change of the data is told by another paper with another number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from postloan.data.intake.moments import day_and_time
from postloan.errors import BadPolicy, did_you_mean
from postloan.figures.book import Book
from postloan.figures.finding import finding_keys
from postloan.language import tr
from postloan.papers.checklist import findings_said
from postloan.papers.document import Document, all_documents
from postloan.papers.ledgers import all_ledgers
from postloan.papers.ledgers.rows import ledger_rows
from postloan.papers.notice_register import (
    WITHDRAWN,
    Entry,
    Register,
    highest_counts,
    newest_entries,
    next_number,
    papers_of_unit,
    place_of,
)

NOT_TOLD = ("key", "responsible", "days_to_due")
"""Values of an item due that are no part of its content."""
FOUND = ("index_no", "fact", "evidence", "waived")
"""Values of a finding that are."""


@dataclass(frozen=True)
class Item:
    """One thing to tell a unit. `says` is what templates may say of it; `about` names it in the register."""

    key: str
    unit_id: str
    customer: str
    about: str
    due_on: date
    says: dict[str, Any]
    content: str = ""
    """The fingerprint of what is told: another means that the data have changed since."""


# What there is to tell


def _flagged(book: Book, kind: Document, day: date) -> Iterator[Item]:
    """Yield each row of the ledger whose flag is true. A business that falls due is told anew where an extension has set a new date."""
    name, _, flag = kind.tells.partition(".")
    for row in (row for row in ledger_rows(book, all_ledgers()[name]) if row[flag]):
        falls_due = "business_id" in row
        key = f"{row['kind']}|{row['business_id']}|{row['due_on'].isoformat()}" if falls_due else row["key"]
        customer = f"{row['customer_id'] or ''} {row['customer'] or ''}".strip()
        says = {name: value for name, value in row.items() if name != "key"}
        told = {name: value for name, value in row.items() if (name in kind.content if kind.content else name not in NOT_TOLD)}
        about = f"{row['kind_cn']} {row['business_id']}" if falls_due else row["key"]
        yield Item(key, row["unit_id"], customer, about, row["due_on"] or day, says, _fingerprint(told))


def _to_rectify(book: Book, day: date) -> Iterator[Item]:
    """Yield each finding of the period, waived ones too, which cost nothing and are put right all the same; it is named by its index number."""
    found = book.findings_made
    for finding, key, said in zip(found, finding_keys(found), findings_said(book, found, day), strict=True):
        customer = f"{said['customer_id']} {said['customer']}".strip()
        about, told = f"{said['index_no']} {said['item']}", {name: said[name] for name in FOUND}
        yield Item(f"{finding.period}|{key}", said["unit_id"], customer, about, said["due_on"], said, _fingerprint(told))


def days_set(register: Register, period: str) -> dict[tuple[str, str], date]:
    """Return the days by which notices that went out want findings of a period put right, by period and key of the finding; the newest notice counts."""
    kinds = [kind.name for kind in all_documents().values() if kind.tells in SOURCES]
    found = {}
    for entry in newest_entries(register).values():
        name, _, item = entry.key.partition("|")
        moment = day_and_time(entry.due_on) if entry.made and name in kinds and item.startswith(f"{period}|") else None
        if moment:
            found[period, item.partition("|")[2]] = moment.date()
    return found


def _fingerprint(told: Mapping[str, Any]) -> str:
    """Return a short text that is the same as long as what is told is; never one that Excel takes for a number."""
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
    return f"c{hashlib.sha256(plain.encode()).hexdigest()[:16]}"


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
        yield from _flagged(book, kind, day)


def to_tell(book: Book, kind: Document, day: date, register: Register) -> dict[str, list[Item]]:
    """By unit, in order: the items of the document that no paper of another period has told."""
    told: dict[str, list[Item]] = {}
    newest = newest_entries(register)
    for item in _items(book, kind, day):
        entry = newest.get(key(kind, item))
        if entry is None or not entry.made or entry.period == book.period.name:
            told.setdefault(item.unit_id, []).append(item)
    return told


class Asked(NamedTuple):
    """The document that a run makes, the book it is made of, and its day."""

    kind: Document
    book: Book
    day: date


class Sending(NamedTuple):
    """The papers of a run: their stems by unit, the items to be told now, and their entries. A unit without items has a paper that stands."""

    stems: dict[str, str]
    items: dict[str, list[Item]]
    entries: list[Entry]


def sending(register: Register, told: Mapping[str, list[Item]], stems: Mapping[str, str], asked: Asked) -> Sending:
    """Return what is to be sent beside what went out already, not yet made, for every unit in order.

    What went out stays as it is. A number once given is kept until its paper is made; an item that has changed since is told by another
    paper under another number, which replaces the old. Where the document is `numbered` by unit, all items of a unit share one.
    """
    kind, book, day = asked
    counts, sent = highest_counts(register, kind.mark), Sending({}, {}, [])
    for unit, items in told.items():
        papers = papers_of_unit(register, f"{book.period}/{stems[unit]}", kind.suffix)
        made = [number for number, entries in papers.items() if any(entry.made for entry in entries)]
        now = _changed(items, kind, [entry for number in made for entry in papers[number]])
        last = papers[max(made)][0] if made else None
        number = max(made) + 1 if last and now else max((n for n in made if papers[n][0].content != WITHDRAWN), default=1)
        sent.stems[unit] = stem_of(stems[unit], number)
        if now:
            sent.items[unit] = now
            before = last.number if last and last.content != WITHDRAWN else ""
            about = _About(kind, f"{book.period}/{sent.stems[unit]}{kind.suffix}", book, day, before)
            sent.entries.extend(_entries(now, papers.get(number, []), newest_entries(register), counts, about))
    return sent


def stem_of(stem: str, number: int) -> str:
    """Return the path without suffix of a unit's first paper, second …"""
    return stem if number == 1 else f"{stem}_{number}"


def _changed(items: list[Item], kind: Document, out: list[Entry]) -> list[Item]:
    """Return the items to be told now, beside those that went `out`: new and changed ones; where all share a number, all of them or none."""
    newest = newest_entries({(entry.key, entry.number): entry for entry in out})
    if kind.numbered == "unit":
        last = max(map(place_of, out), default=None)
        newest = {name: entry for name, entry in newest.items() if place_of(entry) == last}
    changed = [item for item in items if not (entry := newest.get(key(kind, item))) or entry.content not in ("", item.content)]
    if kind.numbered != "unit":
        return changed
    return items if changed or newest.keys() - {key(kind, item) for item in items} else []


class _About(NamedTuple):
    """Everything that the entries of one paper have in common."""

    kind: Document
    file: str
    book: Book
    day: date
    replaces: str = ""
    """Of a paper with one number: the number of the unit's paper before it."""


def _entries(
    items: list[Item], pending: list[Entry], newest: Mapping[str, Entry], counts: dict[int, int], about: _About
) -> Iterator[Entry]:
    """Yield the entries of one paper. A number given to a paper that was not made is used for it."""
    kind, by_unit = about.kind, about.kind.numbered == "unit"
    given = {entry.key: entry.number for entry in pending}
    shared = next(iter(given.values()), "") if by_unit else ""
    for item in items:
        held = newest.get(key(kind, item))
        free = held.number if held and not held.made else ""
        number = shared or given.get(key(kind, item)) or free or next_number(counts, kind.mark, about.day.year)
        shared = number if by_unit else ""
        replaced = held.number if held and held.made and held.number != number else held.replaces if held else ""
        replaced = "" if held and held.content == WITHDRAWN else replaced
        yield _entry(item, number, about.replaces or replaced if by_unit else replaced, about)


def _entry(item: Item, number: str, replaces: str, about: _About) -> Entry:
    unit = f"{item.unit_id} {about.book.unit_names.get(item.unit_id, '')}".strip()
    return Entry(
        *(number, about.kind.title, unit, item.customer, item.about, item.due_on.isoformat(), about.day.isoformat(), about.file, ""),
        *(key(about.kind, item), replaces, item.content),
    )


def key(kind: Document, item: Item) -> str:
    """The key of the item's entry: what one document has told, another tells too."""
    return f"{kind.name}|{item.key}"
