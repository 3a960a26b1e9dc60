"""The log of a run: one line for each thing that happened, in a file under `<out>/<period>/logs/`.

A line says when, what, and of which document and unit: `2026-07-01T01:02:03Z job document=quarterly_brief unit=001 state=failed
error=KeyError seconds=3.2`. No value of the data is ever in it: of a reason only the class of the error is kept, unless the error is one
of ours. A log that cannot be written stops nothing.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Self

from notebookrun.job import DONE, Job
from notebookrun.redact import error_class, without_quotes

from postloan.errors import STOPPING
from postloan.month_end.run_record import Record

FOLDER, NAME = "logs", "run.log"
KEPT = 14
"""Logs of earlier runs that stay: `run.log.1` is the last one's."""
LARGEST = 16 * 2**20
"""Bytes after which a log is carried on in a new file."""

_PLAIN = re.compile(r"[\w.:/+\-\[\]]+")


class RunLog:
    """The log of one run; `lost` counts the lines that could not be written. Each run begins a new file."""

    def __init__(self, folder: Path, *, kept: int = KEPT, largest: int = LARGEST, now: Callable[[], float] = time.time) -> None:
        """Open the log below `folder`, the period's; `now` gives seconds since 1970."""
        self.path = folder / FOLDER / NAME
        self.lost, self._now = 0, now
        self._file: _Quiet | None = None
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _Quiet(self._lose, self.path, maxBytes=largest, backupCount=kept, encoding="utf-8", errors="backslashreplace")
            if self.path.stat().st_size:
                self._file.doRollover()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def began(self, record: Record, jobs: int) -> None:
        """The run has begun, with so many jobs."""
        self.say("began", period=record.period, policy=record.policy["name"], program=record.program, jobs=jobs)

    def book(self, record: Record) -> None:
        """The book is there."""
        self.say("book", key=record.book.key[:12], fresh=record.book.fresh, seconds=round(record.book.seconds, 1), **record.problems)

    def started(self, job: Job) -> None:
        """A job has started."""
        self.say("started", document=job.document, unit=job.unit, attempt=job.tries)

    def ended(self, job: Job) -> None:
        """A job has ended; a good one says nothing of its reason."""
        why = {} if job.state in DONE else {"error": error_class(job.reason), "reason": without_quotes(job.reason)}
        self.say("ended", document=job.document, unit=job.unit, state=job.state, attempt=job.tries, seconds=round(job.seconds, 1), **why)

    def error(self, error: BaseException) -> None:
        """Something stopped the run: its class, and its words where they are ours."""
        self.say("stopped", error=type(error).__name__, reason=str(error) if isinstance(error, STOPPING) else "")

    def finished(self, record: Record) -> None:
        """The run has ended."""
        done = sum(job.state in DONE for job in record.jobs)
        self.say("finished", exit_code=record.exit_code, done=done, not_done=len(record.jobs) - done)

    def say(self, event: str, **values: object) -> None:
        """One line; `values` are ids, states, numbers and classes of errors, never values of the data. Blank ones are left out."""
        if self._file is None:
            self.lost += 1
            return
        told = [f"{name}={_shown(value)}" for name, value in values.items() if value not in ("", None)]
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._now()))
        self._file.emit(logging.makeLogRecord({"msg": " ".join((when, event, *told))}))

    def _lose(self) -> None:
        self.lost += 1

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


class _Quiet(RotatingFileHandler):
    """A rotating file that says to its owner, and to nobody else, when a line was lost."""

    def __init__(self, lose: Callable[[], None], path: Path, **options: object) -> None:
        super().__init__(path, **options)  # type: ignore[arg-type]
        self._lose = lose

    def doRollover(self) -> None:
        """Begin a new file. Where the old one is held open by another program (Windows), it is carried on."""
        try:
            super().doRollover()
        except OSError:
            self.stream = self.stream or self._open()

    def handleError(self, record: logging.LogRecord) -> None:
        self._lose()


def _shown(value: object) -> str:
    """A value on one line, quoted as JSON does where it holds a space or any sign that could be taken for something else."""
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in json.dumps(text, ensure_ascii=False))
