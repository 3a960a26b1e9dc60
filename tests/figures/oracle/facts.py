"""What the contract calls scope, valid, held, due: answered row by row from the typed tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property

from oracle.quarter import DAY, days, deadline, next_working_day, span
from oracle.spelling import Row, Tables

SCOPE_SEGMENTS = {"corporate", "small_business"}
PRODUCTS_OUT = {"discount", "card_overdraft"}


def covers(row: Row, day: date) -> bool:
    """Both ends included, a blank end is open."""
    return row["valid_from"] <= day and (row["valid_to"] is None or day <= row["valid_to"])


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


class Facts:
    """One package and one quarter. A table that is left out counts as empty here; `has` tells the difference."""

    def __init__(self, tables: Tables, period: str) -> None:
        self.given, self.period = tables, period
        self.first, self.last = span(period)
        self.before = self.first - DAY
        self.deadline = deadline(period)

    def has(self, *tables: str) -> bool:
        return all(table in self.given for table in tables)

    def rows(self, table: str) -> list[Row]:
        return self.given.get(table, [])

    @cached_property
    def customer(self) -> dict[str, Row]:
        return {row["customer_id"]: row for row in self.rows("customer")}

    @cached_property
    def staff(self) -> dict[str, Row]:
        return {row["staff_id"]: row for row in self.rows("staff")}

    @cached_property
    def loan(self) -> dict[str, Row]:
        return {row["loan_id"]: row for row in self.rows("loan")}

    def unit_of(self, customer_id: str) -> str:
        return self.customer[customer_id]["unit_id"]

    def lent_in_scope(self, loan: Row) -> bool:
        """The part of the scope that does not look at balances: segment, product, low risk, on the balance sheet."""
        segment = self.customer[loan["customer_id"]]["segment"]
        in_products = loan["product"] not in PRODUCTS_OUT
        return loan["on_balance_sheet"] and not loan["is_low_risk"] and in_products and segment in SCOPE_SEGMENTS

    def scope_balances(self, day: date) -> list[Row]:
        """Rows of `loan_balance` of the scope loans at a date, each with its customer."""
        found = []
        for row in self.rows("loan_balance"):
            loan = self.loan[row["loan_id"]]
            if row["as_of"] == day and row["balance"] > 0 and self.lent_in_scope(loan):
                found.append(row | {"customer_id": loan["customer_id"]})
        return found

    @cached_property
    def has_opening(self) -> bool:
        """Balances are there on the last day of the quarter before, of whatever loan."""
        return any(row["as_of"] == self.before for row in self.rows("loan_balance"))

    def principal_since(self, balance: Row) -> date:
        """The day since which the principal is in arrears, which may lie ahead: the day recorded, else the due day, rolled."""
        loan = self.loan[balance["loan_id"]]
        return balance["principal_overdue_from"] or next_working_day(loan["extended_due_on"] or loan["due_on"])

    def days_past_due(self, balance: Row) -> int:
        """Days from the earlier of the two days since which principal and interest are in arrears; below 1 for none."""
        return (self.last - min(self.principal_since(balance), balance["interest_overdue_from"] or date.max)).days

    @cached_property
    def at_end(self) -> list[Row]:
        return self.scope_balances(self.last)

    @cached_property
    def in_scope(self) -> list[str]:
        """Customers with at least one scope loan at E."""
        return sorted({row["customer_id"] for row in self.at_end})

    @cached_property
    def managing_units(self) -> set[str]:
        return {self.unit_of(customer_id) for customer_id in self.in_scope}

    @cached_property
    def inspections(self) -> list[Row]:
        return [row for row in self.rows("inspection") if row["period"] == self.period]

    @cached_property
    def reports(self) -> list[Row]:
        """Submitted periodic reports of the period, of customers in scope and others."""
        return [row for row in self.inspections if row["kind"] == "periodic" and row["submitted_at"] is not None]

    @cached_property
    def earliest(self) -> dict[str, date]:
        """Day of each customer's earliest report."""
        found: dict[str, date] = {}
        for row in self.reports:
            day = row["submitted_at"].date()
            found[row["customer_id"]] = min(day, found.get(row["customer_id"], day))
        return found

    @cached_property
    def lines(self) -> dict[str, list[Row]]:
        """Lines valid at E, by customer."""
        found = defaultdict(list)
        for row in self.rows("credit_line"):
            if covers(row, self.last):
                found[row["customer_id"]].append(row)
        return dict(found)

    def limit(self, customer_id: str) -> Decimal:
        return total(row["limit_amount"] for row in self.lines.get(customer_id, []))

    @cached_property
    def _deposits(self) -> dict[str, Decimal]:
        return {row["customer_id"]: row["balance"] for row in self.rows("deposit") if row["as_of"] == self.last}

    def deposit(self, customer_id: str) -> Decimal:
        """Deposits at E; no row counts as 0."""
        return self._deposits.get(customer_id, Decimal(0))

    @cached_property
    def sales(self) -> dict[str, Row]:
        return {row["customer_id"]: row for row in self.rows("sales") if row["period"] == self.period}

    @cached_property
    def _receipts(self) -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.rows("account_transaction"):
            received = row["direction"] == "in" and row["kind"] == "sales_receipt"
            if received and self.first <= row["booked_on"] <= self.last:
                found[row["customer_id"]] += row["amount"]
        return dict(found)

    def receipts(self, customer_id: str) -> Decimal:
        """In-bound sales receipts of the quarter."""
        return self._receipts.get(customer_id, Decimal(0))

    @cached_property
    def assignments(self) -> dict[str, list[Row]]:
        found = defaultdict(list)
        for row in self.rows("ab_role"):
            found[row["customer_id"]].append(row)
        return dict(found)

    def holders(self, customer_id: str, role: str, day: date) -> set[str]:
        """The people who are A (or B) of a customer on a day."""
        rows = self.assignments.get(customer_id, [])
        return {row["staff_id"] for row in rows if row["role"] == role and covers(row, day)}

    def is_corporate_rm(self, staff_id: str, day: date) -> bool:
        return any(row["staff_id"] == staff_id and row["role"] == "corporate_rm" and covers(row, day) for row in self.rows("staff_role"))

    def days_in_quarter(self, assignment: Row) -> list[date]:
        return [day for day in days(self.first, self.last) if covers(assignment, day)]
