"""A half-year or year is made of its quarters: duties, findings, waivers, means; a month has no score where it looks at too little."""

from __future__ import annotations

import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from oracle.packages import make_package
from oracle.reading import finding_subjects, measures
from oracle.rules import RULES
from oracle.spelling import Tables
from places import SAMPLES
from postloan.figures.book import Book
from postloan.figures.compute import make_book
from postloan.period import Period

DUTIES = {
    "report_duties": "customers_in_scope",
    "duties_on_time": "customers_on_time",
    "duties_late": "customers_late",
    "duties_missing": "customers_missing",
    "duties_onsite": "customers_onsite",
}
"""Each duty and the quarter's measure that it sums."""
OF_ONE_QUARTER = ["customers_on_time", "customers_late", "customers_missing", "on_time_rate", "inspection_coverage", "onsite_rate"]


class Half:
    """A random package of two quarters: the program's books, and the tables for the independent reading."""

    def __init__(self, place: Path, seed: int) -> None:
        self.tables: Tables = make_package(place, seed, "2014Q2", 60)
        self.quarters = {period: make_book(place, period) for period in ("2014Q1", "2014Q2")}
        self.book = make_book(place, "2014H1")


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Half:
    return Half(tmp_path_factory.mktemp("half"), 3)


def test_duties_are_the_sums_of_the_quarters(half: Half) -> None:
    """By the independent reading: it knows quarters only."""
    read = [measures(half.tables, period) for period in half.quarters]
    for duty, measure in DUTIES.items():
        for grain, subject in half.book.figures:
            if grain in ("bank", "unit"):
                wanted = sum(reading.get((measure, grain, subject)) or 0 for reading in read)
                assert (half.book.figure(duty, grain, subject) or 0) == wanted, (duty, subject)
    on_time, duties = half.book.figure("duties_on_time"), half.book.figure("report_duties")
    assert on_time and duties and half.book.figure("duty_on_time_rate") == on_time / duties
    assert all(half.book.figure(name) is None for name in OF_ONE_QUARTER)


def test_findings_are_those_of_the_quarters_and_so_are_waivers(half: Half) -> None:
    ours = Counter((f.rule.name, f.unit_id, f.customer_id, f.waived) for f in half.book.findings_made if f.rule.name in RULES)
    theirs = Counter(
        (one.rule, one.unit_id, one.customer_id or "", one.waived)
        for period in half.quarters
        for one in finding_subjects(half.tables, period)
    )
    assert ours == theirs and any(waived for *_, waived in ours)
    assert sorted(_rows(half.book)) == sorted(row for book in half.quarters.values() for row in _rows(book))
    assert len({f.index_no for f in half.book.findings_made}) == len(half.book.findings_made)


def _rows(book: Book) -> list[Any]:
    return list(book.finding_rows())


def test_deduction_and_score_are_means(half: Half) -> None:
    """A unit that is missing in a quarter enters with nothing deducted."""
    for subject in half.book.figures:
        if subject[0] in ("bank", "unit"):
            for name, nothing in (("deduction", Decimal(0)), ("score", Decimal(100))):
                values = [book.figures.get(subject, {}).get(name, nothing) for book in half.quarters.values()]
                assert half.book.figures[subject].get(name, Decimal(0)) == sum(values) / 2
    assert half.book.figure("score") == sum(book.figure("score") for book in half.quarters.values()) / 2


def test_the_sample_half_year_has_the_figures_of_the_contract() -> None:
    book = make_book(SAMPLES / "branch2014", "2014H1")
    found = [book.figure(name) for name in ("report_duties", "duties_on_time", "duties_late", "duties_missing")]
    assert found == [115, 79, 34, 2] and round(book.figure("duty_on_time_rate"), 4) == Decimal("0.6870")
    assert Counter(f.index_no.split("-")[1] for f in book.findings_made) == {"2014Q1": 142, "2014Q2": 67}
    assert sum(f.waived for f in book.findings_made) == 6
    copies = Counter(f.period for f in book.findings_made if f.rule.name == "report_boilerplate")
    assert copies == {"2014Q1": 34}


def test_without_balances_on_an_inner_quarter_end_duties_and_scores_are_undefined(tmp_path: Path) -> None:
    tiny = Path(shutil.copytree(SAMPLES / "tiny", tmp_path / "tiny"))
    balances = tiny / "loan_balance.csv"
    lines = balances.read_text(encoding="utf-8").splitlines(keepends=True)
    balances.write_text("".join(line for line in lines if "2014-03-31" not in line), encoding="utf-8")
    book = make_book(tiny, "2014H1")
    assert book.figure("customers_in_scope") == 6
    assert book.figure("report_duties") is None and book.figure("score") is None
    assert any("2014-03-31" in note.says for note in book.problems_found)
    assert len(book.findings_made) == 12


def test_a_month_has_no_score_and_no_duties() -> None:
    book = make_book(SAMPLES / "tiny", "2014-06")
    assert book.figure("score") is None and book.figure("report_duties") is None and book.figure("loan_balance") == 15_000_000


@pytest.mark.parametrize(("period", "names"), [("2014Q2", ["2014Q2"]), ("2014H2", ["2014Q3", "2014Q4"]), ("2014-05", [])])
def test_a_period_knows_its_quarters(period: str, names: list[str]) -> None:
    assert [part.name for part in Period.parse(period).quarters] == names
    assert Period.parse("2014").is_longer and len(Period.parse("2014").quarters) == 4
    assert Period.parse("2014-05").waived_by == ["2014-05", "2014Q2"]
