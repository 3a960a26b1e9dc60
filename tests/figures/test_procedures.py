"""What was tested stands beside what was found: population, tested, exceptions, by rule and unit; only what ran is called executed."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from oracle.facts import Facts
from oracle.packages import make_package
from places import SAMPLES
from postloan.figures.book import Book
from postloan.figures.compute import make_book
from postloan.figures.procedures import Procedure, summed
from postloan.papers.context import context
from postloan.papers.procedure_words import procedure_said
from postloan.policy import read_policy


def test_there_is_one_procedure_a_rule_and_unit_with_customers(tiny: Book) -> None:
    keys = Counter((one.rule, one.unit_id) for one in tiny.procedures)
    units = [subject for (grain, subject), made in tiny.figures.items() if grain == "unit" and made.get("customers_in_scope")]
    assert set(keys.values()) == {1} and {unit for _, unit in keys} == set(units)
    assert sum(one.exceptions for one in tiny.procedures) == len(tiny.findings_made)
    assert sum(one.waived for one in tiny.procedures) == sum(finding.waived for finding in tiny.findings_made)
    assert {one.rule for one in tiny.procedures if one.state == "off"} == set(read_policy("branch2014").rules_off) & {r for r, _ in keys}


def test_populations_agree_with_an_independent_reading(tmp_path: Path) -> None:
    tables = make_package(tmp_path / "package", 5, "2014Q2", 60)
    facts, done = Facts(tables, "2014Q2"), summed(make_book(tmp_path / "package", "2014Q2").procedures)
    wanted = {
        "report_missing": len(facts.in_scope),
        "ab_missing_b": len(facts.in_scope),
        "ab_overlap": len(facts.in_scope),
        "class5_above_floor": len(facts.at_end),
        "deposit_below_floor": sum(facts.limit(customer) > 0 for customer in facts.in_scope),
        "meeting_missing": len(facts.managing_units),
    }
    assert {name: done[name].population for name in wanted} == wanted
    assert all(one.tested == one.population and one.state == "ran" for name, one in done.items() if name in wanted)


def test_what_is_not_in_the_data_is_not_called_executed(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "tiny", tmp_path / "tiny")
    (tmp_path / "tiny" / "report_section.csv").unlink()
    book = make_book(tmp_path / "tiny", "2014Q2")
    done = summed(book.procedures)
    assert done["report_section_blank"].state == "absent" and done["report_section_blank"].why
    assert done["report_not_reviewed"].state == "ran"
    said = context(book, book.period.as_of)
    assert "未检查" in said["rules"]["report_section_blank"]["done"] and not said["rules"]["report_section_blank"]["ran"]


def test_nothing_to_look_at_is_told_as_such(tiny: Book) -> None:
    said = context(tiny, tiny.period.as_of)["rules"]
    assert said["report_photo_reused"]["done"] == "不适用（总体为0）"
    assert said["report_late"]["done"] == "已执行（总体6，检查6，发现1）"
    assert said["inflow_below_share"] is None or "executed" not in said["inflow_below_share"]["done"]


@pytest.mark.parametrize(
    ("procedure", "says"),
    [
        (Procedure("r", "u", "ran", 60, 57, 3, why="3份未读"), "已执行（总体60，检查57，发现3；3份未读）"),
        (Procedure("r", "u", "unread", 60, 0, why="60份未读"), "未检查（总体60，60份未读）"),
        (Procedure("r", "u", "off"), "未执行（政策停用）"),
    ],
)
def test_words_of_states(procedure: Procedure, says: str) -> None:
    assert procedure_said(procedure)["done"] == says


def test_half_years_sum_their_quarters(tiny: Book) -> None:
    quarters = [summed(book.procedures) for book in (make_book(SAMPLES / "tiny", "2014Q1"), tiny)]
    half = summed(make_book(SAMPLES / "tiny", "2014H1").procedures)
    assert all(one.population == sum(quarter[name].population for quarter in quarters) for name, one in half.items())


def test_the_programs_mark_is_no_tick(tiny: Book) -> None:
    assert "√" not in {finding["tick"] for finding in context(tiny, tiny.period.as_of)["findings"]}
