"""The sender's workbook comes back with the bad cells marked and everything else as it was."""

import io
from datetime import date

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from postloan import language
from postloan.data.intake import open_package
from postloan.data.marked_copy import YELLOW, marked_copy
from postloan.data.screen import screen
from postloan.errors import BadFile


@pytest.fixture(autouse=True)
def english():
    language.use("en")
    yield
    language.use()


def workbook(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "存款余额"
    sheet.append(["某支行存款"])
    sheet.merge_cells("A1:D1")
    sheet.append(["数据日期", "客户编号", "存款余额", "备注栏"])
    sheet.append([date(2014, 6, 30), "1", "12吨", "x"])
    sheet.append([date(2014, 2, 28), "2", 5, "y"])
    sheet.append(["2014-02-30", None, 5, "z"])
    sheet.append(["合计", None, 10, None])
    sheet["A5"].font = Font(bold=True, name="宋体")
    sheet["A5"].comment = Comment("待核", "clerk")
    sheet.column_dimensions["B"].width = 33
    book.create_sheet("说明").append(["此表由系统导出"])
    book.save(path)
    return path


@pytest.fixture
def marked(tmp_path):
    path = workbook(tmp_path / "季度数据.xlsx")
    result = screen(open_package(tmp_path))
    before = path.read_bytes()
    copy = marked_copy(path, result.problems)
    assert path.read_bytes() == before
    return openpyxl.load_workbook(io.BytesIO(copy))


def test_bad_cells_are_yellow_and_say_what_to_do(marked):
    sheet = marked["存款余额"]
    yellow = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.start_color.rgb == YELLOW}
    assert yellow == {"C3", "A5", "B5", "A6", "D2", "B2"}
    assert "yuan" in sheet["C3"].comment.text
    assert "fill it in" in sheet["B5"].comment.text
    assert "total row" in sheet["A6"].comment.text
    assert "no such column" in sheet["D2"].comment.text


def test_everything_else_is_as_it_was(marked):
    sheet = marked["存款余额"]
    assert [cell.value for cell in sheet[3]] == [sheet["A3"].value, "1", "12吨", "x"]
    assert (sheet["A5"].font.b, sheet["A5"].font.name, sheet.column_dimensions["B"].width) == (True, "宋体", 33)
    assert sheet["A5"].comment.text.startswith("待核\n")
    assert [str(area) for area in sheet.merged_cells.ranges] == ["A1:D1"]
    assert marked["说明"]["A1"].value == "此表由系统导出"


def test_an_unreadable_workbook_is_refused_in_words(tmp_path):
    (tmp_path / "loan.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(BadFile, match="damaged"):
        marked_copy(tmp_path / "loan.xlsx", [])
