"""Computed warning indicators: over random packages they are those of a small reading of its own, and tables that are absent only lack theirs."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from oracle.packages import make_package
from postloan.data.relation import mappings
from postloan.figures.book import Book
from postloan.figures.compute import make_book

FIRST, LAST, BEFORE = date(2014, 4, 1), date(2014, 6, 30), date(2014, 3, 31)
RANKS = {"pass": 1, "special_mention": 2, "substandard": 3, "doubtful": 4, "loss": 5}
Found = set[tuple[str, str]]


def rows(book: Book, table: str) -> list[dict[str, Any]]:
    if table not in book.clean.tables:
        return []
    return mappings(book.clean.con.execute(f"SELECT * FROM {table}"))


def in_scope(book: Book, day: date) -> dict[str, list[dict[str, Any]]]:
    """Scope loans of a day by customer, each with its balance row."""
    customers = {c["customer_id"]: c for c in rows(book, "customer")}
    loans, found = {loan["loan_id"]: loan for loan in rows(book, "loan")}, defaultdict(list)
    for balance in rows(book, "loan_balance"):
        loan = loans[balance["loan_id"]]
        corporate = customers[loan["customer_id"]]["segment"] in ("corporate", "small_business")
        counts = loan["on_balance_sheet"] and not loan["is_low_risk"] and loan["product"] not in ("discount", "card_overdraft")
        if balance["as_of"] == day and balance["balance"] > 0 and corporate and counts:
            found[loan["customer_id"]].append(balance)
    return found


def sums(of: list[dict[str, Any]], what: str, when: Any) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in of:
        if when(row):
            found[row["customer_id"]] += row[what]
    return found


def reading(book: Book) -> Found:
    """Customer and indicator of everything that has reached its limit."""
    scope, found = in_scope(book, LAST), set()
    opening = {b["loan_id"]: b for b in rows(book, "loan_balance") if b["as_of"] == BEFORE and b["balance"] > 0}
    for customer, loans in scope.items():
        since = [day for loan in loans for day in (loan["principal_overdue_from"], loan["interest_overdue_from"]) if day]
        if any(day < LAST for day in since):
            found.add((customer, "overdue"))
        if any(
            loan["loan_id"] in opening and RANKS[loan["class5"]] > RANKS[opening[loan["loan_id"]]["class5"] or "loss"] for loan in loans
        ):
            found.add((customer, "downgrade"))
    deposits, lines = rows(book, "deposit"), rows(book, "credit_line")
    now, before = (sums(deposits, "balance", lambda row, day=day: row["as_of"] == day) for day in (LAST, BEFORE))
    if now:
        found |= {(c, "deposit") for c, amount in before.items() if amount > 0 and now.get(c, 0) < amount / 2}
    if now and before:
        limits = [sums(lines, "limit_amount", lambda row, day=day: row["valid_from"] <= day <= row["valid_to"]) for day in (LAST, BEFORE)]
        earlier = in_scope(book, BEFORE)
        for customer in limits[0].keys() & limits[1].keys() & earlier.keys():
            if all(line[customer] > 0 and held.get(customer, 0) < line[customer] / 5 for line, held in zip(limits, (now, before))):
                found.add((customer, "floor"))
    receipts = [t for t in rows(book, "account_transaction") if t["direction"] == "in" and t["kind"] == "sales_receipt"]

    def received(first: date, last: date) -> dict[str, Decimal]:
        return sums(receipts, "amount", lambda row: first <= row["booked_on"] <= last)

    this, year, last = received(FIRST, LAST), received(date(2013, 4, 1), date(2013, 6, 30)), received(date(2014, 1, 1), BEFORE)
    base = year if sum(year.values()) > 0 else last
    found |= {(c, "receipts") for c, amount in base.items() if amount > 0 and this.get(c, 0) < amount * Decimal("0.7")}
    loans = {loan["loan_id"]: loan for loan in rows(book, "loan")}
    used = defaultdict(Decimal)
    for balance in rows(book, "loan_balance"):
        loan = loans[balance["loan_id"]]
        if balance["as_of"] == LAST and loan["on_balance_sheet"] and loan["product"] != "discount":
            used[loan["customer_id"]] += balance["balance"]
    for draft in rows(book, "acceptance"):
        if draft["issued_on"] <= LAST < draft["due_on"]:
            used[draft["customer_id"]] += max(Decimal(0), draft["face_amount"] - draft["margin"] - (draft["cash_pledge"] or 0))
    for row in rows(book, "sales"):
        customer, inflow, credit = row["customer_id"], row["inflow_all_banks"], row["used_credit_all_banks"]
        given = row["period"] == "2014Q2" and (inflow or 0) > 0 and (credit or 0) > 0
        if given and this.get(customer, Decimal(0)) / inflow - used[customer] / credit < Decimal("-0.1"):
            found.add((customer, "share"))
    return {(customer, indicator) for customer, indicator in found if customer in scope}


ABSENT = ("acceptance", "account_transaction", "credit_line", "deposit", "sales")


@pytest.mark.parametrize("left_out", [(), ("deposit", "sales"), pytest.param(ABSENT, marks=pytest.mark.soak)])
def test_the_indicators_are_those_of_an_independent_reading(tmp_path, left_out):
    make_package(tmp_path / "package", 31, "2014Q2", 120, left_out)
    book = make_book(tmp_path / "package", "2014Q2")
    listed = book.rows("early_warning", "customer_id")
    wanted = reading(book)
    assert {(row["customer_id"], row["indicator"]) for row in listed} == wanted and len(wanted) > 10
    scope = in_scope(book, LAST)
    for row in listed:
        reached = sum(customer == row["customer_id"] for customer, _ in wanted)
        bad = any(RANKS[loan["class5"]] >= 3 for loan in scope[row["customer_id"]])
        assert row["warned"] == ("red" if reached >= 3 or bad else "orange" if reached == 2 else "yellow")


def test_a_signal_of_the_last_thirty_days_counts_as_registered(tmp_path):
    make_package(tmp_path / "package", 31, "2014Q2", 40)
    warned = [row["customer_id"] for row in make_book(tmp_path / "package", "2014Q2").rows("early_warning", "customer_id")]
    first, second = list(dict.fromkeys(warned))[:2]
    lines = ["signal_id,customer_id,found_on,source,level,description"]
    for number, (customer, day) in enumerate([(first, LAST - timedelta(days=30)), (second, LAST - timedelta(days=31))]):
        lines.append(f"S{number},{customer},{day},system,yellow,x")
    (tmp_path / "package" / "signal.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    registered = {
        row["customer_id"] for row in make_book(tmp_path / "package", "2014Q2").rows("early_warning", "customer_id") if row["registered"]
    }
    assert registered == {first}
