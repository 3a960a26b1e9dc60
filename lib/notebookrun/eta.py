"""The course of a run of many jobs: what has happened to each so far, and what that says of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from postloan.month_end.run_record import DONE, MADE, UNCHANGED, Job

Key = tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """Where a run stands. `seconds_left` is None while nothing is known to tell it by."""

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


class Course:
    """What has happened so far, and what that says of the rest. Durations are seconds.

    What a job costs here does not grow with how many there are: whoever shows the course asks after each.
    """

    def __init__(self, jobs: Iterable[Job], workers: int, monotonic: Callable[[], float]) -> None:
        self.jobs: dict[Key, Job] = {}
        self.workers, self._clock = max(1, workers), monotonic
        self.begun = monotonic()
        self.running: dict[Key, float] = {}
        self._states: dict[Key, str] = {}
        self._counts: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._took: dict[str, Took] = {}
        for job in jobs:
            self._knows(job)

    def started(self, job: Job) -> None:
        """A job, or another try of one, has begun."""
        self._leaves(job)
        self.running[job.key] = self._clock()

    def ended(self, job: Job) -> None:
        """A job has come to the state it is in."""
        self._leaves(job)
        self._states[job.key] = job.state
        self._counts[job.state] += 1
        if job.state == MADE:
            self._took[job.document] = self._took.get(job.document, Took()).and_(job.seconds)

    def _knows(self, job: Job) -> None:
        if job.key not in self.jobs:
            self.jobs[job.key] = job
            self._waiting[job.document] += 1

    def _leaves(self, job: Job) -> None:
        """Takes the job out of where it is: at work, ended, or waiting."""
        self._knows(job)
        if job.key in self.running:
            del self.running[job.key]
        elif job.key in self._states:
            self._counts[self._states.pop(job.key)] -= 1
        else:
            self._waiting[job.document] -= 1

    def standing(self) -> Standing:
        """Where the run stands now."""
        failed = sum(count for state, count in self._counts.items() if state not in DONE)
        made, unchanged, left = self._counts[MADE], self._counts[UNCHANGED], self._waiting.total()
        return Standing(
            *(len(self.jobs), made, unchanged, failed, len(self.running), left, self._clock() - self.begun, self.seconds_left())
        )

    def seconds_left(self) -> float | None:
        """How long the rest will take: what is left of each job, shared by the workers, and no less than the longest of them.

        A job takes what those of its document took on average, of a document not made yet what all took. Zero when nothing is left.
        """
        if not self.running and not self._waiting.total():
            return 0.0
        if not self._took:
            return None
        usual = {name: took.mean for name, took in self._took.items()}
        other, now = Took(sum(t.seconds for t in self._took.values()), sum(t.jobs for t in self._took.values())).mean, self._clock()
        waiting = [(count, usual.get(name, other)) for name, count in self._waiting.items() if count]
        at_work = [max(0.0, usual.get(key[0], other) - (now - begun)) for key, begun in self.running.items()]
        together = sum(count * each for count, each in waiting) + sum(at_work)
        return max(together / self.workers, *at_work, *(each for _, each in waiting))


@dataclass(frozen=True)
class Took:
    """How long jobs took together."""

    seconds: float = 0.0
    jobs: int = 0

    def and_(self, seconds: float) -> Took:
        """With one more."""
        return Took(self.seconds + seconds, self.jobs + 1)

    @property
    def mean(self) -> float:
        """How long one took on average."""
        return self.seconds / self.jobs
