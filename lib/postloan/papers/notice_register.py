"""The register of notices: one CSV file in the output folder for all periods, one row a notice and item. What stands in it as made never changes.

Numbers run without gaps for each document and year. A paper is numbered before it is made: the register is filed first with the new rows not
yet `made`, then the papers, then the register again. After a crash in between, the next run of whatever period takes those rows
over with their numbers. So nothing is lost, and no two papers share a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

from postloan.errors import CannotFile
from postloan.file import csv_bytes, lock, put, sweep
from postloan.language import tr
from postloan.papers.document import REGISTER, Document

MADE = "已成文"
WITHDRAWN = "撤销"
"""The content of an item by whose entry a notice is withdrawn."""
PATIENCE = 600.0
"""Seconds to wait for another run that is at work on notices of another period."""
_NUMBER = re.compile(r"(?P<mark>.+)〔(?P<year>\d{4})〕(?P<count>\d+)号")


@dataclass(frozen=True)
class Entry:
    """One row of the register: one notice and item. Only `number`, `key`, `file`, `made`, `replaces` and `content` are read again, and none
    of them is a text that Excel turns into a number or a date; the rest is for people. `file` begins with the period that told it;
    `replaces` is the number of the notice that told the item before its data changed."""

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
    replaces: str = ""
    content: str = ""

    @property
    def period(self) -> str:
        """The period whose run told it, or was about to."""
        return self.file.partition("/")[0]


Register = Mapping[tuple[str, str], Entry]
"""Every entry by its key and number, in the order in which numbers were given."""
ADDED_LATER = ("replaces", "content")
"""Columns that a register of version 0.1 has not."""


def newest_entries(register: Register) -> dict[str, Entry]:
    """Return the entry of each item that no other replaces: the one with the highest number."""
    return {entry.key: entry for entry in sorted(register.values(), key=place_of)}


def papers_of_unit(register: Register, stem: str, suffix: str) -> dict[int, list[Entry]]:
    """Return the entries of the papers of one unit in one period by their count: `002.docx`, then `002_2.docx`, each after the one before."""
    name = re.compile(rf"{re.escape(stem)}(?:_(\d+))?{re.escape(suffix)}")
    found: dict[int, list[Entry]] = {}
    for entry in register.values():
        if fits := name.fullmatch(entry.file):
            found.setdefault(int(fits[1] or 1), []).append(entry)
    return found


def place_of(entry: Entry) -> tuple[int, int]:
    found = _NUMBER.fullmatch(entry.number)
    return (int(found["year"]), int(found["count"])) if found else (0, 0)


def highest_counts(register: Register, mark: str) -> dict[int, int]:
    """The highest number given under `mark` in each year."""
    highest: dict[int, int] = {}
    for entry in register.values():
        found = _NUMBER.fullmatch(entry.number)
        if found and found["mark"] == mark:
            highest[int(found["year"])] = max(highest.get(int(found["year"]), 0), int(found["count"]))
    return highest


def next_number(counts: dict[int, int], mark: str, year: int) -> str:
    counts[year] = counts.get(year, 0) + 1
    return f"{mark}〔{year}〕{counts[year]}号"


def read_register(out: Path) -> Register:
    """The register of the output folder; empty where there is none yet. Raises `CannotFile` where it cannot be understood."""
    path = out / REGISTER
    if not path.exists():
        return {}
    try:
        reader = csv.DictReader(io.StringIO(register_text(path.read_bytes()), newline=""), strict=True)
        there, names = reader.fieldnames or (), [column.name for column in fields(Entry)]
        if lacking := [name for name in names if name not in there and name not in ADDED_LATER]:
            raise KeyError(", ".join(lacking))
        rows = list(reader)
        entries = [Entry(**{name: row.get(name) or "" for name in names}) for row in rows]
        damaged = [entry.number for entry in entries if not _NUMBER.fullmatch(entry.number) or "/" not in entry.file or not entry.key]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as fault:
        raise _unreadable(path, str(fault)) from fault
    register = {(entry.key, entry.number): entry for entry in entries}
    if damaged or len(register) < len(entries):
        raise _unreadable(path, tr("a number or key is damaged or stands there twice: {what}", what=", ".join(damaged[:5]) or "key"))
    return register


def register_text(content: bytes) -> str:
    """Return the text of a register, also where Excel has saved it in the code page of a Chinese Windows."""
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
def entered(out: Path, register: Register, entries: Sequence[Entry], draft: bool = False) -> Iterator[None]:
    """Enter what a run tells: as numbered before the block, which files the papers, and as made after it, unless they are a `draft`.

    A number once filed is never given to anything else, whatever happens in the block; what an earlier run has made stays made.
    Drafts do not go out: the next run takes their numbers over.
    """
    if entries:
        earlier = {place: entry.made for place, entry in register.items()}
        _file(out, register, [replace(entry, made=earlier.get((entry.key, entry.number), "")) for entry in entries])
    yield
    if entries and not draft:
        _file(out, register, [replace(entry, made=MADE) for entry in entries])


def _file(out: Path, register: Register, entries: Iterable[Entry]) -> None:
    columns = [column.name for column in fields(Entry)]
    # An item whose number was given for a paper that was not made moves to the paper that is made for it now.
    moved = {place for place, entry in register.items() if not entry.made and place[0] in {entry.key for entry in entries}}
    kept = {place: entry for place, entry in register.items() if place not in moved}
    merged = {**kept, **{(entry.key, entry.number): entry for entry in entries}}
    # Two documents of one run may be made in either order; the register is the same.
    ordered = sorted(merged.values(), key=lambda entry: (entry.period, entry.document))
    rows = [[getattr(entry, column) for column in columns] for entry in ordered]
    put(out / REGISTER, csv_bytes(columns, rows))


def as_filed(register: Register, out: Path, period: str) -> Register:
    """Return the register as the folder bears it out: an entry of the period whose paper is not there any more is not made."""
    return {
        place: replace(entry, made="") if entry.period == period and not (out / entry.file).is_file() else entry
        for place, entry in register.items()
    }


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
