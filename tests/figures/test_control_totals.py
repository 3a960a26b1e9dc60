"""Totals that another system reports stop the run where our figures differ without a reason; else they are listed beside ours."""

import csv
import io
import shutil

import openpyxl
from command_line import postloan
from places import TINY
from postloan.figures.compute import make_book
from postloan.papers.make import papers
from postloan.papers.paths import WHOLE_BANK
from postloan.papers.reconciliation import reconciled

HEAD = "as_of,source,measure,unit_id,value,difference_reason"


def sent(tmp_path, *lines):
    folder = tmp_path / "data"
    shutil.copytree(TINY, folder)
    (folder / "control_total.csv").write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return folder


def checked(folder):
    """Return the exit code of `check`, and the problems about control totals with their consequences, values and rows."""
    done = postloan("check", "--period", "2014Q2", "--data", folder, "--out", folder.parent / "out", lang="zh")
    with (folder.parent / "out/2014Q2/problems.csv").open(encoding="utf-8-sig") as file:
        found = [row for row in csv.DictReader(file) if row["file"].startswith("control_total")]
    return done.code, [(row["check"], row["consequence"], row["row"], row["value"]) for row in found], [row["says"] for row in found]


AGREEING = [
    "2014-06-30,ledger,loan_balance,,15000000.00,",
    "2014-06-30,ledger,贷款余额,,15000000,",
    "2014-06-30,g11,npl_ratio,,0.0667,",
    "2014-06-30,g11,npl_ratio,002,0.00,",
    "2014-06-30,east,npl_ratio,,6.67%,",
    "2014-06-30,credit_system,npl_ratio,,0.1,",
    "2014-06-30,east,npl_balance,003,\"1,000,000.00\",",
    "2014-06-30,east,customers_in_scope,002,3,",
    "2014-06-30,east,loan_balance,001,0,",
]  # fmt: skip


def test_totals_that_agree_in_their_own_digits_let_the_run_pass(tmp_path):
    code, found, _ = checked(sent(tmp_path, *AGREEING))
    assert (code, found) == (0, [])


DIFFERING = {
    "ledger,loan_balance,,15000000.01,": ["15,000,000.01元", "15,000,000.00元", "相差0.01元", "全行", "总账"],
    "credit_system,loan_balance,,15000001,": ["相差1.00元"],
    "g11,npl_ratio,,0.0668,": ["6.68%", "6.6667%", "相差0.0133个百分点"],
    "east,npl_ratio,,0.06667,": [],
    "ledger,npl_ratio,,6.66%,": ["6.66%"],
    "east,customers_in_scope,002,4,": ["（002）", "4户", "3户", "相差1户"],
    "east,loan_balance,001,5000000,": ["（001）", "0.00元"],
}


def test_those_that_differ_stop_check_and_say_both_figures_and_the_way_out(tmp_path):
    code, found, words = checked(sent(tmp_path, *(f"2014-06-30,{line}" for line in DIFFERING)))
    differing = [(row, line, says) for row, (line, says) in enumerate(DIFFERING.items(), 2) if says]
    assert code == 3 and found == [("total_differs", "stop", str(row), line.split(",")[3]) for row, line, _ in differing]
    for said, (_, _, says) in zip(words, differing, strict=True):
        assert all(word in said for word in [*says, "差异说明", "--draft"]), said


def test_the_run_stops_as_check_does_and_a_draft_is_made_in_spite_of_it(tmp_path):
    folder = sent(tmp_path, "2014-06-30,ledger,loan_balance,,15000001,")
    asked = ["run", "ledgers", "--period", "2014Q2", "--data", folder, "--out", tmp_path / "out"]
    stopped = postloan(*asked)
    assert stopped.code == 3 and "control_total.csv" in stopped.output + stopped.errors
    assert postloan(*asked, "--draft").code == 0
    rows = [row for row in rows_listed(tmp_path / "out/2014Q2/ledgers.xlsx") if row[0] == 1]
    assert rows[0][8] == "不符，未说明"
    assert '"draft": true' in (tmp_path / "out/2014Q2/run.json").read_text(encoding="utf-8")


def rows_listed(book):
    return list(openpyxl.load_workbook(book)["与报送总数核对"].iter_rows(values_only=True))


def test_a_reason_lets_it_pass_and_the_annex_prints_both_figures_and_the_reason(tmp_path):
    explained = ["2014-06-30,g11,loan_balance,,16000000,含贴现100万元", "2014-06-30,east,loan_balance,002,4000000,系统口径"]
    folder = sent(tmp_path, *AGREEING[:1], *explained)
    assert checked(folder)[:2] == (0, [])
    book = make_book(folder, "2014Q2")
    made = dict(papers(book, "quarterly_report", [WHOLE_BANK, "002"]))
    listed = {row[0]: row[1:] for row in rows_listed(io.BytesIO(made["quarterly_report.xlsx"]))}
    assert listed[1][:6] == ("总账", "贷款余额", "全行", "15,000,000.00元", "15,000,000.00元", "0.00元")
    assert listed[2][:6] == ("1104报表G11", "贷款余额", "全行", "16,000,000.00元", "15,000,000.00元", "-1,000,000.00元")
    assert listed[2][7:9] == ("不符，已说明", "含贴现100万元")
    assert [row["unit"] for row in reconciled(book, "002")] == ["甲部"]
    own = next(paper for path, paper in made.items() if "002" in path and path.endswith(".xlsx"))
    assert [row[4] for row in rows_listed(io.BytesIO(own)) if row[0] == 1] == ["4,000,000.00元"]


def test_what_cannot_be_compared_is_a_note_and_other_days_say_nothing(tmp_path):
    code, found, words = checked(
        sent(
            tmp_path,
            "2014-06-30,east,loan_balence,,1,",
            "2014-06-30,east,npl_ratio,001,0.5,",
            "2014-03-31,east,loan_balance,,1,",
        )
    )
    assert code == 0
    assert found == [("total_unknown", "note", "2", "loan_balence"), ("total_not_compared", "note", "3", "0.5")]
    assert "loan_balance" in words[0] and "不良贷款率" in words[1]


def test_a_half_year_is_compared_on_its_last_day_only(tmp_path):
    folder = sent(tmp_path, "2014-03-31,east,loan_balance,,1,", "2014-06-30,east,loan_balance,,15000000,")
    assert [total.agrees for total in make_book(folder, "2014H1").totals] == [True]


def test_a_bank_without_the_table_sees_nothing_of_it(tiny):
    book = tiny
    assert not book.totals and not [p for p in book.problems_found if "control_total" in p.field]
    annex = dict(papers(book, "quarterly_report", [WHOLE_BANK]))["quarterly_report.xlsx"]
    assert "与报送总数核对" not in openpyxl.load_workbook(io.BytesIO(annex)).sheetnames
