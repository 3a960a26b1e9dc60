"""What moves on the customers' accounts: deposits, bookings, and sales as their own books show them."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from samples.bank import AS_OF, BEFORE, QUARTERS, Bank, Customer, days, dice, read, weekday, yuan
from samples.package import Row

TRADES = read("trades")
RETURNED = {"2014Q1": (12, 60), "2014Q2": (17, 70)}  # % of the sales that comes in here
# The part of the customers that keeps the deposit asked for, and what the others keep, in 1/10,000 of the limit.
GOOD_DEPOSITS = {BEFORE: 0.26, AS_OF: 0.42}
POOR_DEPOSITS = {BEFORE: (150, 1700), AS_OF: (250, 1950)}


def make_deposits(bank: Bank) -> None:
    for as_of, good in GOOD_DEPOSITS.items():
        for customer in bank.customers.values():
            kept = customer.story.get("deposit")
            if not customer.story.get("trade") or kept == "none" or (customer.story.get("new") and as_of == BEFORE):
                continue
            rng = dice("deposit", customer.name, str(as_of))
            share = rng.randint(2010, 3400) if rng.random() < good else rng.randint(*POOR_DEPOSITS[as_of])
            cents = Decimal(rng.randint(0, 999_999)) / 100
            margin = _margin(bank, customer, as_of)
            balance = max(customer.limit * share / 10_000, margin * Decimal("1.15"), yuan(rng.randint(20, 60))) + cents
            if kept == "floor" and as_of == AS_OF:
                balance = customer.limit / 5
            balance = balance.quantize(Decimal("0.01"))
            bank.add("deposit", as_of=as_of, customer_id=customer.customer_id, balance=balance, margin_balance=margin or None)


def _margin(bank: Bank, customer: Customer, day: date) -> Decimal:
    return sum((row["margin"] for row in bank.rows_of("acceptance", customer) if row["issued_on"] <= day < row["due_on"]), Decimal(0))


def make_sales(bank: Bank) -> None:
    """Sales of both quarters of every customer in scope, and the receipts that came in here."""
    for period in QUARTERS:
        for customer in bank.in_scope:
            rng = dice("sales", customer.name)
            revenue = _jitter(customer.limit * rng.randint(60, 150) / 100, dice("revenue", customer.name, period))
            rng = dice("inflow", customer.name, period)
            inflow = revenue * rng.randint(*RETURNED[period]) / 100
            receipts = _receipts(bank, customer, period, inflow)
            everywhere = receipts + (revenue - inflow) * rng.randint(60, 95) / 100
            # The seed: what comes in here is mostly a smaller share than what we lend (资金回笼普遍低于授信份额).
            our_share = min(receipts / everywhere + Decimal(rng.randint(3, 25)) / 100, Decimal("0.97"))
            lacking = customer.story.get("books")
            bank.add(
                "sales",
                customer_id=customer.customer_id,
                period=period,
                sales_revenue=None if lacking == "no_revenue" else revenue,
                inflow_all_banks=None if lacking == "no_inflow" else everywhere.quantize(Decimal("0.01")),
                used_credit_all_banks=(owed(bank, customer, QUARTERS[period][1]) / our_share).quantize(Decimal("0.01")),
            )


def owed(bank: Bank, customer: Customer, day: date) -> Decimal:
    """What the customer owes us that day; half the limit before its first loan."""
    loans = {row["loan_id"] for row in bank.rows_of("loan", customer)}
    balance = sum((row["balance"] for row in bank.tables["loan_balance"] if row["as_of"] == day and row["loan_id"] in loans), Decimal(0))
    return balance or customer.limit / 2


def _jitter(amount: Decimal, rng: random.Random) -> Decimal:
    return (amount * rng.randint(900, 1100) / 1000 + Decimal(rng.randint(0, 99_999)) / 100).quantize(Decimal("0.01"))


def _receipts(bank: Bank, customer: Customer, period: str, total: Decimal) -> Decimal:
    """Book `total` as five to nine sales receipts on different days; returns what was booked."""
    rng = dice("receipts", customer.name, period)
    spread = [rng.randint(5, 20) for _ in range(rng.randint(5, 9))]
    amounts = [_jitter(total * part / sum(spread), rng) for part in spread]
    for amount in amounts:
        buyer = rng.choice(TRADES[customer.trade]["buyers"])
        summary = rng.choice(["货款", "货款", "销售款", f"付{period[:4]}年货款"])
        _book(bank, customer, weekday(*QUARTERS[period], rng), "in", amount, buyer, "sales_receipt", summary)
    return sum(amounts, Decimal(0))


def make_other_bookings(bank: Bank) -> None:
    """Bookings that are no sales: loan proceeds, money moved between own accounts and related parties, payments to suppliers."""
    for loan in bank.tables["loan"]:
        customer = next(c for c in bank.customers.values() if c.customer_id == loan["customer_id"])
        if customer.trade and QUARTERS["2014Q1"][0] <= loan["disbursed_on"] <= AS_OF and loan["product"] != "discount":
            _book(bank, customer, loan["disbursed_on"], "in", loan["principal"], customer.name, "loan_proceeds", "贷款发放")
            seller = dice("entrusted", loan["loan_id"]).choice(TRADES[customer.trade]["sellers"])
            _book(bank, customer, loan["disbursed_on"], "out", loan["principal"], seller, "other", "受托支付")
    for period, span in QUARTERS.items():
        for customer in bank.in_scope:
            rng = dice("other", customer.name, period)
            related = f"{customer.name[2:4]}控股"
            for kind, party, summary in [("own_transfer", customer.name, "同名划转"), ("related_party", related, "往来款")]:
                if rng.random() < 0.4:
                    amount = yuan(rng.randint(10, 200))
                    _book(bank, customer, weekday(*span, rng), "in", amount, party, kind, summary)
                    _book(bank, customer, weekday(*span, rng), "out", amount, party, kind, summary)
            for _ in range(rng.randint(1, 3)):
                seller = rng.choice(TRADES[customer.trade]["sellers"])
                _book(bank, customer, weekday(*span, rng), "out", yuan(rng.randint(8, 180)), seller, "other", "采购款")


def _book(bank: Bank, customer: Customer, day: date, direction: str, amount: Decimal, party: str, kind: str, summary: str) -> Row:
    account = f"0621{customer.customer_id[2:]}{dice('account', customer.name).randint(0, 999_999):06d}"
    return bank.add(
        "account_transaction",
        transaction_id=f"{day:%Y%m%d}{bank.number('account_transaction'):06d}",
        customer_id=customer.customer_id,
        account_no=account,
        booked_on=day,
        direction=direction,
        amount=amount,
        counterparty=party,
        kind=kind,
        summary=summary,
    )


def two_months(period: str) -> tuple[date, date]:
    """First and last day of the two months of a quarter that a report handed in before its end can look at."""
    first = QUARTERS[period][0]
    return first, max(day for day in days(*QUARTERS[period]) if day.month == first.month + 1)
