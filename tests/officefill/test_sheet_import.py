"""Sheets put into another workbook: cells keep their values and looks, names and the tab in front keep their sheets."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from officefill.excel.sheet_import import import_sheets, remove_sheets
from officefill.ooxml.package import Package, package_bytes, read_package
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName


def package(book: Workbook) -> Package:
    out = io.BytesIO()
    book.save(out)
    return read_package(Path("book.xlsx"), out.getvalue())


def written(made: Package) -> bytes:
    return package_bytes(made)


@pytest.fixture
def host() -> Workbook:
    """A workbook of three sheets: the second has print titles and is in front."""
    book = Workbook()
    book.active.title = "一"
    for name in ("二", "三"):
        book.create_sheet(name).append([name, 1])
    book["一"]["A1"].font = Font(name="黑体", bold=True)
    book["二"].print_title_rows = "1:1"
    book["三"].auto_filter.ref = "A1:B1"
    book.active = 1
    return book


@pytest.fixture
def guest() -> Workbook:
    """A sheet with formats, a conditional format, a comment, a chart and print titles, and one called as a sheet of the host."""
    book = Workbook()
    sheet = book.active
    sheet.title = "台账"
    for row in (["客户", "金额"], ["甲", 12.5], ["乙", 7]):
        sheet.append(row)
    for cell in sheet["B"][1:]:
        cell.number_format = '#,##0.00"元"'
    sheet["A1"].font, sheet["A1"].fill = Font(name="楷体", size=15, color="FF00FF00"), PatternFill("solid", "FFFFEE00")
    grey = FormulaRule(formula=["$B2>10"], font=Font(color="FF808080"))
    sheet.conditional_formatting.add("A2:B3", grey)
    sheet["A2"].comment = Comment("核对", "张三")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "D2")
    sheet.print_title_rows = "1:1"
    book.create_sheet("三").append(["另一张"])
    book.defined_names["全体"] = DefinedName("全体", attr_text="台账!$A$2:$A$3")
    return book


@pytest.mark.parametrize(("before", "place"), [("", 3), ("二", 1), ("一", 0)])
def test_a_sheet_stands_where_it_is_put_and_looks_as_it_did(host: Workbook, guest: Workbook, before: str, place: int) -> None:
    book = package(host)
    import_sheets(book, package(guest), before)
    made = openpyxl.load_workbook(io.BytesIO(written(book)))
    assert made.sheetnames == [*["一", "二", "三"][:place], "台账", *["一", "二", "三"][place:]]
    sheet = made["台账"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(max_col=2)] == [["客户", "金额"], ["甲", 12.5], ["乙", 7]]
    assert sheet["B2"].number_format == '#,##0.00"元"' and (sheet["A1"].font.name, sheet["A1"].font.size) == ("楷体", 15)
    assert sheet["A1"].fill.fgColor.rgb == "FFFFEE00" and sheet["A2"].comment.text == "核对" and len(sheet._charts) == 1
    (rule,) = next(iter(sheet.conditional_formatting)).rules
    assert rule.dxf.font.color.rgb == "FF808080" and not sheet.sheet_view.tabSelected
    assert made["一"]["A1"].font.name == "黑体" and made["三"]["A1"].value == "三"
    assert [made[name].print_title_rows for name in ("台账", "二", "一")] == ["$1:$1", "$1:$1", None]
    assert made["三"].auto_filter.ref == "A1:B1" and made.active.title == "二"


def test_a_sheet_is_taken_out_with_all_that_only_it_points_at(host: Workbook, guest: Workbook) -> None:
    book = package(host)
    import_sheets(book, package(guest), "二")
    remove_sheets(book, ["台账", "一"])
    assert not [name for name in book.parts if "chart" in name or "comment" in name or "drawing" in name]
    made = openpyxl.load_workbook(io.BytesIO(written(book)))
    assert made.sheetnames == ["二", "三"] and made.active.title == "二"
    assert made["二"].print_title_rows == "$1:$1" and made["三"].auto_filter.ref == "A1:B1" and made["三"]["A1"].value == "三"


def test_a_place_that_is_not_there_is_an_error(host: Workbook, guest: Workbook) -> None:
    with pytest.raises(KeyError, match="四"):
        import_sheets(package(host), package(guest), "四")


def test_libreoffice_opens_the_workbook(host: Workbook, guest: Workbook, tmp_path: Path, converted: Callable[..., list[Path]]) -> None:
    book = package(host)
    import_sheets(book, package(guest), "二")
    (tmp_path / "book.xlsx").write_bytes(written(book))
    (again,) = converted("xlsx", tmp_path / "out", tmp_path / "book.xlsx")
    made = openpyxl.load_workbook(again)
    assert made.sheetnames == ["一", "台账", "二", "三"] and made["台账"]["B2"].value == 12.5 and len(made["台账"]._charts) == 1
