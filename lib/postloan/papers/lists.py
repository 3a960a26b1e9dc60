"""Detail rows for Excel annexes: what the totals are sums of, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from postloan.data.schema import all_tables
from postloan.figures.book import Book, in_schema
from postloan.figures.tally import Tally, all_tallies, all_terms, mappings
from postloan.papers.record.identity import unit_row

MOST_LISTED = 20_000
"""Customers that a paper of the bank lists one by one: beyond that its formulas take Excel minutes, and its units' own papers list them."""


def customers_listed(book: Book, unit: str = "") -> list[dict[str, Any]]:
    """What a paper lists its customers as: one by one (`customer_rows`); of a bank with more than `MOST_LISTED`, the sums of each unit.

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


def recovery_rows(book: Book, unit: str = "") -> list[dict[str, Any]]:
    """One row a repayment of principal (to one unit, where it is named) that counts as recovered, with the names of customer and unit."""
    moments = {"early": "提前收回", "at_maturity": "到期收回", "overdue": "逾期收回"}
    rows = book.rows("recovery", "unit_id, customer_id, loan_id, repayment_id", *_of(unit))
    names = _customer_names(book, {str(row["customer_id"]) for row in rows})
    return [
        {
            **row,
            "customer": names[str(row["customer_id"])],
            "unit": book.unit_names.get(str(row["unit_id"]), row["unit_id"]),
            "moment_cn": moments[str(row["moment"])],
        }
        for row in rows
    ]


def maturity_rows(book: Book, unit: str = "") -> list[dict[str, Any]]:
    """One row a loan or acceptance (of one unit, where it is named) that falls due within the months of a notice, or next month.

    Loans first within a unit, then by due date.
    `outstanding` is the balance of a loan and the face of an acceptance, in yuan: the two are never added to each other.
    A kind whose tables are not in the package has no rows (`maturities_unknown`). Source: S150, S153.
    """
    rows = [_of_loan(row) for row in book.rows("loan_maturity", "unit_id, due_on, loan_id", *_of(unit))]
    rows += [_of_acceptance(row) for row in book.rows("acceptance_maturity", "unit_id, due_on, draft_id", *_of(unit))]
    ids = {row["customer_id"] for row in rows}
    customers, holders = _customer_names(book, ids), holder_names(book, ids)
    named = [
        {
            **row,
            "customer": customers[row["customer_id"]],
            "unit": (name := book.unit_names.get(row["unit_id"], row["unit_id"])),
            "responsible": holders.get(row["customer_id"], name),
        }
        for row in rows
    ]
    return sorted(named, key=lambda row: row["unit_id"])


def maturities_unknown(book: Book) -> list[str]:
    """What kinds of business cannot be watched for, because their table is not in the package."""
    kinds = {"loan_balance": LOAN_CN, "acceptance": ACCEPTANCE_CN}
    return [kind for table, kind in kinds.items() if table not in book.tables]


LOAN_CN, ACCEPTANCE_CN = "贷款", "银行承兑汇票"
_OF_BOTH = ("customer_id", "unit_id", "due_on", "notice_from", "days_to_due", "notice_now", "due_next_month")


def _of_loan(row: dict[str, Any]) -> dict[str, Any]:
    product, class5 = all_tables()["loan"].fields["product"], all_tables()["loan_balance"].fields["class5"]
    return {
        "kind": "loan",
        "kind_cn": LOAN_CN,
        "business_id": row["loan_id"],
        "product_cn": product.values[row["product"]],
        "begun_on": row["disbursed_on"],
        "amount": row["principal"],
        "outstanding": row["balance"],
        "balance": row["balance"],
        "class5_cn": class5.values[row["class5"]],
        "exposure": None,
        "secured": None,
        "first_due_on": row["first_due_on"],
        "extended": row["due_on"] != row["first_due_on"],
        **{name: row[name] for name in _OF_BOTH},
    }


def _of_acceptance(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "acceptance",
        "kind_cn": ACCEPTANCE_CN,
        "business_id": row["draft_id"],
        "product_cn": ACCEPTANCE_CN,
        "begun_on": row["issued_on"],
        "amount": row["face_amount"],
        "outstanding": row["face_amount"],
        "balance": None,
        "class5_cn": None,
        "exposure": row["exposure"],
        "secured": row["margin"] + row["cash_pledge"],
        "first_due_on": row["due_on"],
        "extended": False,
        **{name: row[name] for name in _OF_BOTH},
    }


def holder_names(book: Book, customers: Iterable[str]) -> dict[str, Any]:
    """The names of those who hold these customers, as far as anybody does."""
    rows = book.rows("customer_holder", "customer_id", "customer_id", customers)
    return {str(row["customer_id"]): row["staff_name"] for row in rows}


def _of(unit: str) -> tuple[str, list[str]]:
    return ("unit_id", [unit]) if unit else ("", [])


def _customer_names(book: Book, ids: set[str]) -> dict[str, str]:
    named = "SELECT customer_id, customer_name FROM customer WHERE customer_id IN (SELECT unnest(?))"
    return dict(book.clean.con.execute(named, [sorted(ids)]).fetchall()) if ids else {}
