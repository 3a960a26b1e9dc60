"""The rows of the package behind a ledger: the rows behind its totals, and one row behind each of its rows.

A row of a tally leads to the table row with the key in it. These rows are only related: a total sums the rows of the tally.
"""

from __future__ import annotations

from collections.abc import Iterator

from postloan.audit.trace.figure_words import KeyContent, aggregate_cn
from postloan.audit.trace.lineage import RELATED, Lineage
from postloan.audit.trace.row_sets import RowSet, RowSetRequest, RowSets, RowSpan
from postloan.data.schema import all_tables
from postloan.figures.aggregate import Subject
from postloan.figures.book import Book
from postloan.figures.measure import Number
from postloan.papers.ledgers import Ledger
from postloan.papers.ledgers.rows import COUNT, row_table


def ledger_sets(sets: RowSets, book: Book, of: KeyContent, subject: Subject) -> Iterator[tuple[RowSet, RowSpan, str, Number | None]]:
    """Yield for each tally of the ledger the rows behind a total or a row: set, span, aggregate in words and its value."""
    assert of.ledger
    for line in _lines(of.ledger, book, of):
        wanted = RowSetRequest(book.period.name, line)
        made = sets.make(wanted, {subject})
        if made is None or not made.span(subject).count:
            continue
        if not of.row:
            yield made, made.span(subject), aggregate_cn(line) if line.aggregate else "", sets.aggregates(wanted, {subject}).get(subject)
        elif place := _place(_places(sets, made), of.row):
            yield made, RowSpan(place, 1), "", None


def _lines(ledger: Ledger, book: Book, of: KeyContent) -> Iterator[Lineage]:
    """Yield the lines of lineage of a ledger, in the form of a tally's head."""
    one = len(ledger.tally) == 1 or bool(of.code)
    for tally in ledger.tally:
        table = row_table(tally, frozenset(book.columns(tally)))
        scale = ledger.columns[of.last].scaled if of.last in ledger.columns else 0
        summed = "count(*)" if of.last == COUNT else f"sum({of.last})" + (f" * 1E-{scale}::DECIMAL(9,{scale})" if scale else "")
        if table:
            where = f"{tally}.{ledger.apart} = '{of.code}'" if of.code else ""
            yield Lineage(RELATED, "", table.name, summed if one and not of.row else "", tally, where)


def _place(places: dict[str, int], row: str) -> int | None:
    """Return the position of a row; several rows of a ledger that one row of the table stands behind are told apart by a number at the end."""
    return places.get(row) or places.get(row.rpartition("/")[0])


def _places(sets: RowSets, made: RowSet) -> dict[str, int]:
    """Return the position of each row of a set by its key."""
    found = sets.keys(made, all_tables()[made.wanted.table].key)
    return {"/".join(map(str, key)): position for position, _, _, _, *key in found}
