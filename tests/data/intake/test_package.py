"""Which file or sheet is which table."""

import unicodedata

import pytest
import xlsxwriter
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.errors import BadFile

UNIT = [["机构编号", "机构名称", "机构层级"], ["001", "总行", "总行"]]
STAFF = [["工号", "姓名", "机构编号"], ["1", "张三", "001"]]


def csv(rows):
    return "".join(",".join(row) + "\n" for row in rows)


def book(path, sheets):
    with xlsxwriter.Workbook(str(path)) as out:
        for name, rows in sheets.items():
            sheet = out.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def found(package):
    return {table: (source.file, source.sheet) for table, source in package.sources.items()}


def checks(package):
    return sorted((p.check, p.consequence) for p in package.problems)


@pytest.mark.parametrize("name", ["unit.csv", "UNIT.CSV", "机构.csv", "机 构.csv", "Unit.txt"])
def test_a_file_is_named_after_its_table_or_title(tmp_path, name):
    (tmp_path / name).write_text(csv(UNIT), encoding="utf-8")
    assert found(open_package(tmp_path)) == {"unit": (name, "")}


def test_a_decomposed_file_name_is_shown_composed(tmp_path):
    (tmp_path / unicodedata.normalize("NFD", "Ünit.csv")).write_text("", encoding="utf-8")
    assert open_package(tmp_path).problems[0].file == "Ünit.csv"


def test_one_workbook_holds_several_tables(tmp_path):
    book(tmp_path / "二季度.xlsx", {"机构": UNIT, "Staff": STAFF, "说明": [["x"]], "空": []})
    for data in (tmp_path, tmp_path / "二季度.xlsx"):
        package = open_package(data)
        assert found(package) == {"unit": ("二季度.xlsx", "机构"), "staff": ("二季度.xlsx", "Staff")}
        assert checks(package) == [("unknown_sheet", "note")]


def test_a_workbook_named_after_a_table_may_call_its_sheet_anything(tmp_path):
    book(tmp_path / "unit.xlsx", {"Sheet1": UNIT, "Sheet2": [], "读我": [["说明"]]})
    assert found(open_package(tmp_path)) == {"unit": ("unit.xlsx", "Sheet1")}


def test_two_sheets_that_may_be_the_table_stop(tmp_path):
    book(tmp_path / "unit.xlsx", {"一月": UNIT, "二月": UNIT})
    package = open_package(tmp_path)
    assert checks(package) == [("which_sheet", "stop")]
    assert "一月" in package.problems[0].says
    book(tmp_path / "unit.xlsx", {"一月": UNIT, "机构": UNIT})
    assert found(open_package(tmp_path)) == {"unit": ("unit.xlsx", "机构")}


def test_a_table_found_twice_stops_and_names_both_places(tmp_path):
    (tmp_path / "unit.csv").write_text(csv(UNIT), encoding="utf-8")
    (tmp_path / "机构.csv").write_text(csv(UNIT), encoding="utf-8")
    package = open_package(tmp_path)
    assert checks(package) == [("table_twice", "stop")]
    assert "unit.csv" in package.problems[0].says
    assert not package.sources


def test_strangers_are_noted_and_owner_files_are_not(tmp_path):
    (tmp_path / "unit.csv").write_text(csv(UNIT), encoding="utf-8")
    for name in ("~$unit.xlsx", ".DS_Store", "report.docx"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "读我.md").write_bytes(b"")
    package = open_package(tmp_path)
    assert checks(package) == [("unknown_file", "note")]
    assert set(package.inputs) == {"unit.csv"}
    assert len(package.inputs["unit.csv"]) == 64


def test_an_empty_folder_stops_and_an_absent_one_raises(tmp_path):
    assert checks(open_package(tmp_path)) == [("no_tables", "stop")]
    with pytest.raises(BadFile):
        open_package(tmp_path / "absent")


def test_nobody_is_told_that_keys_of_an_unreadable_table_are_missing(tmp_path):
    (tmp_path / "unit.csv").write_bytes(b"\xff\xff")
    (tmp_path / "staff.csv").write_text(csv(STAFF), encoding="utf-8")
    result = screen(open_package(tmp_path))
    assert [p.check for p in result.problems] == ["unreadable_file"]
    assert result.rows == {"staff": 1}


def test_a_column_without_a_header_is_noted_where_it_has_values(tmp_path):
    (tmp_path / "unit.csv").write_text(",机构编号,机构名称,机构层级,\n0,001,总行,总行,\n", encoding="utf-8")
    (problem,) = open_package(tmp_path).problems
    assert (problem.check, problem.value) == ("unknown_column", "column 1")
