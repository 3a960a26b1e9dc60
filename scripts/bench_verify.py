"""What it costs to verify a finished paper, beside python-docx reading all its text.

    python scripts/bench_verify.py [--runs 9] [PAPER.docx ...]

Without papers those of the sample quarter are made. Ours is the whole command, imports and all; the peer a process that imports python-docx
and reads every paragraph, tables too. Both run in turn, each in a process of its own; CPU seconds are user and system of the process.
Quote the ratios: absolute times are the machine's.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORT = """
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
print("CPU", used.ru_utime + used.ru_stime)
"""
OURS = """
from postloan.cli import app
try:
    app(["verify", {paper!r}])
except SystemExit as end:
    assert end.code == 0, end.code
"""
PEER = """
import docx
from docx.oxml.ns import qn
paper = docx.Document({paper!r})
text = ["".join(t.text or "" for t in p.iter(qn("w:t"))) for p in paper.element.iter(qn("w:p"))]
for section in paper.sections:
    text += [p.text for part in (section.header, section.footer) for p in part.paragraphs]
assert any(text)
"""


def cpu(program: str, paper: Path) -> float:
    """CPU seconds of one process."""
    told = subprocess.run(
        [sys.executable, "-c", program.format(paper=str(paper)) + REPORT], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    return float(told.stdout.rsplit("CPU", 1)[1])


def samples(folder: Path) -> list[Path]:
    """Papers of the sample quarter."""
    from postloan.papers.make import papers
    from postloan.run import compute, take_in

    book = compute(take_in(ROOT / "data_samples" / "branch2014"), "2014Q2")
    made = []
    for name in ("quarterly_brief", "quarterly_report", "monitoring_paper"):
        path, data = next(papers(book, name))
        made.append(folder / f"{name}{Path(path).suffix}")
        made[-1].write_bytes(data)
    return made


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("papers", nargs="*", type=Path)
    asked.add_argument("--runs", type=int, default=9)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as room:
        for paper in options.papers or samples(Path(room)):
            times = [(cpu(OURS, paper), cpu(PEER, paper)) for _ in range(options.runs)]
            ours, peer = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"{paper.name}: verify {ours:.2f} s CPU, python-docx reading it {peer:.2f} s CPU, ratio {ours / peer:.2f}")


if __name__ == "__main__":
    main()
