"""How long a person waits: one unit's brief of the sample from a cold start, and all its papers.

    python scripts/bench_cold.py [--rounds 3] [--all]

Seconds of CPU are those of every process that the run has started, and itself (user and system). The peer is a bare Python that
imports the libraries a run cannot do without. Rounds run peer, run and stages in turn; figures are medians. Python's byte code is
there, as after an installation; nothing else is. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

SAMPLE = Path(__file__).resolve().parents[1] / "data_samples" / "branch2014"
PEER = "import duckdb, jinja2, lxml.etree, matplotlib.figure, pyarrow.parquet, yaml, IPython.core.interactiveshell"
STAGES = """
import json, resource, sys
from pathlib import Path
from time import process_time
spent, last = {}, [0.0]
def stage(name):
    spent[name], last[0] = process_time() - last[0], process_time()
import postloan.cli.main, postloan.run as way
stage("imports of the run")
clean = way.take_in(sys.argv[1])
stage("intake")
book = way.compute(clean, "2014Q2")
stage("figures")
from postloan.figures.book_writer import keep_book
keep_book(book, Path(sys.argv[2]) / "book")
stage("keeping the book")
sys.stdout.write(json.dumps(spent))
"""
WORKER = """
import json, sys
from time import process_time
import IPython.core.interactiveshell
from postloan.month_end.workers import set_up
set_up()
sys.stdout.write(json.dumps({"imports of a worker": process_time()}))
"""


def spent(argv: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a command and all it starts."""
    begun = monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{argv[-1]}: exit code {process.returncode}")
    return used.ru_utime + used.ru_stime, monotonic() - begun


def run(*words: str) -> tuple[float, float]:
    """CPU and wall seconds of a run of the sample into a new folder."""
    with TemporaryDirectory() as out:
        asked = ["--period", "2014Q2", "--data", str(SAMPLE), "--out", out, "--progress", "none"]
        return spent([sys.executable, "-m", "postloan", "run", *words, *asked])


def stages() -> dict[str, float]:
    """CPU seconds of the stages, each of them in a process that has done those before it."""
    with TemporaryDirectory() as folder:
        said = [subprocess.check_output([sys.executable, "-c", code, str(SAMPLE), folder]) for code in (STAGES, WORKER)]
    return {name: seconds for one in said for name, seconds in json.loads(one).items()}


def main() -> None:
    """Measure where byte code is kept, and print."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--all", action="store_true", help="also all papers of the sample")
    asked = options.parse_args()
    with TemporaryDirectory() as byte_code:
        os.environ["PYTHONPYCACHEPREFIX"] = byte_code
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        run("quarterly_brief", "--unit", "0121")
        measure(asked.rounds, asked.all)


def measure(rounds: int, whole: bool) -> None:
    """Run the rounds and print the medians."""
    peers, briefs, parts, wholes = [], [], [], []
    for _ in range(rounds):
        peers.append(spent([sys.executable, "-c", PEER])[0])
        briefs.append(run("quarterly_brief", "--unit", "0121"))
        parts.append(stages())
        wholes += [run()] if whole else []
    peer, cpu, wall = median(peers), median(cpu for cpu, _ in briefs), median(wall for _, wall in briefs)
    sys.stdout.write(
        f"one brief: {cpu:.2f} s CPU over all processes, {wall:.1f} s wall, {cpu / peer:.1f} x the peer ({peer:.2f} s: bare imports)\n"
    )
    medians = {name: median(part[name] for part in parts) for name in parts[0]}
    for name, seconds in {**medians, "the notebook, and all else": cpu - sum(medians.values())}.items():
        sys.stdout.write(f"  {seconds:5.2f} s  {seconds / peer:4.1f} x  {name}\n")
    if wholes:
        cpu, wall = median(cpu for cpu, _ in wholes), median(wall for _, wall in wholes)
        sys.stdout.write(f"all papers: {wall:.1f} s wall, {cpu:.1f} s CPU, {cpu / peer:.1f} x the peer\n")


if __name__ == "__main__":
    main()
