"""Detail rows for Excel annexes: what the totals are sums of, row by row."""

from __future__ import annotations

from typing import Any

from postloan.book import Book, in_schema
from postloan.tally import all_tallies, all_terms, mappings


def customer_rows(book: Book) -> list[dict[str, Any]]:
    """One row a customer that counts anywhere, with every term by name.

    Each measure that counts or sums is the sum of one of these columns; a term whose tables are not in the package is None.
    """
    tallies = [t for n, t in all_tallies().items() if n in book.tallies and t.terms and n.startswith("customer_")]
    if not tallies:
        return []
    terms = "".join(f", coalesce({t.name}.{term}, 0) AS {term}" for t in tallies for term in t.terms)
    joins = " ".join(f"LEFT JOIN {t.name} ON {t.name}.customer_id = c.customer_id" for t in tallies)
    counted = " OR ".join(f"{t.name}.customer_id IS NOT NULL" for t in tallies)
    sql = f"SELECT c.customer_id, c.customer_name AS customer, c.unit_id{terms} FROM customer AS c {joins} WHERE {counted} ORDER BY c.unit_id, c.customer_id"
    with in_schema(book.clean.con, book.schema) as con:
        rows = mappings(con.execute(sql))
    nothing = dict.fromkeys(all_terms())
    return [{**nothing, **row, "unit": book.unit_names.get(row["unit_id"], row["unit_id"])} for row in rows]


def term_sums(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Every term summed over customers; None where its tables are not in the package, or nobody counts."""
    return {term: sum(row[term] for row in rows) if rows and rows[0][term] is not None else None for term in all_terms()}


def recovery_rows(book: Book) -> list[dict[str, Any]]:
    """One row a repayment of principal that counts as recovered, with the names of customer and unit."""
    moments = {"early": "提前收回", "at_maturity": "到期收回", "overdue": "逾期收回"}
    names = (
        dict(book.clean.con.execute("SELECT customer_id, customer_name FROM customer").fetchall())
        if "customer" in book.clean.tables
        else {}
    )
    return [
        {
            **row,
            "customer": names[row["customer_id"]],
            "unit": book.unit_names.get(row["unit_id"], row["unit_id"]),
            "moment_cn": moments[row["moment"]],
        }
        for row in book.rows("recovery", "unit_id, customer_id, loan_id, repayment_id")
    ]
