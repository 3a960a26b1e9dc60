"""Traces every figure of a finished paper to its source.

The paper alone gives the identity of each figure. With its data: the terms, the formula with numbers, the value computed again, and the
rows of the package behind each term.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from officefill.language.provenance import BOOKMARK

from postloan.audit.trace.adjusted import adjusted
from postloan.audit.trace.calculations import Calculation, Calculations
from postloan.audit.trace.figure_words import STEP, FigureWords, words_of
from postloan.audit.trace.row_sets import RowSets
from postloan.errors import BadCommand, BadPolicy
from postloan.figures.book import Book
from postloan.figures.finding_terms import known_terms
from postloan.figures.measure import all_measures
from postloan.language import tr
from postloan.month_end.plan import Request
from postloan.papers.context import context
from postloan.papers.document import document
from postloan.papers.ledgers import LEDGERS, all_ledgers
from postloan.papers.on_demand import asked_for, listed
from postloan.papers.record.causes import DATA, causes_of
from postloan.papers.record.identity import item_name
from postloan.papers.record.paper_record import Figure, PaperRecord, read_record
from postloan.policy import Policy, read_policy
from postloan.run import compute_request, take_in

Value = Decimal | date | None
RECORD = "run.json"
ABOVE = 3
"""The most folders between a paper and the record of its run."""
NEAREST = 5


@dataclass(frozen=True)
class TracedFigure:
    """One traced figure: its identity in words and, with data, its calculation and the values computed again.

    `values`: every value of the data for the figure's key: one, none if the data have no such figure, or several if a key does not identify a
    row. `adjusted`: the template rounded it so that the figures of its loop add up.
    """

    figure: Figure
    words: FigureWords
    calculation: Calculation | None = None
    values: tuple[Value, ...] = ()
    computable: bool = False
    adjusted: bool = False

    @property
    def agrees(self) -> bool | None:
        """True if the value computed again equals the recorded one; None without data, and for a value given by a register."""
        return self.adjusted or self.figure.value in self.values if self.computable else None

    @property
    def place(self) -> str:
        """The place: sheet and cell, or Word part and bookmark."""
        return f"{self.figure.part}!{self.figure.cell}" if self.figure.cell else f"{self.figure.part} {BOOKMARK}{self.figure.number}"


@dataclass(frozen=True)
class Trace:
    """A traced paper. `book` and `calculations` are None without data; `other`: names of sources with other fingerprints than recorded."""

    paper: Path
    record: PaperRecord
    figures: list[TracedFigure]
    narrowed: bool
    data: str = ""
    book: Book | None = None
    calculations: Calculations | None = None
    other: list[str] = field(default_factory=list)

    @property
    def sets(self) -> RowSets | None:
        return self.calculations.sets if self.calculations else None


@dataclass(frozen=True)
class TraceSource:
    """The sources for computing the figures again. `out`: the output folder of the paper's run."""

    data: str
    policy: str
    calendar: str
    out: Path | None


def trace(paper: Path, data: str = "", asked: Sequence[str] = (), policy: str = "", calendar: str = "") -> Trace:
    """Trace the paper's figures, or the `asked` ones.

    Without `data` the data named in the run's record beside the paper are used, if they still exist. Raises `BadPaper`, `BadCommand` for a
    figure that is not in the paper, and the errors of a run.
    """
    record = read_record(paper)
    chosen = narrow(record.figures, asked)
    source = source_of(paper, record, data, policy, calendar)
    if not source.data:
        limits = _policy_or_none(source.policy)
        figures = [TracedFigure(f, words_of(f.identity, limits, record.about["document"])) for f in chosen]
        return Trace(paper, record, figures, bool(asked))
    book = book_of(record, source)
    calculations = Calculations(book, record.about.get("unit", ""))
    calculations.announce(figure.identity for figure in chosen)
    other = not_as_recorded(record.causes, causes_of(book))
    found = list(_traced(chosen, record, book, calculations))
    return Trace(paper, record, found, bool(asked), source.data, book, calculations, other)


# The data


def source_of(paper: Path, record: PaperRecord, data: str, policy: str, calendar: str) -> TraceSource:
    """Return the given sources, completed by those in the run's record that still exist."""
    folder = next((parent for parent in list(paper.resolve().parents)[:ABOVE] if (parent / RECORD).is_file()), None)
    parameters = _parameters(folder / RECORD) if folder else {}
    recorded = {name: path for name in ("data", "policy", "calendar") if Path(path := parameters.get(name) or "").exists()}
    policy = policy or recorded.get("policy") or record.about.get("policy", "")
    return TraceSource(data or recorded.get("data", ""), policy, calendar or recorded.get("calendar", ""), folder and folder.parent)


def _parameters(record: Path) -> dict[str, str]:
    try:
        return {name: text for name, text in json.loads(record.read_text(encoding="utf-8"))["parameters"].items() if isinstance(text, str)}
    except (ValueError, KeyError, AttributeError, OSError):
        return {}  # a damaged record names no data; the paper's own record counts


def _policy_or_none(name: str) -> Policy | None:
    """Return the policy, for the words of limits; None for a policy that does not exist any more."""
    try:
        return read_policy(name)
    except BadPolicy:
        return None


def book_of(record: PaperRecord, source: TraceSource) -> Book:
    """Compute the book of the paper's period and policy again."""
    asked = Request("", record.about["period"], str(source.out or ""), policy=source.policy, calendar=source.calendar)
    return compute_request(take_in(source.data), replace(asked, draft="draft" in record.about))


def not_as_recorded(recorded: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the sources that changed since the paper was made: `data/…` files first, then policy, calendar and so on."""
    names = [name for name in {**recorded, **now} if name in now or name.startswith(f"{DATA}/")]
    other = [name for name in names if recorded.get(name) != now.get(name)]
    return sorted(other, key=lambda name: (not name.startswith(f"{DATA}/"), name))


# The figures


def narrow(figures: list[Figure], asked: Sequence[str]) -> list[Figure]:
    """Return the `asked` figures: by key, measure or term, Chinese title, printed text, bookmark or cell. Raises `BadCommand`."""
    names = [frozenset(map(_plain, _names(figure))) for figure in figures]
    for text in asked:
        if not any(_plain(text) in of for of in names):
            known = sorted({name for figure in figures for name in _names(figure) if name})
            near = get_close_matches(text, known, NEAREST, 0.4)
            do = tr("nearest: {names}", names=", ".join(near)) if near else tr("without --figure all of them are listed")
            raise BadCommand(tr("the paper shows no figure '{text}'", text=text), do=do)
    wanted = {_plain(text) for text in asked}
    return [figure for figure, of in zip(figures, names, strict=True) if not wanted or of & wanted]


def _names(figure: Figure) -> Iterator[str]:
    of = figure.identity
    yield from (of.key, of.measure, figure.text)
    if of.measure:
        yield all_measures()[of.measure].title
    elif of.key.rpartition(".")[2] in known_terms():
        yield of.key.rpartition(".")[2]
    yield from (figure.cell, f"{figure.part}!{figure.cell}") if figure.cell else (f"{BOOKMARK}{figure.number}",)


def _plain(text: str) -> str:
    """Return a name without differences in width, blanks, case and thousands separators."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold().replace(",", "")


def _traced(figures: Iterable[Figure], record: PaperRecord, book: Book, calculations: Calculations) -> Iterator[TracedFigure]:
    figures = list(figures)
    context, document, found = _ContextValues(record, book, figures), record.about["document"], list[TracedFigure]()
    for figure in figures:
        of, made = figure.identity, calculations.of(figure.identity)
        values = (made.value,) if made and (of.measure or made.formula) else context.of(of.key)
        computable = bool(values) or context.knows(of.key)
        found.append(TracedFigure(figure, words_of(of, book.policy, document), made, tuple(map(_exactly, values)), computable))
    wrong = [one.figure for one in found if one.agrees is False]
    fine = adjusted(wrong, record.figures, lambda figure: _single_value(figure, calculations, context))
    yield from (replace(one, adjusted=True) if id(one.figure) in fine else one for one in found)


def _single_value(figure: Figure, calculations: Calculations, context: _ContextValues) -> Any:
    """Return the one value of a figure by the current data; None for no value and for several."""
    of, book = figure.identity, calculations.books.get(figure.identity.period)
    if of.measure and not of.change:
        return _exactly(book.figure(of.measure, of.grain, of.subject)) if book else None
    return _exactly(values[0]) if len(values := context.of(of.key)) == 1 else None


def _exactly(value: Any) -> Value:
    if isinstance(value, datetime):
        return value.date()
    return Decimal(value) if isinstance(value, int) else value


class _ContextValues:
    """The values of the paper's context computed again, by key: figures that are neither measure nor term are taken from it."""

    def __init__(self, record: PaperRecord, book: Book, figures: list[Figure]) -> None:
        of, names = record.about, frozenset(STEP.findall(figure.identity.key)[0][0] for figure in figures if not figure.identity.measure)
        day, unit = date.fromisoformat(of["prepared_on"]), of.get("unit", "")
        known = names and unit in ("", *book.units())
        signed = (of.get("preparer", ""), of.get("reviewer", ""))
        self.context = {**context(book, day, unit, *signed), **asked_for(names, book, unit)} if known else {}
        if known and names & {LEDGERS, *all_ledgers()}:
            self.context |= listed(document(of["document"]), book, unit, self.context)
        self._items_by_name: dict[int, dict[str, list[Any]]] = {}

    def knows(self, key: str) -> bool:
        """Return True for a key in the part of the context that can be computed again; notices are numbered by a register."""
        first, second = (name for name, _ in [*STEP.findall(key), ("", "")][:2])
        return first in self.context and (first != LEDGERS or second in self.context[LEDGERS])

    def of(self, key: str) -> tuple[Any, ...]:
        """Return every value at the key; empty for an unknown place."""
        values: list[Any] = [self.context]
        for name, item in STEP.findall(key):
            if name:
                values = [value[name] for value in values if isinstance(value, Mapping) and name in value]
            else:
                values = [value for of in values if isinstance(of, list) for value in self._items(of).get(item, [])]
        return tuple(dict.fromkeys(value for value in values if value is None or isinstance(value, int | Decimal | date)))

    def _items(self, of: list[Any]) -> dict[str, list[Any]]:
        """Return the items of a list by name (see `identity`)."""
        if id(of) not in self._items_by_name:
            items = self._items_by_name[id(of)] = defaultdict(list)
            for position, item in enumerate(of):
                items[item_name(item, position)].append(item)
        return self._items_by_name[id(of)]
