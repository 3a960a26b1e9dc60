"""Progress of a run of many jobs: done, running, failed, left, and the expected end, as far as that can be known.

Only what has happened is shown: a job is done when its end was announced, and an end is expected only once jobs like those left have
been made. It is shown in three ways: a few lines that change in place on a terminal, one plain line a job in a log, JSON lines for
programs. No thread runs beside the run: it is drawn anew at every event.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Protocol, TextIO

from notebookrun.eta import JobCounts, JobTracker
from notebookrun.job import DONE, Job
from notebookrun.messages import tr
from notebookrun.redact import without_quotes


class Clocks(Protocol):
    """The two clocks of progress: one that only goes forward, for durations, and the one on the wall."""

    def monotonic(self) -> float: ...
    def time(self) -> float: ...


class Progress:
    """Receives what happens in a run, and shows nothing. The classes below show it, each in its way."""

    def __init__(self, clocks: Clocks = time) -> None:  # type: ignore[assignment]
        self.clocks = clocks
        self.tracker = JobTracker((), 1, clocks.monotonic)

    def tell(self, line: str) -> None:
        """Something other than a job is being done."""

    def begin(self, jobs: Sequence[Job], workers: int = 1) -> None:
        """These jobs are to be done, so many at a time."""
        self.tracker = JobTracker(jobs, workers, self.clocks.monotonic)
        self.show("begin", None)

    def started(self, job: Job) -> None:
        """A job has begun; once more for each further try."""
        self.tracker.started(job)
        self.show("started", job)

    def ended(self, job: Job) -> None:
        """A job has come to the state it is in. A job that needs no work may end without having started."""
        self.tracker.ended(job)
        self.show("ended", job)

    def close(self) -> None:
        """Nothing more will happen; what did not is left as it is."""
        self.show("close", None)

    def show(self, event: str, job: Job | None) -> None:
        """Say what the event has changed."""

    def expected(self, counts: JobCounts) -> datetime | None:
        """Return the expected end of the run, in UTC; None where that is not known."""
        if counts.seconds_left is None:
            return None
        return datetime.fromtimestamp(self.clocks.time() + counts.seconds_left, UTC)


class _Written(Progress):
    """Progress that is written to a stream. One that takes no more (a closed pipe, a full disk) is left alone: the work goes on."""

    def __init__(self, stream: TextIO, clocks: Clocks = time) -> None:  # type: ignore[assignment]
        super().__init__(clocks)
        self.stream = stream

    def line(self, text: str) -> None:
        """Write one line, in whatever letters the stream has."""
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        with suppress(OSError, ValueError):
            self.stream.write(" ".join(text.splitlines()).encode(encoding, "replace").decode(encoding) + "\n")
            self.stream.flush()


class PlainProgress(_Written):
    """One line a job, when it ends; no line is ever taken back."""

    def tell(self, line: str) -> None:
        self.line(line)

    def show(self, event: str, job: Job | None) -> None:
        counts = self.tracker.counts()
        if event == "begin":
            self.line(tr("{count} jobs, {workers} at a time", count=counts.total, workers=self.tracker.workers))
        elif event == "ended" and job:
            place = f"{counts.total - counts.left - counts.running}/{counts.total}"
            self.line("  ".join(filter(None, (place, job_line(job), self.rest(counts)))))
        elif event == "close" and counts.total:
            self.line(summary(counts))

    def rest(self, counts: JobCounts) -> str:
        """Return the expected end in words, in the clock of this machine."""
        end = self.expected(counts)
        return tr("end expected about {time}", time=f"{end.astimezone():%H:%M}") if end and counts.seconds_left else ""


class JsonProgress(_Written):
    """One JSON object a line for every event, in ASCII, so that it survives any code page."""

    def tell(self, line: str) -> None:
        self._line({"event": "doing", "says": line})

    def show(self, event: str, job: Job | None) -> None:
        counts = self.tracker.counts()
        end = self.expected(counts)
        told: dict[str, object] = {"event": event}
        if job:
            told |= {"document": job.document, "unit": job.unit, "tries": job.tries}
        if job and event == "ended":
            told |= {"state": job.state, "reason": without_quotes(job.reason), "job_seconds": round(job.seconds, 1)}
        numbers = {name: round(value, 1) if isinstance(value, float) else value for name, value in asdict(counts).items()}
        self._line(told | numbers | {"expected_end": end.isoformat(timespec="seconds") if end else None})

    def _line(self, told: dict[str, object]) -> None:
        now = datetime.fromtimestamp(self.clocks.time(), UTC).isoformat(timespec="seconds")
        self.line(json.dumps({"time": now, **told}))


def job_line(job: Job) -> str:
    """Return one job in one line: what, for whom, how it ended and, where it was not made, why."""
    why = without_quotes(job.reason).split("\n")[0] if job.state not in DONE else ""
    took = tr("{seconds} s", seconds=f"{job.seconds:.1f}") if job.seconds else ""
    tried = tr("{count} tries", count=job.tries) if job.tries > 1 else ""
    return "  ".join(filter(None, (job_name(job), tr(job.state), took, tried, why)))


def summary(counts: JobCounts) -> str:
    """Return the numbers in words."""
    says = tr(
        "done {done} of {total} ({unchanged} unchanged), failed {failed}, running {running}, left {left}",
        done=counts.done,
        total=counts.total,
        unchanged=counts.unchanged,
        failed=counts.failed,
        running=counts.running,
        left=counts.left,
    )
    return says + "  " + tr("{time} so far", time=clock_time(counts.seconds))


def clock_time(seconds: float) -> str:
    """Return seconds as 0:00:00."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def job_name(job: Job) -> str:
    """Return the title and the unit of a job."""
    return " ".join(filter(None, (job.title, job.unit, job.unit_name)))
