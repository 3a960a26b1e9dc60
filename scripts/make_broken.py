"""Make `data_samples/broken`: one small package per fault, the same bytes every time.

    python scripts/make_broken.py [FOLDER]

`expected.csv` beside the packages says which problems each must give; `tests/data/test_every_check.py` walks it.
"""

from __future__ import annotations

import csv
import io
import shutil
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

FOLDER = Path(__file__).resolve().parents[1] / "data_samples" / "broken"

Expected = tuple[str, str, str, int | None, str]
"""Check, consequence, file, row, field."""

UNIT = ["机构编号,机构名称,机构层级,上级机构编号", "001,总行,总行,", "002,城北支行,支行,001"]
CUSTOMER = ["客户编号,客户名称,客户类别,管户机构编号,重点客户", "C1,宏达机械,公司,002,是", "C2,永昌纺织,小企业,002,否"]
DEPOSIT = ["数据日期,客户编号,存款余额,其中保证金", '2014-06-30,C1,"1,234.50",0', "2014/6/30,C2,5000,"]
SALES = ["客户编号,季度,销售收入", "C1,2014Q2,100000"]
INSPECTION = ["检查编号,客户编号,季度,检查类型,检查方式,检查日期,报告提交时间", "I1,C1,2014Q2,定期检查,现场,2014-06-10,2014-06-18 15:30"]
STAFF = ["工号,姓名,机构编号", "S1,张三,002"]
STAFF_ROLE = ["工号,岗位,生效日期,失效日期", "S1,对公客户经理,2014-01-01,2014-06-30"]
AB_ROLE = ["客户编号,角色,工号,生效日期,失效日期", "C1,A角,S1,2014-01-01,2014-12-31"]
CREDIT_LINE = ["客户编号,授信额度,起始日期,到期日期", "C1,1000000,2014-01-01,2014-12-31"]
LOAN = [
    "借据号,客户编号,经办机构编号,业务品种,是否表内,是否低风险业务,贷款金额,发放日期,到期日期,展期到期日期",
    "L1,C1,002,流动资金贷款,是,否,500000,2013-07-01,2014-06-30,2014-12-31",
]
LOAN_BALANCE = ["数据日期,借据号,贷款余额,五级分类", "2014-06-30,L1,400000,正常"]
ACCEPTANCE = ["票据号,客户编号,经办机构编号,票面金额,保证金,出票日期,到期日期", "B1,C1,002,100000,50000,2014-03-01,2014-09-01"]
ACCOUNT_TRANSACTION = ["流水号,客户编号,账号,记账日期,收付,金额", "T1,C1,6222020200112345678,2014-05-05,收,1000"]

PARTIES = {"unit": UNIT, "customer": CUSTOMER}
STAFFED = PARTIES | {"staff": STAFF}
LENT = PARTIES | {"loan": LOAN}

_DAY = datetime(2014, 7, 1)


def text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8")


def with_line(tables: dict[str, list[str]], table: str, good: list[str], *bad: str) -> dict[str, bytes]:
    """The files of `tables`, and of `table` with the lines `bad` below its good ones."""
    return {f"{name}.csv": text(lines) for name, lines in (tables | {table: [*good, *bad]}).items()}


def workbook(sheets: dict[str, list[list[object]]], hidden: str = "") -> bytes:
    """A workbook with the cells of `sheets`; a text that starts with = is a formula."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": _DAY})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name == hidden:
                sheet.hide()
            else:
                sheet.activate()
    return buffer.getvalue()


def rows_of(lines: list[str]) -> list[list[object]]:
    return [list(row) for row in csv.reader(lines)]


def deposit_book(*cells: object) -> bytes:
    """A workbook of deposits whose second row is `cells`."""
    return workbook({"存款余额": [*rows_of(DEPOSIT[:2]), list(cells)]})


def error_book() -> bytes:
    """A workbook with an error as Excel stores it, which XlsxWriter cannot write as such."""
    book, buffer = zipfile.ZipFile(io.BytesIO(deposit_book("2014-06-30", "C2", 987654, ""))), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for member in book.infolist():
            part = book.read(member).replace(b'<c r="C3"><v>987654</v></c>', b'<c r="C3" t="e"><v>#REF!</v></c>')
            out.writestr(zipfile.ZipInfo(member.filename, (1980, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def parquet(**columns: list[object]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def deposit(*bad: str) -> dict[str, bytes]:
    return with_line(PARTIES, "deposit", DEPOSIT, *bad)


def drop(check: str, field: str, file: str = "deposit.csv", row: int = 4) -> list[Expected]:
    return [(check, "drop", file, row, field)]


def blank(check: str, field: str, file: str, row: int) -> list[Expected]:
    return [(check, "blank", file, row, field)]


def note(check: str, field: str, file: str, row: int | None) -> list[Expected]:
    return [(check, "note", file, row, field)]


def stop(check: str, file: str, row: int | None = None, field: str = "") -> list[Expected]:
    return [(check, "stop", file, row, field)]


Made = Callable[[], tuple[dict[str, bytes], list[Expected]]]

FAULTS: dict[str, Made] = {
    # files and sheets
    "unreadable_file": lambda: ({"loan.xlsx": b"PK\x03\x04 cut"}, stop("unreadable_file", "loan.xlsx")),
    "broken_quotes": lambda: (deposit('2014-06-30,"C1,5,'), drop("broken_quotes", "")),
    "unreadable_line": lambda: (
        with_line({"unit": UNIT}, "customer", CUSTOMER) | {"customer.csv": text(CUSTOMER) + b"C3,\xb9,\xe5\x85\xac\xe5\x8f\xb8,002,Y\n"},
        drop("unreadable_line", "", "customer.csv"),
    ),
    "control_character": lambda: (with_line({}, "unit", UNIT, "003,城\x07南,支行,001"), note("control_character", "", "unit.csv", None)),
    "table_twice": lambda: ({"unit.csv": text(UNIT), "机构.csv": text(UNIT)}, stop("table_twice", "机构.csv")),
    "which_sheet": lambda: ({"unit.xlsx": workbook({"五月": rows_of(UNIT), "六月": rows_of(UNIT)})}, stop("which_sheet", "unit.xlsx")),
    "no_tables": lambda: ({"readme.md": b"\n"}, stop("no_tables", "no_tables") + note("unknown_file", "", "readme.md", None)),
    "unknown_file": lambda: ({"unit.csv": text(UNIT), "机构变动.csv": b"\n"}, note("unknown_file", "", "机构变动.csv", None)),
    "unknown_sheet": lambda: (
        {"数据.xlsx": workbook({"机构": rows_of(UNIT), "说明": [["x"]]})},
        note("unknown_sheet", "", "数据.xlsx", None),
    ),
    "hidden_sheet": lambda: (
        {"机构.xlsx": workbook({"上月": rows_of(UNIT[:2]), "本月": rows_of(UNIT)}, "上月")},
        note("hidden_sheet", "", "机构.xlsx", None),
    ),
    "no_final_line_break": lambda: ({"unit.csv": text(UNIT)[:-1]}, note("no_final_line_break", "", "unit.csv", None)),
    # headers
    "no_header": lambda: ({"unit.csv": text(UNIT[1:])}, stop("no_header", "unit.csv")),
    "missing_column": lambda: (
        {"unit.csv": text([UNIT[0].replace("机构名称", "名"), *UNIT[1:]])},
        note("unknown_column", "名", "unit.csv", 1) + stop("missing_column", "unit.csv", 1, "unit_name"),
    ),
    "column_twice": lambda: (
        {"unit.csv": text([UNIT[0].replace("上级机构编号", "unit_name"), *UNIT[1:]])},
        stop("column_twice", "unit.csv", 1, "unit_name"),
    ),
    "unknown_column": lambda: ({"unit.csv": text([f"{line},甲" for line in UNIT])}, note("unknown_column", "甲", "unit.csv", 1)),
    "unsupported_type": lambda: (
        {"unit.parquet": parquet(unit_id=[["001"]], unit_name=["总行"], level=["总行"])},
        stop("unsupported_type", "unit.parquet", None, "unit_id"),
    ),
    "id_as_number": lambda: (
        {"unit.parquet": parquet(unit_id=[1], unit_name=["总行"], level=["总行"])},
        note("id_as_number", "unit_id", "unit.parquet", None),
    ),
    # cells
    "bad_money": lambda: (deposit("2014-06-30,C9,12吨,"), drop("bad_money", "balance")),
    "bad_date": lambda: (deposit("2014-02-30,C1,5,"), drop("bad_date", "as_of")),
    "bad_time": lambda: (
        with_line(PARTIES, "inspection", INSPECTION, "I2,C1,2014Q2,定期检查,现场,2014-06-10,下午三点"),
        blank("bad_time", "submitted_at", "inspection.csv", 3),
    ),
    "bad_period": lambda: (with_line(PARTIES, "sales", SALES, "C2,14年二季度,5"), drop("bad_period", "period", "sales.csv", 3)),
    "bad_flag": lambda: (
        with_line({"unit": UNIT}, "customer", CUSTOMER, "C3,大成,公司,002,或许"),
        blank("bad_flag", "is_key", "customer.csv", 4),
    ),
    "unknown_code": lambda: (
        with_line({"unit": UNIT}, "customer", CUSTOMER, "C3,大成,团体,002,是"),
        drop("unknown_code", "segment", "customer.csv"),
    ),
    "id_beyond_15_digits": lambda: (
        {"deposit.xlsx": deposit_book("2014-06-30", 6222020200112345678, 5, "")},
        drop("id_beyond_15_digits", "customer_id", "deposit.xlsx", 3),
    ),
    "error_cell": lambda: ({"deposit.xlsx": error_book()}, drop("error_cell", "balance", "deposit.xlsx", 3)),
    "formula_without_value": lambda: (
        {"deposit.xlsx": deposit_book("2014-06-30", "C2", "=1+1", "")},
        drop("formula_without_value", "balance", "deposit.xlsx", 3),
    ),
    "dash_is_zero": lambda: (deposit("2014-03-31,C1,-,"), note("dash_is_zero", "balance", "deposit.csv", 4)),
    "required_blank": lambda: (deposit("2014-06-30,C1,,"), drop("required_blank", "balance")),
    # rows
    "total_row": lambda: (deposit("合计,,6234.50,"), drop("total_row", "")),
    "not_a_row": lambda: (deposit("制表人：张三,,,"), drop("not_a_row", "")),
    "too_many_fields": lambda: (deposit("2014-03-31,C1,1,234.50,0"), drop("too_many_fields", "")),
    "too_few_fields": lambda: (deposit("2014-03-31,C1,50"), drop("too_few_fields", "")),
    "duplicate_key": lambda: (deposit(DEPOSIT[2]), drop("duplicate_key", "customer_id")),
    "duplicate_key_contents_differ": lambda: (
        deposit("20140630,C2,5001,"),
        stop("duplicate_key", "deposit.csv", 3, "customer_id") + stop("duplicate_key", "deposit.csv", 4, "customer_id"),
    ),
    "dangling_reference": lambda: (deposit("2014-06-30,C9,5,"), drop("dangling_reference", "customer_id")),
    "reference_dropped": lambda: (
        with_line({"unit": UNIT, "customer": [*CUSTOMER, "C3,大成,公司,009,是"]}, "deposit", DEPOSIT, "2014-06-30,C3,5,"),
        drop("dangling_reference", "unit_id", "customer.csv") + drop("reference_dropped", "customer_id"),
    ),
    "reference_unchecked": lambda: (with_line({}, "customer", CUSTOMER), note("reference_unchecked", "unit_id", "customer.csv", None)),
    # what tables/*.yaml says of a row: the first line of each table keeps it, the last breaks it
    "ab_role-role_ends_before_start": lambda: (
        with_line(STAFFED, "ab_role", AB_ROLE, "C1,B角,S1,2014-06-30,2014-01-01"),
        note("role_ends_before_start", "valid_to", "ab_role.csv", 3),
    ),
    "staff_role-role_ends_before_start": lambda: (
        with_line({"unit": UNIT, "staff": STAFF}, "staff_role", STAFF_ROLE, "S1,其他,2014-06-30,2014-01-01"),
        note("role_ends_before_start", "valid_to", "staff_role.csv", 3),
    ),
    "acceptance-due_before_issued": lambda: (
        with_line(PARTIES, "acceptance", ACCEPTANCE, "B2,C1,002,100000,0,2014-09-01,2014-03-01"),
        note("due_before_issued", "due_on", "acceptance.csv", 3),
    ),
    "account_transaction-negative_amount": lambda: (
        with_line(PARTIES, "account_transaction", ACCOUNT_TRANSACTION, "T2,C1,6222020200112345678,2014-05-05,付,-1000"),
        note("negative_amount", "amount", "account_transaction.csv", 3),
    ),
    "credit_line-line_ends_before_start": lambda: (
        with_line(PARTIES, "credit_line", CREDIT_LINE, "C2,1000000,2014-12-31,2014-01-01"),
        note("line_ends_before_start", "valid_to", "credit_line.csv", 3),
    ),
    "credit_line-negative_limit": lambda: (
        with_line(PARTIES, "credit_line", CREDIT_LINE, "C2,-1,2014-01-01,2014-12-31"),
        note("negative_limit", "limit_amount", "credit_line.csv", 3),
    ),
    "deposit-margin_over_balance": lambda: (deposit("2014-03-31,C1,5,6"), note("margin_over_balance", "margin_balance", "deposit.csv", 4)),
    "inspection-submitted_before_done": lambda: (
        with_line(PARTIES, "inspection", INSPECTION, "I2,C1,2014Q2,定期检查,现场,2014-06-19,2014-06-18 15:30"),
        note("submitted_before_done", "submitted_at", "inspection.csv", 3),
    ),
    "loan-due_before_disbursed": lambda: (
        with_line(PARTIES, "loan", LOAN, "L2,C1,002,流动资金贷款,是,否,5,2014-06-30,2013-07-01,"),
        note("due_before_disbursed", "due_on", "loan.csv", 3),
    ),
    "loan-extended_before_due": lambda: (
        with_line(PARTIES, "loan", LOAN, "L2,C1,002,流动资金贷款,是,否,5,2013-07-01,2014-06-30,2014-06-29"),
        note("extended_before_due", "extended_due_on", "loan.csv", 3),
    ),
    "loan-principal_not_positive": lambda: (
        with_line(PARTIES, "loan", LOAN, "L2,C1,002,流动资金贷款,是,否,0,2013-07-01,2014-06-30,"),
        note("principal_not_positive", "principal", "loan.csv", 3),
    ),
    "loan_balance-negative_balance": lambda: (
        with_line(LENT, "loan_balance", LOAN_BALANCE, "2014-03-31,L1,-1,正常"),
        note("negative_balance", "balance", "loan_balance.csv", 3),
    ),
}

README = """# Broken packages

One fault each, made by `scripts/make_broken.py`. `postloan check --data data_samples/broken/<folder>` shows what the sender is told;
`expected.csv` holds the problems that each must give (notes that a table is absent aside), and `tests/data/test_every_check.py` asserts them.

| folder | problems: check (consequence) at file, row, field |
|---|---|
"""


def _line(folder: str, expected: list[Expected]) -> str:
    said = (f"`{c}` ({k}) at {', '.join(str(part) for part in (file, row, field) if part)}" for c, k, file, row, field in expected)
    return f"| `{folder}` | {'; '.join(said)} |\n"


def make(out: Path) -> None:
    """Write every package, `README.md` and `expected.csv` into the folder `out`, which is emptied first."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    page, table = README, [("folder", "check", "consequence", "file", "row", "field")]
    for folder, made in FAULTS.items():
        files, expected = made()
        (out / folder).mkdir()
        for name, content in files.items():
            (out / folder / name).write_bytes(content)
        page += _line(folder, expected)
        table += [(folder, c, k, file, "" if row is None else str(row), field) for c, k, file, row, field in expected]
    (out / "README.md").write_bytes(page.encode("utf-8"))
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\n").writerows(table)
    (out / "expected.csv").write_bytes(lines.getvalue().encode("utf-8"))


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
