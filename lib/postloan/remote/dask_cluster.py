"""The notebooks of a run on a Dask cluster: the workers make the jobs, this machine does all else.

Dask is used through its futures only (`concurrent.futures`). What a worker is given are plain values; the run's book and the papers lie in the
output folder, which every machine must see under the same path. A worker whose program is another one's makes nothing.
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
from postloan.figures.fingerprint import digest, made_by
from postloan.file import PREFIX, put
from postloan.language import tr
from postloan.month_end.plan import Request
from postloan.month_end.workers import POOL
from postloan.papers.document import document, notebook_of

PATIENCE = 20
"""Seconds to wait for the scheduler, and for a first worker to join it."""


def fingerprint(name: str) -> str:
    """What makes the papers of the document called `name`: the program, its templates, its notebook."""
    return digest("".join(made_by(document(name).folder, notebook_of(name))))


def rooted(request: Request) -> Request:
    """The request with paths that mean the same on every machine, wherever its processes work."""
    files = {name: given for name in ("policy", "calendar") if (given := getattr(request, name)) and Path(given).is_file()}
    paths: dict[str, Any] = {"data": request.data, "out": request.out, **files}
    return replace(request, **{name: str(Path(given).resolve()) for name, given in paths.items()})


# On this machine


@dataclass(frozen=True)
class Errand:
    """What a worker is told with every job of a run: the run it is for, the language to speak, where the run's folder and its book are."""

    run: str
    language: str
    folder: Path
    kept: Path


@dataclass(frozen=True)
class Cluster:
    """The workers that were there: `threads` jobs run at a time."""

    executor: Executor
    threads: int

    def work(self, work: Work, errand: Errand, documents: dict[str, str]) -> Work:
        """`work` as a worker does it; `documents` are the fingerprints of what may be made."""
        return partial(on_worker, work, errand, documents)


@contextmanager
def joined(address: str, errand: Errand) -> Iterator[Cluster]:
    """The cluster at `address`, while the block runs. Ctrl-C kills the notebooks of the run wherever they are.

    Raises `BadCommand` where it is not to be had.
    """
    with _client(address) as client:
        executor = Workers(client)
        try:
            yield Cluster(executor, max(1, sum(client.nthreads().values())))
        except KeyboardInterrupt:
            executor.shutdown(wait=False)
            if executor.is_there:
                client.run(end_notebooks, errand.run)
            raise
        finally:
            executor.shutdown()


class Workers(Executor):
    """The executor of a Dask client. Where the scheduler is lost, jobs fail at once: those of a closed client would wait for ever."""

    def __init__(self, client: Any) -> None:
        self._client, self._asked = client, client.get_executor(pure=False)

    @property
    def is_there(self) -> bool:
        """Whether the scheduler is, as far as is known."""
        return self._client.status not in ("closing", "closed")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.is_there:
            return self._asked.submit(fn, *args, **kwargs)
        lost: Future[Any] = Future()
        lost.set_exception(PostloanError(tr("the scheduler of the cluster is lost"), do=tr("start it anew and run again")))
        return lost

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self.is_there:
            self._asked.shutdown(wait=wait and not cancel_futures)


def check_workers(address: str, folder: Path, documents: list[str]) -> None:
    """Raises `BadCommand` unless the cluster has workers, all of them with this very program, and all can read and write `folder`."""
    folder = folder.resolve()
    token = secrets.token_hex(8)
    probe = folder / f"{PREFIX}{token}"
    made = {name: fingerprint(name) for name in documents}
    with _client(address) as client:
        put(probe, token.encode())
        try:
            answers = client.run(fault_of_worker, probe, made, speaks(), on_error="return")
        finally:
            probe.unlink(missing_ok=True)
    faults = {worker: _as_fault(answer) for worker, answer in answers.items() if answer is not None}
    if faults:
        named = "; ".join(f"{worker}: {fault.what}" for worker, fault in faults.items())
        raise BadCommand(named, address, next(iter(faults.values())).do)


def speaks() -> str:
    """The language in use, as another process is told it."""
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


def fault_of_worker(probe: Path, made: dict[str, str], speaks: str) -> PostloanError | OfficefillError | None:
    """What keeps this worker from making papers for the run whose probe lies at `probe`; None where nothing does."""
    language.use(speaks)
    try:
        if any(fingerprint(name) != key for name, key in made.items()):
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


def on_worker(work: Work, errand: Errand, documents: dict[str, str], job: Task) -> Done:
    """One job, made by a worker. A try that was lost with an earlier worker is told among the reasons."""
    language.use(errand.language)
    os.environ["POSTLOAN_LANG"] = errand.language  # notebooks speak the same
    if fingerprint(job.document) != documents[job.document]:
        return _not_made(job, _other_program())
    if not (errand.kept / "book.json").is_file():
        return _not_made(job, _unseen(errand.kept))
    with _begun(errand, job) as lost, BENCH.at_work(errand) as goes_on:
        if not goes_on:
            return Done(job, INTERRUPTED, tr("interrupted"))
        done = work(job)
        return replace(done, tries=done.tries + lost, reasons=[tr("the worker was lost")] * lost + done.reasons)


def _not_made(job: Task, fault: PostloanError | OfficefillError) -> Done:
    return Done(job, FAILED, f"{type(fault).__name__}: {fault}")


@contextmanager
def _begun(errand: Errand, job: Task) -> Iterator[int]:
    """How often the job was begun in this run by workers that did not come to its end.

    A worker that is killed leaves its mark, a file with a name that the next run sweeps away.
    """
    mark = errand.folder / f"{PREFIX}{errand.run}-{digest(repr(job.name))[:16]}"
    lost = int(mark.read_text(encoding="utf-8") or 0) if mark.is_file() else 0
    put(mark, str(lost + 1).encode())
    try:
        yield lost
    finally:
        with suppress(OSError):
            mark.unlink()


class Bench:
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
    def at_work(self, errand: Errand) -> Iterator[bool]:
        """One job of the run at work; False where the run has been ended."""
        with self._lock:
            if errand.run not in self._runs and not self._busy:
                self._close()
                self._runs = {}
            goes_on = self._runs.setdefault(errand.run, True)
            self._busy += 1
        try:
            yield goes_on
        finally:
            with self._lock:
                self._busy -= 1

    def end(self, run: str) -> None:
        """Kill what is at work. Notebooks of other runs are begun anew, as those of a kernel that died."""
        with self._lock:
            self._runs[run] = False
            self._close()


BENCH = Bench(POOL.close)


def end_notebooks(run: str) -> None:
    """Kill the notebooks of the run at work on this worker and let none begin."""
    BENCH.end(run)
