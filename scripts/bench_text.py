"""What finding copied reports costs and finds, beside masking alone, datasketch and rapidfuzz.

    python scripts/bench_text.py [--sizes 1000 10000 100000] [--runs 3] [--peers-up-to 1000] [--maker "form and trade"]

Reports are invented by `tests/inspection_reports/analysis/held_out.py`: an eighth are copies of class A (names, numbers, dates changed), B (and 15 % of the sentences
replaced) or C (and the sentences reordered). Every method runs in a process of its own, in turn; CPU seconds (user and system) are the whole
process's, its start and imports too; the peak is Linux' VmHWM, for ru_maxrss counts the parent's memory at the fork. The floor reads the texts, masks them and passes over them once. rapidfuzz compares all with all
and is asked only for the smallest size. Quote the ratios: absolute times are the machine's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "inspection_reports" / "analysis"))
from held_out import MAKERS, Report, corpus

START = """
import json, re, resource, time
from pathlib import Path
began = time.perf_counter()
import pyarrow.parquet as pq
table = pq.read_table({data!r})
"""
REPORT = """
used = resource.getrusage(resource.RUSAGE_SELF)
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps([used.ru_utime + used.ru_stime, time.perf_counter() - began, peak, pairs]))
"""
MASK = """
from postloan.inspection_reports.analysis.masking import mask_all
masked = []
for batch in table.to_batches(2000):
    masked += mask_all(batch["text"].to_pylist(), batch["customer_name"].to_pylist())
ids = table["inspection_id"].to_pylist()
"""
METHODS = {
    "floor: mask and one pass": MASK + "pairs = []\nassert sum(sum(text.encode('utf-16-le')) for text in masked)",
    "postloan": """
from postloan.inspection_reports.analysis import find_copies
found = find_copies(table)
pairs = list(zip(found["inspection_id"].to_pylist(), found["other_inspection_id"].to_pylist()))
""",
    "datasketch b32 r4": MASK
    + """
from datasketch import MinHash, MinHashLSH
lsh, sketches = MinHashLSH(num_perm=128, params=(32, 4)), []
for row, text in enumerate(masked):
    sketch = MinHash(num_perm=128)
    sketch.update_batch([text[i : i + 4].encode() for i in range(len(text) - 3)])
    sketches.append(sketch)
    lsh.insert(row, sketch)
pairs = [(ids[row], ids[other]) for row, sketch in enumerate(sketches) for other in lsh.query(sketch) if other != row and sketch.jaccard(sketches[other]) >= 0.5]
""",
    "rapidfuzz cdist, all pairs": MASK
    + """
from rapidfuzz import fuzz, process
scores = process.cdist(masked, masked, scorer=fuzz.ratio, score_cutoff=80, workers=1)
pairs = [(ids[row], ids[other]) for row, other in zip(*scores.nonzero()) if row != other]
""",
}


def spent(method: str, data: Path) -> tuple[float, float, float, list[tuple[str, str]]]:
    """CPU seconds, wall seconds and peak megabytes of a process, and the pairs it found."""
    code = START.format(data=str(data)) + METHODS[method] + REPORT
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def found(reports: list[Report], pairs: list[tuple[str, str]]) -> str:
    """Recall by class and precision: a copy is found where it is paired with its original or another copy of it."""
    if not pairs:
        return ""
    origin = {report.inspection_id: report.original or report.inspection_id for report in reports}
    right = [(one, other) for one, other in pairs if origin[one] == origin[other]]
    hit = {one for one, _ in right}
    recall = {kind: [report.inspection_id in hit for report in reports if report.kind == kind] for kind in "ABC"}
    return (
        "  ".join(f"{kind} {statistics.mean(hits):.3f}" for kind, hits in recall.items() if hits)
        + f"  precision {len(right) / len(pairs):.4f}"
    )


def as_table(reports: list[Report]) -> pa.Table:
    """The reports as one section each, in the order of their submission."""
    columns = {name: [getattr(report, name) for report in reports] for name in ("inspection_id", "customer_id", "customer_name", "text")}
    return pa.table({**columns, "section": ["operations"] * len(reports), "submitted_at": range(len(reports))})


def main() -> None:
    """Invent the reports, run all methods in turn, print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000, 100000])
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--peers-up-to", type=int, default=1000)
    asked.add_argument("--maker", choices=list(MAKERS), default="form and trade")
    args = asked.parse_args()
    print(f"{'reports':>8} {'method':28}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'x floor':>9}  found")
    for size in args.sizes:
        reports = corpus(args.maker, size, seed=size)
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "reports.parquet"
            pq.write_table(as_table(reports), data)
            methods = list(METHODS)[:2] if size > args.peers_up_to else list(METHODS)
            runs = [{method: spent(method, data) for method in methods} for _ in range(args.runs)]
        for method in methods:
            cpu, wall = (statistics.median(run[method][place] for run in runs) for place in (0, 1))
            peak, ratio = max(run[method][2] for run in runs), statistics.median(run[method][0] / run[methods[0]][0] for run in runs)
            print(
                f"{size:>8} {method:28}{cpu:>9.2f}{wall:>9.2f}{peak:>9.0f}{ratio:>9.1f}  {found(reports, runs[0][method][3])}", flush=True
            )


if __name__ == "__main__":
    main()
