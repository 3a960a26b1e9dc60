"""Columns taken out of a template: the cells behind them, merged cells, formulas, ranges and widths follow."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import openpyxl
from docx.shared import Cm
from officefill.excel import removed_columns as excel
from officefill.ooxml.package import Package, package_bytes, read_package
from officefill.word import removed_columns as word
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import FormulaRule
from openpyxl.worksheet.datavalidation import DataValidation


def package(name: str, drawn: object) -> Package:
    out = io.BytesIO()
    drawn.save(out)
    return read_package(Path(name), out.getvalue())


def written(made: Package) -> io.BytesIO:
    return io.BytesIO(package_bytes(made))


def goes(text: str) -> bool:
    return text.startswith("-")


def narrowed() -> Workbook:
    """A workbook of which the columns C, E and F of the first sheet went."""
    book = Workbook()
    sheet = book.active
    sheet.title = "明细"
    sheet.append(["题", None, None, None, None, None, "尾"])
    sheet.append(["客户", "甲", "-乙", "丙", "-丁", None, "戊"])
    sheet.append(["一", 1, 2, '{{ n|formula("B3+D3") }}', 5, 6, "=SUM(B3:F3)"])
    for area in ("A1:F1", "E2:F2", "C5:D5"):
        sheet.merge_cells(area)
    sheet["C5"] = "留"
    sheet["G4"] = "=D3+C3"
    sheet.column_dimensions["D"].width, sheet.column_dimensions["G"].width = 31, 41
    sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_area = "E3", "A2:G3", "A1:G4"
    sheet.conditional_formatting.add("C3:C9", FormulaRule(formula=["C3>1"]))
    sheet.conditional_formatting.add("B3:G3", FormulaRule(formula=["$G3>1"]))
    for area in ("E3:E9", "G3:G9"):
        check = DataValidation(type="whole", formula1="1")
        check.add(area)
        sheet.add_data_validation(check)
    other = book.create_sheet("汇总")
    other["A1"], other["B1"] = "=SUM(明细!$B$3:$G$3)", '{{ n|formula("明细!G3*2") }}'
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=7, min_row=2, max_row=3), titles_from_data=True)
    other.add_chart(chart, "D2")
    made = package("book.xlsx", book)
    excel.remove_columns(made, goes)
    return openpyxl.load_workbook(written(made))


def test_cells_and_formulas_of_a_workbook_follow():
    book = narrowed()
    sheet, other = book["明细"], book["汇总"]
    assert [cell.value for cell in sheet[2]] == ["客户", "甲", "丙", "戊"]
    assert sheet["C5"].value == "留" and sheet["D3"].value == "=SUM(B3:C3)"
    assert sheet["D4"].value == "=C3+#REF!"
    assert other["A1"].value == "=SUM(明细!$B$3:$D$3)" and other["B1"].value == '{{ n|formula("明细!D3*2") }}'
    assert other._charts[0].series[0].val.numRef.f == "'明细'!$D$3"


def test_ranges_of_a_workbook_follow_and_those_without_columns_go():
    sheet = narrowed()["明细"]
    assert [str(area) for area in sheet.merged_cells.ranges] == ["A1:C1"]
    assert sheet.column_dimensions["C"].width == 31 and sheet.column_dimensions["D"].width == 41
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_area) == ("D3", "A2:D3", "'明细'!$A$1:$D$4")
    assert [str(one.sqref) for one in sheet.conditional_formatting] == ["B3:D3"]
    assert [rule.formula for one in sheet.conditional_formatting for rule in one.rules] == [["$D3>1"]]
    assert [str(check.sqref) for check in sheet.data_validations.dataValidation] == ["D3:D9"]


def test_a_workbook_in_which_nothing_goes_stays_as_it_is():
    made = package("book.xlsx", Workbook())
    before = dict(made.parts)
    excel.remove_columns(made, goes)
    assert made.parts == before


def test_columns_of_a_table_of_word_go_and_cells_over_them_shrink():
    document = docx.Document()
    table = document.add_table(3, 4)
    for row, texts in enumerate((["甲", "", "", "乙"], ["一", "-二", "三", "四"], ["1", "2", "3", "4"])):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    wide = table.cell(0, 1).merge(table.cell(0, 2))
    wide.text, wide.width = "宽", Cm(6)
    document.add_table(1, 2).cell(0, 1).text = "旁"
    made = package("body.docx", document)
    word.remove_columns(made, goes)
    first, second = docx.Document(written(made)).tables
    assert [[cell.text for cell in row.cells] for row in first.rows] == [["甲", "宽", "乙"], ["一", "三", "四"], ["1", "3", "4"]]
    assert len(first.columns) == 3 and abs(first.cell(0, 1).width - Cm(3)) < 1000
    assert len(second.columns) == 2
