"""An invented bank: units, staff, customers, their A and B, lines and deposits, with every edge the contract names.

Each area has a menu of cases; a deck deals them in shuffled rounds, so that every case turns up in every package.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from oracle.quarter import DAY, span
from oracle.spelling import Row, Tables, contract

LONG_AGO, FAR_AHEAD = date(2010, 1, 4), date(2018, 12, 20)
MANAGING_UNITS = 7
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


class Bank:
    """The tables so far, the random source, and the quarter the package is about."""

    def __init__(self, seed: int, period: str) -> None:
        self.rng = random.Random(seed)
        self.period = period
        self.first, self.last = span(period)
        self.before = self.first - DAY
        self.tables: Tables = {table: [] for table in contract()}
        self._decks: dict[str, list[int]] = {}
        self._numbers: dict[str, int] = {}

    def add(self, table: str, **fields: Any) -> Row:
        """Append one row; fields left out are blank."""
        unknown = set(fields) - set(contract()[table]["fields"])
        assert not unknown, unknown
        row = {field: fields.get(field) for field in contract()[table]["fields"]}
        self.tables[table].append(row)
        return row

    def deal(self, deck: str, menu: Sequence[Any]) -> Any:
        """The next card of a deck. The deck deals places of the menu, whose values may change from call to call,
        in shuffled rounds, so that every place turns up."""
        if not self._decks.get(deck):
            self._decks[deck] = self.rng.sample(range(len(menu)), len(menu))
        return menu[self._decks[deck].pop()]

    def number(self, kind: str, width: int) -> str:
        """The next identifier of a kind: digits only, with leading zeros."""
        self._numbers[kind] = self._numbers.get(kind, 0) + self.rng.randint(1, 9)
        return f"{self._numbers[kind]:0{width}}"

    def money(self, low: int, high: int) -> Decimal:
        return Decimal(self.rng.randint(low * 100, high * 100)) / 100

    def day(self, first: date | None = None, last: date | None = None) -> date:
        """A random day of the span; of the quarter if none is given."""
        first, last = first or self.first, last or self.last
        return first + timedelta(days=self.rng.randint(0, (last - first).days))


def make_units(bank: Bank) -> None:
    """A tree of units; some manage nobody, some have only findings or only values (see `packages`)."""
    bank.add("unit", unit_id="000001", unit_name="云杉银行", level="head_office")
    bank.add("unit", unit_id="010000", unit_name="云杉银行江东分行", level="tier1_branch", parent_id="000001")
    bank.add("unit", unit_id="010100", unit_name="江东分行营业部", level="department", parent_id="010000")
    bank.add("unit", unit_id="010200", unit_name="临河分行", level="tier2_branch", parent_id="010000")
    for number in range(MANAGING_UNITS):
        level = "outlet" if number == 0 else "sub_branch"
        bank.add("unit", unit_id=f"0102{number + 1:02}", unit_name=f"临河第{number + 1}支行", level=level, parent_id="010200")
    for unit_id, name in [("010291", "冷清支行"), ("010292", "只有发现支行"), ("010293", "只有余额支行"), ("010294", "只开会支行")]:
        bank.add("unit", unit_id=unit_id, unit_name=name, level="sub_branch", parent_id="010200")


def managing_units(bank: Bank) -> list[str]:
    """The units that hold staff and customers."""
    return [f"0102{number + 1:02}" for number in range(MANAGING_UNITS)]


def make_staff(bank: Bank) -> None:
    s, e = bank.first, bank.last
    left_menu = [None] * 10 + [s - DAY, s, s + 30 * DAY, e - DAY, e, e + DAY]
    for unit_id in [*managing_units(bank), "010100", "010292"]:
        for _ in range(8):
            name = bank.rng.choice(SURNAMES) + bank.rng.choice(GIVEN)
            staff = bank.add(
                "staff", staff_id=bank.number("staff", 8), staff_name=name, unit_id=unit_id, left_on=bank.deal("left", left_menu)
            )
            _roles(bank, staff["staff_id"])
            if bank.rng.random() < 0.5:
                bank.add("certificate", staff_id=staff["staff_id"], certificate_type="银行从业资格", valid_from=LONG_AGO)


def _roles(bank: Bank, staff_id: str) -> None:
    s, e, old = bank.first, bank.last, LONG_AGO
    open_ended: list[tuple[date, date | None]] = [(old, None)]
    menu = [open_ended] * 12
    menu += [[(old, end)] for end in (s - DAY, s, s + 40 * DAY, e - DAY, e, e + DAY)]
    menu += [[(start, None)] for start in (s - DAY, s, s + DAY, e, e + DAY)]
    menu += [
        [(old, s + 20 * DAY), (s + 22 * DAY, None)],
        [(old, s + 20 * DAY), (s + 21 * DAY, None)],
        [(old, s + 20 * DAY), (s + 10 * DAY, e)],
        [(old, s - DAY), (s, s), (s + DAY, e)],
        [],
    ]
    for start, end in bank.deal("roles", menu):
        bank.add("staff_role", staff_id=staff_id, role="corporate_rm", valid_from=start, valid_to=end)
    if bank.rng.random() < 0.3:
        other = bank.rng.choice(["personal_rm", "credit_risk_manager", "online_monitor", "other"])
        bank.add("staff_role", staff_id=staff_id, role=other, valid_from=old)


def make_customer(bank: Bank, segment: str, unit_id: str) -> Row:
    rng = bank.rng
    name = "".join(rng.choices("恒盛远东华泰金源宏达瑞丰", k=3)) + rng.choice(["纺织有限公司", "机械, 设备公司", "“食品”厂", '建材"商行"'])
    return bank.add(
        "customer",
        customer_id=bank.number("customer", 18),
        customer_name=name,
        segment=segment,
        unit_id=unit_id,
        group_id=rng.choice([None, "007", "0012"]),
        tier=rng.choice([None, "support", "maintain", "reduce", "exit"]),
        is_key=rng.choice([None, True, False]),
    )


def make_assignments(bank: Bank, customer: Row) -> None:
    """One case of A and B for one customer."""
    for role, pick, start, end in bank.deal("ab", _assignment_menu(bank)):
        bank_staff = _people(bank, customer)
        row = {"customer_id": customer["customer_id"], "role": role, "staff_id": bank_staff[pick]["staff_id"]}
        left = bank_staff[pick]["left_on"]
        end = left + (DAY if end == "left+1" else 0 * DAY) if end in ("left", "left+1") and left else end
        bank.add("ab_role", **row, valid_from=start, valid_to=None if isinstance(end, str) else end)


def _people(bank: Bank, customer: Row) -> dict[str, Row]:
    """Three people of the customer's unit (stable per customer), one of another unit, one who has left."""
    rng = random.Random(customer["customer_id"])
    own = [row for row in bank.tables["staff"] if row["unit_id"] == customer["unit_id"]]
    foreign = [row for row in bank.tables["staff"] if row["unit_id"] != customer["unit_id"]]
    gone = [row for row in own if row["left_on"]] or own
    x, y, z = rng.sample(own, 3) if len(own) > 2 else rng.sample(foreign, 3)
    return {"x": x, "y": y, "z": z, "foreign": rng.choice(foreign), "gone": rng.choice(gone)}


def _assignment_menu(bank: Bank) -> list[list[tuple[str, str, date, Any]]]:
    s, e, old, mid = bank.first, bank.last, LONG_AGO, bank.first + 45 * DAY
    b = ("B", "y", old, None)
    a = ("A", "x", old, None)
    return [
        *[[a, b]] * 8,
        [b],
        [a],
        [],
        [("A", "x", old, e - DAY), b],
        [("A", "x", old, e), b],
        [("A", "x", e, None), b],
        [("A", "x", e + DAY, None), b],
        [a, ("B", "y", old, e - DAY)],
        [a, ("B", "y", e, e)],
        [("A", "x", old, s - DAY), b],
        [("A", "x", old, s), b],
        [a, ("B", "x", old, None)],
        [("A", "x", old, mid), ("A", "z", mid + DAY, None), ("B", "x", mid, None)],
        [("A", "x", old, mid), ("A", "z", mid + DAY, None), ("B", "x", mid + DAY, None)],
        [("A", "x", old, s), ("A", "z", s, None), b],
        [("A", "x", old, e), ("A", "z", e, None), b],
        [("A", "x", old, s - DAY), ("A", "z", s - DAY, None), b],
        [("A", "x", old, e + DAY), ("A", "z", e + DAY, None), b],
        [("A", "x", old, mid), ("A", "z", mid, None), b],
        [a, ("A", "x", mid, None), b],
        [a, b, ("B", "z", mid, mid)],
        [a, b, ("A", "z", mid, mid), ("B", "z", old, s)],
        [("A", "foreign", old, None), b],
        [a, ("B", "foreign", old, e - DAY), ("B", "y", e, None)],
        [("A", "gone", old, None), b],
        [("A", "gone", old, "left"), ("A", "z", e, None), b],
        [a, ("B", "gone", old, "left+1")],
        [("A", "gone", old, s - DAY), ("A", "x", s, None), b],
        [a, ("B", "gone", old, None), ("B", "gone", s, None)],
    ]


def make_lines(bank: Bank, customer: Row) -> None:
    """One case of credit lines and, with it, deposits at E and at other dates."""
    s, e, before, old = bank.first, bank.last, bank.before, LONG_AGO
    last_year, next_year = date(e.year - 1, e.month, 15), date(e.year + 1, e.month, 15)
    menu = [
        *[[(last_year, next_year, 1)]] * 6,
        [],
        [],
        [(last_year, e, 1)],
        [(last_year, e - DAY, 1)],
        [(e, next_year, 1)],
        [(e + DAY, next_year, 1)],
        [(last_year, e, 1), (e, next_year, 1)],
        [(last_year, s, 1), (s + DAY, next_year, 1)],
        [(last_year, next_year, 0)],
        [(last_year, e, 0), (e, next_year, 1)],
        [(old, last_year, 1)],
        [(e, e, 1)],
    ]
    total = Decimal(0)
    for start, end, sign in bank.deal("line", menu):
        amount = Decimal(bank.rng.randint(1, 400)) * 5 * 1000 * sign
        bank.add("credit_line", customer_id=customer["customer_id"], limit_amount=amount, valid_from=start, valid_to=end)
        total += amount if start <= e <= end else 0
    fifth, cent = total / 5, Decimal("0.01")
    amounts = [fifth, fifth, fifth - cent, fifth + cent, None, Decimal(0), -cent, bank.money(0, 9000), fifth * 3, fifth * 2]
    balance = bank.deal("deposit", amounts)
    for day, value in [(e, balance), (before, bank.deal("earlier deposit", [None, fifth, Decimal(1)]))]:
        if value is not None:
            bank.add(
                "deposit", as_of=day, customer_id=customer["customer_id"], balance=value, margin_balance=bank.rng.choice([None, Decimal(0)])
            )
