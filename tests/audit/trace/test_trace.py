"""Tracing a finished paper: every figure with its definition, its terms, and the rows behind it, on the terminal, as JSON and as a book."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_line import postloan
from places import BRANCH, ROOT, TINY
from postloan.audit.trace import Trace, trace
from postloan.audit.trace.adjusted import adjusted
from postloan.audit.trace.trace_book import trace_book
from postloan.audit.verify import remarks_of
from postloan.audit.verify.current_data import CurrentData
from postloan.errors import BadCommand, BadPaper
from postloan.figures.book import Book
from postloan.numbers import parts_that_sum
from postloan.papers import lists as details
from postloan.papers.paths import WHOLE_BANK
from postloan.papers.record.finished_paper import open_paper
from postloan.papers.record.identity import Identity
from postloan.papers.record.paper_record import Figure
from postloan.run import compute, make_papers, take_in

UNITS_PAPER = "monitoring_paper/0121_市场一部.docx"


@pytest.fixture(scope="module")
def traced(made: Path) -> Callable[[str], Trace]:
    """Return a paper traced with its data, once."""
    return cache(lambda paper: trace(made / paper, str(BRANCH)))


@pytest.fixture(scope="module")
def brief(traced: Callable[[str], Trace]) -> Trace:
    return traced("quarterly_brief.docx")


@pytest.fixture(scope="module")
def sheets(brief: Trace) -> Any:
    return openpyxl.load_workbook(io.BytesIO(trace_book(brief)))


def one(traced: Trace, key: str) -> Any:
    return next(figure for figure in traced.figures if figure.figure.identity.key == key)


@pytest.mark.parametrize("paper", ["quarterly_report.docx", "quarterly_report.xlsx", UNITS_PAPER])
def test_every_figure_of_a_paper_is_computed_anew_to_the_same_value_and_its_rows_add_up(traced: Callable[[str], Trace], paper: str) -> None:
    found = traced(paper)
    assert found.figures and not found.other
    assert [figure.figure.identity.key for figure in found.figures if figure.agrees is not True] == []
    parts = [part for figure in found.figures if figure.calculation for part in figure.calculation.parts]
    assert parts and all(part.adds_up(link) is not False for part in parts for link in part.links)


@pytest.mark.soak
def test_a_bank_of_many_customers_lists_sums_of_its_units_and_every_figure_is_the_same(
    made: Path, branch2014: Book, today: CurrentData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(details, "MOST_LISTED", 60)  # of 61
    make_papers(branch2014, "quarterly_report", tmp_path, [WHOLE_BANK])
    path = tmp_path / "2014Q2" / "quarterly_report.xlsx"
    listed, whole = (openpyxl.load_workbook(of, data_only=True) for of in (path, made / "quarterly_report.xlsx"))
    rows = [row[:5] for row in listed["客户明细"].iter_rows(min_row=7, values_only=True)]
    assert [row[0] for row in rows] == branch2014.units()
    assert rows[0][1:4] == ("营业部", "合计", "13户，逐户见该机构的材料")
    for name in ("贷款质量", "检查评价", "授信资金", "贷款收回", "图表"):
        assert [[cell.value for cell in row] for row in listed[name]] == [[cell.value for cell in row] for row in whole[name]]
    traced = trace(path, str(BRANCH))
    assert [figure.figure.identity.key for figure in traced.figures if figure.agrees is not True] == []
    assert all(
        part.adds_up(link) is not False
        for one in traced.figures
        if one.calculation
        for part in one.calculation.parts
        for link in part.links
    )
    assert [remark.says for remark in remarks_of(open_paper(path), today)] == []


def test_a_ratio_is_told_by_its_terms_with_the_numbers_put_in(brief: Trace) -> None:
    figure = one(brief, "duty_on_time_rate")
    assert figure.words.title == "报告及时率（按户次）" and figure.words.formula == "按时提交报告户次 ÷ 应检查户次"
    assert figure.calculation.formula.startswith("44 ÷ 58 = 0.7586")
    whole, on_time, in_scope = figure.calculation.parts
    assert (whole.level, on_time.level, in_scope.level) == (0, 1, 1)
    assert on_time.value == 44 == on_time.links[0].sum and in_scope.value == 58 == in_scope.links[0].sum


def test_a_measure_of_measures_is_followed_down_to_its_terms(brief: Trace) -> None:
    parts = one(brief, "npl_ratio").calculation.parts
    assert [(part.level, part.name) for part in parts] == [
        (0, "npl_ratio"), (1, "npl_balance"), (2, "balance_substandard"), (2, "balance_doubtful"), (2, "balance_loss"), (1, "loan_balance"),
    ]  # fmt: skip


def test_a_figure_of_the_period_before_rests_on_rows_of_that_period(brief: Trace) -> None:
    parts = one(brief, "before.duty_onsite_rate").calculation.parts
    assert {part.period for part in parts} == {"2014Q1"}
    onsite = next(part for part in parts if part.name == "duties_onsite")
    rows = list(brief.sets.keys(onsite.links[0].row_set, ["as_of"]))
    assert rows and {str(row[-1])[:10] for row in rows} == {"2014-03-31"}


def test_a_change_rests_on_both_periods(brief: Trace) -> None:
    figure = one(brief, "change.duty_on_time_rate")
    assert [part.period for part in figure.calculation.parts] == ["2014Q2"] * 3 + ["2014Q1"] * 3
    assert figure.calculation.value == figure.figure.value
    assert " － " in figure.calculation.formula


def test_a_count_of_a_rules_findings_names_the_rule_and_holds_just_these_findings(brief: Trace) -> None:
    figure = one(brief, "rules.meeting_materials_late.count")
    assert "贷后例会" in figure.words.title and figure.words.unit == "条"
    (link,) = figure.calculation.parts[0].links
    found = [finding.rule.name for _, finding in brief.sets.findings(link.row_set)]
    assert found == ["meeting_materials_late"] * int(figure.figure.value)


def test_a_limit_is_told_with_its_dated_values(brief: Trace) -> None:
    said = one(brief, "limits.deposit_floor").words
    assert "政策" in said.title and "0.20" in said.definition


def test_without_data_every_figure_is_told_from_the_paper_alone(made: Path) -> None:
    traced = trace(made / "quarterly_brief.docx")
    assert traced.book is None and len(traced.figures) == 106
    assert all(figure.words.title and figure.words.definition for figure in traced.figures)
    assert openpyxl.load_workbook(io.BytesIO(trace_book(traced))).sheetnames == ["说明", "数字"]


def test_the_data_that_the_record_of_the_run_names_are_taken_where_none_are_given(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "2014Q2")
    record = {"parameters": {"data": str(BRANCH), "policy": "branch2014", "calendar": ""}}
    (tmp_path / "2014Q2" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    traced = trace(tmp_path / "2014Q2" / "monitoring_paper" / "0121_市场一部.docx", asked=["customers_in_scope"])
    assert traced.data == str(BRANCH) and traced.figures[0].agrees


def test_other_data_are_named_file_by_file_and_the_values_that_differ_are_marked(made: Path, tmp_path: Path) -> None:
    shutil.copytree(BRANCH, tmp_path / "data")
    balances = tmp_path / "data" / "借据余额.csv"
    head, *lines = balances.read_text(encoding="utf-8-sig").splitlines()
    balances.write_text(
        "\n".join([head, *(line for line in lines if not line.startswith("2014-06-30") or line != lines[-1])][:-1]) + "\n", encoding="utf-8"
    )
    traced = trace(made / "quarterly_brief.docx", str(tmp_path / "data"), ["loan_balance"])
    assert traced.other == ["data/借据余额.csv"]
    (of_bank,) = [figure for figure in traced.figures if figure.figure.identity.grain == "bank"]
    assert not of_bank.agrees
    book = openpyxl.load_workbook(io.BytesIO(trace_book(traced)))
    said = "".join(str(cell.value) for row in book["说明"] for cell in row)
    assert "不是同一份" in said and "借据余额.csv" in said
    assert [row[5].value for row in book["数字"].iter_rows(min_row=2)].count("不符") == 1


@pytest.mark.parametrize("asked", ["duty_on_time_rate", "报告及时率（按户次）", "75.86%", "７５．８６ ％", "_pl_18"])
def test_figures_are_narrowed_by_key_title_text_or_place(made: Path, asked: str) -> None:
    traced = trace(made / "quarterly_brief.docx", asked=[asked])
    assert {figure.figure.identity.measure for figure in traced.figures} == {"duty_on_time_rate"}


def test_a_figure_that_is_not_in_the_paper_is_answered_with_the_nearest_names(made: Path) -> None:
    with pytest.raises(BadCommand) as fault:
        trace(made / "quarterly_brief.docx", asked=["on_time_rat"])
    assert "duty_on_time_rate" in str(fault.value)


def test_a_file_without_a_record_is_no_paper() -> None:
    with pytest.raises(BadPaper):
        trace(ROOT / "templates" / "quarterly_brief" / "body.docx")


def test_the_first_sheet_says_that_the_book_is_confidential_and_the_paper_holds_nothing_of_it(
    made: Path, sheets: Any, sample_run: Path
) -> None:
    assert any("内部保密" in str(cell.value) for row in sheets["说明"] for cell in row)
    assert (made / "quarterly_brief.docx").read_bytes() == (sample_run / "2014Q2" / "quarterly_brief.docx").read_bytes()


def test_links_lead_from_a_figure_to_its_terms_to_their_set_to_the_senders_row(sheets: Any) -> None:
    figure = next(row for row in sheets["数字"].iter_rows(min_row=2) if row[13].value == "reports_submitted")
    term = _target(sheets, figure[12])
    assert (term[1].value, term[4].value, term[10].value, term[12].value) == ("本期已提交的定期检查报告", 60, 60, 60)
    key = _target(sheets, term[8])
    assert key[0].value == term[8].value
    row = _target(sheets, key[4])
    assert row[4].value == key[1].value and row[0].value == "贷后检查.csv"
    assert key[0].value in row[2].value.split("、")


def test_each_input_row_stands_once_with_the_senders_row_number_and_all_its_fields(sheets: Any) -> None:
    rows = [row[1].value for row in sheets["借据余额"].iter_rows(min_row=2)]
    assert rows == sorted(set(rows))
    lines = (BRANCH / "借据余额.csv").read_text(encoding="utf-8-sig").splitlines()
    for row in list(sheets["借据余额"].iter_rows(min_row=2, values_only=True))[:20]:
        assert row[5] in lines[row[1] - 1] and isinstance(row[5], str)
        assert isinstance(row[6], int | float) and row[7] in ("正常", "关注", "次级", "可疑", "损失")


def test_each_set_stands_once(sheets: Any) -> None:
    keys = [(row[0], row[1], row[4]) for row in sheets["行集"].iter_rows(min_row=2, values_only=True)]
    assert len(keys) == len(set(keys))
    by_set: dict[str, list[Any]] = {}
    for name, key, place in keys:
        by_set.setdefault(name, []).append((key, place))
    assert len({tuple(rows) for rows in by_set.values()}) == len(by_set)


def test_a_units_paper_is_traced_to_rows_of_that_unit_alone(traced: Callable[[str], Trace], branch2014: Book) -> None:
    rows = openpyxl.load_workbook(io.BytesIO(trace_book(traced(UNITS_PAPER))))["客户"].iter_rows(min_row=2, values_only=True)
    held = {row[4] for row in rows}
    units = branch2014.clean.con.execute("SELECT customer_id FROM customer WHERE unit_id = '0121'").fetchall()
    assert held and held <= {row[0] for row in units}


def test_a_list_longer_than_a_sheet_goes_on_in_the_next(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postloan.audit.trace.list_book.FULL", 50)
    traced = trace(made / "quarterly_brief.docx", str(BRANCH), ["loan_balance"])
    book = openpyxl.load_workbook(io.BytesIO(trace_book(traced)))
    assert [sheet.max_row - 1 for sheet in (book["借据余额"], book["借据余额2"])] == [50, 39]
    assert _target(book, book["行集2"]["E40"])[5].value in book["行集2"]["B40"].value


def test_the_command_lists_figures_writes_the_book_byte_for_byte_and_prints_json(made: Path, tmp_path: Path) -> None:
    paper, out, again = made / "quarterly_brief.docx", tmp_path / "trace.xlsx", tmp_path / "again.xlsx"
    said = postloan("trace", paper, "--data", BRANCH, "--figure", "75.86%").output
    assert "44 ÷ 58" in said and "rows behind" in said
    assert postloan("trace", paper, "--data", BRANCH, "--figure", "75.86%", "--out", again).code == 0
    said = postloan("trace", paper, "--data", BRANCH, "--figure", "75.86%", "--out", out, "--json").output
    found = json.loads(said)
    assert {figure["measure"] for figure in found["figures"]} == {"duty_on_time_rate"}
    sets = {made["name"]: made for made in found["row_sets"]}
    link = found["figures"][0]["parts"][1]["row_sets"][0]
    assert len(sets[link["row_set"]]["rows"]) == link["count"] == 68 and Decimal(link["sum"]) == 44
    assert openpyxl.load_workbook(out).sheetnames[:4] == ["说明", "数字", "计算项", "行集"]
    assert out.read_bytes() == again.read_bytes()


def test_tiny_is_traced_to_the_rows_one_can_check_by_hand(tmp_path: Path) -> None:
    (paper,) = make_papers(compute(take_in(TINY), "2014Q2"), "quarterly_brief", tmp_path, ["全行"])
    traced = trace(paper, str(TINY), ["loan_balance"])
    (part,) = traced.figures[0].calculation.parts  # type: ignore[union-attr]
    rows = list(traced.sets.keys(part.links[0].row_set, ["balance"]))  # type: ignore[union-attr]
    assert sum(row[-1] for row in rows) == part.value


def _target(book: Any, cell: Any) -> Any:
    sheet, _, at = cell.hyperlink.location.rpartition("!")
    return book[sheet.strip("'")][int(at.removeprefix("A"))]


def test_figures_rounded_so_that_they_add_up_are_no_others(branch2014: Book) -> None:
    units = branch2014.units()
    exact = {unit: branch2014.figure("loan_balance", "unit", unit) for unit in units}
    tag = "{{ u.loan_balance|yi_number(1) }}"
    loop = [
        Figure(n, Identity(f"units[{unit}].loan_balance", "loan_balance", "unit", unit, "2014Q2"), value, "", tag, "word/document.xml")
        for n, (unit, value) in enumerate(zip(units, parts_that_sum(list(exact.values()), -7), strict=True))
    ]
    twice = [*loop, *loop[:1]]  # the same list walked again, and left
    wrong = [figure for figure in loop if figure.value != exact[figure.identity.subject]]
    assert wrong
    assert adjusted(wrong, twice, lambda figure: exact[figure.identity.subject]) == set(map(id, wrong))
    spoilt = [replace(loop[0], value=loop[0].value + 10**7), *loop[1:]]
    assert adjusted(wrong, spoilt, lambda figure: exact[figure.identity.subject]) == set()


def test_a_date_of_a_notice_is_called_what_its_document_calls_it(branch2014: Book, tmp_path: Path) -> None:
    make_papers(branch2014, "monitoring_notice", tmp_path, ["0121"])
    traced = trace(next((tmp_path / "2014Q2" / "monitoring_notice").glob("*.docx")), str(BRANCH))
    titles = {figure.figure.identity.key.rpartition(".")[2]: figure.words.title for figure in traced.figures}
    assert (titles["due_on"], titles["days_to_due"], titles["reply_by"]) == ("到期日期", "距到期日天数", "报送期限")
