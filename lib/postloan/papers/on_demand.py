"""Parts of the context that cost something: made for templates that name them, and for the ledgers that a document lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from postloan.data.schema import all_tables
from postloan.figures.book import Book
from postloan.papers import charts
from postloan.papers import lists as details
from postloan.papers.context import Context
from postloan.papers.document import Document
from postloan.papers.ledgers import all_ledgers
from postloan.papers.ledgers.rows import ledger_rows, standing
from postloan.papers.ledgers.workbook import ledgers_named


def asked_for(named: frozenset[str], book: Book, unit: str) -> Mapping[str, Any]:
    """Return those of the costly parts of the context that are `named`."""
    customers = details.customers_listed(book, unit) if named & {"customers", "terms"} else []
    costly: dict[str, Callable[[], Any]] = {
        "customers": lambda: customers,
        "terms": lambda: details.term_sums(customers),
        "timeliness_chart": lambda: timeliness_chart(book, unit),
        "classification_chart": lambda: classification_chart(book, unit),
    }
    rows = {name: ledger_rows(book, ledger, unit) for name, ledger in all_ledgers().items() if name in named and ledger.tally}
    return {name: make() for name, make in costly.items() if name in named} | rows


def listed(kind: Document, book: Book, unit: str, said: Context) -> Context:
    """Return the rows and totals of the ledgers that stand in a paper of which `said` is known."""
    ledgers = ledgers_named(kind, book.themes)
    walked = asked_for(frozenset(ledger.walks for ledger in ledgers) - said.keys(), book, unit)
    return {**walked, **standing(book, ledgers, unit, {**said, **walked})}


def timeliness_chart(book: Book, unit: str = "") -> bytes | None:
    """Reports on time, late and missing by unit; None where the data hold no inspections or there is no unit to draw."""
    rows = by_unit(book, ("customers_on_time", "customers_late", "customers_missing"), unit)
    return charts.timeliness_chart(rows) if rows else None


def classification_chart(book: Book, unit: str = "") -> bytes | None:
    """Loan balance by class, now and a quarter before where the data reach back; None where there is no balance now."""
    subject = ("unit", unit) if unit else ("bank", "")
    classes = {label: f"balance_{code}" for code, label in all_tables()["loan_balance"].fields["class5"].values.items()}
    now, before = ({label: read(name, *subject) for label, name in classes.items()} for read in (book.figure, book.previous))
    if all(value is None for value in now.values()):
        return None
    return charts.classification_chart(now, before if any(value is not None for value in before.values()) else None)


def by_unit(book: Book, names: Iterable[str], only: str = "") -> list[tuple[Any, ...]]:
    """Name and figures of every unit, or of one, where all of them are defined."""
    rows = [
        (book.unit_names.get(unit, unit), *(book.figure(name, "unit", unit) for name in names))
        for unit in ([only] if only else book.units())
    ]
    return [row for row in rows if None not in row]
