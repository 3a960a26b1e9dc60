"""Papers: one document's templates filled for the bank and for each unit that gets one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

from officefill import Properties
from officefill.ooxml.sandbox import SECONDS, Stopped, limited

from postloan.errors import BadTemplate, Fault
from postloan.figures.book import Book
from postloan.language import tr
from postloan.papers.context import Context, context
from postloan.papers.document import Document, document
from postloan.papers.draft import MARK, is_draft, mark_of, with_mark
from postloan.papers.fields.fields import values_at, with_nothing_at
from postloan.papers.fields.template_tags import absent_names, template_faults
from postloan.papers.ledgers.workbook import template_bytes
from postloan.papers.on_demand import listed, with_asked
from postloan.papers.paper_template import paper_template
from postloan.papers.paths import NoticesToSend, PaperToMake, paper_stems, to_send
from postloan.papers.record.causes import causes_of
from postloan.papers.record.record_writer import RecordWriter
from postloan.papers.record.regeneration import KeptRegions
from postloan.papers.signing import UNSIGNED, Signing


def nothing_kept(_path: str, _template: Path) -> KeptRegions:
    """For papers that are made anew."""
    return {}


class Filed(NamedTuple):
    """The parts that papers take over from those filed before."""

    kept: Callable[[str, Path], KeptRegions] = nothing_kept
    """Gives what people typed into the regions of the paper that is at a path now, fit for papers of a template."""
    told: NoticesToSend | None = None
    """The notices of a document that tells something, worked out against the register."""


NOTHING_FILED = Filed()


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
"""The seconds that each paper adds to the time its document may take; an ordinary one takes some hundredths."""


def papers(
    book: Book,
    name: str,
    units: Iterable[str] = (),
    signing: Signing = UNSIGNED,
    filed: Filed = NOTHING_FILED,
) -> Iterator[tuple[str, bytes]]:
    """Each paper of the document called `name`: its path below the period's folder, and its bytes."""
    kind = document(name)
    day = signing.day(book.period)
    told = to_send(book, name, units, signing) if kind.tells and filed.told is None else filed.told
    sealed, made_from, mark, fillings = without_database(book), causes_of(book), mark_of(book), list[Filling]()
    every = told.to_make() if told else [PaperToMake(unit, stem, kind.templates) for unit, stem in paper_stems(book, kind, units).items()]
    for paper in every:
        unit = paper.unit
        said = context(book, day, unit, signing.preparer, signing.reviewer)
        if told:
            said |= told.says(paper, book, day)
        said |= listed(kind, book, unit, said)
        drawn = {file: template_bytes(kind, file, said["ledgers"], book.themes) for file in paper.files}
        if mark:
            drawn = {file: with_mark(data, mark) for file, data in drawn.items()}
        named = [paper_template(kind.folder / file, trace=True, data=data).names for file, data in drawn.items()]
        said = with_asked(said, frozenset().union(*named), book, unit)
        for file, data in drawn.items():
            said = with_nothing_at(said, absent_names(kind.folder / file, data, name))
        if not fillings or told and told.withdrawn:
            see_that_it_fits(kind, said, drawn)
        for file, data in drawn.items():
            template, path = kind.folder / file, f"{paper.stem}{Path(file).suffix}"
            seal = RecordWriter(sealed, name, template, unit, said, day, made_from, data)
            fillings.append(
                Filling(template, data, path, said, _properties(said, kind, day, is_draft(book)), seal, filed.kept(path, template))
            )
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


def _properties(said: Context, kind: Document, day: date, draft: bool) -> Properties:
    title = f"{f'{MARK} ' if draft else ''}{said['subject_name']}{said['period']}{kind.title}"
    return Properties(
        title=title, author=said["preparer"] or said["institution"], created=datetime.combine(day, time()), subject=kind.title
    )
