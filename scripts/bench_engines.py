"""How much CPU a notebook costs in each of the three ways, beside a loop of plain papermill over the same notebooks.

    python scripts/bench_engines.py [--notebooks 12] [--runs 3]

The monitoring paper of the sample quarter, the book made once, one notebook after the other; each way in a process of its own, in turn.
CPU seconds (user and system) are those of the process and all it has started, from first import to last exit. Linux only. Quote
the ratios: absolute times are the machine's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data_samples" / "branch2014"
NOTEBOOK = ROOT / "reports" / "monitoring_paper.ipynb"
WAYS = ("plain papermill", "kernel", "recycled", "forked")
KEEP = """
import sys
from pathlib import Path
from postloan.figures.book_writer import keep_book
from postloan.run import compute, take_in
keep_book(compute(take_in(sys.argv[1]), "2014Q2"), Path(sys.argv[2]))
"""
# Of a forked child nobody waits for, the system adds up nothing: it tells what it has used itself.
TELL = """
import os, resource
used = resource.getrusage(resource.RUSAGE_SELF)
open(os.path.join(os.environ["BENCH_TOLD"], str(os.getpid())), "w").write(str(used.ru_utime + used.ru_stime))
"""
LOOP = """
import json, os, resource, sys
from pathlib import Path
way, path, data, out, count = sys.argv[1:]
asked = {"data": data, "period": "2014Q2", "out": out, "units": ["0121"], "policy": "branch2014"}
copy = Path(out) / "2014Q2" / "notebooks" / "copy.ipynb"
copy.parent.mkdir(parents=True)
if way == "forked":
    from postloan import forked
    forked.FORGE.warm(Path(os.environ["POSTLOAN_BOOK"]))
for _ in range(int(count)):
    if way == "plain papermill":
        import papermill
        papermill.execute_notebook(path, str(copy), asked, kernel_name="python3", cwd=str(copy.parent), progress_bar=False)
    else:
        from notebookrun.notebook import run_notebook
        assert run_notebook(Path(path), asked, copy, kernel=way == "kernel").state == "made"
if way in ("forked", "recycled"):
    from postloan import forked, recycled
    forked.FORGE.close()
    recycled.POOL.close()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
sys.stdout.write(json.dumps(sum(one.ru_utime + one.ru_stime for one in used)))
"""


def spent(way: str, book: Path, count: int) -> float:
    """CPU seconds for `count` notebooks."""
    with tempfile.TemporaryDirectory() as folder:
        told, path = Path(folder) / "told", NOTEBOOK
        told.mkdir()
        if way == "forked":
            notebook = nbformat.read(NOTEBOOK, as_version=4)
            notebook.cells.append(nbformat.v4.new_code_cell(TELL))
            path = Path(folder) / NOTEBOOK.name
            nbformat.write(notebook, path)
        argv = [sys.executable, "-c", LOOP, way, str(path), str(SAMPLE), str(Path(folder) / "out"), str(count)]
        env = os.environ | {"POSTLOAN_ENGINE": way, "POSTLOAN_BOOK": str(book), "BENCH_TOLD": str(told)}
        done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, text=True, check=True)
        return float(json.loads(done.stdout)) + sum(float(file.read_text(encoding="utf-8")) for file in told.iterdir())


def main() -> None:
    """Make the book, run the ways in turn, print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--notebooks", type=int, default=12)
    asked.add_argument("--runs", type=int, default=3)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", KEEP, str(SAMPLE), folder], check=True)
        runs = [{way: spent(way, Path(folder), args.notebooks) for way in WAYS} for _ in range(args.runs)]
    print(f"{'':18}{'CPU s a notebook':>18}{'of plain papermill':>20}")
    for way in WAYS:
        seconds = statistics.median(run[way] for run in runs) / args.notebooks
        print(f"{way:18}{seconds:>18.2f}{statistics.median(run[way] / run[WAYS[0]] for run in runs):>20.2f}")


if __name__ == "__main__":
    main()
