"""Warning signals with random dates are counted as a small reading of their own says, and so are renewals and what fell due unnoticed."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from oracle.packages import make_package
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.figures.compute import compute, make_book

FIRST, LAST = date(2014, 4, 1), date(2014, 6, 30)
REPORTED_WITHIN, HANDLED_WITHIN = {"red": 1, "orange": 3, "yellow": 5}, {"red": 15, "orange": 30, "yellow": 60}
COLUMNS = ("signal_id", "customer_id", "source", "level", "description", "found_on", "reported_on", "form_on", "due_on", "lifted_on")


def signal(chance: random.Random, number: int, customer: str) -> dict[str, Any]:
    """A signal whose dates stand on every edge of levels and period."""
    found = FIRST + timedelta(days=chance.choice([-100, -40, -16, -15, -1, 0, 1, 30, 60, 75, 76, 85, 88, 89, 90, 91]))
    reported = found + timedelta(days=chance.choice([0, 1, 2, 3, 4, 5, 6, 40])) if chance.random() < 0.7 else None
    row = {
        "signal_id": f"S{number}",
        "customer_id": customer,
        "source": "system",
        "level": chance.choice([*REPORTED_WITHIN]),
        "description": "x",
    }
    row |= {"found_on": found, "reported_on": reported}
    row["form_on"] = reported + timedelta(days=chance.randrange(0, 5)) if reported and chance.random() < 0.5 else None
    row["due_on"] = chance.choice([LAST - timedelta(days=1), LAST, LAST + timedelta(days=1)]) if chance.random() < 0.4 else None
    row["lifted_on"] = found + timedelta(days=chance.randrange(0, 100)) if chance.random() < 0.4 else None
    return row


def counted(signals: list[dict[str, Any]]) -> dict[str, Any]:
    """The measures of some signals, read one by one."""
    found = [s for s in signals if FIRST <= s["found_on"] <= LAST]
    known = [s for s in signals if s["found_on"] <= LAST]
    is_open = [s for s in known if not s["lifted_on"] or s["lifted_on"] > LAST]
    late = [s for s in found if (min(s["reported_on"] or LAST, LAST) - s["found_on"]).days > REPORTED_WITHIN[s["level"]]]
    days = sum((min(s["lifted_on"] or LAST, LAST) - s["found_on"]).days for s in found)
    return {
        "signals_found": len(found),
        "signals_open": len(is_open),
        "signals_lifted": sum(1 for s in known if s["lifted_on"] and FIRST <= s["lifted_on"] <= LAST),
        "signals_late_reported": len(late),
        "signals_overdue": sum(map(past_due, is_open)),
        "signal_report_on_time": Decimal(len(found) - len(late)) / len(found) if found else None,
        "signal_days": Decimal(days) / len(found) if found else None,
    }


def past_due(one: dict[str, Any]) -> bool:
    return one["due_on"] < LAST if one["due_on"] else (LAST - one["found_on"]).days > HANDLED_WITHIN[one["level"]]


@pytest.mark.parametrize("seed", [3, pytest.param(4, marks=pytest.mark.soak)])
def test_random_signals_are_counted_as_an_independent_reading_counts_them(tmp_path: Path, seed: int) -> None:
    data, chance = tmp_path / "data", random.Random(seed)
    make_package(data, seed, "2014Q2", 40, ("report_section",))
    clean = screen(open_package(data))
    customers = dict(clean.con.execute("SELECT customer_id, unit_id FROM customer ORDER BY customer_id").fetchall())
    signals = [signal(chance, number, chance.choice([*customers])) for number in range(150)]
    with (data / "signal.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(signals)
    book = make_book(data, "2014Q2")
    for unit in ("", *book.units()):
        wanted = counted([s for s in signals if unit in ("", customers[s["customer_id"]])])
        assert {name: book.figure(name, *(("unit", unit) if unit else ("bank", ""))) for name in wanted} == wanted, unit
    scope = {row["customer_id"] for row in book.rows("customer_in_scope", "customer_id")}
    mine = [s for s in signals if s["customer_id"] in scope and s["found_on"] <= LAST]
    is_open = [s for s in mine if not s["lifted_on"] or s["lifted_on"] > LAST]
    reported = {s["signal_id"]: s["reported_on"] for s in is_open if s["reported_on"] and s["reported_on"] <= LAST}
    formless = {s["signal_id"] for s in is_open if s["signal_id"] in reported and not (s["form_on"] and s["form_on"] <= LAST)}
    found = {name: {f.subject for f in book.findings_made if f.rule.name == name} for name in ("signal_unhandled", "signal_form_missing")}
    assert found["signal_unhandled"] == {s["signal_id"] for s in is_open if past_due(s)}
    assert found["signal_form_missing"] == {name for name in formless if (LAST - reported[name]).days > 3}


@pytest.mark.parametrize("seed", [3])
def test_loans_that_fell_due_unnoticed_are_those_of_an_independent_reading(tmp_path: Path, seed: int) -> None:
    from test_every_sample import item

    data, chance = tmp_path / "data", random.Random(seed)
    make_package(data, seed, "2014Q2", 120, ("report_section",))
    book = make_book(data, "2014Q2")
    due = "SELECT l.loan_id, coalesce(l.extended_due_on, l.due_on) AS due_on, l.customer_id FROM loan AS l ORDER BY l.loan_id"
    told = []
    for number, (loan, day, customer) in enumerate(book.clean.con.execute(due).fetchall(), 1):
        if chance.random() < 0.6:
            sent = day - timedelta(days=chance.choice([0, 1, 60]))
            about = {
                "document": "monitoring_notice",
                "title": "x",
                "kind": "loan",
                "business_id": loan,
                "customer_id": customer,
                "unit_id": "x",
            }
            days = {"due_on": day, "prepared_on": sent, "reply_by": sent, "told_for": date(2000, 1, 31)}
            told.append(item({**about, **{name: d.isoformat() for name, d in days.items()}, "number": f"监通〔2014〕{number}号"}))
    again = compute(book.clean, replace(book.settings, notices=told))
    noticed = {one.business_id for one in told if one.prepared_on < one.due_on and one.prepared_on <= LAST}
    overdue = [
        row["loan_id"] for row in again.rows("overdue_item", "loan_id") if row["days_past_due"] > 0 and FIRST <= row["due_on"] <= LAST
    ]
    assert again.figure("noticed_overdue") == sum(loan in noticed for loan in overdue)
    assert again.figure("unnoticed_overdue") == sum(loan not in noticed for loan in overdue) and overdue
    assert again.figure("notices_issued") == sum(FIRST <= one.prepared_on <= LAST for one in told)
