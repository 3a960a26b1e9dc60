"""Excel: every cell as it is, or a clear message; a child process reads, so no file takes the program down."""

import io
import os
import re
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter
from postloan.data.intake import excel_file, open_package
from postloan.data.intake.excel_file import read_book
from postloan.data.intake.source import Unreadable
from postloan.data.screen import screen

HEADER = ["数据日期", "客户编号", "存款余额", "其中保证金"]


def book(path, sheets, **options):
    """A workbook: rows of cells by sheet; a day becomes an Excel date."""
    with xlsxwriter.Workbook(str(path), options) as out:
        day = out.add_format({"num_format": "yyyy-mm-dd"})
        moment = out.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name, rows in sheets.items():
            sheet = out.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(r, c, cell, moment)
                    elif isinstance(cell, date):
                        sheet.write_datetime(r, c, cell, day)
                    elif isinstance(cell, str) and not cell.startswith("="):
                        sheet.write_string(r, c, cell)
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return path


def edited(path, member, pattern, text):
    """Rewrite one part of a workbook."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    parts[member], count = re.subn(pattern, text, parts[member], count=1, flags=re.DOTALL)
    assert count
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)


def texts(path, sheet=0):
    grid = read_book(path)[sheet].grid
    return [list(row) for row in zip(*(c.to_pylist() for c in grid.cells.columns[:-1]), strict=True)]


def refusal(path):
    with pytest.raises(Unreadable) as caught:
        read_book(path)
    return caught.value.says


def deposits(folder, *rows, name="deposit.xlsx"):
    book(folder / name, {"Sheet1": [HEADER, *rows]})
    return screen(open_package(folder))


def checks(result):
    return [(p.check, p.row, p.field) for p in result.problems if p.check != "reference_unchecked"]


def test_cells_become_the_texts_a_person_sees(tmp_path):
    row = [
        "0012",
        12.0,
        0.1 + 0.2,
        1234.5,
        1e-5,
        True,
        date(2014, 6, 20),
        datetime(2014, 6, 20, 15, 30),
        "=1+1",
        -0.5,
        999999999999999,
        None,
    ]
    assert texts(book(tmp_path / "a.xlsx", {"s": [row]}))[0][:8] == [
        "0012", "12", "0.3", "1234.5", "0.00001", "TRUE", "2014-06-20", "2014-06-20 15:30:00",
    ]  # fmt: skip
    assert texts(tmp_path / "a.xlsx")[0][9:11] == ["-0.5", "999999999999999"]


def test_dates_of_the_1904_system_are_the_same_days(tmp_path):
    assert texts(book(tmp_path / "a.xlsx", {"s": [[date(2014, 6, 20)]]}, date_1904=True)) == [["2014-06-20"]]


def test_a_time_of_day_survives_its_binary_fraction(tmp_path):
    moments = [datetime(2014, 6, 20, h, m, s) for h in range(24) for m in (0, 20, 59) for s in (0, 1, 59)]
    found = [row[0] for row in texts(book(tmp_path / "a.xlsx", {"s": [[m] for m in moments]}))]
    assert found == [m.isoformat(" ").removesuffix(" 00:00:00") for m in moments]


def test_rows_keep_their_numbers_below_blank_ones(tmp_path):
    result = deposits(tmp_path, [], [date(2014, 6, 30), "1", 5], [], [date(2014, 6, 30), "2", "x"])
    assert checks(result) == [("bad_money", 5, "balance")]
    assert result.con.execute("SELECT _row FROM deposit").fetchall() == [(3,)]


def test_an_id_in_a_number_cell_beyond_15_digits_is_refused_with_its_place(tmp_path):
    result = deposits(tmp_path, [date(2014, 6, 30), 6222020200112345678, 5], [date(2014, 6, 30), 622202020011234, 5])
    (problem,) = [p for p in result.problems if p.row]
    assert (problem.check, problem.consequence, problem.row, problem.field) == ("id_beyond_15_digits", "drop", 2, "customer_id")
    assert "E+18" in problem.value
    assert result.con.execute("SELECT customer_id FROM deposit").fetchall() == [("622202020011234",)]


def test_a_19_digit_id_in_a_text_cell_keeps_every_digit(tmp_path):
    result = deposits(tmp_path, [date(2014, 6, 30), "0022020200112345678", 5])
    assert result.con.execute("SELECT customer_id FROM deposit").fetchall() == [("0022020200112345678",)]


def test_a_serial_number_without_a_date_format_is_a_day(tmp_path):
    result = deposits(tmp_path, [41810, "1", 5])
    assert checks(result) == [] and result.con.execute("SELECT as_of FROM deposit").fetchall() == [(date(2014, 6, 20),)]


def test_an_error_cell_is_named_and_not_blank_as_well(tmp_path):
    path = book(tmp_path / "deposit.xlsx", {"s": [HEADER, [date(2014, 6, 30), "1", 77], [date(2014, 6, 30), "2", 5]]})
    edited(path, "xl/worksheets/sheet1.xml", rb'<c r="C2"><v>77</v></c>', rb'<c r="C2" t="e"><v>#DIV/0!</v></c>')
    result = screen(open_package(tmp_path))
    assert checks(result) == [("error_cell", 2, "balance")]
    assert result.problems[-1].value == "#DIV/0!"
    assert result.rows == {"deposit": 1}


@pytest.mark.parametrize("maker", ["openpyxl", "xlsxwriter"])
def test_a_formula_without_a_value_is_named(tmp_path, maker):
    rows = [HEADER, ["2014-06-30", "1", "=1+1"], ["2014-06-30", "2", 0]]
    if maker == "xlsxwriter":
        book(tmp_path / "deposit.xlsx", {"s": rows})
    else:
        workbook = openpyxl.Workbook()
        for row in rows:
            workbook.active.append(row)
        workbook.save(tmp_path / "deposit.xlsx")
    result = screen(open_package(tmp_path))
    assert checks(result) == [("formula_without_value", 2, "balance")]
    assert result.problems[-1].value == "=1+1"
    assert result.rows == {"deposit": 1}


def test_a_formula_with_a_value_is_its_value(tmp_path):
    path = book(tmp_path / "deposit.xlsx", {"s": [HEADER, ["2014-06-30", "1", "=1+1"]]})
    edited(path, "xl/worksheets/sheet1.xml", rb"</f><v>0</v>", rb"</f><v>2</v>")
    assert screen(open_package(tmp_path)).rows == {"deposit": 1}


def test_a_formula_that_gives_an_empty_text_is_blank(tmp_path):
    path = book(tmp_path / "deposit.xlsx", {"s": [HEADER, ["2014-06-30", "1", 3, '=IF(1,"")']]})
    edited(path, "xl/worksheets/sheet1.xml", rb'<c r="D2"(.*?)><f>(.*?)</f><v>0</v>', rb'<c r="D2" t="str"><f>\2</f><v></v>')
    result = screen(open_package(tmp_path))
    assert checks(result) == []
    assert result.con.execute("SELECT margin_balance FROM deposit").fetchall() == [(None,)]


def test_a_cell_that_stands_twice_is_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", {"s": [["x", "y"], ["1", 2]]})
    edited(path, "xl/worksheets/sheet1.xml", rb'<c r="B2"><v>2</v></c>', rb'<c r="B2"><v>2</v></c><c r="B2"><v>3</v></c>')
    assert "B2" in refusal(path)


def test_a_cell_in_the_last_corner_is_refused_with_its_place(tmp_path):
    path = book(tmp_path / "a.xlsx", {"s": [["x"]]})
    edited(
        path,
        "xl/worksheets/sheet1.xml",
        rb"</row></sheetData>",
        rb'</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
    )
    assert "1048576" in refusal(path)


def test_blank_cells_formatted_to_the_last_row_do_not_count(tmp_path):
    path = book(tmp_path / "a.xlsx", {"s": [["x"]]})
    edited(path, "xl/worksheets/sheet1.xml", rb"</row></sheetData>", rb'</row><row r="1048576"><c r="AZ1048576" s="1"/></row></sheetData>')
    assert texts(path) == [["x"]]


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path):
    path = book(tmp_path / "a.xlsx", {"s": [["x"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as bomb, bomb.open("xl/media/bomb.xml", "w", force_zip64=True) as part:
        for _ in range(64):
            part.write(b"\0" * (1 << 20))
    assert "MB" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_stands_twice_is_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", {"s": [["x"]]})
    with zipfile.ZipFile(path, "a") as again:
        again.writestr("xl/worksheets/sheet1.xml", b"<worksheet/>")
    assert "twice" in refusal(path)


def test_a_document_type_is_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", {"s": [["x"]]})
    edited(path, "xl/workbook.xml", rb"<workbook ", rb'<!DOCTYPE x [<!ENTITY a "aa">]><workbook ')
    assert "document type" in refusal(path)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04 cut here", "damaged"),
        (b"", "damaged"),
    ],
)
def test_what_is_no_workbook_is_told_why(tmp_path, content, word):
    (tmp_path / "loan.xlsx").write_bytes(content)
    assert word in refusal(tmp_path / "loan.xlsx")


def test_every_cut_of_a_workbook_is_one_clear_problem(tmp_path):
    whole = book(tmp_path / "loan.xlsx", {"s": [HEADER]}).read_bytes()
    for cut in range(0, len(whole) - 1, 1500):
        (tmp_path / "loan.xlsx").write_bytes(whole[:cut])
        assert [p.check for p in open_package(tmp_path).problems] == ["unreadable_file"]


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_damaged_part_is_one_clear_problem_or_the_right_cells(tmp_path, member):
    path = book(tmp_path / "a.xlsx", {"s": [["x", "y"], ["1", "2"]]})
    with zipfile.ZipFile(path) as whole:
        parts = {info.filename: whole.read(info) for info in whole.infolist()}
    half = len(parts[member]) // 2
    for broken in (parts[member][:half], parts[member][:half] + b"\xff\xfe<<" + parts[member][half:], b""):
        with zipfile.ZipFile(path, "w") as out:
            for name, content in parts.items():
                out.writestr(name, broken if name == member else content)
        try:
            assert texts(path) == [["x", "y"], ["1", "2"]]
        except Unreadable as fault:
            assert fault.says


def test_a_prefix_on_every_tag_changes_nothing(tmp_path):
    path = book(tmp_path / "a.xlsx", {"s": [["x", 1], ["y", 2]]})
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    sheet = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1m:", sheet).replace(b"xmlns=", b"xmlns:m=")
    parts["xl/worksheets/sheet1.xml"] = sheet
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    assert texts(path) == [["x", "1"], ["y", "2"]]


def die(path):
    os._exit(3)


def test_a_child_that_dies_is_told_and_takes_nothing_down(tmp_path, monkeypatch):
    monkeypatch.setattr(excel_file, "read_cells", die)
    assert "too much time or memory" in refusal(tmp_path / "a.xlsx")


def test_a_module_lying_in_the_working_folder_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "python_calamine.py").write_text("raise SystemExit(9)", encoding="utf-8")
    path = book(tmp_path / "a.xlsx", {"s": [["x"]]})
    monkeypatch.chdir(tmp_path)
    assert texts(path) == [["x"]]


def test_a_hidden_sheet_is_named_and_its_cells_are_not_read(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.title = "上月"
    for row in (HEADER, ["2014-05-31", "1", 1]):
        workbook.active.append(row)
    workbook.active.sheet_state = "veryHidden"
    for row in (HEADER, ["2014-06-30", "1", 2]):
        (workbook["本月"] if "本月" in workbook.sheetnames else workbook.create_sheet("本月")).append(row)
    workbook.save(tmp_path / "deposit.xlsx")
    result = screen(open_package(tmp_path))
    assert ("hidden_sheet", None, "") in checks(result)
    assert result.con.execute("SELECT CAST(balance AS INTEGER) FROM deposit").fetchall() == [(2,)]


def test_a_text_that_looks_like_a_formula_stays_text(tmp_path):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as out:
        out.add_worksheet().write_string(0, 0, "=1+1")
    (tmp_path / "a.xlsx").write_bytes(buffer.getvalue())
    assert texts(tmp_path / "a.xlsx") == [["=1+1"]]
