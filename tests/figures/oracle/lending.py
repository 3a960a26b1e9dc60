"""Loans, balances, repayments, acceptances, sales and account transactions of the invented bank."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from oracle.bank import FAR_AHEAD, Bank, managing_units
from oracle.quarter import DAY, days, next_working_day
from oracle.spelling import Row

OVERDUE_DAYS = [None, None, None, -1, 0, 1, 2, 30, 31, 60, 61, 90, 91, 270, 271, 360, 361, 700]
CLASSES = ["pass", "pass", "special_mention", "substandard", "doubtful", "loss"]


def make_loans(bank: Bank, customer: Row) -> None:
    """One case of lending: what makes a customer in scope, and what just does not."""
    plain = {"product": "working_capital", "on_balance_sheet": True, "is_low_risk": False}
    menu = [
        *[[plain]] * 12,
        *[[plain, plain | {"product": "fixed_asset"}]] * 6,
        [plain | {"product": "nonstandard"}],
        [plain | {"product": "other"}],
        [plain | {"is_low_risk": True}],
        [plain | {"on_balance_sheet": False}],
        [plain | {"product": "discount"}],
        [plain | {"product": "card_overdraft"}],
        [],
        [plain, plain | {"is_low_risk": True}, plain | {"product": "discount"}, plain | {"on_balance_sheet": False}],
    ]
    for kind in bank.deal("loans", menu):
        if customer["segment"] == "personal":
            kind = kind | {"product": bank.rng.choice(["housing", "consumption", "personal_business", "working_capital"])}
        loan = _loan(bank, customer, kind)
        _balances(bank, loan)
        _repayments(bank, loan)


def _loan(bank: Bank, customer: Row, kind: Row) -> Row:
    rng, due = bank.rng, _due_day(bank)
    extended = bank.deal("extended", [None] * 6 + [due + 10 * DAY, due + 60 * DAY, _rest_day(bank, due)])
    unit_id = customer["unit_id"] if rng.random() < 0.8 else rng.choice(managing_units(bank))
    return bank.add(
        "loan",
        loan_id=bank.number("loan", 18),
        contract_id=rng.choice([None, bank.number("contract", 12)]),
        customer_id=customer["customer_id"],
        unit_id=unit_id,
        principal=bank.money(9_000_000, 9_900_000),
        disbursed_on=bank.day(date(bank.last.year - 2, 1, 1), date(bank.last.year - 1, 12, 1)),
        due_on=due,
        extended_due_on=extended,
        guarantee_type=rng.choice([None, "credit", "guarantee", "mortgage", "pledge", "mixed"]),
        **kind,
    )


def _due_day(bank: Bank) -> date:
    """Working days, rest days and the edges of the quarter."""
    s, e = bank.first, bank.last
    rest = [day for day in days(s, e) if next_working_day(day) != day]
    menu = [
        "work",
        "work",
        "rest",
        "rest",
        "rest",
        s - DAY,
        s,
        e - DAY,
        e,
        e + DAY,
        s - 40 * DAY,
        s - 100 * DAY,
        _rest_day(bank, s - 100 * DAY),
        e + 200 * DAY,
        FAR_AHEAD,
    ]
    card = bank.deal("due", menu)
    if card == "work":
        return next_working_day(bank.day(s, e - 15 * DAY))
    return bank.deal("rest", rest) if card == "rest" else card


def _rest_day(bank: Bank, after: date) -> date:
    day = after + DAY
    while next_working_day(day) == day:
        day += DAY
    return day


def _balances(bank: Bank, loan: Row) -> None:
    e, before, middle = bank.last, bank.before, bank.first + 29 * DAY
    menu = [*[(before, e)] * 14, (e,), (before,), (middle,), (middle, e + DAY), (before, middle, e), ()]
    for day in bank.deal("balance dates", menu):
        amount = Decimal(0) if bank.deal("zero balance", [True, *[False] * 11]) else bank.money(10_000, 5_000_000)
        overdue = [bank.deal("overdue principal", OVERDUE_DAYS), bank.deal("overdue interest", OVERDUE_DAYS)]
        principal, interest = (None if n is None else day - n * DAY for n in overdue)
        if bank.rng.random() < 0.5:
            principal = interest = None
        bank.add(
            "loan_balance",
            as_of=day,
            loan_id=loan["loan_id"],
            balance=amount,
            class5=bank.deal("class", CLASSES),
            class12=bank.rng.choice([None, "正常一级"]),
            principal_overdue_from=principal,
            interest_overdue_from=interest,
        )


def _repayments(bank: Bank, loan: Row) -> None:
    """Payments before, on and after the due date and its next working day, and on the edges of the quarter."""
    s, e, due = bank.first, bank.last, loan["extended_due_on"] or loan["due_on"]
    working, original = next_working_day(due), loan["due_on"]
    menu = [
        [],
        [],
        [],
        [due],
        [working],
        [working + DAY],
        [due - DAY],
        [due, working],
        [due - DAY, working + DAY],
        [due + DAY],
        [due - 20 * DAY, due, working + 9 * DAY],
        [original],
        [next_working_day(original)],
        [s],
        [s - DAY],
        [e],
        [e + DAY],
        [s, s, e],
    ]
    for day in bank.deal("payments", menu):
        amount = bank.deal("paid", [bank.money(100, 90_000), bank.money(1, 9), Decimal("0.01"), bank.money(5000, 6000), Decimal(0)])
        bank.add(
            "repayment",
            repayment_id=bank.number("repayment", 14),
            loan_id=loan["loan_id"],
            paid_on=day,
            principal=amount,
            interest=bank.rng.choice([None, Decimal("12.30")]),
            method=bank.rng.choice([None, "转账"]),
        )


def make_acceptances(bank: Bank, customer: Row) -> None:
    s, e = bank.first, bank.last
    dates = [(s, e + 90 * DAY), (e, e + 90 * DAY), (e + DAY, e + 90 * DAY), (s, e), (s, e + DAY), (s, e - DAY), (s - DAY, e + 2 * DAY)]
    pledges = [None, Decimal(0), Decimal(10_000), Decimal(95_000), Decimal(70_000)]
    for _ in range(bank.deal("drafts", [0, 0, 0, 1, 1, 2])):
        issued, due = bank.deal("draft dates", dates)
        unit_id = customer["unit_id"] if bank.rng.random() < 0.8 else bank.rng.choice(managing_units(bank))
        bank.add(
            "acceptance",
            draft_id=bank.number("draft", 16),
            customer_id=customer["customer_id"],
            unit_id=unit_id,
            face_amount=Decimal(100_000),
            margin=bank.deal("margin", [Decimal(30_000), Decimal(0), Decimal("49999.99")]),
            cash_pledge=bank.deal("pledge", pledges),
            issued_on=issued,
            due_on=due,
        )


def make_sales(bank: Bank, customer: Row, earlier: str) -> None:
    """Sales of the period and of others; revenue and inflow given, zero, blank or negative."""
    some = bank.money(1_000, 900_000)
    cases = [
        (some, some * 2),
        (some, some),
        (some, None),
        (some, Decimal(0)),
        (None, some),
        (Decimal(0), some),
        (None, None),
        (-some, some),
        None,
        None,
    ]
    periods = [[bank.period]] * 4 + [[bank.period, earlier], [earlier], [f"{bank.period[:4]}H1", bank.period], [bank.period[:4]]]
    case = bank.deal("sales", cases)
    for period in bank.deal("sales period", periods) if case else []:
        bank.add(
            "sales",
            customer_id=customer["customer_id"],
            period=period,
            sales_revenue=case[0],
            inflow_all_banks=case[1],
            used_credit_all_banks=bank.rng.choice([None, some]),
        )


def make_transactions(bank: Bank, customer: Row) -> None:
    s, e = bank.first, bank.last
    kinds = ["sales_receipt"] * 6 + ["loan_proceeds", "own_transfer", "related_party", "other", None]
    for _ in range(bank.deal("bookings", [0, 0, 1, 3, 6])):
        bank.add(
            "account_transaction",
            transaction_id=bank.number("booking", 20),
            customer_id=customer["customer_id"],
            account_no=f"0{customer['customer_id']}",
            booked_on=bank.deal("booked", [s - DAY, s, e, e + DAY, s + 9 * DAY, s + 50 * DAY]),
            direction=bank.deal("direction", ["in", "in", "in", "out"]),
            amount=bank.money(1, 90_000),
            counterparty=bank.rng.choice([None, "同舟贸易行"]),
            kind=bank.deal("booking kind", kinds),
            summary=bank.rng.choice([None, "货款,尾款", '结算"款"']),
        )
