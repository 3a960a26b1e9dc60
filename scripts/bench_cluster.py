"""What a Dask cluster adds to a notebook: two workers on this machine against the pool of two threads that a run has without one.

    python scripts/bench_cluster.py DATA PERIOD [ROUNDS]

Interleaved, medians. CPU is that of the processes that ask for notebooks and hand them on (the run; with a cluster also the scheduler and the
workers), not that of the notebooks and of the workers that run them, which are the same in both. The book is made before.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil
from distributed import LocalCluster
from postloan.run import Request, run

DOCUMENTS = ["monitoring_paper"]


def measured(request: Request, pids: Sequence[int]) -> tuple[float, float, int]:
    """CPU and wall seconds of a run that makes every paper anew, and its jobs."""
    (request.folder / "jobs.jsonl").unlink(missing_ok=True)
    cpu, wall = spent(pids), time.perf_counter()
    record = run(request)
    assert record.exit_code == 0, record.stopped
    return spent(pids) - cpu, time.perf_counter() - wall, len(record.jobs)


def spent(pids: Sequence[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(of.user + of.system for of in times)


def main(data: str, period: str, rounds: int) -> None:
    with (
        TemporaryDirectory() as folder,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=0, host="127.0.0.1") as cluster,
    ):
        here = psutil.Process().pid
        ways = {
            "pool": (Request(data, period, str(Path(folder) / "pool"), DOCUMENTS, workers=2), [here]),
            "cluster": (
                Request(data, period, str(Path(folder) / "cluster"), DOCUMENTS, cluster=cluster.scheduler_address),
                [here, *(worker.pid for worker in cluster.workers.values())],
            ),
        }
        for request, pids in ways.values():
            measured(request, pids)
        found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (request, pids) in ways.items():
                found[name].append(measured(request, pids))
    jobs = found["pool"][0][2]
    for name, of in found.items():
        cpu, wall = median(cpu for cpu, _, _ in of), median(wall for _, wall, _ in of)
        print(f"{name:8} {jobs} notebooks: {1000 * cpu / jobs:6.1f} ms CPU and {1000 * wall / jobs:6.1f} ms wall a notebook")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5)
