"""The rows of one invented bank while it is being made, and the dice everything left open is thrown with."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from samples.package import Row

DAY = timedelta(days=1)
TEN_THOUSAND = Decimal(10_000)
BEFORE, AS_OF = date(2014, 3, 31), date(2014, 6, 30)
QUARTERS = {"2014Q1": (date(2014, 1, 1), BEFORE), "2014Q2": (date(2014, 4, 1), AS_OF)}


def read(name: str) -> Any:
    """The YAML file of that name beside this program."""
    return yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))


def dice(*names: str) -> random.Random:
    """Dice for one question about one subject: an answer never depends on how often others were asked."""
    return random.Random("|".join(names))


def yuan(ten_thousands: float | str | Decimal) -> Decimal:
    """万元 as exact yuan."""
    return (Decimal(str(ten_thousands)) * TEN_THOUSAND).quantize(Decimal("0.01"))


def days(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, both included."""
    while first <= last:
        yield first
        first += DAY


def weekday(first: date, last: date, rng: random.Random) -> date:
    """Some Monday to Friday of the span."""
    return rng.choice([day for day in days(first, last) if day.weekday() < 5])


@dataclass(frozen=True)
class Customer:
    """A customer and, in `story`, what the cast says of it."""

    customer_id: str
    name: str
    unit_id: str
    trade: str
    limit: Decimal
    story: dict[str, Any]

    @property
    def in_scope(self) -> bool:
        return "why" not in self.story


@dataclass
class Bank:
    """All tables, row by row, with the customers and staff by name."""

    cast: dict[str, Any]
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    customers: dict[str, Customer] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)

    def add(self, table: str, **fields: Any) -> Row:
        self.tables[table].append(fields)
        return fields

    def number(self, table: str) -> int:
        """The number the next row of the table gets."""
        return len(self.tables[table]) + 1

    def rows_of(self, table: str, customer: Customer) -> list[Row]:
        return [row for row in self.tables[table] if row["customer_id"] == customer.customer_id]

    @property
    def in_scope(self) -> list[Customer]:
        return [customer for customer in self.customers.values() if customer.in_scope]
