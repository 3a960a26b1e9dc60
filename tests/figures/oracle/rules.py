"""Every rule of the contract as a plain loop that yields what is broken.

The rules that read report text are answered only for the plain cases the packages hold: a section is either long,
numeric and unlike any other, or blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from oracle.facts import Facts, covers
from oracle.quarter import days
from oracle.spelling import Row

REQUIRED_SECTIONS = ["sales_return", "operations", "finance", "counterparties", "cash_flow"]
BLANK_TEXTS = {"", "无", "/", "-", "略", "不适用"}
BEST_FIRST = ["pass", "special_mention", "substandard", "doubtful", "loss"]
SCOPE = ("customer", "loan", "loan_balance")


class Finding(NamedTuple):
    """One rule broken. `value` is None where the contract states none; `report` is the inspection of a rule about one."""

    rule: str
    unit_id: str
    customer_id: str | None
    value: Decimal | None = None
    report: str | None = None
    waived: bool = False


Broken = Iterator[tuple[str, str | None, Decimal | None, str | None]]
RULES: dict[str, tuple[tuple[str, ...], Callable[[Facts], Broken]]] = {}


def rule(name: str, *tables: str) -> Callable[[Callable[[Facts], Broken]], Callable[[Facts], Broken]]:
    """Register a reading of a rule, with the tables without which it does not run."""

    def register(reading: Callable[[Facts], Broken]) -> Callable[[Facts], Broken]:
        RULES[name] = (tables, reading)
        return reading

    return register


@lru_cache(maxsize=4)
def all_findings(facts: Facts) -> list[Finding]:
    found = []
    for name, (tables, reading) in RULES.items():
        for unit_id, customer_id, value, report in reading(facts) if facts.has(*tables) else ():
            found.append(Finding(name, unit_id, customer_id, value, report, _waived(facts, name, unit_id, customer_id)))
    return found


def _waived(facts: Facts, name: str, unit_id: str, customer_id: str | None) -> bool:
    return any(
        row["rule"] == name
        and row["period"] == facts.period
        and row["unit_id"] in (None, unit_id)
        and row["customer_id"] in (None, customer_id)
        for row in facts.rows("waiver")
    )


def _of(facts: Facts, customer_id: str, value: Decimal | None = None) -> tuple[str, str, Decimal | None, None]:
    return facts.unit_of(customer_id), customer_id, value, None


def _on(facts: Facts, report: Row) -> tuple[str, str, None, str]:
    return facts.unit_of(report["customer_id"]), report["customer_id"], None, report["inspection_id"]


# reports


@rule("report_late", *SCOPE, "inspection")
def report_late(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        submitted = facts.earliest.get(customer_id)
        if submitted and submitted > facts.deadline:
            yield _of(facts, customer_id, Decimal((submitted - facts.deadline).days))


@rule("report_missing", *SCOPE, "inspection")
def report_missing(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        if customer_id not in facts.earliest:
            yield _of(facts, customer_id)


def _sections(facts: Facts, report: Row) -> dict[str, str]:
    """Text of each required section, a blank one as ''."""
    given = {row["section"]: row["text"] for row in facts.rows("report_section") if row["inspection_id"] == report["inspection_id"]}
    texts = {section: given.get(section) or "" for section in REQUIRED_SECTIONS}
    return {section: "" if text in BLANK_TEXTS else text for section, text in texts.items()}


@rule("report_section_blank", "customer", "inspection", "report_section")
def report_section_blank(facts: Facts) -> Broken:
    for report in facts.reports:
        for text in _sections(facts, report).values():
            if not text:
                yield _on(facts, report)


@rule("report_too_simple", "customer", "inspection", "report_section")
def report_too_simple(facts: Facts) -> Broken:
    for report in facts.reports:
        lengths = [len(text) for text in _sections(facts, report).values()]
        if sum(lengths) < 300 or sum(length < 60 for length in lengths) >= 2:
            yield _on(facts, report)


@rule("report_not_reviewed", "customer", "inspection")
def report_not_reviewed(facts: Facts) -> Broken:
    for report in facts.reports:
        unsigned = report["reviewer_id"] is None or report["reviewed_at"] is None
        inspectors = (report["inspector_a"], report["inspector_b"])
        if unsigned or report["reviewer_id"] in inspectors or report["reviewed_at"] > report["submitted_at"]:
            yield _on(facts, report)


@rule("report_signed_by_others", "customer", "inspection", "ab_role")
def report_signed_by_others(facts: Facts) -> Broken:
    for report in facts.reports:
        day = report["done_on"]
        if day is not None:
            theirs = facts.holders(report["customer_id"], "A", day) | facts.holders(report["customer_id"], "B", day)
            if not theirs & {report["inspector_a"], report["inspector_b"]}:
                yield _on(facts, report)


@rule("one_inspector", "customer", "inspection")
def one_inspector(facts: Facts) -> Broken:
    for row in facts.inspections:
        two = {row["inspector_a"], row["inspector_b"]} - {None}
        if row["mode"] == "onsite" and row["done_on"] is not None and len(two) < 2:
            yield _on(facts, row)


# A and B


def _missing(facts: Facts, role: str) -> Broken:
    for customer_id in facts.in_scope:
        if not facts.holders(customer_id, role, facts.last):
            yield _of(facts, customer_id)


@rule("ab_missing_a", *SCOPE, "ab_role")
def ab_missing_a(facts: Facts) -> Broken:
    return _missing(facts, "A")


@rule("ab_missing_b", *SCOPE, "ab_role")
def ab_missing_b(facts: Facts) -> Broken:
    return _missing(facts, "B")


@rule("ab_same_person", *SCOPE, "ab_role")
def ab_same_person(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        quarter = days(facts.first, facts.last)
        if any(facts.holders(customer_id, "A", day) & facts.holders(customer_id, "B", day) for day in quarter):
            yield _of(facts, customer_id)


@rule("ab_not_corporate_rm", *SCOPE, "ab_role", "staff_role")
def ab_not_corporate_rm(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        for row in facts.assignments.get(customer_id, []):
            if not all(facts.is_corporate_rm(row["staff_id"], day) for day in facts.days_in_quarter(row)):
                yield _of(facts, customer_id)


@rule("ab_left_bank", *SCOPE, "ab_role", "staff")
def ab_left_bank(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        for row in facts.assignments.get(customer_id, []):
            left = facts.staff[row["staff_id"]]["left_on"]
            if left is not None and any(day > left for day in facts.days_in_quarter(row)):
                yield _of(facts, customer_id)


@rule("ab_other_unit", *SCOPE, "ab_role", "staff")
def ab_other_unit(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        for row in facts.assignments.get(customer_id, []):
            if covers(row, facts.last) and facts.staff[row["staff_id"]]["unit_id"] != facts.unit_of(customer_id):
                yield _of(facts, customer_id)


@rule("ab_overlap", *SCOPE, "ab_role")
def ab_overlap(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        for role in "AB":
            if any(len(facts.holders(customer_id, role, day)) > 1 for day in days(facts.first, facts.last)):
                yield _of(facts, customer_id)


# deposits, meetings, classification


@rule("deposit_below_floor", *SCOPE, "credit_line", "deposit")
def deposit_below_floor(facts: Facts) -> Broken:
    for customer_id in facts.in_scope:
        limit = facts.limit(customer_id)
        if limit > 0 and facts.deposit(customer_id) / limit < Decimal("0.20"):
            yield _of(facts, customer_id, facts.deposit(customer_id) / limit)


def post_loan_meetings(facts: Facts) -> list[Row]:
    return [row for row in facts.rows("meeting") if row["kind"] == "post_loan" and row["period"] == facts.period]


@rule("meeting_missing", *SCOPE, "meeting")
def meeting_missing(facts: Facts) -> Broken:
    met = {row["unit_id"] for row in post_loan_meetings(facts)}
    for unit_id in facts.managing_units - met:
        yield unit_id, None, None, None


@rule("meeting_materials_late", "meeting")
def meeting_materials_late(facts: Facts) -> Broken:
    for row in post_loan_meetings(facts):
        came = row["materials_submitted_on"]
        if came is None or came > row["held_on"] + timedelta(days=7):
            yield row["unit_id"], None, None, None


@rule("class5_above_floor", *SCOPE)
def class5_above_floor(facts: Facts) -> Broken:
    for row in facts.at_end:
        starts = [day for day in (row["principal_overdue_from"], row["interest_overdue_from"]) if day is not None]
        overdue = (facts.last - min(starts)).days if starts else 0
        thresholds = (1, 91, 271, 361) if facts.last >= date(2023, 7, 1) else (1, 91)
        floor = sum(overdue >= threshold for threshold in thresholds)
        if BEST_FIRST.index(row["class5"]) < floor:
            yield _of(facts, row["customer_id"])


@rule("matured_unpaid", *SCOPE)
def matured_unpaid(facts: Facts) -> Broken:
    for row in facts.at_end:
        recorded = row["principal_overdue_from"] or row["interest_overdue_from"]
        if not recorded and facts.principal_since(row) < facts.last:
            yield _of(facts, row["customer_id"], Decimal(facts.days_past_due(row)))
