"""`postloan verify` of any file: hostile ones, ones of other programs, several at once."""

from __future__ import annotations

import io
import json
from pathlib import Path

import docx
import openpyxl
import pytest
from editing import Change, W, checked, edited, kinds, paragraph, paragraph_with, replaced, set_cell
from lxml import etree
from postloan.audit.verify import check_papers, verify
from postloan.audit.verify.text_pieces import pieces_of, printed
from postloan.cli.main import app
from typer.testing import CliRunner


def called(*words: str | Path):
    return CliRunner().invoke(app, ["--lang", "en", *map(str, words)])


def foreign(path: Path, *lines: str, table: tuple[tuple[str, ...], ...] = ()) -> Path:
    """A Word file of another program."""
    paper = docx.Document()
    for line in lines:
        paper.add_paragraph(line)
    if table:
        drawn = paper.add_table(len(table), len(table[0]))
        for row, texts in zip(drawn.rows, table, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    paper.save(str(path))
    return path


def spans(value: str) -> Change:
    def change(root: etree._Element) -> None:
        for properties in root.iter(f"{{{W}}}tcPr"):
            for old in properties.findall(f"{{{W}}}gridSpan"):
                properties.remove(old)
            etree.SubElement(properties, f"{{{W}}}gridSpan").set(f"{{{W}}}val", value)

    return change


@pytest.mark.parametrize("value", ["abc", "-5", "300000000", "9" * 5000, "1e9", "٣", ""])
def test_a_wrong_span_of_a_cell_is_no_span(brief: Path, tmp_path: Path, value: str) -> None:
    [one] = verify([edited(brief, tmp_path / "a.docx", spans(value))])
    assert one.errors == 0


@pytest.mark.parametrize("value", ["Infinity", "-INF", "NaN", "sNaN", "1E999999", "1E99999", "1" * 500, "１２"])
def test_a_number_that_no_sheet_can_hold_is_a_text(annex: Path, tmp_path: Path, value: str) -> None:
    sheet = "xl/worksheets/sheet2.xml"
    papers, faults = check_papers([edited(annex, tmp_path / "a.xlsx", set_cell("B5", value), sheet)])
    assert len(papers) + len(faults) == 1 and all("damaged" not in str(fault) for fault in faults)


def test_a_sum_over_a_whole_sheet_costs_no_more_than_its_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row, value in enumerate((3, 4, "=SUM(A1:A2,B1:XFD1048576)", "=SUM(A1:A1048576)"), 1):
        sheet.cell(row, 1, value)
    file = io.BytesIO()
    book.save(file)
    (tmp_path / "a.xlsx").write_bytes(file.getvalue())
    [one] = verify([tmp_path / "a.xlsx"])
    assert one.figures == 0 and one.about == {}


@pytest.mark.parametrize(("old", "new"), [('n="1"', 'n="NaN"'), ('n="1"', 'n="' + "9" * 5000 + '"'), ('v="', 'v="x')])
def test_a_spoilt_record_is_told_as_such(brief: Path, tmp_path: Path, old: str, new: str) -> None:
    import zipfile

    from editing import rewritten

    data = brief.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        name = next(n for n in package.namelist() if n.startswith("customXml/item") and b"<f " in package.read(n))
        spoilt = package.read(name).replace(old.encode(), new.encode(), 1)
    (tmp_path / "a.docx").write_bytes(rewritten(data, {name: spoilt}))
    papers, [fault] = check_papers([tmp_path / "a.docx"])
    assert papers == [] and "record" in str(fault) and "Traceback" not in str(fault)


def test_several_files_are_all_checked_and_the_bad_ones_told(brief: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.docx").write_bytes(b"PK no zip")
    other = foreign(tmp_path / "other.docx", "截止2014年6月末余额为10万元。")
    result = called("verify", tmp_path / "bad.docx", brief, tmp_path / "gone.docx", other)
    assert result.exit_code == 1 and "Traceback" not in result.output
    told = [line.split(":")[0] for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert told == [brief.name, "other.docx"]
    assert "bad.docx" in result.stderr and "gone.docx: there is no such file" in result.stderr
    plain = json.loads(called("verify", "--json", tmp_path / "bad.docx", brief).stdout)
    assert [one["file"] for one in plain["papers"]] == [str(brief)] and [one["file"] for one in plain["unread"]] == ["bad.docx"]


def test_a_paper_of_another_program_is_checked_for_wording_and_sums(tmp_path: Path) -> None:
    table = (("机构", "余额（万元）", "占比"), ("甲", "100", "40%"), ("乙", "150", "60%"), ("合计", "240", "100%"))
    paper = foreign(
        tmp_path / "a.docx", "2011年度工作总结", "（一）甲", "（三）乙", "问题12条，均得到有效整改。", "使用EXECL表格。", table=table
    )
    [one] = verify([paper])
    assert {"wording", "numbering_broken", "total_wrong", "rectified_unproven"} <= {r.kind for r in one.remarks}
    assert [r.slots["other"] for r in one.remarks if r.kind == "total_wrong"] == ["250"]
    assert not {"line_added", "number_typed", "text_changed"} & {r.kind for r in one.remarks}
    right = foreign(tmp_path / "b.docx", "工作总结", table=(*table[:3], ("合计", "250", "100%")))
    assert verify([right])[0].remarks == []


@pytest.mark.parametrize(
    "table",
    [
        (("机构", "不良率", "得分"), ("甲", "1.5", "90"), ("乙", "2.5", "80"), ("合计", "2.1", "85")),
        (("机构", "户数"), ("合计", "12"), ("甲", "5"), ("乙", "7")),
        (("机构", "户数"), ("甲", "5"), ("乙", "7"), ("小计", "12"), ("丙", "3"), ("丁", "4"), ("小计", "7"), ("合计", "19")),
        (("机构", "余额"), ("甲", "1.24"), ("乙", "1.24"), ("合计", "2.5")),
        (("机构", "户数"), ("甲", "5"), ("乙", "—"), ("合计", "9")),
        (("机构", "户数"), ("甲", "5"), ("合计", "9")),
    ],
)
def test_a_total_is_doubted_only_where_it_must_be_a_sum(tmp_path: Path, table: tuple[tuple[str, ...], ...]) -> None:
    assert verify([foreign(tmp_path / "a.docx", "工作总结", table=table)])[0].remarks == []


def test_a_number_in_full_width_is_the_same_number(brief: Path, tmp_path: Path) -> None:
    assert printed("８３．３３％") == printed("83.33%") and printed("－１，２００．５") == printed("-1,200.5")
    assert [piece.text for piece in pieces_of("为８３．３３％，１，２００户")] == ["为", "83.33", "%", "，", "1,200", "户"]
    found = checked(edited(brief, tmp_path / "a.docx", replaced("98.75", "９８．７５")))
    assert [remark.kind for remark in found if remark.severity == "error"] == []


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("2014年二季度工作正常开展。", 0),
        ("自2013年至2014年6月末持续开展，第3季度继续。", 0),
        ("2014户企业已检查。", 1),
        ("6月末另有7户。", 1),
    ],
)
def test_a_year_or_a_month_is_no_number_that_nobody_computed(brief: Path, tmp_path: Path, line: str, numbers: int) -> None:
    def add(root: etree._Element) -> None:
        paragraph_with(root, "非标业务").addnext(paragraph(line))

    found = kinds(checked(edited(brief, tmp_path / "a.docx", add)))
    assert sorted(found) == ["line_added", *["number_typed"] * numbers]


def test_a_year_changed_in_the_text_is_still_told(brief: Path, tmp_path: Path) -> None:
    found = checked(edited(brief, tmp_path / "a.docx", replaced("2014年", "2013年")))
    assert {"number_changed", "figure_changed", "year_mismatch"} & set(kinds(found))
