"""What intake and screen cost: a big bank in Parquet beside DuckDB's bare scan of the same columns, an Excel table beside calamine.

    python scripts/bench_intake.py [--units 500] [--customers-per-unit 1000] [--rows 100000] [--runs 5]

Ours and the peer run in turn, each in a process of its own; CPU seconds (user and system) are the process's and its children's.
Quote the ratios: absolute times are the machine's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

ROOT = Path(__file__).resolve().parents[1]
REPORT = """
import json, resource
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([sum(u.ru_utime + u.ru_stime for u in used), max(u.ru_maxrss for u in used) / 1024]))
"""
OURS = """
from pathlib import Path
from postloan.data.intake import open_package
from postloan.data.screen import screen
clean = screen(open_package(Path({data!r})))
assert clean.rows and not clean.stops
"""
SCAN = """
import duckdb
from pathlib import Path
con = duckdb.connect()
for path in sorted(Path({data!r}).glob("*.parquet")):
    columns = con.execute(f"DESCRIBE SELECT * FROM '{{path}}'").fetchall()
    summed = ", ".join(f"sum({{name}})" if kind.startswith("DECIMAL") else f"max({{name}})" for name, kind, *_ in columns)
    con.execute(f"SELECT {{summed}} FROM '{{path}}'").fetchall()
"""
CALAMINE = """
import python_calamine
from pathlib import Path
assert python_calamine.load_workbook({data!r} + "/loan.xlsx").get_sheet_by_index(0).to_python()
"""


def spent(code: str, data: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a Python process that runs `code`, its children included."""
    done = subprocess.run([sys.executable, "-c", code.format(data=str(data)) + REPORT], capture_output=True, text=True, check=True)
    cpu, megabytes = json.loads(done.stdout.splitlines()[-1])
    return cpu, megabytes


def make_bank(folder: Path, units: int, customers: int) -> None:
    script = ROOT / "scripts" / "make_bank.py"
    words = [sys.executable, script, "--units", units, "--customers-per-unit", customers, "--out", folder]
    subprocess.run([str(word) for word in words], check=True)


def make_book(folder: Path, rows: int) -> None:
    """A workbook of `rows` loans in 20 columns: 13 of the contract, 7 that it does not know."""
    labels = ["借据号", "合同号", "客户编号", "经办机构编号", "业务品种", "是否表内", "是否低风险业务", "贷款金额", "发放日期", "到期日期"]
    labels += ["展期到期日期", "首次发放日期", "担保方式", *(f"备用{n}" for n in range(1, 8))]
    with xlsxwriter.Workbook(str(folder / "loan.xlsx"), {"constant_memory": True}) as book:
        sheet, day = book.add_worksheet("借据"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, labels)
        for n in range(1, rows + 1):
            paid_out = date(2013, 1, 1) + timedelta(n % 500)
            cells = [f"L{n:09}", f"HT{n:08}", f"C{n % 5000:08}", f"{n % 80:03}", "流动资金贷款", "是", "否", n * 1234.5 % 9e6 + 1]
            cells += [
                paid_out,
                paid_out + timedelta(365),
                None,
                paid_out,
                "保证",
                *(n * k % 997 / 4 for k in range(1, 5)),
                "甲",
                "乙",
                f"备注{n % 1000}",
            ]
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(n, column, cell, day)
                elif cell is not None:
                    sheet.write(n, column, cell)


def compare(title: str, peer: str, code: str, data: Path, runs: int) -> None:
    """Run both in turn and print the table."""
    pairs = [(spent(OURS, data), spent(code, data)) for _ in range(runs)]
    print(f"{title}\n{'':24}{'CPU s':>10}{'peak MB':>10}")
    for name, which in (("intake and screen", 0), (peer, 1)):
        print(f"{name:24}{statistics.median(p[which][0] for p in pairs):>10.2f}{max(p[which][1] for p in pairs):>10.0f}")
    ratios = [ours[0] / theirs[0] for ours, theirs in pairs]
    print(f"ratio of CPU, run by run: {', '.join(f'{ratio:.2f}' for ratio in ratios)}; median {statistics.median(ratios):.2f}\n")


def main() -> None:
    """Make the data, compare, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--units", type=int, default=500)
    asked.add_argument("--customers-per-unit", type=int, default=1000)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--runs", type=int, default=5)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bank, book = Path(folder, "bank"), Path(folder, "book")
        book.mkdir()
        make_bank(bank, args.units, args.customers_per_unit)
        make_book(book, args.rows)
        compare("Parquet", "DuckDB's bare scan", SCAN, bank, args.runs)
        compare(f"Excel, {args.rows} x 20", "calamine", CALAMINE, book, args.runs)


if __name__ == "__main__":
    main()
