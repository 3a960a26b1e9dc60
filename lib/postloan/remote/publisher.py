"""A run whose output place is a URL: it works in a folder of this machine, the mirror, and every finished file is published from there.

Before the run what it goes on from is brought: papers (people may have typed into them), the journal, the register, the texts of the period
before. What is the same at both ends is known by hashes and by the marks of the store, so that nothing is moved twice. A mirror that was lost
is filled again; one that a killed run left is gone on with. The run's book, which holds the data, stays in the mirror.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from notebookrun.batch import Listener
from notebookrun.job import Job
from notebookrun.journal import JOURNAL
from notebookrun.progress import Progress

from postloan.errors import CannotFile
from postloan.figures.fingerprint import digest
from postloan.file import LOCK, PREFIX, lock, put, sweep
from postloan.inspection_reports import texts_before
from postloan.language import tr
from postloan.month_end.plan import Request
from postloan.month_end.run_log import FOLDER as LOGS
from postloan.month_end.run_log import NAME as LOG
from postloan.month_end.run_record import RECORD, Record, file_record
from postloan.month_end.unchanged import run_again
from postloan.papers.document import REGISTER
from postloan.papers.record.regeneration import FOLDER as EDITED
from postloan.period import Period
from postloan.remote.object_store import Store

PLACE = "POSTLOAN_MIRRORS"
"""The environment variable that names the folder of mirrors; with a cluster it must be one that all machines see."""
PUBLISHED = "published.jsonl"
AT_A_TIME = 8
"""Objects on their way at the same time, to a store that takes each at once."""
JOURNAL_EVERY = 20
"""Jobs after which the journal is published; later a tenth of those done, so that what is sent of it stays in proportion."""


class Run(Protocol):
    """The run in a folder: what is asked of it there, whom it tells, what was asked, and who else hears of jobs."""

    def __call__(self, request: Request, shown: Progress, asked: Request, also: Sequence[Listener]) -> Record: ...


def run_in_mirror(request: Request, shown: Progress, run: Run) -> Record:
    """`run` in the mirror of `request.out`, and all it made published.

    A store that fails stops nothing but the publishing: what could not be published then is tried once more at the end, and by the next run.
    Raises `CannotFile` where the store cannot be read, or another run is at work.
    """
    store = Store.of(request.out)
    folder = mirrors() / digest(store.url)[:16]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds what the data hold
    with lock(folder), store.held(_owner(folder)) as said:
        if said:
            shown.tell(said)
        shown.tell(tr("bringing what is at {url}", url=store.url))
        mirror = Mirror(folder, store, Period.parse(request.period))
        mirror.bring()
        publisher = Publisher(mirror)
        here = replace(request, out=str(mirror.out))
        record = run_again(here, shown, request) or run(here, shown, request, [publisher])
        shown.tell(tr("publishing to {url}", url=store.url))
        try:
            publisher.finish()
        except CannotFile as fault:
            record.stopped, record.exit_code = str(fault), fault.exit_code
            file_record(record, mirror.out / request.period)
    return record


def mirrors() -> Path:
    """The folder of mirrors: the user's cache, unless `POSTLOAN_MIRRORS` names another."""
    if named := os.environ.get(PLACE):
        return Path(named).resolve()
    cache = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "postloan" / "mirrors"


def _owner(folder: Path) -> str:
    """Who this mirror is, among all mirrors of all machines."""
    path = folder / "owner"
    if not path.is_file():
        put(path, secrets.token_hex(16).encode())
    return path.read_text(encoding="utf-8")


class Mirror:
    """A store and the folder that mirrors it; `known` says by path what was the same at both ends: its hash, and its mark in the store."""

    def __init__(self, folder: Path, store: Store, period: Period) -> None:
        self.out, self.store, self.period = folder / "out", store, period.name
        self.before = texts_before("", period).as_posix()
        self._path = folder / PUBLISHED
        self._writing = threading.Lock()
        self.known = dict(_read(self._path))
        put(self._path, b"".join(_line(path, *of) for path, of in self.known.items()))

    # From the store

    def bring(self) -> None:
        """Makes the mirror what the store is, but for what a killed run made and did not publish."""
        self.out.mkdir(parents=True, exist_ok=True)
        sweep(self.out)
        found: dict[str, str] = {}
        for under in (REGISTER, self.before, self.period):
            found |= self.store.listing(under)
        for stray in [path for path in found if path.rpartition("/")[2].startswith(PREFIX)]:
            self.store.remove(stray)
        there = {path: mark for path, mark in found.items() if self.is_published(path)}
        for path in [path for path in self.known if path not in there and self._is_of_run(path)]:
            (self.out / path).unlink(missing_ok=True)
            self._forget(path)
        # Previews last: one that is older than its paper is taken for one of an earlier paper.
        wanted = sorted((path for path in there if not self._is_same(path, there[path])), key=lambda path: (path.endswith(".pdf"), path))
        with ThreadPoolExecutor(AT_A_TIME if self.store.takes_at_once else 1) as pool:
            for path, content in zip(wanted, pool.map(self.store.read, wanted), strict=True):
                self._know(path, put(self.out / path, content), there[path])

    def _is_same(self, path: str, mark: str) -> bool:
        return bool(mark) and self.known.get(path, ("", ""))[1] == mark and (self.out / path).is_file()

    def _is_of_run(self, path: str) -> bool:
        return path in (REGISTER, self.before) or path.startswith(f"{self.period}/")

    def is_published(self, path: str) -> bool:
        """Whether the file at `path` belongs into the store: not the book, no lock or stray, of the logs the last."""
        _, *parts = path.split("/")
        if not parts:
            return path == REGISTER
        name, top = parts[-1], parts[0]
        return not (name.startswith(PREFIX) or name == LOCK or (top == "book" and len(parts) > 1) or (top == LOGS and name != LOG))

    # To the store

    def publish(self, path: str) -> None:
        """Puts the file at `path` into the store, unless it is there. Raises `CannotFile`."""
        file = self.out / path
        content = file.read_bytes() if file.is_file() else b""
        sha256 = hashlib.sha256(content).hexdigest()
        if file.is_file() and sha256 != self.known.get(path, ("", ""))[0]:
            self._know(path, sha256, self.store.put(path, content))

    def withdraw(self) -> None:
        """Takes what the run has taken away from the store too."""
        for path in [path for path in self.known if path.startswith(f"{self.period}/") and not (self.out / path).exists()]:
            self.store.remove(path)
            self._forget(path)

    def files(self, below: str = "") -> list[str]:
        """The paths of what the store is to have of the period, at or below a folder of it."""
        top = self.out / self.period / below
        paths = (path.relative_to(self.out).as_posix() for path in top.rglob("*") if path.is_file())
        return sorted(path for path in paths if self.is_published(path))

    # What is known

    def _know(self, path: str, sha256: str, mark: str) -> None:
        with self._writing, open(self._path, "ab") as file:
            self.known[path] = sha256, mark
            file.write(_line(path, sha256, mark))

    def _forget(self, path: str) -> None:
        with self._writing, open(self._path, "ab") as file:
            del self.known[path]
            file.write(_line(path, "", ""))


def _line(path: str, sha256: str, mark: str) -> bytes:
    return (json.dumps([path, sha256, mark], ensure_ascii=False) + "\n").encode()


def _read(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    said: dict[str, tuple[str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            name, sha256, mark = json.loads(line)
        except (ValueError, TypeError):
            continue  # the line that was being written when the machine went down: its file is looked at anew
        said[name] = (sha256, mark)
    yield from ((name, of) for name, of in said.items() if of[0])


class Publisher:
    """Hears of every job that ended and publishes its files beside the run; after a first fault it waits for the end of the run."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._pool = ThreadPoolExecutor(AT_A_TIME if mirror.store.takes_at_once else 1)
        self._shared = threading.Lock()
        self._failed = threading.Event()
        self._ended, self._next = 0, JOURNAL_EVERY

    def started(self, job: Job) -> None:
        """Nothing is there to publish yet."""

    def ended(self, job: Job) -> None:
        """The files of the job can be published."""
        self._pool.submit(self._publish, list(job.files))

    def _publish(self, files: Iterable[str]) -> None:
        if self._failed.is_set():
            return
        try:
            self._publish_shared()
            for file in files:
                self._mirror.publish(f"{self._mirror.period}/{file}")
            self._publish_journal()
        except CannotFile:
            self._failed.set()

    def _publish_shared(self) -> None:
        """What must be there before a paper is: its number in the register, and what people wrote into the one before it."""
        with self._shared:
            for path in (REGISTER, *self._mirror.files(EDITED)):
                self._mirror.publish(path)

    def _publish_journal(self) -> None:
        with self._shared:
            self._ended += 1
            if self._ended < self._next:
                return
            self._next = self._ended + max(JOURNAL_EVERY, self._ended // 10)
            self._mirror.publish(f"{self._mirror.period}/{JOURNAL}")

    def finish(self) -> None:
        """Publishes all that is left, the record last. Raises `CannotFile`."""
        self._pool.shutdown(wait=True)
        record = f"{self._mirror.period}/{RECORD}"
        self._publish_shared()
        with ThreadPoolExecutor(AT_A_TIME if self._mirror.store.takes_at_once else 1) as pool:
            list(pool.map(self._mirror.publish, [path for path in self._mirror.files() if path != record]))
        self._mirror.withdraw()
        self._mirror.publish(record)
