"""A batch: one job a document and unit, each a notebook of its own, run by several workers; what is finished stays finished.

The journal `jobs.jsonl` in the period's folder holds a line for every job that ended, written through to the disk before the next begins. A
run that was killed goes on where it was: a job whose line says the same key, and whose files are there, is not done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Protocol

from postloan.errors import STOPPING
from postloan.file import append, cannot, is_still
from postloan.language import tr
from postloan.month_end.run_record import MADE, NOT_STARTED, UNCHANGED, Job

JOURNAL = "jobs.jsonl"
CURABLE = frozenset({"kernel died"})
"""States that another try can cure; of failures, those of `CURABLE_FAULTS`."""
CURABLE_FAULTS = ("CannotFile", "TimeoutError", "ConnectionError")
MOST_TRIES = 3
PAUSE = 0.5
"""Seconds before the second try; twice as many before the third."""


@dataclass(frozen=True)
class Task:
    """One document for one unit (the whole bank where blank), in plain values, so that any process or machine can be given it.

    `key` is the fingerprint of all its result rests on, `asked` the units its notebook is asked about (all where empty), `papers` are what it
    must make, `remark` is what else is to be told of it.
    """

    document: str
    title: str
    unit: str = ""
    unit_name: str = ""
    notebook: str = ""
    key: str = ""
    asked: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    remark: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from other jobs of the run."""
        return self.document, self.unit


@dataclass(frozen=True)
class Done:
    """How a task ended. `files` are paths below the period's folder, with their hashes; `reasons` of every try that did not make it."""

    task: Task
    state: str
    reason: str = ""
    tries: int = 1
    seconds: float = 0.0
    started: str = ""
    files: dict[str, str] = field(default_factory=dict)
    edited: int = 0
    reasons: list[str] = field(default_factory=list)


Work = Callable[[Task], Done]


class Heard(Protocol):
    """Told of every job that starts and of every one that ended: the progress shown, the log kept."""

    def started(self, job: Job) -> None: ...

    def ended(self, job: Job) -> None: ...


def told(done: Task | Done) -> Job:
    """What the record says of a job, at work or ended."""
    if isinstance(done, Task):
        return Job(done.document, done.title, done.unit, done.unit_name, notebook=done.notebook)
    task = done.task
    return Job(
        *(task.document, task.title, task.unit, task.unit_name, done.state, done.reason, done.tries, done.seconds, done.started),
        *(list(done.files), task.notebook, done.edited),
    )


# The journal


class Journal:
    """What earlier runs of the period finished."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / JOURNAL
        self.last: dict[tuple[str, str], Done] = {done.task.name: done for done in self._read()}

    def _read(self) -> Iterator[Done]:
        if not self.path.is_file():
            return
        # A line may be cut off inside a character, and a text in it may hold a line separator that is no end of line.
        for line in self.path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                said = json.loads(line)
                yield Done(**{**said, "task": Task(**said["task"])})
            except (ValueError, TypeError, KeyError):
                continue  # the line that was being written when the machine went down

    def finished(self, task: Task) -> Done | None:
        """What came of the task, where it was made from the very same things and its files are still as it left them."""
        done = self.last.get(task.name)
        if done is None or done.state != MADE or not task.key or done.task.key != task.key:
            return None
        return done if all(is_still(self.folder / file, sha256) for file, sha256 in done.files.items()) else None

    def seconds(self, task: Task) -> float:
        """How long it took last time."""
        done = self.last.get(task.name)
        return done.seconds if done else 0.0

    def add(self, done: Done) -> None:
        """Keeps what came of a task, on the disk before this returns. Raises `CannotFile`."""
        line = (json.dumps(asdict(done), ensure_ascii=False) + "\n").encode()
        try:
            append(self.path, line)
        except OSError as error:
            raise cannot(self.path, error) from error
        self.last[done.task.name] = done


# Running


def run_jobs(
    jobs: Iterable[Task],
    work: Work,
    executor: Executor,
    workers: int,
    journal: Journal,
    heard: Sequence[Heard],
    deadline: datetime | None = None,
) -> list[Done]:
    """Run `jobs` on `executor`, at most `workers` at a time, the longest first; what came of each, in the order given.

    Jobs that are finished already are `unchanged`. After `deadline` none is started. Ctrl-C lets those at work be killed and starts no more.
    """
    ended: dict[tuple[str, str], Done] = {}
    waiting: list[Task] = []
    for task in (jobs := list(jobs)):
        if earlier := journal.finished(task):
            ended[task.name] = replace(earlier, task=task, state=UNCHANGED, seconds=0.0, edited=0)
            _ended(heard, told(ended[task.name]))
        else:
            waiting.append(task)
    waiting.sort(key=lambda task: -journal.seconds(task))
    running: dict[Future[Done], Task] = {}
    while waiting or running:
        while waiting and len(running) < workers and not _late(deadline):
            task = waiting.pop(0)
            _started(heard, told(task))
            running[executor.submit(_tried, work, task)] = task
        if not running:
            break
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            done = _result(future, running.pop(future))
            ended[done.task.name] = done
            journal.add(done)
            _ended(heard, told(done))
    for task in waiting:
        ended[task.name] = Done(task, NOT_STARTED, tr("the deadline had passed"), tries=0)
        _ended(heard, told(ended[task.name]))
    return [ended[task.name] for task in jobs]


def _started(heard: Sequence[Heard], job: Job) -> None:
    for hearer in heard:
        hearer.started(job)


def _ended(heard: Sequence[Heard], job: Job) -> None:
    for hearer in heard:
        hearer.ended(job)


def _late(deadline: datetime | None) -> bool:
    return deadline is not None and datetime.now(UTC) >= deadline


def _result(future: Future[Done], task: Task) -> Done:
    try:
        return future.result()
    except CancelledError:
        return Done(task, "failed", why := tr("the scheduler of the cluster is lost"), reasons=[why])
    except Exception as fault:  # noqa: BLE001 - a worker that is lost must not take the others' results with it
        return _failed(task, fault)


def _failed(task: Task, fault: Exception) -> Done:
    """What is told of a task whose notebook could not even be run or filed; words only where they are ours."""
    return Done(task, "failed", f"{type(fault).__name__}: {fault}" if isinstance(fault, STOPPING) else type(fault).__name__)


def _tried(work: Work, task: Task) -> Done:
    """The task's result, after other tries where these may cure it. `reasons` of what `work` gives are of tries lost before it."""
    started, reasons, seconds = datetime.now(UTC).isoformat(timespec="seconds"), list[str](), 0.0
    for number in range(1, MOST_TRIES + 1):
        try:
            done = work(task)
        except Exception as fault:  # noqa: BLE001 - it is told as the job's, and another try may cure it
            done = _failed(task, fault)
        reasons += done.reasons
        seconds += done.seconds
        if done.state == MADE or not _curable(done) or number == MOST_TRIES:
            break
        reasons.append(f"{done.state}: {done.reason}")
        sleep(PAUSE * number)
    return replace(done, tries=len(reasons) + 1, seconds=round(seconds, 2), started=started, reasons=reasons)


def _curable(done: Done) -> bool:
    return done.state in CURABLE or any(fault in done.reason for fault in CURABLE_FAULTS)


def latest(done: Iterable[Done]) -> Mapping[str, list[Done]]:
    """What came of the jobs, by document."""
    found: dict[str, list[Done]] = {}
    for one in done:
        found.setdefault(one.task.document, []).append(one)
    return found
