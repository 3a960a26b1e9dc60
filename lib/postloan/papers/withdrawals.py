"""Withdrawals: where data change so that nothing of a notice that went out is so any more, another notice withdraws it, once.

The old notice stays as it went out. The new one has a number of its own and names the old; in the register it has a line for each item, whose
content is `WITHDRAWN`. An item that comes back later is told again. Nothing is withdrawn about whom input was lost, or of what was not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from postloan.figures.book import Book
from postloan.papers.document import Document
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
from postloan.papers.notices import SOURCES, Asked, Sending, key, stem_of, to_tell

TEMPLATE = "withdrawal.docx"
"""The template of a withdrawal, in the folder of the document that sends the notices; a document without it withdraws nothing."""


class Withdrawal(NamedTuple):
    """The paper that withdraws notices of one unit: its path without suffix, its entries, and those that it withdraws.

    `made` is True of one that went out already.
    """

    stem: str
    entries: list[Entry]
    earlier: list[Entry]
    made: bool = False

    def says(self, title: str) -> dict[str, Any]:
        """Return the values that the paper may say beside the context of every paper."""
        numbers = list(dict.fromkeys(one.number for one in self.earlier))
        told = [
            {"key": one.key, "number": one.number if numbers[1:] else "", "about": one.about, "customer": one.customer.partition(" ")[2]}
            for one in self.earlier
        ]
        return {
            "notices": [],
            "notice_no": self.entries[0].number,
            "notice_title": title,
            "withdrawn": told,
            "withdrawn_numbers": "、".join(numbers),
        }


def withdrawals(register: Register, stems: Mapping[str, str], sent: Sending, asked: Asked) -> dict[str, Withdrawal]:
    """Return the withdrawals by unit beside what is `sent` now; where there is none to make, the last that went out."""
    kind, book, day = asked
    if not (kind.folder / TEMPLATE).is_file():
        return {}
    here = {key(kind, item) for items in to_tell(book, kind, day, {}).values() for item in items}
    numbered = {**register, **{(entry.key, entry.number): entry for entry in sent.entries}}
    counts, found = highest_counts(numbered, kind.mark), dict[str, Withdrawal]()
    for unit, stem in stems.items():
        papers = papers_of_unit(register, f"{book.period}/{stem}", kind.suffix)
        out = {number: entries for number, entries in papers.items() if any(entry.made for entry in entries)}
        vanished = list(_vanished(kind, here, [entry for entries in out.values() for entry in entries], book))
        if vanished:
            number = max(out) + 1 + (unit in sent.items)
            path, pending = stem_of(stem, number), [entry for entry in papers.get(number, []) if entry.content == WITHDRAWN]
            given = pending[0].number if pending else next_number(counts, kind.mark, day.year)
            found[unit] = Withdrawal(
                path, [_entry(entry, given, f"{book.period}/{path}{kind.suffix}", day) for entry in vanished], vanished
            )
        elif made := [number for number, entries in out.items() if entries[0].content == WITHDRAWN]:
            found[unit] = Withdrawal(stem_of(stem, max(made)), out[max(made)], [], made=True)
    return found


def _vanished(kind: Document, here: set[str], out: list[Entry], book: Book) -> Iterator[Entry]:
    """Yield the newest entries of what went `out` and is not `here` any more; where all share a number, all of them or none."""
    newest = newest_entries({(entry.key, entry.number): entry for entry in out})
    if kind.numbered == "unit" and newest:
        last = max(map(place_of, newest.values()))
        newest = {name: entry for name, entry in newest.items() if place_of(entry) == last}
        if newest.keys() & here:
            return
    vanished = [entry for name, entry in newest.items() if name not in here and entry.content != WITHDRAWN]
    sure = [entry for entry in vanished if _looked_at(kind, entry, book)]
    if kind.numbered != "unit" or len(sure) == len(vanished):
        yield from sure


def _looked_at(kind: Document, entry: Entry, book: Book) -> bool:
    """Tell if the data of this run were looked at for the item, and nothing about its customer or unit was lost on the way."""
    unit, customer = (text.partition(" ")[0] for text in (entry.unit, entry.customer))
    if any(u.customer_id == customer or u.unit_id == unit or u.customer_id is None and u.unit_id is None for u in book.clean.unread):
        return False
    first, second = entry.key.removeprefix(f"{kind.name}|").split("|")[:2]
    if kind.tells in SOURCES:
        return second.partition("/")[0] in {rule.name for rule in book.rules_ran}
    return first in book.tables


def _entry(entry: Entry, number: str, file: str, day: date) -> Entry:
    return replace(entry, number=number, prepared_on=day.isoformat(), file=file, made="", replaces=entry.number, content=WITHDRAWN)


def path_of(withdrawal: Withdrawal) -> str:
    """Return the path of the paper below the period's folder."""
    return f"{withdrawal.stem}{Path(TEMPLATE).suffix}"
