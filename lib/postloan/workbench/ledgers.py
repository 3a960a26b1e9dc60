"""The cells of the ledgers' notebook: the ledgers in the papers, with their numbers of rows, without customers' rows."""

from __future__ import annotations

from collections.abc import Sequence

from IPython.display import HTML, Markdown

from postloan.figures.book import Book
from postloan.numbers import whole
from postloan.papers.context import context
from postloan.papers.document import document
from postloan.papers.make import WHOLE_BANK
from postloan.papers.on_demand import listed
from postloan.workbench.display import number_table


def counts(book: Book, units: Sequence[str] = (), name: str = "ledgers") -> HTML | Markdown:
    """Return the number of rows of each ledger of the document, of the bank or of each of `units`."""
    rows = []
    for unit in [unit for unit in units if unit != WHOLE_BANK] or [""]:
        said = listed(document(name), book, unit, context(book, book.period.as_of, unit))
        whose = book.unit_names.get(unit, unit) or WHOLE_BANK
        rows += [(whose, of["title"], whole(of["rows"])) for of in said["ledger_list"]]
    return number_table(document(name).title, ["机构", "台账", "行数"], rows) if rows else Markdown("本期没有可列的台账。")
