"""The notebooks of a run on a Dask cluster: the workers make the jobs, this machine does all else.

Dask is used through its futures only (`concurrent.futures`). A worker is given plain values; the run's book and the papers lie in the
output folder, which every machine must see under the same path. A worker with another program makes nothing.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from notebookrun.batch import Work
from notebookrun.job import FAILED, INTERRUPTED
from notebookrun.journal import Done, Task

from postloan import language
from postloan.errors import STOPPING, BadCommand, OfficefillError, PostloanError
from postloan.file import PREFIX, put
from postloan.language import tr
from postloan.month_end.manifest import digest, document_key
from postloan.month_end.workers import POOL

PATIENCE = 20
"""Seconds to wait for the scheduler, and for a first worker to join it."""


# On this machine


@dataclass(frozen=True)
class ClusterRun:
    """A run as every worker needs it: its name, the language of messages, its folder and the folder of its book."""

    name: str
    language: str
    folder: Path
    kept: Path


@dataclass(frozen=True)
class Cluster:
    """The workers that were there: `threads` jobs run at a time."""

    executor: Executor
    threads: int

    def work(self, work: Work, run: ClusterRun, documents: dict[str, str]) -> Work:
        """Return `work` as a worker does it; `documents` are the keys of the documents that may be made."""
        return partial(on_worker, work, run, documents)


@contextmanager
def connected(address: str, run: ClusterRun) -> Iterator[Cluster]:
    """Connect to the cluster at `address` while the block runs. Ctrl-C kills the notebooks of the run wherever they are.

    Raises `BadCommand` where there is none.
    """
    with _client(address) as client:
        executor = Workers(client)
        try:
            yield Cluster(executor, max(1, sum(client.nthreads().values())))
        except KeyboardInterrupt:
            executor.shutdown(wait=False)
            if executor.is_there:
                client.run(end_notebooks, run.name)
            raise
        finally:
            executor.shutdown()


class Workers(Executor):
    """The executor of a Dask client. Where the scheduler is lost, jobs fail at once: those of a closed client would wait for ever."""

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False)

    @property
    def is_there(self) -> bool:
        """True while the scheduler is there, as far as is known."""
        return self._client.status not in ("closing", "closed")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.is_there:
            return self._executor.submit(fn, *args, **kwargs)
        lost: Future[Any] = Future()
        lost.set_exception(PostloanError(tr("the scheduler of the cluster is lost"), do=tr("start it anew and run again")))
        return lost

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self.is_there:
            self._executor.shutdown(wait=wait and not cancel_futures)


def check_workers(address: str, folder: Path, documents: list[str]) -> None:
    """Raise `BadCommand` unless the cluster has workers, all of them with this very program, and all can read and write `folder`."""
    folder = folder.resolve()
    token = secrets.token_hex(8)
    probe = folder / f"{PREFIX}{token}"
    made = {name: document_key(name) for name in documents}
    with _client(address) as client:
        put(probe, token.encode())
        try:
            answers = client.run(fault_of_worker, probe, made, language_in_use(), on_error="return")
        finally:
            probe.unlink(missing_ok=True)
    faults = {worker: _as_fault(answer) for worker, answer in answers.items() if answer is not None}
    if faults:
        named = "; ".join(f"{worker}: {fault.what}" for worker, fault in faults.items())
        raise BadCommand(named, address, next(iter(faults.values())).do)


def language_in_use() -> str:
    """Return the language in use, as `language.use` takes it."""
    return language.either("en", "zh")


def _as_fault(answer: Any) -> PostloanError | OfficefillError:
    if isinstance(answer, STOPPING):
        return answer
    # A worker that has no postloan, or one of before clusters, cannot even read what it is asked.
    return _other_program(type(answer).__name__)


def _other_program(what: str = "") -> BadCommand:
    said = tr("the worker has another version of postloan, or other templates or notebooks")
    return BadCommand(f"{said} ({what})" if what else said, do=tr("install the same on every machine and start the workers anew"))


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of the scheduler at `address` that has a worker."""
    try:
        from distributed import Client
    except ImportError as error:
        raise BadCommand(tr("Dask is not installed"), f"--cluster {address}", "pip install 'postloan[cluster]'") from error
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:  # TimeoutError is an OSError
        raise BadCommand(
            tr("no scheduler answers there ({why})", why=type(error).__name__),
            f"--cluster {address}",
            tr("start one with: dask scheduler; and give its address, such as tcp://host:8786"),
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise BadCommand(
                tr("the cluster has no worker"), f"--cluster {address}", tr("start some with: dask worker {address}", address=address)
            ) from error
        yield client


# On a worker


def fault_of_worker(probe: Path, made: dict[str, str], spoken_language: str) -> PostloanError | OfficefillError | None:
    """Return the fault that keeps this worker from making papers for the run whose probe lies at `probe`; None where there is none."""
    language.use(spoken_language)
    try:
        if any(document_key(name) != key for name, key in made.items()):
            return _other_program()
        seen = probe.is_file() and probe.read_bytes() == probe.name.removeprefix(PREFIX).encode()
        if not seen:
            return _unseen(probe.parent)
        answer = probe.with_name(f"{probe.name}-{os.getpid()}-{secrets.token_hex(4)}")
        put(answer, b"")
        answer.unlink()
    except STOPPING as fault:
        return fault
    except OSError:
        return _unseen(probe.parent)
    return None


def _unseen(folder: Path) -> BadCommand:
    return BadCommand(
        tr("the worker does not see {folder}", folder=folder),
        do=tr("put the output (for a URL: POSTLOAN_MIRRORS) into a folder all machines share, under one path"),
    )


def on_worker(work: Work, run: ClusterRun, documents: dict[str, str], job: Task) -> Done:
    """Make one job on a worker. A try that was lost with an earlier worker is among the reasons."""
    language.use(run.language)
    os.environ["POSTLOAN_LANG"] = run.language  # notebooks speak the same
    if document_key(job.document) != documents[job.document]:
        return _not_made(job, _other_program())
    if not (run.kept / "book.json").is_file():
        return _not_made(job, _unseen(run.kept))
    with _counted(run, job) as lost, RUNS.at_work(run) as goes_on:
        if not goes_on:
            return Done(job, INTERRUPTED, tr("interrupted"))
        done = work(job)
        return replace(done, tries=done.tries + lost, reasons=[tr("the worker was lost")] * lost + done.reasons)


def _not_made(job: Task, fault: PostloanError | OfficefillError) -> Done:
    return Done(job, FAILED, f"{type(fault).__name__}: {fault}")


@contextmanager
def _counted(run: ClusterRun, job: Task) -> Iterator[int]:
    """Count this try of the job; gives the number of tries that were lost with their workers.

    A worker that is killed leaves its mark, a file with a name that the next run sweeps away.
    """
    mark = run.folder / f"{PREFIX}{run.name}-{digest(repr(job.name))[:16]}"
    lost = int(mark.read_text(encoding="utf-8") or 0) if mark.is_file() else 0
    put(mark, str(lost + 1).encode())
    try:
        yield lost
    finally:
        with suppress(OSError):
            mark.unlink()


class RunsAtWork:
    """The runs at work in a process of the cluster, whose notebooks share a pool of workers.

    Such a process lives for weeks. So a run that finds nothing at work there begins with new workers: books of other nights and
    templates as they were are gone with the old ones.
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._lock = threading.Lock()
        self._runs: dict[str, bool] = {}
        self._busy = 0

    @contextmanager
    def at_work(self, run: ClusterRun) -> Iterator[bool]:
        """Count one job of the run as at work; gives False where the run has been ended."""
        with self._lock:
            if run.name not in self._runs and not self._busy:
                self._close()
                self._runs = {}
            goes_on = self._runs.setdefault(run.name, True)
            self._busy += 1
        try:
            yield goes_on
        finally:
            with self._lock:
                self._busy -= 1

    def end(self, run: str) -> None:
        """Kill everything at work. Notebooks of other runs are begun anew, as those of a kernel that died."""
        with self._lock:
            self._runs[run] = False
            self._close()


RUNS = RunsAtWork(POOL.close)


def end_notebooks(run: str) -> None:
    """Kill the notebooks of the run at work on this worker and let none begin."""
    RUNS.end(run)
