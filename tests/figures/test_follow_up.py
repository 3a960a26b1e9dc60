"""Follow-up: what became of the findings of the quarter before, with the numbers that the contract works out."""

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from places import BRANCH
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.figures.book import Book
from postloan.figures.compute import compute, make_book
from postloan.figures.finding import Finding, finding_keys
from postloan.papers.make import papers
from postloan.papers.notice_register import Entry
from postloan.papers.notices import days_set

COLUMNS = ("period", "rule", "unit_id", "customer_id", "subject", "replied_on", "verified_by", "verified_on", "outcome")
INSPECTOR = "8001"


def answered(finding: Finding, replied: str = "", verified: str = "", outcome: str = "") -> dict[str, str]:
    """A row of `rectification` on a finding of 2014Q1."""
    told = ("2014Q1", finding.rule.name, finding.unit_id, finding.customer_id, finding.subject, replied, INSPECTOR, verified, outcome)
    return dict(zip(COLUMNS, told, strict=True))


def file_answers(folder: Path, rows: list[dict[str, str]]) -> None:
    """Copy the sample bank, with the answers beside its tables."""
    for path in BRANCH.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    staff = (folder / "员工.csv").read_text(encoding="gb18030")
    (folder / "员工.csv").write_text(f"{staff.rstrip()}\n{INSPECTOR},沈明,0110,\n", encoding="gb18030")
    with (folder / "rectification.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def before() -> Book:
    return make_book(BRANCH, "2014Q1")


@pytest.fixture(scope="module")
def followed(before: Book, tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The second quarter, 120 findings of the first being closed, 5 unfounded and 15 open."""
    wanted = [f for f in before.findings_made if f.rule.severity != "hint"]
    rows = [answered(f, "2014-04-20", "2014-04-25", "closed") for f in wanted[:120]]
    rows += [answered(f, "2014-04-20", "", "unfounded") for f in wanted[120:125]]
    folder = tmp_path_factory.mktemp("answered")
    file_answers(folder, rows)
    return make_book(folder, "2014Q2")


def test_the_worked_numbers_of_the_sample_bank(followed: Book) -> None:
    names = ("findings_followed", "findings_closed", "findings_unfounded", "findings_overdue", "findings_replied")
    assert [followed.figure(name) for name in names] == [140, 120, 5, 15, 125]
    assert followed.figure("closure_rate") == Decimal(120) / Decimal(135)
    found = [f for f in followed.findings_made if f.rule.name == "rectify_overdue"]
    assert len(found) == 15 and all("4月30日" in f.words for f in found)


def test_a_closed_one_that_is_found_once_more_is_told_by_name(followed: Book) -> None:
    found = [f for f in followed.findings_made if f.rule.name == "rectified_again"]
    assert len(found) == followed.figure("findings_again") > 0
    assert all("4月25日由沈明验收为已整改" in f.words for f in found)
    kinds = {f.subject.partition("/")[0] for f in found}
    assert "deposit_below_floor" in kinds and "report_late" in kinds


def test_a_notice_may_set_another_day(before: Book, followed: Book) -> None:
    open_ones = [key for key, f in zip(finding_keys(before.findings_made), before.findings_made, strict=True) if f.rule.severity != "hint"][
        125:
    ]
    due = {("2014Q1", key): date(2014, 6, 30) for key in open_ones[:4]}
    again = compute(screen(open_package(followed.clean.folder)), replace(followed.settings, due=due))
    assert again.figure("findings_overdue") == 11


def test_the_newest_notice_that_went_out_sets_the_day() -> None:
    def entry(number: str, due_on: str, key: str = "rectification_notice|2014Q1|report_late/001/C1", made: str = "已成文") -> Entry:
        return Entry(number, "", "", "", "", due_on, "", "2014Q1/rectification_notice/001.docx", made, key)

    told = [
        entry("整通〔2014〕1号", "2014-04-30"),
        entry("整通〔2014〕2号", "2014/5/20"),  # as Excel saves it
        entry("整通〔2014〕3号", "2014-06-30", made=""),
        entry("整通〔2014〕4号", "2014-06-01", key="rectification_notice|2013Q4|report_late/001/C1"),
        entry("监通〔2014〕5号", "2014-06-01", key="monitoring_notice|loan|L1|2014-06-01"),
    ]
    register = {(one.key, one.number): one for one in told if one.made}
    assert days_set(register, "2014Q1") == {("2014Q1", "report_late/001/C1"): date(2014, 5, 20)}
    assert days_set({(told[2].key, told[2].number): told[2]}, "2014Q1") == {}


def test_without_the_table_nothing_is_followed_and_nothing_accused(tiny: Book) -> None:
    assert tiny.figure("closure_rate") is None and tiny.figure("findings_followed") is None
    assert not any(f.rule.theme == "follow_up" for f in tiny.findings_made)


def test_the_ledger_lists_each_with_its_state(followed: Book) -> None:
    rows = followed.rows("finding_course", "last_index_no")
    assert {row["state"] for row in rows} == {"closed", "unfounded", "overdue"} and len(rows) == 140
    assert next(iter(dict(papers(followed, "ledgers")).values()))


def test_the_working_paper_lists_last_quarters_findings_with_their_state_in_both_forms(followed: Book, tiny: Book) -> None:
    made = dict(papers(followed, "monitoring_paper"))
    rows = followed.rows("finding_course", "last_index_no")
    unit = next(row["unit_id"] for row in rows if row["state"] == "overdue")
    for whose, stem in (("", "全行"), (unit, next(path for path in made if f"/{unit}_" in path).partition("/")[2].rpartition(".")[0])):
        wanted = {
            row["last_index_no"]: (row["title"], row["due_on"].isoformat(), state_of(row)) for row in rows if whose in ("", row["unit_id"])
        }
        for suffix, listed in (("docx", listed_in_word), ("xlsx", listed_in_excel)):
            assert listed(made[f"monitoring_paper/{stem}.{suffix}"]) == wanted, (stem, suffix)
    assert {state.partition("（")[0] for _, _, state in listed_in_word(made["monitoring_paper/全行.docx"]).values()} == {
        "已整改",
        "核实不成立",
        "逾期未整改",
    }
    of_tiny = dict(papers(tiny, "monitoring_paper"))
    assert not listed_in_word(of_tiny["monitoring_paper/全行.docx"]) and not listed_in_excel(of_tiny["monitoring_paper/全行.xlsx"])


def state_of(row: dict[str, Any]) -> str:
    """The state of a finding as the working paper says it."""
    says = {"closed": "已整改（2014-04-25验收）", "unfounded": "核实不成立", "overdue": "逾期未整改", "open": "整改中"}[row["state"]]
    return says + ("，验收后再次发生" if row["again"] else "")


def listed_in_word(paper: bytes) -> dict[str, tuple[str, ...]]:
    """Title, day and state by index number in the table with last quarter's states."""
    for table in Document(BytesIO(paper)).tables:
        heads, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        if "上季状态" in heads:
            return {row[heads.index("索引号")]: tuple(row[heads.index(head)] for head in ("问题", "期限", "上季状态")) for row in rows}
    return {}


def listed_in_excel(paper: bytes) -> dict[str, tuple[str, ...]]:
    """The same in the rows below the head 上季状态, to the first row that has none."""
    rows = [["" if cell is None else cell for cell in row] for row in load_workbook(BytesIO(paper))["底稿"].iter_rows(values_only=True)]
    at = next((at for at, row in enumerate(rows) if "上季状态" in row), None)
    if at is None:
        return {}
    heads, below = rows[at], takewhile(lambda row: row[rows[at].index("上季状态")], rows[at + 1 :])
    return {
        row[heads.index("索引号")]: (row[heads.index("问题")], row[heads.index("期限")].date().isoformat(), row[heads.index("上季状态")])
        for row in below
    }
