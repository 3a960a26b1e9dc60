"""Detail rows for Excel annexes: what the totals are sums of, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from postloan.data.relation import mappings
from postloan.figures.book import Book, in_schema
from postloan.figures.tally import Tally, all_tallies, all_terms
from postloan.papers.record.identity import unit_row

MOST_LISTED = 20_000
"""Customers that a paper of the bank lists one by one: beyond that its formulas take Excel minutes, and its units' own papers list them."""


def customers_listed(book: Book, unit: str = "") -> list[dict[str, Any]]:
    """The way a paper lists its customers: one by one (`customer_rows`); of a bank with more than `MOST_LISTED`, the sums of each unit.

    A unit's row is named by `of_unit` and says in words whose sums it holds; what is added up over the rows is the same.
    """
    return customer_rows(book, unit) if unit or _count(book) <= MOST_LISTED else _unit_rows(book)


def _count(book: Book) -> int:
    if not (counting := _customers(book)):
        return 0
    with in_schema(book.clean.con, book.schema) as con:
        return con.execute(f"SELECT count(*) FROM ({counting})", ["", ""]).fetchall()[0][0]


def _unit_rows(book: Book) -> list[dict[str, Any]]:
    sums = "".join(f", sum({term}) AS {term}" for tally in _customer_tallies(book) for term in tally.terms)
    words = "'合计' AS customer_id, count(*) || '户，逐户见该机构的材料' AS customer"
    with in_schema(book.clean.con, book.schema) as con:
        rows = mappings(con.execute(f"SELECT unit_id, {words}{sums} FROM ({_customers(book)}) GROUP BY unit_id ORDER BY unit_id", ["", ""]))
    return [{**_named(book, row), "of_unit": unit_row(row["unit_id"])} for row in rows]


def customer_rows(book: Book, unit: str = "") -> list[dict[str, Any]]:
    """One row a customer (of one unit, where it is named) that counts anywhere, with every term by name.

    Each measure that counts or sums is the sum of one of these columns; a term whose tables are not in the package is None.
    """
    counting = _customers(book)
    if not counting:
        return []
    with in_schema(book.clean.con, book.schema) as con:
        return [_named(book, row) for row in mappings(con.execute(f"{counting} ORDER BY c.unit_id, c.customer_id", [unit, unit]))]


def _customers(book: Book) -> str:
    """The query of customers that count anywhere, of a unit given twice or of all where it is blank; blank where nothing is counted."""
    if not (tallies := _customer_tallies(book)):
        return ""
    terms = "".join(f", coalesce({t.name}.{term}, 0) AS {term}" for t in tallies for term in t.terms)
    joins = " ".join(f"LEFT JOIN {t.name} ON {t.name}.customer_id = c.customer_id" for t in tallies)
    counted = " OR ".join(f"{t.name}.customer_id IS NOT NULL" for t in tallies)
    return f"SELECT c.customer_id, c.customer_name AS customer, c.unit_id{terms} FROM customer AS c {joins} WHERE ({counted}) AND (? = '' OR c.unit_id = ?)"


def _customer_tallies(book: Book) -> list[Tally]:
    return [t for n, t in all_tallies().items() if n in book.tallies and t.terms and t.grain == "customer" and t.theme in book.themes]


def _named(book: Book, row: dict[str, Any]) -> dict[str, Any]:
    return {**dict.fromkeys(all_terms()), **row, "unit": book.unit_names.get(row["unit_id"], row["unit_id"])}


def term_sums(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Every term summed over customers; None where its tables are not in the package, or nobody counts."""
    return {term: sum(row[term] for row in rows) if rows and rows[0][term] is not None else None for term in all_terms()}


def maturities_unknown(book: Book) -> list[str]:
    """The kinds of business nobody can watch for, because their table is not in the package."""
    kinds = {"loan_balance": LOAN_CN, "acceptance": ACCEPTANCE_CN}
    return [kind for table, kind in kinds.items() if table not in book.tables]


LOAN_CN, ACCEPTANCE_CN = "贷款", "银行承兑汇票"


def holder_names(book: Book, customers: Iterable[str]) -> dict[str, Any]:
    """The names of those who hold these customers, as far as anybody does."""
    rows = book.rows("customer_holder", "customer_id", "customer_id", customers)
    return {str(row["customer_id"]): row["staff_name"] for row in rows}


def customer_names(book: Book, ids: Iterable[str]) -> dict[str, str]:
    """The names of these customers."""
    named = "SELECT customer_id, customer_name FROM customer WHERE customer_id IN (SELECT unnest(?))"
    return dict(book.clean.con.execute(named, [sorted(ids)]).fetchall()) if ids else {}
