"""The journal of a batch: a line for every job that ended, written through to the disk before the next begins.

A run that was killed goes on from there: a job whose line says the same key, and whose files are there, is not done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from notebookrun.files import append as append_line
from notebookrun.files import is_still
from notebookrun.job import MADE, Job

JOURNAL = "jobs.jsonl"


@dataclass(frozen=True)
class Task:
    """One document for one unit (the whole where blank), in plain values, so that any process or machine can be given it.

    `key` is the fingerprint of all its result rests on, `asked` the units its notebook is asked about (all where empty), `papers` the files
    it must make, `remark` a remark for the record of a task that was made.
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
        """The pair that tells it from other tasks of the run."""
        return self.document, self.unit

    def job(self) -> Job:
        """Return the job as records tell it before it has begun."""
        return Job(self.document, self.title, self.unit, self.unit_name, notebook=self.notebook)


@dataclass(frozen=True)
class Done:
    """The end of a task. `files` are paths below the output folder, with their hashes; `reasons` of every try that did not make it."""

    task: Task
    state: str
    reason: str = ""
    tries: int = 1
    seconds: float = 0.0
    started: str = ""
    files: dict[str, str] = field(default_factory=dict)
    edited: int = 0
    reasons: list[str] = field(default_factory=list)

    def job(self) -> Job:
        """Return the job as records tell it."""
        task = self.task
        return Job(
            *(task.document, task.title, task.unit, task.unit_name, self.state, self.reason, self.tries, self.seconds, self.started),
            *(list(self.files), task.notebook, self.edited),
        )


class Journal:
    """The tasks that earlier runs finished in `folder`. `append` writes a line; what it raises stops the batch."""

    def __init__(self, folder: Path, append: Callable[[Path, bytes], None] = append_line) -> None:
        self.folder, self.path, self._append = folder, folder / JOURNAL, append
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
        """Return the end of the task where it was made from the very same things and its files are still as it left them."""
        done = self.last.get(task.name)
        if done is None or done.state != MADE or not task.key or done.task.key != task.key:
            return None
        return done if all(is_still(self.folder / file, sha256) for file, sha256 in done.files.items()) else None

    def seconds(self, task: Task) -> float:
        """Return the seconds it took last time."""
        done = self.last.get(task.name)
        return done.seconds if done else 0.0

    def add(self, done: Done) -> None:
        """Keep the end of a task, on the disk before this returns."""
        self._append(self.path, (json.dumps(asdict(done), ensure_ascii=False) + "\n").encode())
        self.last[done.task.name] = done
