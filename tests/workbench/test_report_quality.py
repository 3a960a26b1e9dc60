"""The notebook on report quality: what it shows of one unit, and what it never shows."""

import csv
import shutil
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.display import Markdown
from notebookrun.run import run_notebook
from places import BRANCH, ROOT
from postloan.errors import BadCommand
from postloan.figures.book import Book
from postloan.figures.compute import make_book
from postloan.inspection_reports.analysis.masking import names_of
from postloan.month_end.workers import POOL
from postloan.papers import charts
from postloan.workbench import report_cells
from postloan.workbench import report_quality as report_view
from postloan.workbench.display import highlighted

NOTEBOOK = ROOT / "reports" / "report_quality.ipynb"
SECTIONS = "检查报告章节.csv"
OPERATIONS = "客户生产经营综合核查分析"
COPIED = (
    "<b>本季</b>走访了车间和库房，流水线运转平稳，原料按订单备货，成品周转约两周。客户澜州云帆物流有限责任公司为其长期承运方，"
    "实际控制人钱进宝先生介绍新增设备已经投用，工资与税款按月发放缴纳，账号6222021001116245702收款及时，联系电话0571-88886666。"
    "下游以市内经销商为主，结算周期稳定，未见涉诉、查封与民间借贷迹象，建议维持现有授信并按月监测用电量和开票量的变化，"
    "同时关注原料价格上行对毛利的挤压，督促企业把新签合同的回款归集到我行账户，下季度由双人再次上门核实存货与应收账款。"
)
"""Longer than a passage may be, with names and numbers in it."""


def sections_of(folder: Path) -> dict[tuple[str, str], str]:
    with open(folder / SECTIONS, encoding="utf-8-sig", newline="") as file:
        return {(inspection, section): said for inspection, section, said in list(csv.reader(file))[1:]}


@pytest.fixture(scope="module")
def data(branch2014, tmp_path_factory) -> Path:
    """The sample, where two customers of unit 0121 got one and the same section, and one of them little else."""
    folder = tmp_path_factory.mktemp("copied") / "data"
    shutil.copytree(BRANCH, folder)
    one, other = (row["inspection_id"] for row in report_view.reports(branch2014, "0121")[:2])
    said = sections_of(BRANCH) | {(i, OPERATIONS): COPIED for i in (one, other)}
    said |= {(one, section): "正常。" for _, section in said if section != OPERATIONS and (one, section) in said}
    with open(folder / SECTIONS, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([("检查编号", "章节", "内容"), *((*key, words) for key, words in said.items())])
    return folder


@pytest.fixture(scope="module")
def book(data) -> Book:
    return make_book(data, "2014Q2")


def parameters(data: Path, unit: str, out: Path) -> dict[str, object]:
    return {"data": str(data), "period": "2014Q2", "out": str(out), "policy": "branch2014", "unit": unit}


@pytest.fixture(scope="module")
def copies(data, tmp_path_factory) -> dict[str, str]:
    """All that executed copies say but for pictures, by unit."""
    out, said = tmp_path_factory.mktemp("out"), {}
    for unit in ("0110", "0121", "0124"):
        copy = out / f"{unit}.ipynb"
        outcome = run_notebook(NOTEBOOK, parameters(data, unit, out), copy, POOL)
        assert outcome.state == "made", outcome.reason
        outputs = [output for cell in nbformat.read(copy, as_version=4).cells for output in cell.get("outputs", [])]
        assert {"text/html", "image/png"} <= {kind for output in outputs for kind in output.data}
        said[unit] = "\n".join(text for output in outputs for kind, text in output.data.items() if kind != "image/png")
    return said


def text(passage: report_view.Passage) -> str:
    return "".join(piece for piece, _ in passage)


def marked(passage: report_view.Passage) -> str:
    return "".join(piece for piece, mark in passage if mark)


# Figures


def test_every_submitted_report_of_the_unit_is_in_the_distribution_once(book):
    counted = report_view.distribution(book, "0121")
    assert sum(counted.values()) == sum(row["unit_id"] == "0121" for row in book.rows("periodic_report", "inspection_id"))
    assert [name[:2] for name in counted] == ["满分", "优秀", "良好", "合格", "不合"]
    assert counted["满分（未扣分）"] < sum(counted.values()) and counted["不合格（0≤分<60）"] >= 1


def test_the_scores_of_the_reports_average_to_the_score_of_the_unit(book):
    scores = [row["score"] for row in report_view.reports(book, "0121")]
    assert sum(scores) / len(scores) == book.figure("report_score", "unit", "0121")
    assert all(row["band"] == book.policy.band(row["score"]) for row in report_view.reports(book, "0121"))


def test_a_report_that_cannot_be_read_is_counted_apart_and_has_no_score(tmp_path):
    shutil.copytree(BRANCH, tmp_path / "data")
    inspections = (tmp_path / "data" / "贷后检查.csv").read_text(encoding="utf-8-sig").splitlines()
    report = next(line[:10] for line in inspections if ",2014Q2,定期检查," in line)
    told = [f"{line}坏的.docx" if line.startswith(report) else line for line in inspections]
    (tmp_path / "data" / "贷后检查.csv").write_text("\n".join(told), encoding="utf-8-sig")
    (tmp_path / "data" / "坏的.docx").write_bytes(b"no Word file")
    sections = tmp_path / "data" / "检查报告章节.csv"
    lines = sections.read_text(encoding="utf-8-sig").splitlines()
    sections.write_text("\n".join(line for line in lines if not line.startswith(report)) + "\n", encoding="utf-8-sig")
    unread = make_book(tmp_path / "data", "2014Q2")
    row = next(row for unit in unread.units() for row in report_view.reports(unread, unit) if row["inspection_id"] == report)
    assert row["score"] is row["band"] is None
    assert sum(report_view.distribution(unread, unit).get("未能读取", 0) for unit in unread.units()) == 1


def test_managers_come_lowest_score_first_with_what_was_found_in_their_reports(book):
    rows = report_view.managers(book, "0121")
    assert rows and [row["report_score"] for row in rows] == sorted(row["report_score"] for row in rows)
    for row in rows:
        assert row["report_score"] == book.figure("report_score", "manager", row["staff_id"])
        assert bool(row["index_nos"]) == (row["report_score"] < 100)
    unit_findings = {f.index_no for f in book.findings_made if f.rule.dimension == "报告质量" and f.unit_id == "0121"}
    assert {index_no for row in rows for index_no in row["index_nos"]} == unit_findings


@pytest.mark.parametrize(
    ("measure", "now", "before", "word"),
    [
        ("report_score", "95", "90", "明显提升"),
        ("report_score", "90.4", "90", "基本持平"),
        ("report_score", "0", "100", "明显下降"),
        ("hard_section_pass_rate", "0.96", "0.90", "明显提升"),
        ("report_score", "90", None, None),
    ],
)
def test_a_change_is_put_in_the_words_of_the_policy(book, measure, now, before, word):
    assert report_view.change_word_of(book, measure, Decimal(now), before and Decimal(before)) == word


def test_a_blank_unit_is_the_one_whose_reports_score_lowest_and_an_unknown_one_is_refused(book):
    scores = {unit: book.figure("report_score", "unit", unit) for unit in book.units()}
    lowest = min(score for score in scores.values() if score is not None)
    assert scores[report_view.unit_to_show(book, "")] == lowest
    assert report_view.unit_to_show(book, "0124") == "0124"
    with pytest.raises(BadCommand, match="'0999'"):
        report_view.unit_to_show(book, "0999")


def test_the_chart_of_scores_is_the_same_picture_every_time():
    now, before = {"满分": 3, "优秀": 0}, {"满分": 1, "优秀": 2}
    assert charts.scores_chart(now, before) == charts.scores_chart(now, before) != charts.scores_chart(now)


# Passages


def test_the_worst_reports_come_first_and_their_offending_passage_is_marked(book):
    rows = report_view.worst(book, "0121")
    assert [row["score"] for row in rows] == sorted(row["score"] for row in rows) and rows[-1]["score"] < 100
    first = {entry["finding"].rule.name: entry for entry in rows[0]["found"]}
    assert {"report_too_simple", "report_boilerplate"} <= first.keys()
    assert all(Counter(bool(e["passage"]) for e in row["found"])[True] <= report_view.PASSAGES_A_REPORT for row in rows)
    passages = [e["passage"] for row in rows for e in row["found"] if e["passage"]]
    assert passages and all(marked(passage) for passage in passages)
    assert all(len(text(passage).strip("…")) <= report_view.LONGEST_SHOWN for passage in passages)


def test_two_similar_passages_have_the_shared_part_marked_on_both_sides(book):
    pair = report_view.similar_pair(book, "0121")
    assert pair["section"] == OPERATIONS and pair["finding"].row["similarity"] == 1
    assert marked(pair["here"]) == marked(pair["there"]) and len(marked(pair["here"])) == report_view.LONGEST_SHOWN
    page = report_cells.similar_passages(book, "0121").data
    assert page.count("<mark>") == 2 and "另一客户的报告" in page and "相似度100%" in page


def test_what_differs_is_not_marked():
    here, there = "本季产销两旺，共走访三次。结论：正常。", "本季产销两旺，共走访九次。结论：正常。"
    spans = [(0, 10), (11, len(here))]
    assert report_view.excerpt(here, spans, {}) == [("本季产销两旺，共走访"[:10], True), ("三", False), (here[11:], True)]
    assert marked(report_view.excerpt(there, spans, {})) == here[:10] + here[11:]


def test_a_finding_that_names_no_section_is_about_the_one_its_passage_stands_in(book):
    finding = next(f for f in book.findings_made if f.rule.name == "report_too_simple")
    said = {"finance": "贷款余额800万元。", "operations": "正常。", "cash_flow": "无"}
    assert report_view._section(book, finding, said) == "operations"
    quoting = replace(finding, row={"inspection_id": finding.row["inspection_id"], "passage": "贷款余额800万元"})
    assert report_view._section(book, quoting, said) == "finance"


def test_passages_are_shown_as_text_and_never_as_html(book):
    pages = report_cells.worst_reports(book, "0121").data + report_cells.similar_passages(book, "0121").data
    assert "<b>" not in pages and "&lt;b&gt;" in report_page("<b>本季</b>")


def report_page(said: str) -> str:
    return str(highlighted(report_view.excerpt(said, [(0, len(said))], {})))


@given(
    st.lists(st.sampled_from(["澜州云帆物流有限责任公司", "云帆物流", "钱小宝", "0060001793", "正常，", "9.5%", "。"]), max_size=60),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_an_excerpt_is_short_and_never_holds_a_name_a_long_number_or_half_of_one(said, start, length):
    names = dict.fromkeys(names_of("澜州云帆物流有限责任公司"), "某客户") | {"钱小宝": "某人"}
    passage = report_view.excerpt("".join(said), [(start, start + length)], names)
    shown = text(passage)
    assert len(shown.strip("…")) <= report_view.LONGEST_SHOWN
    assert not [part for part in ("云帆", "帆物", "物流", "责任", "钱小", "小宝", "00600", "1793") if part in shown]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("借款企业澜州云帆物流有限责任公司正常", "借款企业某客户正常"),
        ("云帆物流本季正常", "某客户本季正常"),
        ("与上海东方贝尔有限公司往来正常", "与某公司往来正常"),
        ("法定代表人王大力接受访谈", "法定代表人某人接受访谈"),
        ("李长江先生在场", "某人先生在场"),
        ("账号6222 0210 0111 6245，电话13912345678", "账号＊＊＊＊，电话＊＊＊＊"),
        ("合同HT20140034号，金额910.92万元，归行率25.95%", "合同＊＊＊＊号，金额910.92万元，归行率25.95%"),
    ],
)
def test_names_and_long_numbers_are_masked_and_amounts_are_not(said, shown):
    names = dict.fromkeys(names_of("澜州云帆物流有限责任公司"), "某客户")
    assert text(report_view.excerpt(said, [], names)) == shown


# The executed copy


def test_a_copy_names_no_customer_no_staff_and_no_report(copies, book):
    named = "SELECT customer_id, customer_name FROM customer UNION SELECT staff_id, staff_name FROM staff"
    people = [word for row in book.clean.con.execute(named).fetchall() for word in row]
    inspections = [row[0] for row in book.clean.con.execute("SELECT inspection_id FROM inspection").fetchall()]
    assert len(people) > 200 and len(inspections) > 100
    for said in copies.values():
        assert not [word for word in [*people, *inspections, "钱进宝", "6222021001116245702", "88886666"] if word in said]


def test_a_copy_shows_the_marked_passages_and_no_whole_report(copies, data):
    assert copies["0121"].count("<mark>") >= 3 and "某客户" in copies["0121"]
    sections = sections_of(data).values()
    for said in copies.values():
        assert sum(len(section) > 40 and section in said for section in sections) <= 4
        assert not [section for section in sections if len(section) > report_view.LONGEST_SHOWN and section in said]


def test_a_unit_without_findings_says_so(book):
    clean = next(unit for unit in book.units() if all(f.unit_id != unit for f in book.findings_made if f.rule.dimension == "报告质量"))
    assert report_cells.worst_reports(book, clean).data == "本机构本期的检查报告未发现质量问题。"
    assert report_cells.similar_passages(book, clean).data == "本机构本期的检查报告未发现雷同。"


def test_a_unit_that_handed_nothing_in_says_so(book):
    for cell in (report_cells.report_scores, report_cells.report_managers, report_cells.worst_reports):
        said = cell(book, "0100")
        assert isinstance(said, Markdown) and said.data == "本机构本期没有提交定期检查报告。"


def test_data_without_the_texts_of_reports_say_that_nothing_was_compared(tmp_path):
    shutil.copytree(BRANCH, tmp_path / "data", ignore=shutil.ignore_patterns(SECTIONS))
    without = make_book(tmp_path / "data", "2014Q2")
    assert "未作雷同比对" in report_cells.similar_passages(without, "0121").data
    assert report_view.section_texts(without, ["0014200056"]) == {}
    assert isinstance(report_view.worst(without, "0121"), list)
