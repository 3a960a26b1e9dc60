"""The course of a run of many jobs: what has happened to each so far, and what that says of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

from postloan.batch_record import DONE, MADE, UNCHANGED, Job

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
    """What has happened so far, and what that says of the rest. Durations are seconds."""

    def __init__(self, jobs: Iterable[Job], workers: int, monotonic: Callable[[], float]) -> None:
        self.jobs = {job.key: job for job in jobs}
        self.workers, self._clock = max(1, workers), monotonic
        self.begun = monotonic()
        self.running: dict[Key, float] = {}
        self.states: dict[Key, str] = {}
        self.took: dict[str, list[float]] = {}

    def started(self, job: Job) -> None:
        """A job, or another try of one, has begun."""
        self.jobs.setdefault(job.key, job)
        self.states.pop(job.key, None)
        self.running[job.key] = self._clock()

    def ended(self, job: Job) -> None:
        """A job has come to the state it is in."""
        self.jobs.setdefault(job.key, job)
        self.running.pop(job.key, None)
        self.states[job.key] = job.state
        if job.state == MADE:
            self.took.setdefault(job.document, []).append(job.seconds)

    def standing(self) -> Standing:
        """Where the run stands now."""
        counts = Counter(self.states.values())
        failed = sum(count for state, count in counts.items() if state not in DONE)
        left = len(self.jobs) - len(self.states) - len(self.running)
        seconds = self._clock() - self.begun
        return Standing(len(self.jobs), counts[MADE], counts[UNCHANGED], failed, len(self.running), left, seconds, self.seconds_left())

    def seconds_left(self) -> float | None:
        """How long the rest will take: what is left of each job, shared by the workers, and no less than the longest of them.

        A job takes what those of its document took on average, of a document not made yet what all took. Zero when nothing is left.
        """
        rest = [key for key in self.jobs if key not in self.states]
        if not rest:
            return 0.0
        everything = [seconds for took in self.took.values() for seconds in took]
        if not everything:
            return None
        usual = {name: fmean(took) for name, took in self.took.items()}
        other, now = fmean(everything), self._clock()
        needs = [max(0.0, usual.get(key[0], other) - (now - self.running.get(key, now))) for key in rest]
        return max(sum(needs) / self.workers, max(needs))
