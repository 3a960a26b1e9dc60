"""Writes a big invented bank as Parquet, for benchmarks: every table of the contract but `report_section`.

    python scripts/make_bank.py --units 500 --customers-per-unit 1000 --out big_bank

makes about 1 million loans with two reporting dates and 10 million account transactions. Equal arguments give equal
bytes (with equal versions of numpy and pyarrow). Faults (late reports, wrong assignments, thin deposits …) each
strike `--fault-rate` of the customers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from postloan.period import Period

Columns = dict[str, pa.Array]
Numbers = np.ndarray[Any, Any]

BOOKINGS_PER_CUSTOMER = 20
CUSTOMERS_PER_STAFF = 40
CHUNK = 50_000  # customers whose transactions are made at once: 1 million rows, some 200 MB
LONG_AGO = np.datetime64("2012-01-05")
SEGMENTS = ["corporate", "small_business", "sannong", "personal"]
PRODUCTS = ["working_capital", "fixed_asset", "other", "discount", "card_overdraft", "housing"]
CLASSES = ["pass", "special_mention", "substandard", "doubtful", "loss"]
KINDS = ["sales_receipt", "loan_proceeds", "own_transfer", "related_party", "other"]
TRADES = ["纺织", "机械", "食品", "建材", "化工", "物流", "电子", "农资", "钢贸", "家具"]
FIRMS = ["恒远", "瑞丰", "金泽", "同舟", "云杉", "东篱", "广济", "宏图", "清源", "长河"]


@dataclass(frozen=True)
class Bank:
    """Sizes, days and the source of chance, and what the tables must agree on: who belongs to which unit and staff."""

    units: int
    per_unit: int
    fault_rate: float
    period: Period
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(20140630))

    @property
    def customers(self) -> int:
        return self.units * self.per_unit

    @property
    def managers(self) -> int:
        """Corporate managers of one unit; each unit also has one reviewer and one manager who left in mid-quarter."""
        return max(3, -(-self.per_unit // CUSTOMERS_PER_STAFF))

    @property
    def first(self) -> np.datetime64:
        return np.datetime64(self.period.first_day)

    @property
    def last(self) -> np.datetime64:
        return np.datetime64(self.period.as_of)

    @property
    def deadline(self) -> np.datetime64:
        return np.datetime64(self.period.as_of.replace(day=20))

    def strike(self, n: int) -> Numbers:
        """True for the share of `n` that a fault strikes."""
        return self.rng.random(n) < self.fault_rate

    def staff(self, unit: Numbers, place: Numbers | int) -> Numbers:
        """Number of the member of staff at a place of a unit: managers first, then reviewer, then leaver."""
        return unit * (self.managers + 2) + place


# columns


def ids(numbers: Numbers, width: int, prefix: str = "") -> pa.Array:
    text = pc.utf8_lpad(pc.cast(pa.array(numbers, pa.int64()), pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, text, "") if prefix else text


def money(cents: Numbers) -> pa.Array:
    """Whole cents as decimal128(18, 2), exactly."""
    cents = cents.astype(np.int64)
    words = np.stack([cents, cents >> 63], axis=1)
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(np.ascontiguousarray(words))])


def days(values: Numbers, blank: Numbers | None = None) -> pa.Array:
    return pa.array(values.astype("datetime64[D]"), pa.date32(), mask=blank)


def times(values: Numbers, blank: Numbers | None = None) -> pa.Array:
    return pa.array(values.astype("datetime64[us]"), pa.timestamp("us"), mask=blank)


def coded(codes: Numbers, words: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words)).dictionary_decode()


def same(value: Any, n: int, kind: pa.DataType | None = None) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind or pa.string()), n)


def nothing(n: int, kind: pa.DataType | None = None) -> pa.Array:
    return pa.nulls(n, kind or pa.string())


# people


def unit(bank: Bank) -> Columns:
    n = bank.units
    return {
        "unit_id": pa.concat_arrays([pa.array(["000000", "000001"]), ids(np.arange(n) + 1000, 6)]),
        "unit_name": pa.array(["云杉银行", "云杉银行江东分行", *(f"江东第{i + 1}支行" for i in range(n))]),
        "level": pa.array(["head_office", "tier1_branch", *["sub_branch"] * n]),
        "parent_id": pa.array([None, "000000", *["000001"] * n]),
    }


def staff(bank: Bank) -> Columns:
    per_unit = bank.managers + 2
    n = bank.units * per_unit
    leaver = np.arange(n) % per_unit == per_unit - 1
    return {
        "staff_id": ids(np.arange(n), 8),
        "staff_name": pa.array([f"员工{i:07}" for i in range(n)]),
        "unit_id": ids(np.arange(n) // per_unit + 1000, 6),
        "left_on": days(np.full(n, bank.first + 40), ~leaver),
    }


def staff_role(bank: Bank) -> Columns:
    per_unit = bank.managers + 2
    place = np.arange(bank.units * per_unit) % per_unit
    n = len(place)
    return {
        "staff_id": ids(np.arange(n), 8),
        "role": coded((place == bank.managers).astype(int), ["corporate_rm", "credit_risk_manager"]),
        "valid_from": days(np.full(n, LONG_AGO)),
        "valid_to": days(np.full(n, bank.first + 40), place != bank.managers + 1),
    }


def certificate(bank: Bank) -> Columns:
    n = bank.units * (bank.managers + 2)
    return {
        "staff_id": ids(np.arange(n), 8),
        "certificate_type": same("银行业专业人员", n),
        "valid_from": days(np.full(n, LONG_AGO)),
        "valid_to": nothing(n, pa.date32()),
    }


def customer(bank: Bank) -> Columns:
    n = bank.customers
    number, rng = np.arange(n), np.random.default_rng(7)
    names = [coded(rng.integers(0, 10, n), FIRMS), coded(rng.integers(0, 10, n), TRADES), ids(number, 1)]
    return {
        "customer_id": ids(number, 18),
        "customer_name": pc.binary_join_element_wise(*names, "号有限公司", ""),
        "segment": coded(_segments(bank), SEGMENTS),
        "unit_id": ids(number // bank.per_unit + 1000, 6),
        "group_id": nothing(n),
        "tier": coded(number % 4, ["support", "maintain", "reduce", "exit"]),
        "is_key": pa.array(number % 10 == 0),
    }


def _segments(bank: Bank) -> Numbers:
    return np.random.default_rng(8).choice(4, bank.customers, p=[0.55, 0.35, 0.05, 0.05])


def _hands(bank: Bank) -> tuple[Numbers, Numbers]:
    """Staff numbers of A and B of every customer: two managers of the customer's unit."""
    number = np.arange(bank.customers)
    home, a = number // bank.per_unit, number % bank.managers
    return bank.staff(home, a), bank.staff(home, (a + 1) % bank.managers)


def ab_role(bank: Bank) -> Columns:
    """One A and one B each; faults: neither given, one person as both, a leaver, a stranger, and a second A."""
    n, (a, b) = bank.customers, _hands(bank)
    home = np.arange(n) // bank.per_unit
    b = np.where(bank.strike(n), a, b)
    a = np.where(bank.strike(n), bank.staff(home, bank.managers + 1), a)
    b = np.where(bank.strike(n), bank.staff((home + 1) % bank.units, 0), b)
    extra = np.flatnonzero(bank.strike(n))
    kept_a, kept_b = np.flatnonzero(~bank.strike(n)), np.flatnonzero(~bank.strike(n))
    who = np.concatenate([a[kept_a], b[kept_b], bank.staff(home[extra], (extra + 2) % bank.managers)])
    roles = np.concatenate([np.zeros(len(kept_a), int), np.ones(len(kept_b), int), np.zeros(len(extra), int)])
    start = np.where(np.arange(len(who)) < len(who) - len(extra), LONG_AGO, bank.first + 30)
    return {
        "customer_id": ids(np.concatenate([kept_a, kept_b, extra]), 18),
        "role": coded(roles, ["A", "B"]),
        "staff_id": ids(who, 8),
        "valid_from": days(start),
        "valid_to": nothing(len(who), pa.date32()),
    }


# money


def _limits(bank: Bank) -> Numbers:
    """Credit limit of each customer in cents."""
    return np.random.default_rng(9).integers(10, 500, bank.customers) * 10_000_000


def credit_line(bank: Bank) -> Columns:
    n = bank.customers
    return {
        "customer_id": ids(np.arange(n), 18),
        "limit_amount": money(_limits(bank)),
        "valid_from": days(np.full(n, bank.last - 200)),
        "valid_to": days(bank.last + bank.rng.integers(1, 160, n)),
    }


def deposit(bank: Bank) -> Columns:
    n, before = bank.customers, bank.first - 1
    share = np.where(bank.strike(2 * n), 0.15, bank.rng.uniform(0.21, 0.9, 2 * n))
    return {
        "as_of": days(np.repeat(np.array([before, bank.last]), n)),
        "customer_id": ids(np.tile(np.arange(n), 2), 18),
        "balance": money((np.tile(_limits(bank), 2) * share).astype(np.int64)),
        "margin_balance": money(np.zeros(2 * n)),
    }


def sales(bank: Bank) -> Columns:
    n, revenue = bank.customers, _limits(bank) // 2
    return {
        "customer_id": ids(np.arange(n), 18),
        "period": same(bank.period.name, n),
        "sales_revenue": money(revenue),
        "inflow_all_banks": money(revenue * 9 // 10),
        "used_credit_all_banks": money(revenue),
    }


def account_transaction(bank: Bank) -> Iterator[Columns]:
    """Twenty bookings per customer, in chunks; the receipts of a customer come to about 0.7 of the revenue."""
    limits, span = _limits(bank), int((bank.last - bank.first).astype(int)) + 1
    parties = pc.binary_join_element_wise(pa.array(np.repeat(FIRMS, 10)), pa.array(np.tile(TRADES, 10)), "商行", "")
    for start in range(0, bank.customers, CHUNK):
        who = np.repeat(np.arange(start, min(start + CHUNK, bank.customers)), BOOKINGS_PER_CUSTOMER)
        n, rng = len(who), bank.rng
        kind = rng.choice(5, n, p=[0.6, 0.05, 0.1, 0.05, 0.2])
        yield {
            "transaction_id": ids(np.arange(n) + start * BOOKINGS_PER_CUSTOMER, 16),
            "customer_id": ids(who, 18),
            "account_no": ids(who, 17, "62"),
            "booked_on": days(bank.first + rng.integers(0, span, n)),
            "direction": coded(np.where(kind >= 2, rng.integers(0, 2, n), 0), ["in", "out"]),
            "amount": money((limits[who] * rng.uniform(0.01, 0.05, n)).astype(np.int64)),
            "counterparty": parties.take(pa.array(rng.integers(0, 100, n))),
            "kind": coded(kind, KINDS),
            "summary": same("货款", n),
        }


# loans


@dataclass(frozen=True)
class Notes:
    """What the tables about loans must agree on, by loan number; two loans per customer on average."""

    owner: Numbers
    principal: Numbers
    due: Numbers

    @classmethod
    def of(cls, bank: Bank) -> Notes:
        owner = np.repeat(np.arange(bank.customers), 1 + np.arange(bank.customers) % 3)
        rng = np.random.default_rng(10)
        due = np.where(
            rng.random(len(owner)) < 0.1, bank.first + rng.integers(0, 91, len(owner)), bank.last + rng.integers(1, 900, len(owner))
        )
        return cls(owner, _limits(bank)[owner] // 4, due)


def loan(bank: Bank) -> Columns:
    notes, rng = Notes.of(bank), bank.rng
    n = len(notes.owner)
    product = np.where(_segments(bank)[notes.owner] == 3, 5, rng.choice(5, n, p=[0.7, 0.15, 0.05, 0.06, 0.04]))
    start = np.minimum(notes.due - 365, bank.first - 10)
    return {
        "loan_id": ids(np.arange(n), 18),
        "contract_id": ids(np.arange(n), 12, "HT"),
        "customer_id": ids(notes.owner, 18),
        "unit_id": ids(notes.owner // bank.per_unit + 1000, 6),
        "product": coded(product, PRODUCTS),
        "on_balance_sheet": pa.array(rng.random(n) > 0.03),
        "is_low_risk": pa.array(rng.random(n) < 0.05),
        "principal": money(notes.principal),
        "disbursed_on": days(start),
        "due_on": days(notes.due),
        "extended_due_on": days(notes.due + 90, rng.random(n) > 0.01),
        "first_disbursed_on": days(start),
        "guarantee_type": coded(rng.integers(0, 4, n), ["credit", "guarantee", "mortgage", "pledge"]),
    }


def loan_balance(bank: Bank) -> Iterator[Columns]:
    """Two dates; classes agree with the days past due but where a fault strikes."""
    notes, fewest, most = Notes.of(bank), np.array([0, 1, 91, 271, 361]), np.array([0, 90, 270, 360, 900])
    n = len(notes.owner)
    classes = bank.rng.choice(5, n, p=[0.95, 0.03, 0.012, 0.005, 0.003])
    for day in (bank.first - 1, bank.last):
        overdue = bank.rng.integers(fewest[classes], most[classes] + 1)
        shown = np.where(bank.strike(n), 0, classes) if day == bank.last else np.maximum(classes - bank.strike(n), 0)
        balance = (notes.principal * bank.rng.uniform(0.3, 1, n)).astype(np.int64)
        overdue = np.where((shown == 0) & (classes == 0) & bank.strike(n), 30, overdue)
        yield {
            "as_of": days(np.full(n, day)),
            "loan_id": ids(np.arange(n), 18),
            "balance": money(balance),
            "class5": coded(shown, CLASSES),
            "class12": nothing(n),
            "principal_overdue_from": days(day - overdue, overdue == 0),
            "interest_overdue_from": days(day - overdue // 2, overdue < 2),
        }


def repayment(bank: Bank) -> Columns:
    """Loans due in the quarter are paid a little early, on the day or a little late."""
    notes = Notes.of(bank)
    paid = np.flatnonzero(notes.due <= bank.last)
    n = len(paid)
    return {
        "repayment_id": ids(np.arange(n), 14),
        "loan_id": ids(paid, 18),
        "paid_on": days(notes.due[paid] + bank.rng.choice([-5, 0, 0, 0, 6], n)),
        "principal": money(notes.principal[paid] // 10),
        "interest": money(notes.principal[paid] // 100),
        "method": same("转账", n),
    }


def acceptance(bank: Bank) -> Columns:
    who = np.flatnonzero(np.arange(bank.customers) % 5 == 0)
    n, face = len(who), _limits(bank)[who] // 10
    issued = bank.last - bank.rng.integers(0, 240, n)
    return {
        "draft_id": ids(np.arange(n), 16),
        "customer_id": ids(who, 18),
        "unit_id": ids(who // bank.per_unit + 1000, 6),
        "face_amount": money(face),
        "margin": money(face * 3 // 10),
        "cash_pledge": money(np.where(who % 2, face // 10, face)),
        "issued_on": days(issued),
        "due_on": days(issued + 180),
    }


# post-loan work


def inspection(bank: Bank) -> Columns:
    """One periodic report each; faults: late, never sent in, unreviewed, signed by one person."""
    n, (a, b), rng = bank.customers, _hands(bank), bank.rng
    done = bank.first + rng.integers(0, 55, n)
    sent = np.where(bank.strike(n), bank.deadline + rng.integers(1, 10, n), bank.deadline - rng.integers(0, 15, n))
    sent = sent.astype("datetime64[m]") + rng.integers(540, 1080, n)
    unsent, unreviewed = bank.strike(n), bank.strike(n)
    return {
        "inspection_id": ids(np.arange(n), 12),
        "customer_id": ids(np.arange(n), 18),
        "period": same(bank.period.name, n),
        "kind": same("periodic", n),
        "mode": coded(rng.integers(0, 2, n), ["onsite", "offsite"]),
        "done_on": days(done),
        "submitted_at": times(sent, unsent),
        "inspector_a": ids(a, 8),
        "inspector_b": ids(np.where(bank.strike(n), a, b), 8),
        "reviewer_id": ids(bank.staff(np.arange(n) // bank.per_unit, bank.managers), 8),
        "reviewed_at": times(sent - np.timedelta64(90, "m"), unreviewed),
        "report_file": nothing(n),
    }


def meeting(bank: Bank) -> Columns:
    held = np.flatnonzero(~bank.strike(bank.units))
    n = len(held)
    day = bank.first + bank.rng.integers(60, 85, n)
    return {
        "meeting_id": ids(np.arange(n), 8),
        "unit_id": ids(held + 1000, 6),
        "period": same(bank.period.name, n),
        "kind": same("post_loan", n),
        "held_on": days(day),
        "materials_submitted_on": days(day + np.where(bank.strike(n), 9, 3)),
    }


def waiver(bank: Bank) -> Columns:
    return {
        "rule": pa.array(["meeting_missing", "report_late"]),
        "period": same(bank.period.name, 2),
        "unit_id": pa.array([None, "001000"]),
        "customer_id": nothing(2),
        "reason": same("系统切换", 2),
        "approved_by": same("员工0000000", 2),
        "approved_on": days(np.full(2, bank.last)),
    }


TABLES: list[Callable[[Bank], Columns | Iterator[Columns]]] = [
    unit,
    staff,
    staff_role,
    certificate,
    customer,
    ab_role,
    credit_line,
    loan,
    loan_balance,
    acceptance,
    repayment,
    deposit,
    account_transaction,
    sales,
    inspection,
    meeting,
    waiver,
]


def write(folder: Path, table: str, made: Columns | Iterator[Columns]) -> int:
    """Write one table, chunk by chunk; the number of its rows."""
    rows, writer = 0, None
    for columns in [made] if isinstance(made, dict) else made:
        chunk = pa.table(columns)
        writer = writer or pq.ParquetWriter(folder / f"{table}.parquet", chunk.schema, compression="zstd")
        writer.write_table(chunk)
        rows += chunk.num_rows
    if writer:
        writer.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, required=True)
    parser.add_argument("--customers-per-unit", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--period", default="2014Q2")
    parser.add_argument("--fault-rate", type=float, default=0.002)
    given = parser.parse_args()
    bank = Bank(given.units, given.customers_per_unit, given.fault_rate, Period.parse(given.period).quarter)
    given.out.mkdir(parents=True, exist_ok=True)
    for make in TABLES:
        print(f"{make.__name__:20} {write(given.out, make.__name__, make(bank)):>12,}")


if __name__ == "__main__":
    main()
