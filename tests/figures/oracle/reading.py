"""An independent reading of the contract: every measure and every rule, in plain slow Python.

Entry points: `measures` and `findings` on typed tables as `packages.make_package` returns them.
Where the contract is ambiguous the literal reading is taken; `AMBIGUITIES` names each choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

from oracle.facts import SCOPE_SEGMENTS, Facts, total
from oracle.quarter import next_working_day
from oracle.rules import RULES, SCOPE, Finding, all_findings, post_loan_meetings
from oracle.spelling import Row, Tables

AMBIGUITIES = """
acceptance_exposure   a draft belongs to its customer's unit, not to the draft's own unit_id; a blank cash pledge is none pledged,
                      so 0, though "a measure with a missing term is undefined"
recovered_*           belong to the unit of the loan's customer, not to the loan's own unit_id
of the period         means the period column equals the quarter asked for: rows of 2014H1, 2014 or 2014-06 are not of 2014Q2
deposit_to_limit      no deposit row at E counts as 0 here too, not only in customers_below_deposit_floor; a customer whose lines
                      add up to 0 is undefined; a line of 0 still is a line for deposit_balance
inflow_share          "the same numerator" is the same kind of sum, taken over the customers with inflow_all_banks > 0
npl_ratio_change      the difference of the two 28-digit ratios; undefined when either is
ab_left_bank          "such a day" is a day in the part of an assignment that lies in S..E, whether or not a role is held that day
report_missing        a periodic inspection without submitted_at is no report
report_signed_by_others, report_not_reviewed, one_inspector
                      look at customers in and out of scope; a blank inspector is nobody; one finding per inspection
meetings_held         by the meeting's period column, whatever day it was held on; subject is the meeting's own unit
class5_above_floor    one finding per loan; 0 days past due and dates after E set no floor
unit of a finding     the customer's unit (the unit itself for meetings)
unit rows             "has a value other than 0" is asked measure by measure; a blank is no such value; a finding of any rule counts,
                      a waived one too
ab_errors, report_defects, findings
                      stay defined when some of the rules they count do not run for want of a table
report_too_simple     a blank section is one under its minimum, and adds no characters
report_section_blank  无, /, -, 略 and 不适用 count as blank in all five sections (the policy might allow one)
""".strip()

Value = Decimal | None
Mine = Callable[[str], bool]
MEASURES: dict[str, tuple[tuple[str, ...], Callable[[Facts, Mine], Value]]] = {}
CUSTOMER_RATIOS = ("deposit_to_limit", "sales_return_rate", "inflow_share")
CLASSES = ("pass", "special_mention", "substandard", "doubtful", "loss")


def measures(tables: Tables, period: str) -> dict[tuple[str, str, str], Value]:
    """(measure, grain, subject) -> value, None where undefined; subject is '' for the bank.

    `deduction` and `score` come from the policy and are left out.
    """
    facts = Facts(tables, period)
    found = all_findings(facts)
    always = facts.managing_units | {finding.unit_id for finding in found}
    result: dict[tuple[str, str, str], Value] = {}
    for name in MEASURES:
        result[name, "bank", ""] = _value(facts, name, lambda customer_unit: True)
        for unit_id in (row["unit_id"] for row in facts.rows("unit")):
            value = _value(facts, name, unit_id.__eq__)
            if unit_id in always or value not in (None, 0):
                result[name, "unit", unit_id] = value
    for name in CUSTOMER_RATIOS:
        for customer_id in facts.in_scope:
            if facts.has(*MEASURES[name][0]):
                result[name, "customer", customer_id] = _ratio(*_terms(facts, name, [customer_id]))
    return result


def findings(tables: Tables, period: str) -> Counter[str]:
    """How many findings each rule has, waived ones too."""
    return Counter(finding.rule for finding in finding_subjects(tables, period))


def finding_subjects(tables: Tables, period: str) -> list[Finding]:
    """All findings, one by one."""
    return all_findings(Facts(tables, period))


def _value(facts: Facts, name: str, mine: Mine) -> Value:
    tables, reading = MEASURES[name]
    return reading(facts, mine) if facts.has(*tables) else None


def measure(name: str, *tables: str) -> Callable[[Callable[[Facts, Mine], Value]], Callable[[Facts, Mine], Value]]:
    """Register a reading of a measure, with the tables without which it is undefined."""

    def register(reading: Callable[[Facts, Mine], Value]) -> Callable[[Facts, Mine], Value]:
        MEASURES[name] = (tables, reading)
        return reading

    return register


def _ratio(over: Decimal | int, under: Decimal | int) -> Value:
    return Decimal(over) / Decimal(under) if under else None


def _count(items: Iterable[object]) -> Decimal:
    return Decimal(len(set(items)))


def _customers(facts: Facts, mine: Mine) -> list[str]:
    return [customer_id for customer_id in facts.in_scope if mine(facts.unit_of(customer_id))]


def _theirs(facts: Facts, mine: Mine, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if mine(facts.unit_of(row["customer_id"]))]


# balances


@measure("customers_in_scope", *SCOPE)
def customers_in_scope(facts: Facts, mine: Mine) -> Value:
    return _count(_customers(facts, mine))


@measure("loan_balance", *SCOPE)
def loan_balance(facts: Facts, mine: Mine) -> Value:
    return total(row["balance"] for row in _theirs(facts, mine, facts.at_end))


@measure("loans_in_scope", *SCOPE)
def loans_in_scope(facts: Facts, mine: Mine) -> Value:
    return _count(row["loan_id"] for row in _theirs(facts, mine, facts.at_end))


def _of_classes(facts: Facts, mine: Mine, rows: Iterable[Row], *classes: str) -> Decimal:
    return total(row["balance"] for row in _theirs(facts, mine, rows) if row["class5"] in classes)


for _class in CLASSES:
    measure(f"balance_{_class}", *SCOPE)(lambda facts, mine, one=_class: _of_classes(facts, mine, facts.at_end, one))


@measure("npl_balance", *SCOPE)
def npl_balance(facts: Facts, mine: Mine) -> Value:
    return _of_classes(facts, mine, facts.at_end, *CLASSES[2:])


@measure("npl_ratio", *SCOPE)
def npl_ratio(facts: Facts, mine: Mine) -> Value:
    return _ratio(_of_classes(facts, mine, facts.at_end, *CLASSES[2:]), _of_classes(facts, mine, facts.at_end, *CLASSES))


@measure("special_mention_ratio", *SCOPE)
def special_mention_ratio(facts: Facts, mine: Mine) -> Value:
    return _ratio(_of_classes(facts, mine, facts.at_end, CLASSES[1]), _of_classes(facts, mine, facts.at_end, *CLASSES))


@measure("npl_ratio_change", *SCOPE)
def npl_ratio_change(facts: Facts, mine: Mine) -> Value:
    earlier = facts.scope_balances(facts.before)
    was = _ratio(_of_classes(facts, mine, earlier, *CLASSES[2:]), _of_classes(facts, mine, earlier, *CLASSES))
    now = npl_ratio(facts, mine)
    return None if was is None or now is None else now - was


@measure("acceptance_exposure", "customer", "acceptance")
def acceptance_exposure(facts: Facts, mine: Mine) -> Value:
    return total(
        max(Decimal(0), row["face_amount"] - row["margin"] - (row["cash_pledge"] or 0))
        for row in _theirs(facts, mine, facts.rows("acceptance"))
        if row["issued_on"] <= facts.last < row["due_on"] and facts.customer[row["customer_id"]]["segment"] in SCOPE_SEGMENTS
    )


def _is_npl(row: Row | None) -> bool:
    return row is not None and row["class5"] in CLASSES[2:]


def _moved(facts: Facts, mine: Mine, now: list[Row], then: list[Row]) -> Value:
    """Σ balance of rows of `now` that are non-performing and were not, or were not there, in `then`; undefined without balances at the opening."""
    if not facts.has_opening:
        return None
    other = {row["loan_id"]: row for row in then}
    return total(row["balance"] for row in _theirs(facts, mine, now) if _is_npl(row) and not _is_npl(other.get(row["loan_id"])))


@measure("became_npl_balance", *SCOPE)
def became_npl_balance(facts: Facts, mine: Mine) -> Value:
    return _moved(facts, mine, facts.at_end, facts.scope_balances(facts.before))


@measure("left_npl_balance", *SCOPE)
def left_npl_balance(facts: Facts, mine: Mine) -> Value:
    return _moved(facts, mine, facts.scope_balances(facts.before), facts.at_end)


# arrears

BUCKETS = {"1_30": (1, 30), "31_60": (31, 60), "61_90": (61, 90), "over_90": (91, 10**6)}


def _overdue(facts: Facts, mine: Mine, least: int = 1, most: int = 10**6) -> list[Row]:
    return [row for row in _theirs(facts, mine, facts.at_end) if least <= facts.days_past_due(row) <= most]


@measure("overdue_balance", *SCOPE)
def overdue_balance(facts: Facts, mine: Mine) -> Value:
    return total(row["balance"] for row in _overdue(facts, mine))


@measure("principal_overdue_balance", *SCOPE)
def principal_overdue_balance(facts: Facts, mine: Mine) -> Value:
    return total(row["balance"] for row in _overdue(facts, mine) if facts.principal_since(row) < facts.last)


@measure("interest_arrears_balance", *SCOPE)
def interest_arrears_balance(facts: Facts, mine: Mine) -> Value:
    return total(row["balance"] for row in _overdue(facts, mine) if facts.principal_since(row) >= facts.last)


@measure("overdue_loans", *SCOPE)
def overdue_loans(facts: Facts, mine: Mine) -> Value:
    return _count(row["loan_id"] for row in _overdue(facts, mine))


@measure("overdue_customers", *SCOPE)
def overdue_customers(facts: Facts, mine: Mine) -> Value:
    return _count(row["customer_id"] for row in _overdue(facts, mine))


@measure("overdue_ratio", *SCOPE)
def overdue_ratio(facts: Facts, mine: Mine) -> Value:
    return _ratio(overdue_balance(facts, mine) or 0, loan_balance(facts, mine) or 0)


@measure("overdue_90_to_npl", *SCOPE)
def overdue_90_to_npl(facts: Facts, mine: Mine) -> Value:
    return _ratio(total(row["balance"] for row in _overdue(facts, mine, 91)), npl_balance(facts, mine) or 0)


for _bucket, _days in BUCKETS.items():
    measure(f"overdue_{_bucket}_balance", *SCOPE)(
        lambda facts, mine, days=_days: total(row["balance"] for row in _overdue(facts, mine, *days))
    )
    measure(f"overdue_{_bucket}_loans", *SCOPE)(
        lambda facts, mine, days=_days: _count(row["loan_id"] for row in _overdue(facts, mine, *days))
    )


# reports


@measure("reports_submitted", "customer", "inspection")
def reports_submitted(facts: Facts, mine: Mine) -> Value:
    return _count(row["inspection_id"] for row in _theirs(facts, mine, facts.reports))


@measure("reports_outside_scope", *SCOPE, "inspection")
def reports_outside_scope(facts: Facts, mine: Mine) -> Value:
    return _count(row["inspection_id"] for row in _theirs(facts, mine, facts.reports) if row["customer_id"] not in facts.in_scope)


def _inspected(facts: Facts, mine: Mine) -> list[str]:
    return [customer_id for customer_id in _customers(facts, mine) if customer_id in facts.earliest]


@measure("customers_inspected", *SCOPE, "inspection")
def customers_inspected(facts: Facts, mine: Mine) -> Value:
    return _count(_inspected(facts, mine))


@measure("inspection_coverage", *SCOPE, "inspection")
def inspection_coverage(facts: Facts, mine: Mine) -> Value:
    return _ratio(len(_inspected(facts, mine)), len(_customers(facts, mine)))


@measure("customers_on_time", *SCOPE, "inspection")
def customers_on_time(facts: Facts, mine: Mine) -> Value:
    return _count(one for one in _inspected(facts, mine) if facts.earliest[one] <= facts.deadline)


@measure("customers_late", *SCOPE, "inspection")
def customers_late(facts: Facts, mine: Mine) -> Value:
    return _count(one for one in _inspected(facts, mine) if facts.earliest[one] > facts.deadline)


@measure("customers_missing", *SCOPE, "inspection")
def customers_missing(facts: Facts, mine: Mine) -> Value:
    return _count(one for one in _customers(facts, mine) if one not in facts.earliest)


@measure("on_time_rate", *SCOPE, "inspection")
def on_time_rate(facts: Facts, mine: Mine) -> Value:
    return _ratio(customers_on_time(facts, mine) or 0, len(_customers(facts, mine)))


@measure("customers_onsite", *SCOPE, "inspection")
def customers_onsite(facts: Facts, mine: Mine) -> Value:
    visited = {row["customer_id"] for row in facts.inspections if row["mode"] == "onsite" and row["done_on"] is not None}
    return _count(visited & set(_customers(facts, mine)))


@measure("onsite_rate", *SCOPE, "inspection")
def onsite_rate(facts: Facts, mine: Mine) -> Value:
    return _ratio(customers_onsite(facts, mine) or 0, len(_customers(facts, mine)))


# lines, deposits, sales


def _terms(facts: Facts, name: str, customers: Iterable[str]) -> tuple[Decimal, Decimal]:
    """Numerator and denominator of a ratio that also exists for one customer."""
    if name == "deposit_to_limit":
        lined = [one for one in customers if one in facts.lines]
        return total(map(facts.deposit, lined)), total(map(facts.limit, lined))
    field = {"sales_return_rate": "sales_revenue", "inflow_share": "inflow_all_banks"}[name]
    selling = [one for one in customers if (facts.sales.get(one, {}).get(field) or 0) > 0]
    return total(map(facts.receipts, selling)), total(facts.sales[one][field] for one in selling)


@measure("credit_limit", *SCOPE, "credit_line")
def credit_limit(facts: Facts, mine: Mine) -> Value:
    return total(map(facts.limit, _customers(facts, mine)))


@measure("deposit_balance", *SCOPE, "credit_line", "deposit")
def deposit_balance(facts: Facts, mine: Mine) -> Value:
    return _terms(facts, "deposit_to_limit", _customers(facts, mine))[0]


@measure("deposit_to_limit", *SCOPE, "credit_line", "deposit")
def deposit_to_limit(facts: Facts, mine: Mine) -> Value:
    return _ratio(*_terms(facts, "deposit_to_limit", _customers(facts, mine)))


@measure("customers_below_deposit_floor", *SCOPE, "credit_line", "deposit")
def customers_below_deposit_floor(facts: Facts, mine: Mine) -> Value:
    return _count(
        one for one in _customers(facts, mine) if facts.limit(one) > 0 and facts.deposit(one) / facts.limit(one) < Decimal("0.20")
    )


@measure("sales_return_rate", *SCOPE, "sales", "account_transaction")
def sales_return_rate(facts: Facts, mine: Mine) -> Value:
    return _ratio(*_terms(facts, "sales_return_rate", _customers(facts, mine)))


@measure("inflow_share", *SCOPE, "sales", "account_transaction")
def inflow_share(facts: Facts, mine: Mine) -> Value:
    return _ratio(*_terms(facts, "inflow_share", _customers(facts, mine)))


# repayments


def _recovered(facts: Facts, mine: Mine, prefix: str) -> list[Row] | None:
    found: list[Row] = []
    if prefix == "npl_" and not facts.has_opening:
        return None
    for row in facts.rows("repayment"):
        loan = facts.loan[row["loan_id"]]
        counts = row["principal"] > 0 and facts.first <= row["paid_on"] <= facts.last and facts.lent_in_scope(loan)
        if counts and mine(facts.unit_of(loan["customer_id"])) and prefix in ("", _when(facts, row, loan)):
            found.append(row | {"customer_id": loan["customer_id"]})
    return found


def _when(facts: Facts, repayment: Row, loan: Row) -> str:
    if any(row["loan_id"] == loan["loan_id"] and _is_npl(row) for row in facts.scope_balances(facts.before)):
        return "npl_"
    due = loan["extended_due_on"] or loan["due_on"]
    if repayment["paid_on"] < due:
        return "early_"
    return "at_maturity_" if repayment["paid_on"] <= next_working_day(due) else "overdue_"


for _prefix in ("", "early_", "at_maturity_", "overdue_", "npl_"):
    for _what, _reading in {
        "loans": lambda rows: _count(row["loan_id"] for row in rows),
        "customers": lambda rows: _count(row["customer_id"] for row in rows),
        "amount": lambda rows: total(row["principal"] for row in rows),
    }.items():
        measure(f"{_prefix}recovered_{_what}", "customer", "loan", "repayment")(
            lambda facts, mine, prefix=_prefix, reading=_reading: (
                None if (rows := _recovered(facts, mine, prefix)) is None else reading(rows)
            )
        )


# meetings and findings


@measure("meetings_held", "meeting")
def meetings_held(facts: Facts, mine: Mine) -> Value:
    return Decimal(sum(mine(row["unit_id"]) for row in post_loan_meetings(facts)))


@measure("ab_errors", *SCOPE, "ab_role")
def ab_errors(facts: Facts, mine: Mine) -> Value:
    return _count(one.customer_id for one in all_findings(facts) if one.rule.startswith("ab_") and mine(one.unit_id))


@measure("report_defects", "customer", "inspection")
def report_defects(facts: Facts, mine: Mine) -> Value:
    about = [one for one in all_findings(facts) if one.rule.startswith("report_") and mine(one.unit_id)]
    return _count(one.report for one in about if one.rule not in ("report_late", "report_missing"))


@measure("findings")
def findings_counted(facts: Facts, mine: Mine) -> Value:
    return Decimal(sum(mine(one.unit_id) for one in all_findings(facts)))


assert set(RULES) and set(CUSTOMER_RATIOS) <= set(MEASURES)
