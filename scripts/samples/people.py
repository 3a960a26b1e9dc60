"""Units, staff with their roles and certificates, customers, and who is A and B of whom."""

from __future__ import annotations

from datetime import date
from itertools import cycle
from typing import Any

from samples.bank import DAY, Bank, Customer, dice, weekday, yuan

PERSONAL = {"housing", "card_overdraft", "personal_business"}


def make_units(bank: Bank) -> None:
    for unit_id, unit in bank.cast["units"].items():
        bank.units[unit["name"]] = unit_id
        parent = None if unit_id == "0100" else "0100"
        bank.add("unit", unit_id=unit_id, unit_name=unit["name"], level=unit["level"], parent_id=parent)


def make_staff(bank: Bank) -> None:
    for unit, people in bank.cast["staff"].items():
        roles = {people["head"]: "other"} | dict.fromkeys(people.get("managers", []), "corporate_rm") | people.get("others", {})
        for name, role in roles.items():
            _employ(bank, name, unit, role)
    left = bank.cast["left_staff"]
    _employ(bank, left["name"], left["unit"], "corporate_rm", left_on=left["left_on"])


def _employ(bank: Bank, name: str, unit: str, role: str, left_on: date | None = None) -> None:
    staff_id = f"{900 + bank.number('staff'):06d}"
    bank.staff[name] = staff_id
    rng = dice("staff", name)
    began = weekday(date(2009, 3, 2), date(2012, 11, 30), rng)
    bank.add("staff", staff_id=staff_id, staff_name=name, unit_id=bank.units[unit], left_on=left_on)
    if role == "credit_risk_manager" and unit.startswith("市场"):
        bank.add("staff_role", staff_id=staff_id, role="corporate_rm", valid_from=began, valid_to=date(2013, 12, 31))
        began = date(2014, 1, 1)
    bank.add("staff_role", staff_id=staff_id, role=role, valid_from=began, valid_to=left_on)
    kind = "个人贷款业务资格" if role == "personal_rm" else "公司信贷业务资格"
    certified = weekday(date(2012, 3, 1), date(2013, 10, 31), rng)
    expires = certified.replace(year=certified.year + 3) - DAY
    bank.add("certificate", staff_id=staff_id, certificate_type=kind, valid_from=certified, valid_to=expires)


def make_customers(bank: Bank) -> None:
    listed = [(unit, story) for unit, stories in bank.cast["customers"].items() for story in stories]
    listed += [(story["unit"], story) for story in bank.cast["outside"]]
    for number, (unit, story) in enumerate(listed, start=1):
        customer = Customer(
            f"0060{31 * number + 1700:06d}", story["name"], bank.units[unit], story.get("trade", ""), yuan(story.get("limit", 0)), story
        )
        bank.customers[customer.name] = customer
        tier = dice("tier", customer.name).choices(["support", "maintain", "reduce"], [5, 4, 1])[0]
        bank.add(
            "customer",
            customer_id=customer.customer_id,
            customer_name=customer.name,
            segment=_segment(story),
            unit_id=customer.unit_id,
            group_id=story.get("group"),
            tier=tier if customer.in_scope else None,
            is_key=bool(story.get("key")),
        )


def _segment(story: dict[str, Any]) -> str:
    if story.get("why") in PERSONAL:
        return "personal"
    if story.get("why") == "sannong":
        return "sannong"
    return "small_business" if story.get("small") else "corporate"


def make_ab_roles(bank: Bank) -> None:
    """Managers of the unit by turns; `b_holder` and `handovers` of the cast put others in their place."""
    for unit, people in bank.cast["staff"].items():
        managers = people.get("managers", [])
        turned = [managers[step:] + managers[:step] for step in range(1, len(managers))]
        pairs = cycle([pair for others in turned for pair in zip(managers, others, strict=True)])
        clients = [c for c in bank.customers.values() if c.unit_id == bank.units[unit] and c.story.get("why") not in PERSONAL]
        for customer, (a, b) in zip(clients, pairs, strict=False):
            _assign(bank, customer, "A", a)
            _assign(bank, customer, "B", customer.story.get("b_holder", b))


def _assign(bank: Bank, customer: Customer, role: str, holder: str) -> None:
    rng = dice("ab", customer.name, role)
    first = date(2014, 3, 28) if customer.story.get("new") else weekday(date(2012, 12, 3), date(2013, 12, 20), rng)
    for change in bank.cast["handovers"]:
        if (change["customer"], change["role"]) == (customer.name, role):
            if "before" in change:
                _span(bank, customer, role, change["before"], first, change["last_day"])
            first = change["last_day"] + DAY
    _span(bank, customer, role, holder, first, None)


def _span(bank: Bank, customer: Customer, role: str, holder: str, first: date, last: date | None) -> None:
    bank.add("ab_role", customer_id=customer.customer_id, role=role, staff_id=bank.staff[holder], valid_from=first, valid_to=last)


def holder(bank: Bank, customer: Customer, role: str, day: date) -> str | None:
    """Staff number of the customer's A or B on that day."""
    for row in bank.rows_of("ab_role", customer):
        if row["role"] == role and row["valid_from"] <= day and (row["valid_to"] is None or day <= row["valid_to"]):
            return str(row["staff_id"])
    return None
