"""A batch: one job a document and unit, each a notebook of its own, run by several workers; what is finished stays finished.

The journal `jobs.jsonl` in the period's folder holds a line for every job that ended, written through to the disk before the next begins. A
run that was killed goes on where it was: a job whose line says the same key, and whose files are there, is not done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

from postloan.language import tr

JOURNAL = "jobs.jsonl"
MADE, UNCHANGED, NOT_STARTED = "made", "unchanged", "not started"
CURABLE = frozenset({"kernel died"})
"""States that another try can cure; of failures, those of `CURABLE_FAULTS`."""
CURABLE_FAULTS = ("CannotFile", "TimeoutError", "ConnectionError")
MOST_TRIES = 3
PAUSE = 0.5
"""Seconds before the second try; twice as many before the third."""


@dataclass(frozen=True)
class Job:
    """One document for one unit (the whole bank where blank). `key` is the fingerprint of all its result rests on."""

    document: str
    title: str
    unit: str = ""
    unit_name: str = ""
    notebook: str = ""
    key: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from other jobs of the run."""
        return self.document, self.unit


@dataclass(frozen=True)
class Done:
    """How a job ended. `files` are paths below the period's folder; `reasons` of every try that did not make it."""

    job: Job
    state: str
    reason: str = ""
    tries: int = 1
    seconds: float = 0.0
    started: str = ""
    files: list[str] = field(default_factory=list)
    edited: int = 0
    reasons: list[str] = field(default_factory=list)


Work = Callable[[Job], Done]
Heard = Callable[[Job | Done], None]
"""Told of every job that starts and of every one that ended."""


# The journal


class Journal:
    """What earlier runs of the period finished."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / JOURNAL
        self.last: dict[tuple[str, str], Done] = {done.job.name: done for done in self._read()}

    def _read(self) -> Iterator[Done]:
        if not self.path.is_file():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                said = json.loads(line)
                yield Done(**{**said, "job": Job(**said["job"])})
            except (ValueError, TypeError, KeyError):
                continue  # the line that was being written when the machine went down

    def finished(self, job: Job) -> Done | None:
        """What came of the job, where it was made from the very same things and its files are still there."""
        done = self.last.get(job.name)
        if done is None or done.state != MADE or not job.key or done.job.key != job.key:
            return None
        return done if all((self.folder / file).is_file() for file in (*done.files, job.notebook)) else None

    def seconds(self, job: Job) -> float:
        """How long it took last time."""
        done = self.last.get(job.name)
        return done.seconds if done else 0.0

    def add(self, done: Done) -> None:
        """Keeps what came of a job, on the disk before this returns."""
        line = json.dumps(asdict(done), ensure_ascii=False) + "\n"
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.last[done.job.name] = done

    def forget(self) -> None:
        """Begins anew with what is known now, one line a job."""
        self.path.unlink(missing_ok=True)
        for done in list(self.last.values()):
            self.add(done)


# Running


def run_jobs(
    jobs: Iterable[Job], work: Work, executor: Executor, workers: int, journal: Journal, heard: Heard, deadline: datetime | None = None
) -> list[Done]:
    """Run `jobs` on `executor`, at most `workers` at a time, the longest first; what came of each, in the order given.

    Jobs that are finished already are `unchanged`. After `deadline` none is started. Ctrl-C lets those at work be killed and starts no more.
    """
    ended: dict[tuple[str, str], Done] = {}
    waiting: list[Job] = []
    for job in (jobs := list(jobs)):
        if earlier := journal.finished(job):
            ended[job.name] = replace(earlier, job=job, state=UNCHANGED, seconds=0.0, edited=0)
            heard(ended[job.name])
        else:
            waiting.append(job)
    waiting.sort(key=lambda job: -journal.seconds(job))
    running: dict[Future[Done], Job] = {}
    while waiting or running:
        while waiting and len(running) < workers and not _late(deadline):
            job = waiting.pop(0)
            heard(job)
            running[executor.submit(_tried, work, job)] = job
        if not running:
            break
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            done = _result(future, running.pop(future))
            ended[done.job.name] = done
            journal.add(done)
            heard(done)
    for job in waiting:
        ended[job.name] = Done(job, NOT_STARTED, tr("the deadline had passed"), tries=0)
        heard(ended[job.name])
    return [ended[job.name] for job in jobs]


def _late(deadline: datetime | None) -> bool:
    return deadline is not None and datetime.now(UTC) >= deadline


def _result(future: Future[Done], job: Job) -> Done:
    try:
        return future.result()
    except Exception as fault:  # noqa: BLE001 - a worker that is lost must not take the others' results with it
        return Done(job, "failed", type(fault).__name__, reasons=[type(fault).__name__])


def _tried(work: Work, job: Job) -> Done:
    """The job's result, after other tries where these may cure it."""
    started, reasons, seconds = datetime.now(UTC).isoformat(timespec="seconds"), [], 0.0
    for number in range(1, MOST_TRIES + 1):
        done = work(job)
        seconds += done.seconds
        if done.state == MADE or not _curable(done) or number == MOST_TRIES:
            break
        reasons.append(f"{done.state}: {done.reason}")
        sleep(PAUSE * number)
    return replace(done, tries=number, seconds=round(seconds, 2), started=started, reasons=reasons)


def _curable(done: Done) -> bool:
    return done.state in CURABLE or any(fault in done.reason for fault in CURABLE_FAULTS)


def latest(done: Iterable[Done]) -> Mapping[str, list[Done]]:
    """What came of the jobs, by document."""
    found: dict[str, list[Done]] = {}
    for one in done:
        found.setdefault(one.job.document, []).append(one)
    return found
