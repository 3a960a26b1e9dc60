"""How much month end costs: the notebooks of many units, beside plain papermill and beside the bare cells.

    python scripts/make_bank.py --units 300 --customers-per-unit 60 --out bank300
    python scripts/bench_month_end.py --data bank300 --sample 6 --rounds 3

Each round runs, one after the other: `postloan run` for every unit, plain papermill in a loop of two processes over a sample of the same
notebooks, and their bare cells in one process. Figures are seconds a notebook (wall for papermill's throughput, CPU for the cells),
medians over the rounds. Linux only: it sums what all processes took.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import psutil

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("quarterly_brief", "quarterly_report", "monitoring_paper")
PLAIN = """
import json, sys, papermill
for path, to, given in json.loads(sys.argv[1]):
    papermill.execute_notebook(path, to, given, kernel_name="python3", progress_bar=False)
"""
BARE = """
import json, os, sys, resource
from contextlib import redirect_stdout
from io import StringIO
from postloan.month_end.workers import set_up
jobs, begun = json.loads(sys.argv[1]), 0
set_up()
for nth, (path, to, given) in enumerate(jobs):
    if nth == len(jobs) // 4:
        begun = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    os.environ["POSTLOAN_PART"] = given["units"][0]
    cells = [c for c in json.load(open(path, encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    names = {}
    with redirect_stdout(StringIO()):
        for number, cell in enumerate(cells):
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
            if number == 0:
                names.update(given)
took = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) - begun
print(took / (len(jobs) - len(jobs) // 4))
"""


class Peak(threading.Thread):
    """The most memory that a process and all below it hold together, in bytes; what they share is counted once (PSS)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.most = psutil.Process(pid), 0
        self.start()

    def run(self) -> None:
        while True:
            try:
                tree = [self.process, *self.process.children(recursive=True)]
                self.most = max(self.most, sum(_held(one) for one in tree))
            except psutil.NoSuchProcess:
                return
            sleep(1)


def _held(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def ours(data: Path, out: Path) -> tuple[float, float, int, int]:
    """Wall and CPU seconds of a whole run, its notebooks, and the most memory it held."""
    begun, before = monotonic(), _children()
    argv = [sys.executable, "-m", "postloan", "run", *DOCUMENTS, "--period", "2014Q2", "--data", str(data), "--out", str(out), "--json"]
    with open(out.with_suffix(".json"), "wb") as said:
        run = subprocess.Popen(argv, stdout=said)
        peak = Peak(run.pid)
        if run.wait():
            raise SystemExit("the run did not make everything")
    return monotonic() - begun, _children() - before, len(json.loads(out.with_suffix(".json").read_bytes())["jobs"]), peak.most


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sample(data: Path, out: Path, of: Path, count: int) -> list[tuple[str, str, dict[str, object]]]:
    """`count` notebooks of each document, of units spread over the bank, as (notebook, copy, parameters)."""
    jobs = json.loads(of.with_suffix(".json").read_bytes())["jobs"]
    units = sorted({job["unit"] for job in jobs} - {""})
    chosen = [units[nth * len(units) // count] for nth in range(count)]
    given = {"data": str(data.resolve()), "period": "2014Q2", "policy": "branch2014"}
    return [
        (
            str(ROOT / "reports" / f"{name}.ipynb"),
            str(out / f"{name}_{unit}.ipynb"),
            {**given, "out": str(out / unit / name), "units": [unit]},
        )
        for unit in chosen
        for name in DOCUMENTS
    ]


def plain(jobs: list[tuple[str, str, dict[str, object]]]) -> float:
    """Wall seconds a notebook of a loop in each of two processes."""
    begun = monotonic()
    halves = [
        subprocess.Popen([sys.executable, "-c", PLAIN, json.dumps(half)], stderr=subprocess.DEVNULL) for half in (jobs[::2], jobs[1::2])
    ]
    if any(half.wait() for half in halves):
        raise SystemExit("plain papermill failed")
    return (monotonic() - begun) / len(jobs)


def bare(jobs: list[tuple[str, str, dict[str, object]]], book: Path) -> float:
    """CPU seconds a notebook of the cells alone, in one process that has run a quarter of them before."""
    env = {**os.environ, "POSTLOAN_BOOK": str(book.resolve()), "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    said = subprocess.run([sys.executable, "-c", BARE, json.dumps(jobs)], env=env, capture_output=True, check=True, text=True)
    return float(said.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--sample", type=int, default=6, help="units whose notebooks plain papermill runs")
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    rows = []
    for _ in range(asked.rounds):
        with TemporaryDirectory() as folder:
            out, loop = Path(folder) / "run", Path(folder) / "loop"
            wall, cpu, count, most = ours(asked.data, out)
            again = monotonic()
            ours(asked.data, out)
            again = monotonic() - again
            loop.mkdir()
            papermill = plain(sample(asked.data, loop, out, asked.sample))
            cells = bare(sample(asked.data, loop, out, max(8, asked.sample * 3)), next((out / "2014Q2" / "book").iterdir()))
            rows.append((wall / count, cpu / count, papermill, cells, most / 2**20, again / wall, count))
            sys.stdout.write(f"{count} notebooks in {wall:.0f} s ({cpu:.0f} s CPU), {most >> 20} MB; second run {again:.1f} s\n")
    wall, cpu, papermill, cells, most, again, count = (median(column) for column in zip(*rows, strict=True))
    sys.stdout.write(
        f"throughput {papermill / wall:.1f} x that of two loops of papermill ({papermill:.2f} s a notebook); "
        f"CPU {cpu / cells:.2f} x the bare cells ({cells:.3f} s); peak {most:.0f} MB; second run {again:.1%} of the first\n"
    )


if __name__ == "__main__":
    main()
