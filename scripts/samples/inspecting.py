"""Inspections with their reports, meetings and waivers of both quarters."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from samples.accounts import TRADES, owed, two_months
from samples.bank import BEFORE, DAY, QUARTERS, Bank, Customer, dice, weekday
from samples.package import Row
from samples.people import holder
from samples.wording import Facts, Writer, spoil

ONSITE = {"2014Q1": 0.38, "2014Q2": 0.52}
DEADLINE = {"2014Q1": date(2014, 3, 20), "2014Q2": date(2014, 6, 20)}
# How many reports of the first quarter had which fault; the second quarter's faults stand in the cast.
BEFORE_FAULTS = {
    "missing": 2,
    "late": 20,
    "finance_blank": 5,
    "cash_flow_blank": 4,
    "sales_return_without_numbers": 6,
    "too_simple": 4,
    "unreviewed": 3,
    "reviewed_late": 2,
    "copied": 6,
}


def make_inspections(bank: Bank) -> None:
    writer = Writer()
    _first_quarter(bank, writer)
    _second_quarter(bank, writer)
    _other_inspections(bank)


def _first_quarter(bank: Bank, writer: Writer) -> None:
    """Everyone with a scope loan at 31 March, with many more faults than a quarter later."""
    lent = {row["loan_id"] for row in bank.tables["loan_balance"] if row["as_of"] == BEFORE and row["balance"]}
    debtors = {row["customer_id"] for row in bank.tables["loan"] if row["loan_id"] in lent}
    customers = [c for c in bank.customers.values() if c.customer_id in debtors and (c.in_scope or c.story["why"] == "settled")]
    faults = _deal_faults(customers)
    reports: dict[str, dict[str, str]] = {}
    for customer in customers:
        fault = faults.get(customer.name, "")
        if fault == "missing":
            continue
        rng = dice("submitted", customer.name, "2014Q1")
        day = weekday(date(2014, 3, 21), date(2014, 4, 4), rng) if fault == "late" else weekday(date(2014, 3, 6), DEADLINE["2014Q1"], rng)
        row = _inspect(bank, customer, "2014Q1", _at(day, rng))
        if fault in {"unreviewed", "reviewed_late"}:
            row["reviewed_at"] = None if fault == "unreviewed" else row["submitted_at"] + timedelta(days=2)
        reports[customer.name] = _report(bank, writer, customer, row, _known_defect(fault))
        if fault == "copied":
            donor = next(name for name in reports if name != customer.name and _trade(bank, name) == customer.trade)
            reports[customer.name] |= {s: reports[donor][s] for s in ("counterparties", "cash_flow") if reports[donor].get(s)}
        _file(bank, row, reports[customer.name])


def _deal_faults(customers: list[Customer]) -> dict[str, str]:
    """One fault each for as many customers as `BEFORE_FAULTS` says; copies go to customers with a colleague in the trade before them."""
    trades = [c.trade for c in customers]
    names = [c.name for i, c in enumerate(customers) if c.trade in trades[:i]]
    copied = dice("copied").sample(names, BEFORE_FAULTS["copied"])
    rest = [c.name for c in customers if c.name not in copied]
    dice("faults").shuffle(rest)
    faults = dict.fromkeys(copied, "copied")
    for fault, count in BEFORE_FAULTS.items():
        if fault != "copied":
            faults |= dict.fromkeys(rest[:count], fault)
            rest = rest[count:]
    return faults


def _trade(bank: Bank, name: str) -> str:
    return bank.customers[name].trade


def _known_defect(fault: str) -> str:
    return fault if fault in {"finance_blank", "cash_flow_blank", "sales_return_without_numbers", "too_simple"} else ""


def _second_quarter(bank: Bank, writer: Writer) -> None:
    for customer in bank.customers.values():
        if not (customer.in_scope or "reported" in customer.story):
            continue
        row = _inspect(bank, customer, "2014Q2", _submitted(customer))
        report = _report(bank, writer, customer, row, customer.story.get("defect", ""))
        report["operations"] += customer.story.get("follow_up", "")
        _file(bank, row, report)


def _submitted(customer: Customer) -> datetime:
    rng = dice("submitted", customer.name, "2014Q2")
    late = customer.story.get("late") or customer.story.get("reported")
    if isinstance(late, str):
        return datetime.fromisoformat(late)
    if customer.story.get("on_time_to_the_minute"):
        return datetime.combine(DEADLINE["2014Q2"], time(23, 59))
    return _at(late or weekday(date(2014, 6, 6), DEADLINE["2014Q2"], rng), rng)


def _at(day: date, rng: random.Random) -> datetime:
    return datetime.combine(day, time(rng.randint(9, 17), rng.randint(0, 59)))


def _inspect(bank: Bank, customer: Customer, period: str, submitted: datetime) -> Row:
    """A periodic inspection, done a few days before its report came in and reviewed by the head of the unit in between."""
    rng = dice("inspection", customer.name, period)
    first = DEADLINE[period].replace(day=3)
    done = weekday(first, min(submitted.date() - DAY, DEADLINE[period] - 2 * DAY), rng)
    onsite = rng.random() < ONSITE[period] or customer.story.get("defect") == "too_simple"
    head = bank.cast["staff"][bank.cast["units"][customer.unit_id]["name"]]["head"]
    row = _inspection(bank, customer, period, "periodic", "onsite" if onsite else "offsite", done, submitted)
    return row | {"reviewer_id": bank.staff[head], "reviewed_at": submitted - timedelta(minutes=rng.randint(15, 240))}


def _inspection(bank: Bank, customer: Customer, period: str, kind: str, mode: str, done: date | None, submitted: datetime | None) -> Row:
    day = done or QUARTERS[period][1]
    return {
        "inspection_id": f"0014{period[-1]}{bank.number('inspection'):05d}",
        "customer_id": customer.customer_id,
        "period": period,
        "kind": kind,
        "mode": mode,
        "done_on": done,
        "submitted_at": submitted,
        "inspector_a": holder(bank, customer, "A", day),
        "inspector_b": holder(bank, customer, "B", day),
    }


def _report(bank: Bank, writer: Writer, customer: Customer, row: Row, defect: str) -> dict[str, str]:
    facts = facts_of(bank, customer, row)
    report = writer.report(customer.name, row["period"], row["mode"], facts)
    return spoil(report, defect, facts, dice("defect", customer.name, row["period"])) if defect else report


def _file(bank: Bank, row: Row, report: dict[str, str]) -> None:
    bank.add("inspection", **row)
    for section, text in report.items():
        bank.add("report_section", inspection_id=row["inspection_id"], section=section, text=text)


def _other_inspections(bank: Bank) -> None:
    """Focused ones of weak loans, first ones of new customers, special ones of the off-sheet loan, and one begun but not done."""
    for period, (_, last) in QUARTERS.items():
        weak = [name for name, said in bank.cast["classes"][last].items() if said["class5"] != "pass"]
        others = [(name, "focused") for name in weak]
        others += [(c.name, "special") for c in bank.customers.values() if c.story.get("why") == "nonstandard"]
        others += [(c.name, "first") for c in bank.in_scope if c.story.get("new") and period == "2014Q2"]
        for name, kind in others:
            rng = dice(kind, name, period)
            done = weekday(date(2014, last.month - 1, 12), date(2014, last.month - 1, 28), rng)
            bank.add("inspection", **_inspection(bank, bank.customers[name], period, kind, "onsite", done, _at(done + 5 * DAY, rng)))
    bank.add("inspection", **_inspection(bank, bank.customers["澜州聚源商贸有限公司"], "2014Q2", "periodic", "onsite", None, None))


def facts_of(bank: Bank, customer: Customer, row: Row) -> Facts:
    """What the report on the customer can quote: figures of the tables for two months of the quarter, the rest invented."""
    period, done, trade = row["period"], row["done_on"], TRADES[customer.trade]
    names = {staff_id: name for name, staff_id in bank.staff.items()}
    first, last = two_months(period)
    size = float(customer.limit or 8_000_000) / 10_000
    facts = _account_facts(bank, customer, period, size)
    facts |= _statement_facts(size, float(facts["revenue"]), dice("statements", customer.name, period))
    facts |= {"trade": customer.trade, "product": trade["product"], "material": trade["material"]}
    facts |= _parties(trade, facts["payer"], dice("parties", customer.name, period))
    return facts | {
        "months": f"{first.month}月至{last.month}月",
        "month_end": f"{last.month}月末",
        "day": f"{done.month}月{done.day}日",
        "a": names.get(row["inspector_a"], "客户经理"),
        "b": names.get(row["inspector_b"], "部门同事"),
    }


def _parties(trade: dict[str, Any], payer: str, rng: random.Random) -> Facts:
    """Sellers and buyers a, b, c; buyer a is who paid most."""
    sellers, buyers = rng.sample(trade["sellers"], 3), rng.sample(trade["buyers"], 3)
    buyers.sort(key=lambda name: name != payer)
    return {f"supplier_{letter}": name for letter, name in zip("abc", sellers, strict=True)} | {
        f"buyer_{letter}": name for letter, name in zip("abc", buyers, strict=True)
    }


def _account_facts(bank: Bank, customer: Customer, period: str, size: float) -> Facts:
    """Sales and receipts in 万元; a customer without bookings gets invented ones of its size."""
    rng = dice("accounts", customer.name, period)
    first, last = two_months(period)
    bookings = [r for r in bank.rows_of("account_transaction", customer) if r["kind"] == "sales_receipt" and r["booked_on"] >= first]
    bookings = [r for r in bookings if r["booked_on"] <= QUARTERS[period][1]]
    receipts = [r for r in bookings if r["booked_on"] <= last]
    books = next((r for r in bank.rows_of("sales", customer) if r["period"] == period), {})
    inflow = float(sum(r["amount"] for r in receipts)) / 10_000 or size * 0.2
    revenue = max(float(books.get("sales_revenue") or size * 10_000) / 10_000 * rng.uniform(0.62, 0.68), inflow * 1.1)
    share, used = 0.5, 0.5
    if books.get("inflow_all_banks"):
        share = float(sum(r["amount"] for r in bookings) / books["inflow_all_banks"])
        used = float(owed(bank, customer, QUARTERS[period][1]) / books["used_credit_all_banks"])
    largest: Row = max(receipts, key=lambda r: r["amount"], default={"amount": Decimal(620_000), "counterparty": ""})
    return {
        "revenue": f"{revenue:.2f}",
        "inflow": f"{inflow:.2f}",
        "rate": f"{100 * inflow / revenue:.2f}",
        "receipts": len(receipts) or 3,
        "all_inflow": f"{inflow / share:.2f}",
        "share": f"{100 * share:.2f}",
        "used_share": f"{100 * max(used, share + 0.03):.2f}",
        "prior_rate": f"{rng.uniform(22, 41):.2f}",
        "payment": f"{largest['amount'] / 10_000:.2f}",
        "payer": largest["counterparty"],
    }


def _statement_facts(size: float, revenue: float, rng: random.Random) -> Facts:
    """Invented statements of a company of that size, in whole 万元."""
    assets = round(size * rng.uniform(2.2, 4.0))
    debts = round(assets * rng.uniform(0.45, 0.7))
    cash_in = round(revenue * rng.uniform(0.8, 1.0))
    cash_out = round(cash_in * rng.uniform(0.86, 0.98))
    return {
        "assets": assets,
        "debts": debts,
        "equity": assets - debts,
        "leverage": f"{100 * debts / assets:.2f}",
        "profit": round(revenue * rng.uniform(0.02, 0.07)) + 3,
        "receivables": round(assets * rng.uniform(0.12, 0.25)),
        "stock": round(assets * rng.uniform(0.1, 0.22)),
        "balance": round(size * rng.uniform(0.55, 0.8)),
        "cash_in": cash_in,
        "cash_out": cash_out,
        "cash_net": cash_in - cash_out,
    }


def make_meetings(bank: Bank) -> None:
    """Every operating unit met in the second quarter and sent no materials, which is waived; in the first only four met."""
    operating = [unit_id for unit_id in bank.units.values() if unit_id >= "0110"]
    sent_before = dict(zip(operating[:4], [5, 7, 12, None], strict=True))
    for unit_id, after in sent_before.items():
        held = weekday(date(2014, 3, 24), date(2014, 3, 28), dice("meeting", unit_id, "2014Q1"))
        _meeting(bank, unit_id, "2014Q1", "post_loan", held, after)
    for unit_id in operating:
        held = weekday(date(2014, 6, 23), date(2014, 6, 27), dice("meeting", unit_id, "2014Q2"))
        _meeting(bank, unit_id, "2014Q2", "post_loan", held, None)
        bank.add("waiver", period="2014Q2", unit_id=unit_id, **bank.cast["waiver"])
    _meeting(bank, bank.units["公司部"], "2014Q2", "risk_analysis", date(2014, 5, 16), 4)


def _meeting(bank: Bank, unit_id: str, period: str, kind: str, held: date, sent_after: int | None) -> None:
    bank.add(
        "meeting",
        meeting_id=f"00HY{bank.number('meeting'):04d}",
        unit_id=unit_id,
        period=period,
        kind=kind,
        held_on=held,
        materials_submitted_on=None if sent_after is None else held + sent_after * DAY,
    )
