"""The sample `branch2014`: the quarter that seed text 4 reports on, invented where the seed is blank."""

from __future__ import annotations

from pathlib import Path

from samples import accounts, inspecting, lending, people
from samples.bank import Bank, read
from samples.package import Row, write_csv, write_parquet, write_workbook

ORDER = {"loan_balance": "as_of", "repayment": "paid_on", "account_transaction": "booked_on"}
STEPS = [
    people.make_units,
    people.make_staff,
    people.make_customers,
    people.make_ab_roles,
    lending.make_loans,
    lending.make_balances,
    lending.make_interest,
    lending.make_credit_lines,
    lending.make_acceptances,
    accounts.make_deposits,
    accounts.make_sales,
    accounts.make_other_bookings,
    inspecting.make_inspections,
    inspecting.make_meetings,
]


def make(folder: Path) -> None:
    """Write the package into `folder`: mixed formats, as several systems and clerks would send them."""
    bank = Bank(read("cast"))
    for step in STEPS:
        step(bank)
    tables = {name: _sorted(name, rows) for name, rows in bank.tables.items()}
    _write(folder, tables)


def _sorted(name: str, rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row[ORDER[name]]) if name in ORDER else rows


def _write(folder: Path, tables: dict[str, list[Row]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ["unit", "certificate", "loan_balance", "acceptance", "meeting", "waiver"]:
        write_csv(folder, name, tables[name])
    for name in ["customer", "inspection", "report_section"]:
        write_csv(folder, name, tables[name], encoding="utf-8-sig")
    write_csv(folder, "staff", tables["staff"], encoding="gb18030")
    write_csv(folder, "repayment", tables["repayment"], encoding="gb18030", day="{:%Y%m%d}", thousands=True)
    write_csv(folder, "staff_role", tables["staff_role"], day="{0.year}/{0.month}/{0.day}")
    write_csv(folder, "ab_role", tables["ab_role"], day="{0.year}年{0.month}月{0.day}日")
    write_csv(folder, "sales", tables["sales"], thousands=True)
    core_banking = {
        "loan_id": "信贷借据号",
        "contract_id": "信贷合同号",
        "principal": "DKJE",
        "disbursed_on": "贷款发放日期",
        "due_on": "贷款到期日期",
    }
    write_csv(folder, "loan", tables["loan"], titles=core_banking)
    lines_and_deposits = {name: tables[name] for name in ["credit_line", "deposit"]}
    preamble = "澜州分行{title}清单（数据日期：2014年6月30日，单位：元）"
    write_workbook(folder / "授信与存款.xlsx", lines_and_deposits, preamble)
    write_parquet(folder, "account_transaction", tables["account_transaction"])
