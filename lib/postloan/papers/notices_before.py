"""The register of notices, as items that the figures of later periods rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from postloan.data.intake.moments import day_and_time
from postloan.figures.notices_sent import NoticeItem
from postloan.papers.document import Document, all_documents
from postloan.papers.notice_register import WITHDRAWN, Entry, Register, place_of
from postloan.period import Period
from postloan.policy import Policy
from postloan.workdays import Calendar


def reply_by(policy: Policy, calendar: Calendar, period: Period, day: date, due_on: date) -> date:
    """Return the working day by which a unit replies to a paper of `day`: before the item falls due, where that is to come; never before the paper."""
    asked = calendar.near(day + timedelta(days=int(policy.limit("notice_reply_days", period.as_of))), later=True)
    if due_on <= day:
        return asked
    return max(day, min(asked, calendar.near(due_on - timedelta(days=1), later=False)))


def notices_sent(register: Register, policy: Policy, calendar: Calendar) -> list[NoticeItem]:
    """Return every item that a notice of the register has told, in the order of their numbers."""
    made = sorted((entry for entry in register.values() if entry.made), key=place_of)
    items, replaced_on = {}, _replaced_on(made)
    for (document, _), entries in groupby(made, key=lambda entry: (entry.key.partition("|")[0], entry.number)):
        kind = all_documents().get(document)
        for entry, item in _items(kind, list(entries), policy, calendar) if kind else ():
            items[entry.key, entry.number] = item
    return [replace(item, replaced_on=replaced_on.get(place)) for place, item in items.items()]


def rows_to_reply(register: Register, answered: Iterable[Mapping[str, Any]]) -> Iterator[tuple[dict[str, str], str]]:
    """Yield an empty reply for each loan and acceptance that a notice in force has told and that is not among those `answered`, and what it is."""
    taken = {(row["number"], row["business_id"]) for row in answered}
    made = sorted((entry for entry in register.values() if entry.made), key=place_of)
    replaced = _replaced_on(made)
    for entry in (entry for entry in made if entry.content != WITHDRAWN):
        kind = all_documents().get(entry.key.partition("|")[0])
        (what, business), _ = _about(kind, entry) if kind else (("", ""), None)
        if what in _FALLING_DUE and (entry.key, entry.number) not in replaced and (entry.number, business) not in taken:
            yield {"number": entry.number, "business_id": business}, f"{entry.unit} {entry.customer} {entry.about} {entry.due_on}"


def _items(kind: Document, entries: list[Entry], policy: Policy, calendar: Calendar) -> Iterator[tuple[Entry, NoticeItem]]:
    """Yield the items of one notice; one number of a unit has one day for replies."""
    found = []
    for entry in entries:
        about, due_on = _about(kind, entry)
        prepared = day_and_time(entry.prepared_on)
        if entry.content == WITHDRAWN or due_on is None or prepared is None:
            continue
        period, day = Period.parse(entry.period), prepared.date()
        wanted = reply_by(policy, calendar, period, day, due_on) if about[0] in _FALLING_DUE else due_on
        whose = (entry.unit.partition(" ")[0], entry.customer.partition(" ")[0])
        found.append((entry, NoticeItem(kind.name, kind.title, *about, due_on, *whose, entry.number, day, wanted, period.as_of)))
    earliest = min((item.reply_by for _, item in found), default=None)
    for entry, item in found:
        yield entry, replace(item, reply_by=earliest) if kind.numbered == "unit" and earliest else item


_FALLING_DUE = ("loan", "acceptance")


def _about(kind: Document, entry: Entry) -> tuple[tuple[str, str], date | None]:
    """Return the kind and id of what an entry tells, and the day on which it falls due."""
    rest = entry.key.partition("|")[2]
    what, _, business = rest.partition("|")
    if what in _FALLING_DUE:
        business, _, due = business.rpartition("|")
        return (what, business), date.fromisoformat(due)
    due_on = day_and_time(entry.due_on)
    return (kind.tells, rest), due_on.date() if due_on else None


def _replaced_on(made: list[Entry]) -> dict[tuple[str, str], date]:
    """Return the day of the first later notice that tells the same item, or that replaces the whole notice."""
    of_item, of_number, found = dict[str, date](), dict[str, date](), dict[tuple[str, str], date]()
    for entry in reversed(made):
        days = [day for day in (of_item.get(entry.key), of_number.get(entry.number)) if day]
        if days:
            found[entry.key, entry.number] = min(days)
        if prepared := day_and_time(entry.prepared_on):
            of_item[entry.key] = prepared.date()
            of_number |= dict.fromkeys(filter(None, entry.replaces.split("、")), prepared.date())
    return found
