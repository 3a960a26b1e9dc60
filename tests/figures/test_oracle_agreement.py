"""The program and an independent reading of the contract must say the same of random packages that stand on every edge."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from oracle.packages import make_package, make_tables
from oracle.quarter import span
from oracle.reading import BUCKETS, MEASURES, finding_subjects, findings, measures
from oracle.rules import RULES
from oracle.spelling import Tables
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.figures.book import Book
from postloan.figures.compute import compute
from postloan.figures.rule import all_rules
from postloan.figures.settings import Settings
from postloan.period import Period
from postloan.policy import read_policy
from postloan.workdays import Calendar

CLEAN_TEXT_RULES = {"report_no_numbers", "report_boilerplate"}  # the packages hold no section that breaks them
UNITS = {
    "户": ("customers_", "overdue_customers", "ab_errors"),
    "笔": ("loans_", "overdue_loans", *(f"overdue_{bucket}_loans" for bucket in BUCKETS)),
    "份": ("reports_", "report_defects"),
    "次": ("meetings_held",),
    "条": ("findings",),
}
RECOVERED = {"loans": "笔", "customers": "户", "amount": "元"}
RATIOS = ("_rate", "_ratio", "_90_to_npl", "_ratio_change", "_coverage", "_share", "deposit_to_limit")


class Case(NamedTuple):
    """One package: how it is made."""

    seed: int
    period: str = "2014Q2"
    left_out: tuple[str, ...] = ()
    as_workbook: bool = False


TEXT = "report_section"
CASES = [
    Case(1),
    Case(2, left_out=(TEXT,)),
    Case(3, as_workbook=True),
    Case(4, "2015Q1"),
    Case(5, "2013Q4", (TEXT,)),
    Case(6, left_out=(TEXT, "sales", "acceptance")),
    Case(7, left_out=(TEXT, "deposit")),
    Case(8, left_out=(TEXT, "meeting", "waiver")),
    Case(9, left_out=(TEXT, "inspection", "repayment")),
    Case(10, left_out=(TEXT, "staff_role", "account_transaction")),
    Case(11, left_out=(TEXT, "credit_line", "certificate")),
    Case(12, left_out=(TEXT, "ab_role")),
    Case(13, "2014Q4", as_workbook=True),
    Case(14, "2023Q3", (TEXT,)),
]
ALWAYS = {1, 13}
"""Seeds of every test run: a folder and a workbook, one quarter and another. The others are left to `soak`."""
TRIED = [pytest.param(case, id=f"seed {case.seed}", marks=[] if case.seed in ALWAYS else pytest.mark.soak) for case in CASES]


@pytest.fixture(scope="module", params=TRIED)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Tables, str]:
    case = request.param
    place = tmp_path_factory.mktemp("package") / ("package.xlsx" if case.as_workbook else "package")
    tables = make_package(place, case.seed, case.period, 100, case.left_out, case.as_workbook)
    return _book(place, case.period), tables, case.period


def _book(place: Path, period: str) -> Book:
    """The program's book without the rules that the independent reading does not know: themes may add rules to any table."""
    policy = read_policy("branch2014")
    known = replace(policy, rules_off=[name for name in all_rules() if name not in {*RULES, *CLEAN_TEXT_RULES}])
    return compute(screen(open_package(place)), Settings(Period.parse(period), known, Calendar.load(policy.calendar)))


def test_every_measure_agrees_row_by_row(both: tuple[Any, Tables, str]) -> None:
    book, tables, period = both
    theirs = measures(tables, period)
    rows = book.measures[book.measures["grain"].isin(["bank", "unit", "customer"]) & book.measures["measure"].isin(MEASURES)]
    ours = {(row.measure, row.grain, _text(row.subject)): _number(row.value) for row in rows.itertuples()}
    assert len(ours) == len(rows), "two rows for one measure, grain and subject"
    _same(_without_blank_customers(ours), _without_blank_customers(theirs))


def test_every_finding_agrees_with_its_subject_and_waiver(both: tuple[Any, Tables, str]) -> None:
    book, tables, period = both
    rows = book.findings[book.findings["rule"].isin({*RULES, *CLEAN_TEXT_RULES})]
    ours = Counter((row.rule, _text(row.unit_id), _text(row.customer_id), bool(row.waived)) for row in rows.itertuples())
    theirs = Counter((one.rule, one.unit_id, one.customer_id or "", one.waived) for one in finding_subjects(tables, period))
    _same(ours, theirs)


def test_days_and_ratios_of_findings_agree(both: tuple[Any, Tables, str]) -> None:
    book, tables, period = both
    rows = book.findings[book.findings["rule"].isin(["report_late", "deposit_below_floor", "matured_unpaid"])]
    ours = Counter((row.rule, row.customer_id, _number(row.value)) for row in rows.itertuples())
    theirs = Counter((one.rule, one.customer_id, one.value) for one in finding_subjects(tables, period) if one.value is not None)
    _same(ours, theirs)


def test_a_waived_finding_costs_nothing(both: tuple[Any, Tables, str]) -> None:
    waived = both[0].findings[both[0].findings["waived"].astype(bool)]
    assert all(_number(value) == 0 for value in waived["deduction"])


def test_measures_carry_the_unit_and_date_the_contract_states(both: tuple[Any, Tables, str]) -> None:
    book, _, period = both
    rows = book.measures[book.measures["measure"].isin(MEASURES)]
    wrong = {(row.measure, row.unit) for row in rows.itertuples() if row.unit != _unit(row.measure)}
    assert not wrong
    assert {str(day)[:10] for day in rows["as_of"]} == {str(span(period)[1])}
    assert set(rows["scope"]) == {"branch2014"}


@pytest.mark.soak
def test_the_packages_break_every_rule_and_fill_every_measure() -> None:
    """Agreement on nothing would prove nothing."""
    whole = [(make_tables(case.seed, case.period, 150), case.period) for case in CASES if len(case.left_out) < 2]
    broken = sum((findings(*one) for one in whole), Counter())
    assert set(broken) == set(RULES)
    filled = {key[0] for one in whole for key, value in measures(*one).items() if value}
    assert filled == set(MEASURES)


def _text(cell: Any) -> str:
    return "" if pd.isna(cell) else str(cell)


def _number(cell: Any) -> Decimal | None:
    return None if pd.isna(cell) or cell == "" else Decimal(cell)


def _unit(measure: str) -> str:
    if "recovered_" in measure:
        return RECOVERED[measure.rsplit("_", 1)[1]]
    if measure.endswith(RATIOS):
        return "ratio"
    return next((unit for unit, prefixes in UNITS.items() if measure.startswith(prefixes)), "元")


def _without_blank_customers(rows: dict[Any, Decimal | None]) -> dict[Any, Decimal | None]:
    """At the grain of customers a blank row and no row mean the same."""
    return {key: value for key, value in rows.items() if key[1] != "customer" or value is not None}


def _same(ours: dict[Any, Any], theirs: dict[Any, Any]) -> None:
    """Fail with one line per difference."""
    lines = [
        f"{' '.join(map(str, key))}: program {ours.get(key, 'no row')}, reading {theirs.get(key, 'no row')}"
        for key in sorted({*ours, *theirs}, key=str)
        if ours.get(key, "no row") != theirs.get(key, "no row")
    ]
    if lines:
        pytest.fail("\n".join(_shortened(lines)), pytrace=False)


def _shortened(lines: list[str], most: int = 60) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], f"… and {len(lines) - most} more"]
