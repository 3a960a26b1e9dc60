"""Real files that nobody here made, read only, beside the project; skipped where the folder is absent."""

import csv

import openpyxl
import pytest
from places import SHARED, corpus
from postloan.data.intake import open_package
from postloan.data.intake.csv_file import encoding_of
from postloan.data.intake.excel_file import read_book
from postloan.data.intake.source import Unreadable
from postloan.data.screen import screen

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared real data is not beside the project")

BOOKS = sorted(p for p in SHARED.rglob("*.xls*") if "cn_bank_statements" not in p.parts)
UNFIT = {".xls": "old format", ".xlsb": "no .xlsx"}


def test_the_czech_bank_is_clean():
    result = screen(open_package(SHARED / "berka_1994q1"))
    assert result.problems == []
    assert result.rows == {
        "unit": 78, "customer": 1229, "loan": 38, "loan_balance": 58, "repayment": 123, "deposit": 2458, "account_transaction": 49102,
    }  # fmt: skip


def test_the_chinese_firms_are_clean():
    result = screen(open_package(SHARED / "sme_2019"))
    assert {p.check for p in result.problems} == {"unknown_file"}
    assert result.rows == {"unit": 2, "customer": 123, "sales": 1333}


@pytest.mark.parametrize("path", corpus(BOOKS))
def test_a_strange_workbook_is_one_clear_message_or_cells(path):
    try:
        sheets = read_book(path)
    except Unreadable as fault:
        assert fault.check == "unreadable_file"
        assert len(fault.says) > 20
    else:
        assert path.suffix in (".xlsx", ".xlsm")
        assert all(sheet.grid.cells.column_names[-1] == "_row" for sheet in sheets)


def manifest():
    path = SHARED / "hostile_office" / "MANIFEST.csv"
    return list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []


@pytest.mark.parametrize(
    "path", corpus(SHARED / "hostile_office" / r["path"] for r in manifest() if "error-cells" in r["features"] and r["path"].endswith("x"))
)
def test_error_cells_are_listed_where_openpyxl_sees_them(path):
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except TypeError:
        pytest.skip("openpyxl cannot read it")
    try:
        sheets = [sheet for sheet in read_book(path) if not sheet.hidden]
    except Unreadable:
        pytest.skip("refused")
    for sheet in sheets:
        errors = {(c.row, c.column - 1) for line in book[sheet.name].iter_rows() for c in line if c.data_type == "e"}
        assert errors == {(c.row, c.column) for c in sheet.grid.odd if c.check == "error_cell"}


def test_dates_in_chinese_formats_are_what_the_file_says_they_are():
    path = SHARED / "hostile_office" / "easyexcel" / "dataformat" / "dataformat.xlsx"
    column = read_book(path)[0].grid.cells.column("c0").to_pylist()
    assert set(column) == {"date", "2020-01-01 01:01:01"}


def test_strict_workbooks_have_their_sheets():
    assert len(read_book(SHARED / "hostile_office" / "apache-poi" / "spreadsheet" / "SampleSS.strict.xlsx")) == 3


@pytest.mark.parametrize("path", corpus(path for kind in ("*.*ml", "*.srt") for path in (SHARED / "encodings").rglob(kind)))
def test_a_text_is_in_an_encoding_of_the_contract_or_refused(path):
    folder = path.parent.name
    encoding = encoding_of(path)
    if folder in ("GB2312", "utf-8-sig", "UTF-16"):
        assert encoding == {"GB2312": "gb18030", "utf-8-sig": "utf-8-sig", "UTF-16": "utf-16"}[folder]
    if encoding:
        path.read_text(encoding=encoding)


@pytest.mark.parametrize("path", corpus((SHARED / "cn_bank_statements").rglob("*.*")))
def test_a_bank_statement_that_is_no_table_stops_with_one_message(path, tmp_path):
    (tmp_path / f"account_transaction{path.suffix}").write_bytes(path.read_bytes())
    problems = open_package(tmp_path).problems
    assert {p.consequence for p in problems} <= {"stop", "note"}
    assert any(p.consequence == "stop" for p in problems) or path.suffix == ".pdf"


@pytest.mark.parametrize("path", corpus((SHARED / "messy_tables").glob("*.csv")))
def test_a_messy_csv_is_read_or_refused(path, tmp_path):
    (tmp_path / "loan.csv").write_bytes(path.read_bytes())
    assert open_package(tmp_path).problems
