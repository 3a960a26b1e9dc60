"""The papers of a document: the units that get one, and their paths below the period's folder."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from postloan.errors import BadCommand, did_you_mean
from postloan.figures.book import Book
from postloan.file import distinct_names
from postloan.language import tr
from postloan.papers import notice_register, notices
from postloan.papers.context import Context
from postloan.papers.document import Document, document
from postloan.papers.lists import maturities_unknown
from postloan.papers.notices_before import reply_by
from postloan.papers.signing import UNSIGNED, Signing
from postloan.papers.withdrawals import TEMPLATE as WITHDRAWAL
from postloan.papers.withdrawals import Withdrawal, path_of, withdrawals
from postloan.period import Period, period_cn

WHOLE_BANK = "全行"
_COUNTED = re.compile(r"_\d+$")
"""The end of the name of a notice that replaces another."""


class PaperToMake(NamedTuple):
    """A paper that is to be made for a unit (the bank where blank): its path without suffix, and the files it is made from."""

    unit: str
    stem: str
    files: list[str]
    withdraws: Withdrawal | None = None


@dataclass(frozen=True)
class NoticesToSend:
    """The notices of a document: the paths of its papers without suffix by unit, the items of each, and their entries in the register.

    A unit without items has a paper that went out already and stands. `withdrawn` are the papers by unit that withdraw notices.
    """

    kind: Document
    stems: dict[str, str]
    items: dict[str, list[notices.Item]]
    told: list[notice_register.Entry]
    withdrawn: dict[str, Withdrawal] = field(default_factory=dict)

    @property
    def entries(self) -> list[notice_register.Entry]:
        """The entries of all papers that are to be made."""
        return [*self.told, *(entry for one in self.withdrawn.values() if not one.made for entry in one.entries)]

    def to_make(self) -> list[PaperToMake]:
        """Return the papers that are to be made."""
        told = [PaperToMake(unit, self.stems[unit], self.kind.templates) for unit in self.items]
        withdrawing = [PaperToMake(unit, one.stem, [WITHDRAWAL], one) for unit, one in self.withdrawn.items() if not one.made]
        return [*told, *withdrawing]

    def paths(self) -> list[str]:
        """Return the paths of all papers, those that went out already among them."""
        told = [f"{stem}{Path(file).suffix}" for stem in self.stems.values() for file in self.kind.templates]
        return [*told, *map(path_of, self.withdrawn.values())]

    @cached_property
    def _entries(self) -> dict[str, notice_register.Entry]:
        return {entry.key: entry for entry in self.told}

    def says(self, paper: PaperToMake, book: Book, day: date) -> Context:
        """Return the values that a paper may say beside the context of every paper."""
        if paper.withdraws:
            return paper.withdraws.says(self.kind.title)
        said = [
            {
                "key": item.key,
                **item.says,
                "notice_no": self._entries[notices.key(self.kind, item)].number,
                "replaces": self._entries[notices.key(self.kind, item)].replaces,
                "reply_by": reply_by(book.policy, book.calendar, book.period, day, item.due_on),
                "is_due": item.due_on <= day,
            }
            for item in self.items[paper.unit]
        ]
        return {
            "notices": said,
            "notice_no": said[0]["notice_no"],
            "replaces": "、".join(dict.fromkeys(item["replaces"] for item in said if item["replaces"])),
            "reply_by": min(item["reply_by"] for item in said),
            "next_month": period_cn(Period.parse_day(book.period.as_of + timedelta(days=1))),
            "due": _due(said),
            "maturities_unknown": maturities_unknown(book),
        }


def to_send(
    book: Book, name: str, units: Iterable[str] = (), signing: Signing = UNSIGNED, register: notice_register.Register | None = None
) -> NoticesToSend:
    """Return the notices for the units named (all, where none is): those that went out by `register`, and those that are to be sent now."""
    kind, day, register = document(name), signing.day(book.period), register or {}
    told = notices.to_tell(book, kind, day, register)
    before = [unit for unit in book.unit_names if unit not in told] if register else []
    wanted = _known_units(book, units, [*told, *before])
    told = {unit: items for unit, items in told.items() if unit in wanted}
    stems = _stems(book, kind, [*told, *(unit for unit in before if unit in wanted)])
    asked = notices.Asked(kind, book, day)
    sent = notices.sending(register, told, stems, asked)
    return NoticesToSend(kind, *sent, withdrawals(register, stems, sent, asked))


def _due(said: list[dict[str, Any]]) -> Context:
    """The number of loans and acceptances in notices, and the amount outstanding of each, in yuan."""
    counted: Context = {}
    for kind, name in (("loan", "loans"), ("acceptance", "acceptances")):
        of = [one["outstanding"] for one in said if one.get("kind") == kind]
        counted |= {name: len(of), f"{name}_outstanding": sum(of, Decimal(0))}
    return counted


def paper_paths(book: Book, name: str, units: Iterable[str] = (), out: str | Path = "") -> list[str]:
    """Return the path of each paper below the period's folder; a unit without anything new to the register in `out` gets no notice."""
    kind = document(name)
    if kind.tells:
        register = notice_register.as_filed(notice_register.read_register(Path(out)), Path(out), book.period.name) if out else {}
        return to_send(book, name, units, UNSIGNED, register).paths()
    return [f"{stem}{Path(file).suffix}" for stem in paper_stems(book, kind, units).values() for file in kind.templates]


def check_units(book: Book, names: Iterable[str], units: Iterable[str], out: str | Path) -> None:
    """Raise `BadCommand` for a unit that nobody knows among those named for the documents."""
    for name in names:
        paper_paths(book, name, units, out)


def without_papers(book: Book, name: str, units: Iterable[str], paths: Iterable[str]) -> list[str]:
    """Return the names of the units requested to which a document that sends notices has nothing to send."""
    kind = document(name)
    if not kind.tells:
        return []
    stems = _stems(book, kind, _known_units(book, units, book.units()))
    made = {path.rpartition(".")[0] for path in paths}
    made |= {_COUNTED.sub("", stem) for stem in made}
    return [book.unit_names.get(unit, unit) for unit, stem in stems.items() if stem not in made]


def paper_stems(book: Book, kind: Document, units: Sequence[str] = ()) -> dict[str, str]:
    """Return the path of each paper without its suffix by unit; the bank is the blank unit.

    Named `units` narrow a document that is made by unit to them, 全行 among them to the bank's own; a document for the whole bank does
    not ask.
    """
    if "unit" not in kind.per:
        return {"": kind.name}
    stems = _stems(book, kind, _known_units(book, units, book.units()))
    if kind.over:
        there = {str(row["unit_id"]) for row in book.rows(kind.over, "unit_id")}
        stems = {unit: stem for unit, stem in stems.items() if unit in there}
    if "bank" not in kind.per or (units and WHOLE_BANK not in units) or (kind.over and not stems):
        return stems
    return {"": kind.bank_paper or f"{kind.name}/{WHOLE_BANK}", **stems}


def _known_units(book: Book, units: Iterable[str], all_of_them: Iterable[str]) -> list[str]:
    """The named units, by id or by a name that no other unit has, or `all_of_them` where none is named; 全行 names none. Raises `BadCommand` for one nobody knows."""
    known = sorted({*book.units(), *all_of_them})
    ids: dict[str, list[str]] = {}
    for unit in known:
        ids.setdefault(book.unit_names.get(unit, unit), []).append(unit)
    named = [unit if unit in known else ids[unit][0] if len(ids.get(unit, ())) == 1 else unit for unit in units]
    if unknown := [unit for unit in named if unit not in known and unit != WHOLE_BANK]:
        raise BadCommand(
            tr("no customer in scope and no finding belongs to unit '{unit}'", unit="', '".join(unknown)),
            do=did_you_mean(unknown[0], known),
        )
    return [unit for unit in named if unit != WHOLE_BANK] if named else list(all_of_them)


def _stems(book: Book, kind: Document, units: Collection[str]) -> dict[str, str]:
    # Over all units, so that a unit's name does not depend on who else was asked for.
    names = distinct_names({unit: f"{unit}_{book.unit_names.get(unit, unit)}" for unit in sorted({*book.units(), *units})})
    return {unit: f"{kind.name}/{names[unit]}" for unit in units}
