"""Parts of the context that cost something: made for templates that name them, and for the ledgers that a document lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from postloan.figures.book import Book
from postloan.papers import lists as details
from postloan.papers.context import Context
from postloan.papers.document import Document
from postloan.papers.drawn import chart_names, drawn
from postloan.papers.fields.section_check import check_sections
from postloan.papers.graded_reports import reports_graded
from postloan.papers.ledgers import all_ledgers
from postloan.papers.ledgers.rows import ledger_rows, standing
from postloan.papers.ledgers.workbook import ledgers_named
from postloan.papers.ranking import ranked
from postloan.papers.reconciliation import reconciled
from postloan.papers.sections import section_values, with_needed


def with_asked(said: Context, named: Iterable[str], book: Book, unit: str) -> Context:
    """Return `said` with the costly parts that are `named`, and the named values of sections."""
    check_sections()
    needed = with_needed(named)
    more = {**said, **asked_for(needed - said.keys(), book, unit), **({"ranking": ranked(said["units"])} if "ranking" in needed else {})}
    return more | section_values(more, book.themes)


def asked_for(named: frozenset[str], book: Book, unit: str) -> Mapping[str, Any]:
    """Return those of the costly parts of the context that are `named`."""
    customers = details.customers_listed(book, unit) if named & {"customers", "terms"} else []
    costly: dict[str, Callable[[], Any]] = {
        "customers": lambda: customers,
        "terms": lambda: details.term_sums(customers),
        "reconciliation": lambda: reconciled(book, unit),
        "reports_graded": lambda: reports_graded(book, unit),
        **{name: partial(drawn, name, book, unit) for name in chart_names()},
    }
    rows = {name: ledger_rows(book, ledger, unit) for name, ledger in all_ledgers().items() if name in named and ledger.tally}
    return {name: make() for name, make in costly.items() if name in named} | rows


def listed(kind: Document, book: Book, unit: str, said: Context) -> Context:
    """Return the rows and totals of the ledgers that stand in a paper of which `said` is known."""
    ledgers = ledgers_named(kind, book.themes)
    walked = asked_for(frozenset(ledger.walks for ledger in ledgers) - said.keys(), book, unit)
    return {**walked, **standing(book, ledgers, unit, {**said, **walked})}
