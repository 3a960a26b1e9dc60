"""The expected end of a run of many jobs, from what has happened to each so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from notebookrun.job import DONE, MADE, UNCHANGED, Job

Key = tuple[str, str]


@dataclass(frozen=True)
class JobCounts:
    """The state of a run in numbers. `seconds_left` is None while nothing is known to tell it by."""

    total: int
    made: int
    unchanged: int
    failed: int
    running: int
    left: int
    seconds: float
    seconds_left: float | None

    @property
    def done(self) -> int:
        """Jobs whose papers are there."""
        return self.made + self.unchanged


class JobTracker:
    """The states of the jobs so far, and the expected end of the rest. Durations are seconds.

    An event costs the same however many jobs there are: the numbers are asked for after each.
    """

    def __init__(self, jobs: Iterable[Job], workers: int, monotonic: Callable[[], float]) -> None:
        self.jobs: dict[Key, Job] = {}
        self.workers, self._clock = max(1, workers), monotonic
        self.begun = monotonic()
        self.running: dict[Key, float] = {}
        self._states: dict[Key, str] = {}
        self._by_state: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._took: dict[str, MeanDuration] = {}
        for job in jobs:
            self._add(job)

    def started(self, job: Job) -> None:
        """A job, or another try of one, has begun."""
        self._remove(job)
        self.running[job.key] = self._clock()

    def ended(self, job: Job) -> None:
        """A job has come to the state it is in."""
        self._remove(job)
        self._states[job.key] = job.state
        self._by_state[job.state] += 1
        if job.state == MADE:
            self._took[job.document] = self._took.get(job.document, MeanDuration()).plus(job.seconds)

    def _add(self, job: Job) -> None:
        if job.key not in self.jobs:
            self.jobs[job.key] = job
            self._waiting[job.document] += 1

    def _remove(self, job: Job) -> None:
        """Take the job out of its place: at work, ended, or waiting."""
        self._add(job)
        if job.key in self.running:
            del self.running[job.key]
        elif job.key in self._states:
            self._by_state[self._states.pop(job.key)] -= 1
        else:
            self._waiting[job.document] -= 1

    def counts(self) -> JobCounts:
        """Return the state of the run in numbers."""
        failed = sum(count for state, count in self._by_state.items() if state not in DONE)
        made, unchanged, left = self._by_state[MADE], self._by_state[UNCHANGED], self._waiting.total()
        return JobCounts(
            *(len(self.jobs), made, unchanged, failed, len(self.running), left, self._clock() - self.begun, self.seconds_left())
        )

    def seconds_left(self) -> float | None:
        """Return the duration of the rest: what is left of each job, shared by the workers, and no less than the longest of them.

        A job takes what those of its document took on average, of a document not made yet what all took. Zero when nothing is left.
        """
        if not self.running and not self._waiting.total():
            return 0.0
        if not self._took:
            return None
        usual = {name: took.mean for name, took in self._took.items()}
        other, now = MeanDuration(sum(t.seconds for t in self._took.values()), sum(t.jobs for t in self._took.values())).mean, self._clock()
        waiting = [(count, usual.get(name, other)) for name, count in self._waiting.items() if count]
        at_work = [max(0.0, usual.get(key[0], other) - (now - begun)) for key, begun in self.running.items()]
        together = sum(count * each for count, each in waiting) + sum(at_work)
        return max(together / self.workers, *at_work, *(each for _, each in waiting))


@dataclass(frozen=True)
class MeanDuration:
    """The duration of jobs, together and on average."""

    seconds: float = 0.0
    jobs: int = 0

    def plus(self, seconds: float) -> MeanDuration:
        """Return it with one more job."""
        return MeanDuration(self.seconds + seconds, self.jobs + 1)

    @property
    def mean(self) -> float:
        """The seconds one took on average."""
        return self.seconds / self.jobs
