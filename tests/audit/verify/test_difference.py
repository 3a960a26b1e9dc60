"""Which figures differ between two papers, and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import edited, replaced
from postloan.audit.verify.basis import basis, of_measure
from postloan.audit.verify.current_data import CurrentData
from postloan.audit.verify.difference import difference
from postloan.data.schema import all_tables
from postloan.errors import BadCommand
from postloan.figures.measure import all_measures
from postloan.figures.tally import NOTICES
from postloan.papers.make import papers
from postloan.papers.paths import WHOLE_BANK
from postloan.papers.record.causes import CALENDAR, POLICY, RULES
from postloan.papers.record.identity import Identity
from postloan.run import compute, take_in


@pytest.fixture(scope="session")
def corrected(corrected_data: Path) -> Path:
    """The quarter's brief from the corrected data."""
    made = corrected_data.parent / "quarterly_brief.docx"
    made.write_bytes(next(papers(compute(take_in(corrected_data), "2014Q2"), "quarterly_brief"))[1])
    return made


def test_a_paper_equals_itself(brief: Path, annex: Path) -> None:
    assert not difference(brief, brief).differs
    assert not difference(annex, annex).differs


def test_figures_that_changed_with_one_file_name_that_file(brief: Path, corrected: Path) -> None:
    found = difference(brief, corrected)
    assert [(change.name, change.old, change.new, change.why) for change in found.changes] == [
        ("收回贷款金额（2014Q2）", "1.065亿元", "1.066亿元", ("data/还款.csv",)),
        ("到期收回金额（2014Q2）", "7900万元", "7910万元", ("data/还款.csv",)),
    ]
    assert found.lines == []


def test_a_figure_changed_by_hand_is_not_put_down_to_the_data(brief: Path, corrected: Path, tmp_path: Path) -> None:
    by_hand = edited(corrected, tmp_path / "a.docx", replaced("75.86%", "85.86%"))
    changes = {change.old: change.why for change in difference(brief, by_hand).changes}
    assert changes == {"75.86%": ("hand",), "1.065亿元": ("data/还款.csv",), "7900万元": ("data/还款.csv",)}


def test_words_changed_are_lines_that_differ(brief: Path, tmp_path: Path) -> None:
    found = difference(brief, edited(brief, tmp_path / "a.docx", replaced("进行了", "开展了")))
    assert found.changes == []
    assert len(found.lines) == 1


def test_another_policy_and_calendar_are_named_for_what_rests_on_them(brief: Path, today: CurrentData, tmp_path: Path) -> None:
    book = today.book("2014Q2", "annual_credit", "")
    other = tmp_path / "quarterly_brief.docx"
    other.write_bytes(next(papers(book, "quarterly_brief", [WHOLE_BANK]))[1])
    changes = difference(brief, other).changes
    assert changes
    assert all("policy" in change.why and not any(cause.startswith("data") for cause in change.why) for change in changes)


def test_papers_of_two_periods_differ_by_their_period(brief: Path, today: CurrentData, tmp_path: Path) -> None:
    earlier = tmp_path / "quarterly_brief.docx"
    earlier.write_bytes(next(papers(today.book("2014Q1", "branch2014", ""), "quarterly_brief", [WHOLE_BANK]))[1])
    found = difference(earlier, brief)
    assert {change.why for change in found.changes} == {("period",)}


def test_two_documents_are_not_compared(brief: Path, report: Path) -> None:
    with pytest.raises(BadCommand):
        difference(brief, report)


def test_what_a_measure_rests_on_is_what_its_terms_read() -> None:
    assert of_measure("recovered_amount") & set(all_tables()) == {"customer", "loan", "loan_balance", "repayment"}
    assert RULES not in of_measure("recovered_amount")
    assert {RULES, POLICY} <= of_measure("score")
    assert CALENDAR in of_measure("customers_late")
    assert not basis(Identity("as_of"))
    assert basis(Identity("rules[ab_same_person].count")) & set(all_tables()) == {"ab_role", "customer", "loan", "loan_balance"}


def test_the_basis_of_every_measure_is_known() -> None:
    assert all(of_measure(name) & {*all_tables(), NOTICES} for name in all_measures())


def test_of_a_line_in_both_papers_the_piece_that_differs_is_shown(brief: Path, tmp_path: Path) -> None:
    found = difference(brief, edited(brief, tmp_path / "a.docx", replaced("进行了", "开展了")))
    shown = [line for line in found.words() if line.startswith(("  - ", "  + "))]
    assert len(shown) == 2 and "进行" in shown[0] and "开展" in shown[1]
