"""How tallies grow with the bank, on DuckDB and on Spark in local mode: CPU seconds, and how much comes home.

    python scripts/bench_spark.py [--units 50 500] [--customers-per-unit 1000] [--engines duckdb local[2]] [--runs 3]

A unit of 1,000 customers has some 2,000 loans. Every run is a process of its own, engines in turn; CPU is that of the process and, for
Spark, of its JVM. `docs/beyond-one-machine.md` reckons with the slopes between the sizes, which are free of what starting costs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHILD = """
import json, sys, tempfile, time
from pathlib import Path
import psutil
from postloan import engine
from postloan.figures.book import in_schema
from postloan.run import Request, compute_request, take_in

def cpu():
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(p.cpu_times().user + p.cpu_times().system for p in family)

spent = dict.fromkeys(("screen", "tallies"), 0.0)

def timed(part, work):
    def wrapped(*given, **named):
        before = cpu()
        try:
            return work(*given, **named)
        finally:
            spent[part] += cpu() - before
    return wrapped

data, asked = sys.argv[1:]
made = [engine.InProcess]
if asked != "duckdb":
    from postloan.remote.spark import Spark
    made.append(Spark)
for kind in made:
    kind.make, kind.execute = timed("tallies", kind.make), timed("tallies", kind.execute)
clean = timed("screen", take_in)(data)
start = time.monotonic()
book = compute_request(clean, Request("", "2014Q2", "", engine=asked))
home = {}
with in_schema(clean.con, book.schema) as con, tempfile.TemporaryDirectory() as folder:
    held = "SELECT table_name FROM duckdb_tables() WHERE schema_name = ?"
    for table, in con.execute(held, [book.schema]).fetchall() if asked != "duckdb" else ():
        con.execute(f"COPY {table} TO '{folder}/{table}.parquet' (FORMAT parquet)")
        rows = con.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        home[table] = [rows, Path(folder, f"{table}.parquet").stat().st_size]
print(json.dumps({**spent, "wall": time.monotonic() - start, "loans": clean.rows["loan"], "findings": len(book.findings_made), "home": home}))
"""


def run(data: Path, engine: str) -> dict[str, Any]:
    """What one process spent on the quarter of `data`."""
    done = subprocess.run([sys.executable, "-c", CHILD, str(data), engine], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def make(units: int, per_unit: int, folder: Path) -> Path:
    """A bank of that size."""
    words = [sys.executable, ROOT / "scripts" / "make_bank.py", "--units", units, "--customers-per-unit", per_unit, "--out", folder]
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)
    return folder


def main() -> None:
    """Make the banks, run the engines in turn, print the table and what came home from the largest."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--units", type=int, nargs="+", default=[50, 500])
    asked.add_argument("--customers-per-unit", type=int, default=1000)
    asked.add_argument("--engines", nargs="+", default=["duckdb", "local[2]"])
    asked.add_argument("--runs", type=int, default=3)
    args = asked.parse_args()
    print(f"{'loans':>12} {'engine':12}{'screen CPU s':>14}{'tallies CPU s':>15}{'compute wall s':>16}{'findings':>10}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for units in args.units:
            data = make(units, args.customers_per_unit, Path(folder) / str(units))
            runs = [{engine: run(data, engine) for engine in args.engines} for _ in range(args.runs)]
            for engine in args.engines:
                screen, tallies, wall = (statistics.median(r[engine][part] for r in runs) for part in ("screen", "tallies", "wall"))
                one = runs[0][engine]
                print(f"{one['loans']:>12,} {engine:12}{screen:>14.2f}{tallies:>15.2f}{wall:>16.1f}{one['findings']:>10,}", flush=True)
    for table, (rows, size) in sorted(runs[0][args.engines[-1]]["home"].items()):
        print(f"  home: {table:26}{rows:>12,} rows{size:>14,} bytes of Parquet")


if __name__ == "__main__":
    main()
