"""The reports of a package: each is read or named as unread, and none takes another down."""

import sys
import unicodedata

import pytest
from postloan.errors import BadFile
from postloan.inspection_reports.sections import Reason, read_reports, report_reader
from postloan.inspection_reports.sections.report_path import report_path
from postloan.inspection_reports.word_text.unreadable import sentence
from postloan.problem import NOTE, Problem

from tests.inspection_reports.word_reports.drawn import p, tbl, tr, word

GOOD = word(p("一、检查结论"), p("正常"))
READ = ("conclusion", "正常")


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "package"
    (folder / "报告").mkdir(parents=True)
    (tmp_path / "outside.docx").write_bytes(GOOD)
    return folder


def says(problem: Problem) -> str:
    return problem.says.partition(": ")[2]


def test_sections_come_in_the_order_of_the_inspections(package):
    for name in "ab":
        (package / f"{name}.docx").write_bytes(word(p("一、销售资金归行分析"), p(name), p("二、检查结论")))
    rows, problems, *_ = read_reports(package, {"I2": "b.docx", "I1": "a.docx"})
    assert rows == [("I2", "sales_return", "b"), ("I2", "conclusion", ""), ("I1", "sales_return", "a"), ("I1", "conclusion", "")]
    assert problems == []


def test_a_file_that_is_not_read_is_a_note_that_names_it_and_the_others_are_read(package):
    broken = {"empty.docx": b"", "cut.docx": GOOD[:300], "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "good.docx": GOOD}
    for name, content in broken.items():
        (package / name).write_bytes(content)
    rows, problems, *_ = read_reports(package, {f"I-{name}": name for name in [*broken, "missing.docx"]})
    assert rows == [("I-good.docx", *READ)]
    reasons = {
        "empty.docx": Reason.EMPTY,
        "cut.docx": Reason.DAMAGED,
        "old.doc": Reason.OLD_FORMAT,
        "missing.docx": Reason.MISSING,
    }
    assert {problem.file: says(problem) for problem in problems} == {name: sentence(reason) for name, reason in reasons.items()}
    assert {(q.check, q.consequence, q.field, q.value == q.file) for q in problems} == {("unreadable_report", NOTE, "report_file", True)}


def test_a_report_without_any_section_is_a_note(package):
    (package / "a.docx").write_bytes(word(p("今天天气很好")))
    rows, [problem], *_ = read_reports(package, {"I1": "a.docx"})
    assert rows == [] and (problem.check, problem.consequence) == ("no_section", NOTE)


def test_a_file_that_stands_for_two_inspections_is_read_for_both_and_noted(package):
    (package / "a.docx").write_bytes(GOOD)
    rows, [problem], *_ = read_reports(package, {"I1": "a.docx", "I2": "./A.DOCX"})
    assert rows == [("I1", *READ), ("I2", *READ)] and problem.check == "report_file_twice"
    assert "I1" in problem.says and "I2" in problem.says


@pytest.mark.parametrize(
    "name",
    [
        "../outside.docx",
        "报告/../../outside.docx",
        "..\\outside.docx",
        "/etc/passwd",
        "C:\\a.docx",
        "C:a.docx",
        "\\\\h\\s\\a.docx",
        "a.docx:b",
    ],
)
def test_a_name_that_leads_out_of_the_package_is_refused(package, name):
    assert report_path(package, name) is Reason.OUTSIDE


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_that_leads_out_of_the_package_is_refused(package):
    (package / "link.docx").symlink_to(package.parent / "outside.docx")
    (package / "folder").symlink_to(package.parent)
    assert report_path(package, "link.docx") is Reason.OUTSIDE and report_path(package, "folder/outside.docx") is Reason.OUTSIDE


@pytest.mark.parametrize("name", ["", ".", "报告", "x.docx", "a\0b", "长" * 300, "报告/x/y.docx"])
def test_a_name_of_no_file_is_missing(package, name):
    assert report_path(package, name) is Reason.MISSING


def test_names_from_windows_and_macos_are_found(package):
    file = package / "报告" / unicodedata.normalize("NFC", "Café.docx")
    file.write_bytes(GOOD)
    assert report_path(package, unicodedata.normalize("NFD", " 报告\\CAFÉ.DOCX ")) == file.resolve()


def test_the_blank_form_is_left_out_and_one_that_cannot_be_read_is_an_error(package):
    (package / "a.docx").write_bytes(word(p("一、检查结论"), p("请写明检查结论"), p("正常")))
    form = package / "form.docx"
    form.write_bytes(word(p("一、检查结论"), p("请写明检查结论")))
    assert read_reports(package, {"I1": "a.docx"}, form).rows == [("I1", *READ)]
    form.write_bytes(b"")
    with pytest.raises(BadFile, match="empty"):
        read_reports(package, {"I1": "a.docx"}, form)
    with pytest.raises(BadFile, match="not in the package"):
        read_reports(package, {"I1": "a.docx"}, package / "nowhere.docx")


def test_a_report_that_takes_too_long_takes_only_itself_down(package, monkeypatch):
    monkeypatch.setattr(report_reader, "SECONDS", 2)
    monkeypatch.setattr(report_reader, "WORTH_A_CHILD", 2)
    slow = word(tbl(tr("检查结论", "x") * 20_000))
    files = {f"I{i}": f"{i}.docx" for i in range(5)}
    for i, name in enumerate(files.values()):
        (package / name).write_bytes(slow if i == 2 else GOOD)
    rows, [problem], *_ = read_reports(package, files)
    assert rows == [(f"I{i}", *READ) for i in (0, 1, 3, 4)]
    assert problem.file == "2.docx" and says(problem) == sentence(Reason.TOO_LONG)


def test_no_reports_no_work(package):
    assert read_reports(package, {}) == ([], [], [], [], [])
