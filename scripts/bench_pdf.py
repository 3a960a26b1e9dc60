"""PDF previews of a set of papers: one LibreOffice for all, as `postloan.month_end.pdf` does it, against `soffice --convert-to` for each; interleaved.

    python scripts/bench_pdf.py FOLDER [rounds]

FOLDER holds papers (.docx, .xlsx), such as those of a run. Medians of the CPU time of the children, and their ratio.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from postloan.month_end.pdf import find_office, previews


def one_for_each(papers: list[Path]) -> None:
    """The plain way: a LibreOffice for each paper, with a profile that is there after the first."""
    with tempfile.TemporaryDirectory() as room:
        profile = f"-env:UserInstallation={(Path(room) / 'profile').as_uri()}"
        for paper in papers:
            command = [str(find_office()), profile, "--headless", "--convert-to", "pdf", "--outdir", room, str(paper)]
            subprocess.run(command, capture_output=True, check=True)


def seconds(work: Callable[[list[Path]], object], papers: list[Path]) -> float:
    """CPU time of the children that `work` waits for."""
    before = getrusage(RUSAGE_CHILDREN)
    work(papers)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(folder: str, rounds: str = "5") -> None:
    papers = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".docx", ".xlsx"))
    ways: dict[str, Callable[[list[Path]], object]] = {"one for all": previews, "one for each": one_for_each}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(int(rounds)):
        for name, work in ways.items():
            taken[name].append(seconds(work, papers))
    middle = {name: statistics.median(times) for name, times in taken.items()}
    for name, time in middle.items():
        print(f"{name:<14}{time:8.2f} s CPU for {len(papers)} papers, {time / len(papers):.2f} s each")
    print(f"ratio {middle['one for each'] / middle['one for all']:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
