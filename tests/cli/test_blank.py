"""Tables that people type: a workbook is written, filled in and read as any other table."""

import shutil

import openpyxl
from command_line import postloan
from places import TINY
from postloan.figures.compute import make_book
from postloan.figures.rule import all_rules

SENT = "R0,0001,2014Q1,periodic,onsite,2014-03-10,2014-03-15 10:00,0101,0102,0109,2014-03-14 10:00,"


def test_answers_to_findings_go_out_and_come_back(tmp_path):
    package = tmp_path / "package"
    shutil.copytree(TINY, package)
    with (package / "inspection.csv").open("a", encoding="utf-8") as file:
        file.write(SENT + "\n")
    asked = ["--data", package, "--period", "2014年一季度", "--out", tmp_path / "forms"]
    assert postloan("blank", "整改情况", *asked).code == 0
    path = tmp_path / "forms" / "整改情况.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["整改情况"]
    heads = [str(cell.value).rstrip("*") for cell in sheet[1]]
    rows = {(row[1].value, row[3].value): row for row in sheet.iter_rows(min_row=2) if row[0].value}
    row = rows[all_rules()["report_missing"].title, "0004"]
    assert "2014Q1-A-" in row[0].comment.text
    typed = {"回复日期": "2014-04-10", "整改完成日期": "2014年4月10日", "验收人": "0101", "验收日期": "2014-04-11", "验收结论": "已整改"}
    for head, value in typed.items():
        row[heads.index(head)].value = value
    sheet.append(["2014Q1", "没有这条规则", "002", None, "X", "2014-04-10"])
    book.save(package / "整改情况.xlsx")
    made = make_book(package, "2014Q2")
    assert made.figure("findings_closed") == 1 and made.figure("findings_again") == 1
    assert [p.value for p in made.problems_found if p.check == "answer_to_nothing"] == ["X"]
    assert postloan("blank", "整改情况", "--data", package, "--period", "2014Q1", "--out", tmp_path / "again").code == 0
    again = openpyxl.load_workbook(tmp_path / "again" / "整改情况.xlsx")["整改情况"]
    closed = [row for row in again.iter_rows(min_row=2, values_only=True) if row[10] == "已整改"]
    assert [(row[3], str(row[5])[:10]) for row in closed] == [("0004", "2014-04-10")]


def test_a_form_that_is_there_is_not_overwritten_and_an_unknown_table_is_told(tmp_path):
    assert postloan("blank", "signal", "--out", tmp_path).code == 0
    filled = (tmp_path / "风险预警信号.xlsx").read_bytes()
    again = postloan("blank", "signal", "--out", tmp_path)
    assert again.code == 2 and "already" in again.errors and (tmp_path / "风险预警信号.xlsx").read_bytes() == filled
    assert "风险预警信号" in postloan("blank", "风险预警信息号", "--out", tmp_path / "x").errors
    sheet = openpyxl.load_workbook(tmp_path / "风险预警信号.xlsx").worksheets[0]
    offered = {str(one.sqref).rstrip("0123456789").rpartition(":")[2]: one.formula1 for one in sheet.data_validations.dataValidation}
    assert offered["G"] == '"黄色,橙色,红色"'
