"""A run whose output place is a URL: it works in a folder of this machine, the local copy, and every finished file is published from there.

Before the run the files that it goes on from are fetched: papers (people may have typed into them), the journal, the register, the texts of the period
before. Hashes and the marks of the store say what is the same at both ends, so that nothing is sent twice. A local copy that was lost is
filled again; the next run goes on with one that a killed run has left. The run's book, which holds the data, stays in the local copy.
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
from postloan.figures.index_numbers import INDEX_NUMBERS
from postloan.file import LOCK, PREFIX, lock, put, sweep
from postloan.inspection_reports import texts_before
from postloan.language import tr
from postloan.month_end.manifest import digest
from postloan.month_end.plan import Plan, Request
from postloan.month_end.run_log import FOLDER as LOGS
from postloan.month_end.run_log import NAME as LOG
from postloan.month_end.run_record import RECORD, Record, file_record
from postloan.month_end.unchanged import unchanged_run
from postloan.papers.document import REGISTER
from postloan.papers.record.edits import FOLDER as EDITED
from postloan.period import Period
from postloan.remote.object_store import Store

COPIES_FOLDER = "POSTLOAN_MIRRORS"
"""The environment variable that names the folder of local copies; with a cluster it must be one that all machines see."""
PUBLISHED = "published.jsonl"
AT_A_TIME = 8
"""Objects on their way at the same time, to a store that takes each at once."""
JOURNAL_EVERY = 20
"""Jobs after which the journal is published; later a tenth of those done, so that what is sent of it stays in proportion."""


class Run(Protocol):
    """A run in a folder of this machine: its plan there, the progress shown, the request to be recorded, and further listeners."""

    def __call__(self, plan: Plan, shown: Progress, request: Request, listeners: Sequence[Listener]) -> Record: ...


def run_and_publish(plan: Plan, shown: Progress, run: Run) -> Record:
    """Run in the local copy of the output place, and publish all files that were made.

    A fault of the store stops only the publishing: it is tried once more at the end, and by the next run. Raises `CannotFile` where the
    store cannot be read, or another run is at work.
    """
    request = plan.request
    store = Store.of(request.out)
    folder = copies_folder() / digest(store.url)[:16]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds what the data hold
    with lock(folder), store.locked(_owner(folder)) as notice:
        if notice:
            shown.tell(notice)
        shown.tell(tr("bringing what is at {url}", url=store.url))
        copy = LocalCopy(folder, store, plan.period)
        copy.fetch()
        publisher = RunPublisher(copy)
        here = Plan(replace(request, out=str(copy.out)))
        record = unchanged_run(here, shown, request) or run(here, shown, request, [publisher])
        shown.tell(tr("publishing to {url}", url=store.url))
        try:
            publisher.finish()
        except CannotFile as fault:
            record.stopped, record.exit_code = str(fault), fault.exit_code
            file_record(record, here.folder)
    return record


def copies_folder() -> Path:
    """Return the folder of local copies: in the user's cache, unless `POSTLOAN_MIRRORS` names another."""
    if named := os.environ.get(COPIES_FOLDER):
        return Path(named).resolve()
    cache = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "postloan" / "mirrors"


def _owner(folder: Path) -> str:
    """The name of this local copy among those of all machines."""
    path = folder / "owner"
    if not path.is_file():
        put(path, secrets.token_hex(16).encode())
    return path.read_text(encoding="utf-8")


class LocalCopy:
    """A store and its copy in a folder; `known` has the hash and the store's mark of each file that was the same at both ends, by path."""

    def __init__(self, folder: Path, store: Store, period: Period) -> None:
        self.out, self.store, self.period = folder / "out", store, period.name
        self.before = texts_before("", period).as_posix()
        self._path = folder / PUBLISHED
        self._writing = threading.Lock()
        self.known = dict(_read(self._path))
        put(self._path, b"".join(_line(path, *of) for path, of in self.known.items()))

    # From the store

    def fetch(self) -> None:
        """Make the copy equal to the store, except for files that a killed run has made and not published."""
        self.out.mkdir(parents=True, exist_ok=True)
        sweep(self.out)
        found: dict[str, str] = {}
        for under in (REGISTER, INDEX_NUMBERS, self.before, self.period):
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
        return path in (REGISTER, INDEX_NUMBERS, self.before) or path.startswith(f"{self.period}/")

    def is_published(self, path: str) -> bool:
        """Return True for a file that belongs into the store: not the book, no lock or stray, of the logs the last."""
        _, *parts = path.split("/")
        if not parts:
            return path in (REGISTER, INDEX_NUMBERS)
        name, top = parts[-1], parts[0]
        return not (name.startswith(PREFIX) or name == LOCK or (top == "book" and len(parts) > 1) or (top == LOGS and name != LOG))

    # To the store

    def publish(self, path: str) -> None:
        """Put the file at `path` into the store, unless it is there. Raises `CannotFile`."""
        file = self.out / path
        content = file.read_bytes() if file.is_file() else b""
        sha256 = hashlib.sha256(content).hexdigest()
        if file.is_file() and sha256 != self.known.get(path, ("", ""))[0]:
            self._know(path, sha256, self.store.put(path, content))

    def withdraw(self) -> None:
        """Remove from the store the files that the run has removed."""
        for path in [path for path in self.known if path.startswith(f"{self.period}/") and not (self.out / path).exists()]:
            self.store.remove(path)
            self._forget(path)

    def files(self, below: str = "") -> list[str]:
        """Return the paths of the period's files that belong into the store, below a folder of it."""
        top = self.out / self.period / below
        paths = (path.relative_to(self.out).as_posix() for path in top.rglob("*") if path.is_file())
        return sorted(path for path in paths if self.is_published(path))

    # Files that are the same at both ends

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
    last: dict[str, tuple[str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            name, sha256, mark = json.loads(line)
        except (ValueError, TypeError):
            continue  # the line that was being written when the machine went down: its file is looked at anew
        last[name] = (sha256, mark)
    yield from ((name, of) for name, of in last.items() if of[0])


class RunPublisher:
    """A listener that publishes the files of every job that ended, beside the run; after a first fault it waits for the end of the run."""

    def __init__(self, copy: LocalCopy) -> None:
        self._copy = copy
        self._pool = ThreadPoolExecutor(AT_A_TIME if copy.store.takes_at_once else 1)
        self._shared = threading.Lock()
        self._failed = threading.Event()
        self._ended, self._next = 0, JOURNAL_EVERY

    def started(self, job: Job) -> None:
        """Do nothing: there are no files yet."""

    def ended(self, job: Job) -> None:
        """Publish the files of the job."""
        self._pool.submit(self._publish, list(job.files))

    def _publish(self, files: Iterable[str]) -> None:
        if self._failed.is_set():
            return
        try:
            self._publish_shared()
            for file in files:
                self._copy.publish(f"{self._copy.period}/{file}")
            self._publish_journal()
        except CannotFile:
            self._failed.set()

    def _publish_shared(self) -> None:
        """Publish the files that must be there before a paper: its number in the register, and people's words in the paper before it."""
        with self._shared:
            for path in (REGISTER, INDEX_NUMBERS, *self._copy.files(EDITED)):
                self._copy.publish(path)

    def _publish_journal(self) -> None:
        with self._shared:
            self._ended += 1
            if self._ended < self._next:
                return
            self._next = self._ended + max(JOURNAL_EVERY, self._ended // 10)
            self._copy.publish(f"{self._copy.period}/{JOURNAL}")

    def finish(self) -> None:
        """Publish all other files, the record last. Raises `CannotFile`."""
        self._pool.shutdown(wait=True)
        record = f"{self._copy.period}/{RECORD}"
        self._publish_shared()
        with ThreadPoolExecutor(AT_A_TIME if self._copy.store.takes_at_once else 1) as pool:
            list(pool.map(self._copy.publish, [path for path in self._copy.files() if path != record]))
        self._copy.withdraw()
        self._copy.publish(record)
