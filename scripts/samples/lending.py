"""Loans with their balances and repayments, credit lines and acceptances."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from samples.bank import AS_OF, BEFORE, DAY, Bank, Customer, dice, weekday, yuan
from samples.package import Row

INTEREST = Decimal("0.0165")  # a quarter at 6.6 %
GUARANTEES = ["mortgage", "mortgage", "mortgage", "guarantee", "guarantee", "mixed", "pledge", "credit"]


def make_loans(bank: Bank) -> None:
    for customer in bank.in_scope:
        _standing_loans(bank, customer)
    for name, product, amount, disbursed, due, on_sheet, low_risk in bank.cast["outside_loans"]:
        _loan(bank, bank.customers[name], yuan(amount), disbursed, due, product=product, on_balance_sheet=on_sheet, is_low_risk=low_risk)
    for recovery in bank.cast["recoveries_before"] + bank.cast["recoveries"]:
        _recovered_loan(bank, recovery)
    for name, amount, paid_on in bank.cast["outside_repayments"]:
        _repay(bank, bank.rows_of("loan", bank.customers[name])[0], paid_on, yuan(amount))


def _standing_loans(bank: Bank, customer: Customer) -> None:
    """The loans a customer in scope has at the end of the quarter, apart from renewals."""
    rng = dice("loans", customer.name)
    drawn = yuan(customer.story["drawn"]) if "drawn" in customer.story else _drawn(bank, customer, rng)
    count = customer.story.get("loans") or (1 if customer.limit < yuan(1500) else rng.choice([1, 2, 2]))
    parts = [drawn] if count == 1 else [part := (drawn * Decimal("0.6")).quantize(Decimal(100_000)), drawn - part]
    for part in parts:
        fixed = customer.limit > yuan(2500) and rng.random() < 0.2
        first, last = (date(2014, 4, 8), date(2014, 5, 9)) if customer.story.get("new") else (date(2013, 8, 1), date(2014, 3, 20))
        disbursed = weekday(first, last, rng)
        due = bank.cast["due_on"].get(customer.name) or disbursed.replace(year=disbursed.year + (3 if fixed else 1)) - DAY
        if due < disbursed + 300 * DAY:
            disbursed = due - 364 * DAY
        _loan(bank, customer, part, disbursed, due, product="fixed_asset" if fixed else "working_capital")


def _drawn(bank: Bank, customer: Customer, rng: random.Random) -> Decimal:
    """Between 55 and 80 % of what renewals leave of the limit, in steps of 100,000 yuan."""
    renewed = sum(yuan(r["amount"]) for r in bank.cast["recoveries"] if r["customer"] == customer.name and "renewed" in r)
    return ((customer.limit - renewed) * rng.randint(55, 80) / 100).quantize(Decimal("1E5"))


def _recovered_loan(bank: Bank, recovery: dict[str, Any]) -> None:
    customer, amount = bank.customers[recovery["customer"]], yuan(recovery["amount"])
    loan = _loan(bank, customer, amount, recovery["disbursed"], recovery["due"], extended_due_on=recovery.get("extended"))
    for paid_on, paid in recovery["paid"].items():
        _repay(bank, loan, paid_on, yuan(paid))
    if "renewed" in recovery:
        disbursed = max(recovery["paid"]) + timedelta(days=recovery["renewed"])
        _loan(
            bank,
            customer,
            amount,
            disbursed,
            disbursed.replace(year=2015) - DAY,
            first_disbursed_on=recovery["disbursed"],
            guarantee_type=loan["guarantee_type"],
        )


def _loan(bank: Bank, customer: Customer, principal: Decimal, disbursed: date, due: date, **more: Any) -> Row:
    number = bank.number("loan")
    fields = {
        "loan_id": f"{customer.unit_id}{disbursed:%Y%m%d}{number:06d}",
        "contract_id": f"0{disbursed:%Y}{customer.unit_id}{number:05d}",
        "customer_id": customer.customer_id,
        "unit_id": customer.unit_id,
        "product": "working_capital",
        "on_balance_sheet": True,
        "is_low_risk": False,
        "principal": principal.quantize(Decimal("0.01")),
        "disbursed_on": disbursed,
        "due_on": due,
        "first_disbursed_on": disbursed,
        "guarantee_type": dice("guarantee", customer.name).choice(GUARANTEES),
    }
    return bank.add("loan", **(fields | more))


def _repay(bank: Bank, loan: Row, paid_on: date, principal: Decimal, interest: Decimal | None = None, method: str = "柜面还款") -> None:
    if interest is None:
        interest = (principal * INTEREST / 2).quantize(Decimal("0.01"))
    repayment_id = f"{paid_on:%Y%m%d}{bank.number('repayment'):05d}"
    bank.add(
        "repayment",
        repayment_id=repayment_id,
        loan_id=loan["loan_id"],
        paid_on=paid_on,
        principal=principal,
        interest=interest,
        method=method,
    )


def _repaid(bank: Bank, loan: Row, day: date) -> list[Row]:
    """Repayments of principal up to and including the day."""
    return [r for r in bank.tables["repayment"] if r["loan_id"] == loan["loan_id"] and r["principal"] and r["paid_on"] <= day]


def make_balances(bank: Bank) -> None:
    """Balances at both quarter ends; a loan settled in the quarter keeps a row with 0.00."""
    for as_of, classes in bank.cast["classes"].items():
        seen: set[str] = set()
        for loan in bank.tables["loan"]:
            repaid = _repaid(bank, loan, as_of)
            balance = loan["principal"] - sum(r["principal"] for r in repaid)
            settled_before = not balance and max(r["paid_on"] for r in repaid) < as_of - timedelta(days=90)
            if loan["disbursed_on"] > as_of or settled_before:
                continue
            named = {c.customer_id: classes[c.name] for c in bank.customers.values() if c.name in classes}
            first = loan["customer_id"] not in seen
            seen.add(loan["customer_id"])
            _balance(bank, loan, as_of, balance, named.get(loan["customer_id"], {}) if first and balance else {})


def _balance(bank: Bank, loan: Row, as_of: date, balance: Decimal, said: dict[str, Any]) -> None:
    bank.add(
        "loan_balance",
        as_of=as_of,
        loan_id=loan["loan_id"],
        balance=balance,
        class5=said.get("class5", "pass"),
        class12=said.get("class12") or dice("class12", loan["loan_id"]).choice(["A1", "A2", "A2", "A3"]),
        principal_overdue_from=said.get("principal"),
        interest_overdue_from=said.get("interest"),
    )


def make_interest(bank: Bank) -> None:
    """Interest of the quarter, taken on the 21st: rows without principal, which are no recoveries."""
    for balance in list(bank.tables["loan_balance"]):
        if not balance["balance"] or balance["interest_overdue_from"]:
            continue
        loan = next(row for row in bank.tables["loan"] if row["loan_id"] == balance["loan_id"])
        paid_on = balance["as_of"].replace(day=21)
        if loan["product"] in {"working_capital", "fixed_asset", "nonstandard"} and loan["disbursed_on"] < paid_on:
            _repay(bank, loan, paid_on, Decimal("0.00"), (balance["balance"] * INTEREST).quantize(Decimal("0.01")), "自动扣息")


def make_credit_lines(bank: Bank) -> None:
    """A line for every customer in scope; a third of the old ones has a predecessor, one customer has two lines, one ends on 30 June."""
    for number, customer in enumerate(bank.in_scope):
        rng = dice("line", customer.name)
        first = date(2014, 4, 1) if customer.story.get("new") else weekday(date(2013, 7, 3), date(2014, 3, 14), rng)
        last = AS_OF if number == 16 else first.replace(year=first.year + 1) - DAY
        if number == 6:
            part = customer.limit / 4
            _line(bank, customer, part, date(2013, 9, 2), date(2014, 9, 1))
            _line(bank, customer, customer.limit - part, first, last)
        else:
            _line(bank, customer, customer.limit, first, last)
        if number % 3 == 1 and first <= BEFORE:
            _line(bank, customer, customer.limit * 9 / 10, first.replace(year=first.year - 1), first - DAY)


def _line(bank: Bank, customer: Customer, limit: Decimal, first: date, last: date) -> None:
    bank.add("credit_line", customer_id=customer.customer_id, limit_amount=limit, valid_from=first, valid_to=last)


def make_acceptances(bank: Bank) -> None:
    for number, (name, face, margin, pledge, issued, due) in enumerate(bank.cast["acceptances"], start=1):
        customer = bank.customers[name]
        bank.add(
            "acceptance",
            draft_id=f"3130{issued:%Y%m%d}{10240 + 7 * number:08d}",
            customer_id=customer.customer_id,
            unit_id=customer.unit_id,
            face_amount=yuan(face),
            margin=yuan(margin),
            cash_pledge=yuan(pledge) if pledge else None,
            issued_on=issued,
            due_on=due,
        )
