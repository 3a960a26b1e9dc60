"""Papers: one document's templates filled for the bank and for each unit it is made for, and where each paper goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from officefill import Properties
from officefill.ooxml.sandbox import SECONDS, Stopped, limited

from postloan.errors import BadCommand, BadTemplate, Fault, did_you_mean
from postloan.figures.book import Book
from postloan.file import distinct_names
from postloan.language import tr
from postloan.papers import lists as details
from postloan.papers import notices
from postloan.papers.context import Context, context, period_cn
from postloan.papers.document import Document, document
from postloan.papers.fields.fields import values_at, with_nothing_at
from postloan.papers.fields.template_tags import absent_names, template_faults
from postloan.papers.ledgers.workbook import template_bytes
from postloan.papers.on_demand import listed, with_asked
from postloan.papers.paper_template import paper_template
from postloan.papers.record.causes import causes_of
from postloan.papers.record.record_writer import RecordWriter
from postloan.papers.record.regeneration import KeptRegions
from postloan.papers.signing import UNSIGNED, Signing
from postloan.period import Period

WHOLE_BANK = "全行"


def nothing_kept(_path: str, _template: Path) -> KeptRegions:
    """For papers that are made anew."""
    return {}


class Filling(NamedTuple):
    """One paper to be filled: its template, where it goes below the period's folder, what it says, and what people typed into it."""

    template: Path
    data: bytes
    path: str
    context: Context
    properties: Properties
    seal: RecordWriter
    kept: KeptRegions


SECONDS_A_PAPER = 5
"""What each paper adds to the time its document may take; an ordinary one takes some hundredths."""


def papers(
    book: Book,
    name: str,
    units: Iterable[str] = (),
    signing: Signing = UNSIGNED,
    kept: Callable[[str, Path], KeptRegions] = nothing_kept,
    told: Told | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Each paper of the document called `name`: its path below the period's folder, and its bytes.

    `kept` gives what people typed into the regions of the paper that is at a path now, fit for papers of a template; `told` is what a
    document that tells something tells, where it has been worked out against the register.
    """
    kind = document(name)
    day = signing.day(book.period)
    if kind.tells and told is None:
        told = to_send(book, name, units, signing)
    sealed, made_from, fillings = without_database(book), causes_of(book), list[Filling]()
    for unit, stem in (told.stems if told else paper_stems(book, kind, units)).items():
        said = context(book, day, unit, signing.preparer, signing.reviewer)
        if told:
            said |= told.says(unit, book, day)
        said |= listed(kind, book, unit, said)
        drawn = {file: template_bytes(kind, file, tuple(said["ledgers"])) for file in kind.templates}
        named = [paper_template(kind.folder / file, trace=True, data=data).names for file, data in drawn.items()]
        said = with_asked(said, frozenset().union(*named), book, unit)
        for file, data in drawn.items():
            said = with_nothing_at(said, absent_names(kind.folder / file, data, name))
        if not fillings:
            see_that_it_fits(kind, said, drawn)
        for file, data in drawn.items():
            template, path = kind.folder / file, f"{stem}{Path(file).suffix}"
            seal = RecordWriter(sealed, name, template, unit, said, day, made_from, data)
            fillings.append(Filling(template, data, path, said, _properties(said, kind, day), seal, kept(path, template)))
    # One child for all of them: it costs some milliseconds, and a template that runs away ends there.
    try:
        yield from limited(fill, fillings, seconds=SECONDS + SECONDS_A_PAPER * len(fillings))
    except Stopped as stopped:
        fault = Fault(str(stopped), tr("filling in"), tr("look for loops within loops, and for very large texts or pictures"))
        raise BadTemplate(str(kind.folder), [fault]) from stopped


def fill(fillings: Iterable[Filling]) -> list[tuple[str, bytes]]:
    """Return the path and the bytes of each paper. Runs in a child process."""
    return [
        (one.path, paper_template(one.template, trace=True, data=one.data).render(one.context, one.properties, one.seal, one.kept))
        for one in fillings
    ]


def without_database(book: Book) -> Book:
    """The book as another process may have it: its database belongs to this one, and findings hold compiled sentences.

    What is not there is None and not empty, so that whoever reaches for it fails.
    """
    gone: Any = None
    results = replace(book.results, findings=gone, report_texts=None)
    return replace(book, clean=replace(book.clean, con=gone, _spill=None), results=results, earlier=gone)


def see_that_it_fits(kind: Document, said: Context, drawn: Mapping[str, bytes]) -> None:
    """Raises `BadTemplate` with every name and filter of the `drawn` templates that does not fit the document's fields.

    A name that the context has all the same is let pass: then it is the dictionary that lacks it, not the template that is wrong.
    """
    found = [fault for file, data in drawn.items() for fault in template_faults(kind.folder / file, data, kind.name)]
    faults = {str(m): m for m in found if not m.warning and not (m.path and values_at(said, m.path))}
    if faults:
        raise BadTemplate(str(kind.folder), faults.values())


@dataclass(frozen=True)
class Told:
    """What a document tells each unit that it tells something: the paths of the papers without suffix, the items, and their entries by key."""

    kind: Document
    stems: dict[str, str]
    items: dict[str, list[notices.Item]]
    entries: list[notices.Entry]

    @cached_property
    def _numbers(self) -> dict[str, str]:
        return {entry.key: entry.number for entry in self.entries}

    def says(self, unit: str, book: Book, day: date) -> Context:
        """What the paper of one unit may say beside the context of every paper."""
        reply_by = day + timedelta(days=int(book.policy.limit("notice_reply_days", book.period.as_of)))
        said = [
            {"key": item.key, **item.says, "notice_no": self._numbers[notices.key(self.kind, item)], "reply_by": reply_by}
            for item in self.items[unit]
        ]
        return {
            "notices": said,
            "notice_no": said[0]["notice_no"],
            "reply_by": reply_by,
            "next_month": period_cn(Period.parse_day(book.period.as_of + timedelta(days=1))),
            "due": _due(said),
            "maturities_unknown": details.maturities_unknown(book),
        }


def to_send(
    book: Book, name: str, units: Iterable[str] = (), signing: Signing = UNSIGNED, register: notices.Register | None = None
) -> Told:
    """What the document has to tell the units (all that have something, where none is named) that `register` does not say was told."""
    kind, day = document(name), signing.day(book.period)
    told = notices.to_tell(book, kind, day, register or {})
    wanted = _known_units(book, units, told)
    told = {unit: items for unit, items in told.items() if unit in wanted}
    stems = _stems(book, kind, told)
    return Told(kind, stems, told, notices.numbered(register or {}, kind, told, stems, book, day))


def _due(said: list[dict[str, Any]]) -> Context:
    """How many loans and acceptances notices tell of, and how much is outstanding of each, in yuan."""
    counted: Context = {}
    for kind, name in (("loan", "loans"), ("acceptance", "acceptances")):
        of = [one["outstanding"] for one in said if one.get("kind") == kind]
        counted |= {name: len(of), f"{name}_outstanding": sum(of, Decimal(0))}
    return counted


def paper_paths(book: Book, name: str, units: Iterable[str] = (), out: str | Path = "") -> list[str]:
    """Where each paper of the document goes, below the period's folder; a unit that the register in `out` leaves nothing to tell gets none."""
    kind = document(name)
    if kind.tells:
        stems = to_send(book, name, units, UNSIGNED, notices.read_register(Path(out)) if out else {}).stems
    else:
        stems = paper_stems(book, kind, units)
    return [f"{stem}{Path(file).suffix}" for stem in stems.values() for file in kind.templates]


def without_papers(book: Book, name: str, units: Iterable[str], paths: Iterable[str]) -> list[str]:
    """The names of the units asked for to which a document that tells something has nothing to tell."""
    kind = document(name)
    if not kind.tells:
        return []
    stems = _stems(book, kind, _known_units(book, units, book.units()))
    made = {path.rpartition(".")[0] for path in paths}
    return [book.unit_names.get(unit, unit) for unit, stem in stems.items() if stem not in made]


def paper_stems(book: Book, kind: Document, units: Sequence[str] = ()) -> dict[str, str]:
    """Whom the document is made for (the bank is the blank unit) and the path of each paper without its suffix.

    Named `units` narrow a document that is made by unit to them, 全行 among them to the bank's own; a document for the whole bank does
    not ask.
    """
    if "unit" not in kind.per:
        return {"": kind.name}
    stems = _stems(book, kind, _known_units(book, units, book.units()))
    if "bank" not in kind.per or (units and WHOLE_BANK not in units):
        return stems
    return {"": kind.bank_paper or f"{kind.name}/{WHOLE_BANK}", **stems}


def _known_units(book: Book, units: Iterable[str], all_of_them: Iterable[str]) -> list[str]:
    """The named units, or `all_of_them` where none is named; 全行 names none. Raises `BadCommand` for one nobody knows."""
    known = sorted({*book.units(), *all_of_them})
    named = list(units)
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


def _properties(said: Context, kind: Document, day: date) -> Properties:
    title = f"{said['subject_name']}{said['period']}{kind.title}"
    return Properties(
        title=title, author=said["preparer"] or said["institution"], created=datetime.combine(day, time()), subject=kind.title
    )
