"""Random data packages that obey the contract and stand on all its edges."""

from __future__ import annotations

import random
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

from oracle.bank import Bank, make_assignments, make_customer, make_lines, make_staff, make_units, managing_units
from oracle.lending import make_acceptances, make_loans, make_sales, make_transactions
from oracle.quarter import DAY, previous
from oracle.reporting import make_inspections, make_meetings, make_waivers
from oracle.spelling import Tables, write_folder, write_workbook

SEGMENTS = ["corporate"] * 6 + ["small_business"] * 4 + ["sannong", "personal"]


def make_tables(seed: int, period: str = "2014Q2", customers: int = 200) -> Tables:
    """The typed rows of a package: ids and codes as text, dates, times, flags, Decimal money; None is blank.

    The same seed gives the same rows.
    """
    bank = Bank(seed, period)
    make_units(bank)
    make_staff(bank)
    for _ in range(customers):
        _customer(bank)
    _odd_units(bank)
    make_meetings(bank, managing_units(bank))
    make_waivers(bank)
    for rows in bank.tables.values():
        bank.rng.shuffle(rows)
    return bank.tables


def make_package(
    folder: Path,
    seed: int,
    period: str = "2014Q2",
    customers: int = 200,
    tables_left_out: Collection[str] = (),
    as_workbook: bool = False,
) -> Tables:
    """Write a package into `folder` (or, `as_workbook`, to the file `folder`) and return its typed rows.

    The tables left out are neither written nor returned.
    """
    tables = {name: rows for name, rows in make_tables(seed, period, customers).items() if name not in tables_left_out}
    (write_workbook if as_workbook else write_folder)(tables, Path(folder), random.Random(f"spelling {seed}"))
    return tables


def _customer(bank: Bank) -> None:
    customer = make_customer(bank, bank.deal("segment", SEGMENTS), bank.deal("unit", managing_units(bank)))
    make_assignments(bank, customer)
    make_lines(bank, customer)
    make_loans(bank, customer)
    make_acceptances(bank, customer)
    make_sales(bank, customer, previous(bank.period))
    make_transactions(bank, customer)
    make_inspections(bank, customer)


def _odd_units(bank: Bank) -> None:
    """010291 has nothing at all; 010292 only findings; 010293 only an acceptance; 010294 only a meeting, prepared in time."""
    outsider = make_customer(bank, "sannong", "010292")
    bank.add(
        "inspection",
        inspection_id=bank.number("inspection", 10),
        customer_id=outsider["customer_id"],
        period=bank.period,
        kind="focused",
        mode="onsite",
        done_on=bank.first,
    )
    holder = make_customer(bank, "corporate", "010293")
    bank.add(
        "acceptance",
        draft_id=bank.number("draft", 16),
        customer_id=holder["customer_id"],
        unit_id="010293",
        face_amount=Decimal(100_000),
        margin=Decimal(20_000),
        issued_on=bank.last,
        due_on=bank.last + DAY,
    )
    bank.add(
        "meeting",
        meeting_id=bank.number("meeting", 6),
        unit_id="010294",
        period=bank.period,
        kind="post_loan",
        held_on=bank.first,
        materials_submitted_on=bank.first,
    )
