"""A batch: one task a document and unit, each a notebook of its own, run by several workers; what is finished stays finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import sleep
from typing import Protocol

from notebookrun.job import FAILED, KERNEL_DIED, MADE, NOT_STARTED, UNCHANGED, Job
from notebookrun.journal import Done, Journal, Task
from notebookrun.messages import tr
from notebookrun.redact import is_trusted

CURABLE = ("TimeoutError", "ConnectionError")
"""Errors that another try may cure, as it may cure a kernel that died."""
MOST_TRIES = 3
PAUSE = 0.5
"""Seconds before the second try; twice as many before the third."""

Work = Callable[[Task], Done]


class Listener(Protocol):
    """Receives every job that starts and every one that ended: the progress shown, the log kept."""

    def started(self, job: Job) -> None: ...

    def ended(self, job: Job) -> None: ...


@dataclass(frozen=True)
class JobRunner:
    """The place where tasks are done: `work` does one, through `executor`, `workers` at a time; `curable` names errors worth another try."""

    work: Work
    executor: Executor
    workers: int
    curable: tuple[str, ...] = CURABLE


def run_jobs(
    tasks: Sequence[Task], runner: JobRunner, journal: Journal, listeners: Sequence[Listener], deadline: datetime | None = None
) -> list[Done]:
    """Run `tasks`, the longest first; return the end of each, in the order given.

    Tasks that are finished already are `unchanged`. After `deadline` none is started. Ctrl-C stops those at work and starts no more.
    """
    ended: dict[tuple[str, str], Done] = {}
    waiting: list[Task] = []
    for task in tasks:
        if earlier := journal.finished(task):
            ended[task.name] = _announced(listeners, replace(earlier, task=task, state=UNCHANGED, seconds=0.0, edited=0))
        else:
            waiting.append(task)
    waiting.sort(key=lambda task: -journal.seconds(task))
    running: dict[Future[Done], Task] = {}
    while waiting or running:
        while waiting and len(running) < runner.workers and not _is_late(deadline):
            task = waiting.pop(0)
            for listener in listeners:
                listener.started(task.job())
            running[runner.executor.submit(_tried, runner.work, task, runner.curable)] = task
        if not running:
            break
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            done = _result(future, running.pop(future))
            ended[done.task.name] = done
            journal.add(done)
            _announced(listeners, done)
    for task in waiting:
        ended[task.name] = _announced(listeners, Done(task, NOT_STARTED, tr("the deadline had passed"), tries=0))
    return [ended[task.name] for task in tasks]


def _announced(listeners: Sequence[Listener], done: Done) -> Done:
    for listener in listeners:
        listener.ended(done.job())
    return done


def _is_late(deadline: datetime | None) -> bool:
    return deadline is not None and datetime.now(UTC) >= deadline


def _result(future: Future[Done], task: Task) -> Done:
    try:
        return future.result()
    except CancelledError:
        return Done(task, FAILED, why := tr("the scheduler of the cluster is lost"), reasons=[why])
    except Exception as fault:  # noqa: BLE001 - a worker that is lost must not take the others' results with it
        return _failed(task, fault)


def _failed(task: Task, fault: Exception) -> Done:
    """The end of a task whose notebook could not even be run or filed; in words only where these are trusted."""
    name = type(fault).__name__
    return Done(task, FAILED, f"{name}: {fault}" if is_trusted(name) else name)


def _tried(work: Work, task: Task, curable: tuple[str, ...]) -> Done:
    """The task's end, after other tries where these may cure it. `reasons` given by `work` are of tries lost before it."""
    started, reasons, seconds = datetime.now(UTC).isoformat(timespec="seconds"), list[str](), 0.0
    for number in range(1, MOST_TRIES + 1):
        try:
            done = work(task)
        except Exception as fault:  # noqa: BLE001 - it is told as the task's, and another try may cure it
            done = _failed(task, fault)
        reasons += done.reasons
        seconds += done.seconds
        is_curable = done.state == KERNEL_DIED or any(error in done.reason for error in curable)
        if done.state == MADE or not is_curable or number == MOST_TRIES:
            break
        reasons.append(f"{done.state}: {done.reason}")
        sleep(PAUSE * number)
    return replace(done, tries=len(reasons) + 1, seconds=round(seconds, 2), started=started, reasons=reasons)
