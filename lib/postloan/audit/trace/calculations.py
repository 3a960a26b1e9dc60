"""The calculation of each figure of a paper: its terms with their values, and the row sets behind each, from a book computed again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from postloan.audit.trace.figure_words import KeyContent, aggregate_cn, findings_of_term, key_content, short, with_numbers, words_of
from postloan.audit.trace.ledger_sets import ledger_sets
from postloan.audit.trace.lineage import BEHIND, RELATED, Lineage, all_lineage
from postloan.audit.trace.row_sets import FINDINGS, RowSet, RowSetRequest, RowSets, RowSpan
from postloan.figures.aggregate import BANK, LAST_YEAR, Subject, Terms, readers, terms_of
from postloan.figures.book import Book, in_schema
from postloan.figures.engine import InProcess, Tallied
from postloan.figures.finding import finding_keys
from postloan.figures.finding_terms import COUNTED_OF_FINDINGS, SCORES, finding_terms, known_terms
from postloan.figures.measure import Number, all_measures, figures, is_cumulative, terms_behind
from postloan.figures.tally import Term, all_tallies
from postloan.papers.record.identity import Identity, subject_of

COUNTED = ("count", "rows", "count_before", "waived", "findings_waived")
"""Last steps of keys that count findings."""


@dataclass(frozen=True)
class Link:
    """A set behind a part. `kind`: behind or related. `aggregate`: in Chinese. `sum`: the aggregate over the rows behind."""

    kind: str
    row_set: RowSet
    span: RowSpan
    aggregate: str = ""
    sum: Number | None = None


@dataclass(frozen=True)
class CalculationPart:
    """One term, or one measure in between, of one subject and period. `level` counts from 0; a measure's own parts are one deeper."""

    level: int
    name: str
    title: str
    unit: str
    subject: Subject
    period: str
    value: Number | None
    formula: str = ""
    tables: tuple[str, ...] = ()
    links: list[Link] = field(default_factory=list)

    def adds_up(self, link: Link) -> bool | None:
        """Return True if the rows behind add up to the value (to nothing for an undefined one); None for related rows."""
        return None if link.sum is None else link.sum == (self.value or 0)


@dataclass(frozen=True)
class Calculation:
    """A figure computed again: its value, the formula with numbers, and its parts."""

    number: int
    value: Number | None
    formula: str
    parts: list[CalculationPart]


class Calculations:
    """The calculations of one paper, each made once. `unit`: the paper's unit, blank for the bank."""

    def __init__(self, book: Book, unit: str) -> None:
        self.unit = unit
        self.paper_subject: Subject = ("unit", unit) if unit else BANK
        self.books = {book.period.name: book} | ({book.before.period.name: book.before} if book.before else {})
        self.book = book
        self.sets = RowSets(self.books)
        self.made: dict[tuple[object, ...], Calculation] = {}
        self._subjects: dict[tuple[object, ...], set[Subject]] = defaultdict(set)
        self._sums: dict[RowSetRequest, Mapping[Subject, Number]] = {}
        self._terms: dict[str, dict[Subject, Terms]] = {}
        self._found: dict[str, dict[tuple[str, str], tuple[int, ...]]] = {}

    def announce(self, identities: Iterable[Identity]) -> None:
        """Announce the figures to calculate: a set is made once, for all subjects that need it."""
        for identity in identities:
            for period, subject, name in self._pieces(identity):
                for term in terms_behind(name):
                    for line in all_lineage()[term]:
                        self._subjects[_wanted(period, line, subject).same].add(subject)

    def of(self, identity: Identity) -> Calculation | None:
        """Return the calculation of a figure; None for a figure without measure, term and finding, or of a period without data."""
        pieces, words = self._pieces(identity), key_content(identity.key)
        by_key = not identity.measure and (words.of_findings or words.ledger is not None)
        which: tuple[object, ...] = (identity.key,) if by_key else (*pieces, identity.change)
        if which not in self.made:
            made = self._made_by_key(words, identity) if by_key else self._made(pieces, identity)
            if made is None:
                return None
            self.made[which] = made
        return self.made[which]

    def _pieces(self, identity: Identity) -> list[tuple[str, Subject, str]]:
        """Return period, subject and name of the measures or terms of a figure: two for a change."""
        words = key_content(identity.key)
        if identity.measure:
            subject = (identity.grain, identity.subject)
            if identity.change and is_cumulative(identity.measure):
                return self._over_two_years(identity.period, subject, identity.measure)
            periods = [identity.period, self.book.period.before.name] if identity.change else [identity.period]
            return [(period, subject, identity.measure) for period in periods if period in self.books]
        if words.term:
            return [(self.book.period.name, subject_of(words.customer) if words.customer else self.paper_subject, words.term)]
        return []

    def _over_two_years(self, period: str, subject: Subject, measure: str) -> list[tuple[str, Subject, str]]:
        """Return the pieces of a cumulative term's change: it compares with the same days a year before."""
        of_term = [LAST_YEAR.named(term) for term in all_measures()[measure].arguments]
        return [(period, subject, name) for name in (measure, *of_term)] if len(of_term) == 1 and of_term[0] in known_terms() else []

    def _made(self, pieces: list[tuple[str, Subject, str]], identity: Identity) -> Calculation | None:
        if not pieces or (identity.change and len(pieces) < 2):
            return None
        values = [self.values(period, subject) for period, subject, _ in pieces]
        parts = [part for (period, of, name), terms in zip(pieces, values, strict=True) for part in self._parts(0, name, period, of, terms)]
        shown = [terms.get(name) for (_, _, name), terms in zip(pieces, values, strict=True)]
        value = self._value(pieces[0], shown[0])
        if identity.change:
            before = self._value(pieces[1], shown[1])
            value = None if value is None or before is None else Decimal(value) - Decimal(before)
            formula = change_formula(shown, value)
        else:
            formula = parts[0].formula
        return Calculation(len(self.made) + 1, value, formula, parts)

    def _value(self, piece: tuple[str, Subject, str], summed: Number | None) -> Number | None:
        """Return the figure of the book; for customers and terms, the sum of their rows."""
        period, (grain, subject), name = piece
        return summed if grain == "customer" or name not in all_measures() else self.books[period].figure(name, grain, subject)

    # Values

    def values(self, period: str, subject: Subject) -> Terms:
        """Return terms and measures of a subject by name."""
        by_customer = subject[0] == "customer"
        terms = self._customer_terms[period].get(subject[1]) if by_customer else self._all_terms(period).get(subject)
        terms = terms or (self._no_terms(period) if by_customer else {})
        return {**terms, **figures(terms, "bank", all_measures())}

    def _all_terms(self, period: str) -> dict[Subject, Terms]:
        if period not in self._terms:
            book = self.books[period]
            with in_schema(book.clean.con, book.schema) as con:
                here = InProcess(con)
                tallies = here.make(book.tables, readers(book.themes), frozenset())  # another engine's tallies are not all here
                source = Tallied(here, tallies, book.tables, book.themes)
                self._terms[period] = terms_of(source, book.findings_made, book.policy, book.rules_ran)
        return self._terms[period]

    @cached_property
    def _customer_terms(self) -> dict[str, dict[str, Terms]]:
        """The terms of every customer by period; a tally without a row for a customer gives zeros."""
        return {period: _terms_by_customer(book, self._no_terms(period)) for period, book in self.books.items()}

    def _no_terms(self, period: str) -> Terms:
        return {term: 0 for name in _customer_tallies(self.books[period]) for term in all_tallies()[name].terms}

    # Parts

    def _parts(self, level: int, name: str, period: str, subject: Subject, values: Terms) -> Iterator[CalculationPart]:
        measure = all_measures().get(name)
        terms = known_terms()
        if measure is None or (
            len(measure.arguments) == 1 and measure.arguments[0] in terms and measure.part("Formula") == measure.arguments[0]
        ):
            yield self._term(level, terms[measure.arguments[0] if measure else name], period, subject, values)
            return
        yield CalculationPart(level, name, measure.title, measure.unit_cn, subject, period, values.get(name), with_numbers(measure, values))
        for argument in measure.arguments:
            yield from self._parts(level + 1, argument, period, subject, values)

    def _term(self, level: int, term: Term, period: str, subject: Subject, values: Terms) -> CalculationPart:
        links = [*self._lines(term.name, period, subject), *self._finding_links(term.name, period, subject)]
        tables = sorted(all_tallies()[term.tally].tables()) if term.tally in all_tallies() else []
        value = values.get(term.name)
        first = next((f"{link.aggregate} = {link.sum}" for link in links if link.aggregate), "")
        return CalculationPart(level, term.name, term.meaning_cn, term.unit, subject, period, value, first, tuple(tables), links)

    def _lines(self, term: str, period: str, subject: Subject) -> Iterator[Link]:
        for line in all_lineage()[term]:
            wanted = _wanted(period, line, subject)
            made = self.sets.make(wanted, self._subjects[wanted.same] | {subject})
            if made is not None:
                total = self._sum(wanted).get(subject, 0) if line.kind == BEHIND else None
                yield Link(line.kind, made, made.span(subject), aggregate_cn(line) if line.aggregate else "", total)

    def _sum(self, wanted: RowSetRequest) -> Mapping[Subject, Number]:
        if wanted not in self._sums:
            self._sums[wanted] = self.sets.aggregates(wanted, self._subjects[wanted.same])
        return self._sums[wanted]

    # Ledgers and findings

    def _made_by_key(self, of: KeyContent, identity: Identity) -> Calculation | None:
        """Return the calculation of a figure that is neither measure nor term: in a ledger, or of findings."""
        if of.ledger is None or of.ledger.walks == FINDINGS:
            return self._findings_made(of, identity)
        words = words_of(identity, self.book.policy)
        links = [Link(RELATED, *found) for found in ledger_sets(self.sets, self.book, of, self.paper_subject)]
        part = CalculationPart(0, of.last, words.title, words.unit, self.paper_subject, self.book.period.name, None, "", (), links)
        return Calculation(len(self.made) + 1, None, "", [part])

    def _findings_of(self, period: str) -> dict[tuple[str, str], tuple[int, ...]]:
        """Return the positions of the period's findings, by kind and name: all, unit, rule, section, key."""
        if period not in self._found:
            by: dict[tuple[str, str], list[int]] = defaultdict(list)
            found = self.books[period].findings_made
            for position, (f, key) in enumerate(zip(found, finding_keys(found), strict=True), 1):
                for name in (
                    ("all", ""),
                    ("unit", f.unit_id),
                    ("rule", f.rule.name),
                    ("section", f.rule.dimension),
                    ("key", key),
                    ("key", f"{f.period}/{key}"),
                ):
                    by[name].append(position)
            self._found[period] = {name: tuple(positions) for name, positions in by.items()}
        return self._found[period]

    def _finding_links(self, term: str, period: str, subject: Subject) -> Iterator[Link]:
        """Yield the link to the findings behind a term over findings."""
        if term not in finding_terms() or subject[0] not in ("bank", "unit"):
            return
        found = self.books[period].findings_made
        of_subject = self._findings_of(period).get(subject if subject[0] == "unit" else ("all", ""), ())
        positions = tuple(position for position in of_subject if findings_of_term(term, found[position - 1].rule))
        if (counts := finding_terms()[term].counts) in (*COUNTED_OF_FINDINGS, *SCORES):
            yield self._link(RowSetRequest(period, positions=positions), RELATED if counts in SCORES else BEHIND)

    def _link(self, wanted: RowSetRequest, kind: str, only: RowSpan | None = None) -> Link:
        made = self.sets.make(wanted, {BANK})
        assert made is not None
        return Link(kind, made, only or made.span(BANK))

    def _findings_made(self, of: KeyContent, identity: Identity) -> Calculation | None:
        """Return the calculation of a figure that counts, sums or shows findings."""
        period = self.book.period.before.name if of.last == "count_before" else self.book.period.name
        if period not in self.books:
            return None
        positions = self._positions(of, period)
        wanted, only = RowSetRequest(period, positions=positions), None
        if of.finding:
            every = self._findings_of(period).get(self.paper_subject if self.unit else ("all", ""), ())
            wanted, only = RowSetRequest(period, positions=every), RowSpan(every.index(positions[0]) + 1, 1) if positions else RowSpan(1, 0)
        words, link = words_of(identity, self.book.policy), self._link(wanted, BEHIND, only)
        value = link.span.count if of.last in COUNTED else None
        part = CalculationPart(0, of.last, words.title, words.unit, self.paper_subject, period, value, "", (), [link])
        return Calculation(len(self.made) + 1, None, "", [part])

    def _positions(self, of: KeyContent, period: str) -> tuple[int, ...]:
        """Return the positions of the findings that a key names."""
        by, found = self._findings_of(period), self.books[period].findings_made
        named = [("key", of.finding), ("rule", of.rule), ("section", of.section), ("unit", self.unit)]
        sets = [set(by.get((kind, name), ())) for kind, name in named if name]
        positions = sorted(set.intersection(*sets) if sets else by.get(("all", ""), ()))
        if of.unit_place:
            units = list(dict.fromkeys(found[position - 1].unit_id for position in positions))
            unit = units[of.unit_place - 1] if of.unit_place <= len(units) else ""
            positions = [position for position in positions if found[position - 1].unit_id == unit]
        return tuple(position for position in positions if found[position - 1].waived or of.last not in ("waived", "findings_waived"))


def change_formula(shown: list[Number | None], value: Number | None) -> str:
    """Return the formula of a change, with numbers."""
    return f"{short(shown[0])} － {short(shown[1])} = {short(value)}"


def _wanted(period: str, line: Lineage, subject: Subject) -> RowSetRequest:
    return RowSetRequest(period, line, subject[0] == "manager")


def _customer_tallies(book: Book) -> list[str]:
    return [name for name, tally in all_tallies().items() if name in book.tallies and tally.terms and tally.grain == "customer"]


def _terms_by_customer(book: Book, nothing: Terms) -> dict[str, Terms]:
    made: dict[str, Terms] = defaultdict(lambda: dict(nothing))
    with in_schema(book.clean.con, book.schema) as con:
        for name in _customer_tallies(book):
            terms = list(all_tallies()[name].terms)
            columns = ", ".join(f"coalesce({term}, 0)" for term in terms)
            for customer, *values in con.execute(f"SELECT customer_id, {columns} FROM {name}").fetchall():
                made[customer].update(zip(terms, values, strict=True))
    return dict(made)
