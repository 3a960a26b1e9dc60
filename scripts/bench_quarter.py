"""How much a quarter costs beside a bare scan: intake, screen, all measures and findings against DuckDB reading the same columns.

    python scripts/bench_quarter.py [--units 500] [--customers-per-unit 1000] [--runs 5]

Both run in turn, each in a process of its own; CPU seconds (user and system) are the whole process's. Quote the ratio: absolute
times are the machine's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORT = "import json, resource, sys\nused = resource.getrusage(resource.RUSAGE_SELF)\nprint(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))\n"
OURS = """
from postloan.figures.compute import make_book
book = make_book({data!r}, "2014Q2")
assert book.figures and book.customer_figures and book.findings_made
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


def spent(code: str, data: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a Python process that runs `code`."""
    done = subprocess.run([sys.executable, "-c", code.format(data=str(data)) + REPORT], capture_output=True, text=True, check=True)
    cpu, megabytes = json.loads(done.stdout.splitlines()[-1])
    return cpu, megabytes


def main() -> None:
    """Make the bank, run both in turn, print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--units", type=int, default=500)
    asked.add_argument("--customers-per-unit", type=int, default=1000)
    asked.add_argument("--runs", type=int, default=5)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "bank"
        make = [
            sys.executable,
            ROOT / "scripts" / "make_bank.py",
            "--units",
            args.units,
            "--customers-per-unit",
            args.customers_per_unit,
            "--out",
            data,
        ]
        subprocess.run([str(word) for word in make], check=True)
        runs = [(spent(OURS, data), spent(SCAN, data)) for _ in range(args.runs)]
    print(f"{'':24}{'CPU s':>10}{'peak MB':>10}")
    for name, which in (("the quarter", 0), ("bare scan", 1)):
        print(f"{name:24}{statistics.median(r[which][0] for r in runs):>10.2f}{max(r[which][1] for r in runs):>10.0f}")
    print(
        f"ratio of CPU, run by run: {', '.join(f'{ours[0] / scan[0]:.1f}' for ours, scan in runs)}; median {statistics.median(o[0] / s[0] for o, s in runs):.1f}"
    )


if __name__ == "__main__":
    main()
