"""The content of the morning page as plain values: jobs that were not made, problems, moved figures, durations.

What a foreign error quotes, rows of data and names of customers end here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from statistics import median
from typing import Any

from notebookrun.job import DONE, NOT_STARTED, Job
from notebookrun.redact import without_quotes

from postloan import numbers
from postloan.month_end.run_record import Variance
from postloan.problem import BLANK, DROP, NOTE, STOP, Problem

ROWS_NAMED = 8
"""Rows named of a problem that stands in many."""
_TABLES = (".csv", ".xlsx", ".xls", ".xlsm", ".parquet", ".yaml")


@dataclass(frozen=True)
class NotMade:
    """Jobs of one document that were not made for one and the same reason."""

    title: str
    state: str
    reason: str
    jobs: list[Job]


@dataclass(frozen=True)
class Problems:
    """Problems of one kind in one place of the data: how many, in which rows (the first), and what is said where that quotes nothing."""

    consequence: str
    check: str
    file: str
    sheet: str
    field: str
    count: int
    rows: str
    says: str


@dataclass(frozen=True)
class Durations:
    """The seconds that the jobs of one document took; `jobs` counts those that ran."""

    title: str
    jobs: int
    total: float
    median: float
    longest: float


@dataclass(frozen=True)
class VarianceShown:
    """A moved figure as the page prints it; `excess` is how many times the allowance it moved, None where that cannot be said."""

    where: str
    title: str
    before: str
    now: str
    change: str
    allowed: str


# What was not made


def not_made_groups(jobs: Iterable[Job]) -> list[NotMade]:
    """Return the jobs that were not made, by document, state and reason: most units first, jobs that never started last."""
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        if job.state not in DONE:
            groups[job.title, job.state, without_quotes(job.reason)].append(job)
    found = [NotMade(*key, of_one) for key, of_one in groups.items()]
    return sorted(found, key=lambda group: (group.state == NOT_STARTED, -len(group.jobs), group.title, group.state, group.reason))


def failed_previews(documents: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Papers without the PDF that was asked for, with the reason."""
    return [
        (paper, without_quotes(reason)) for outcome in documents.values() for paper, reason in outcome.get("previews_failed", {}).items()
    ]


# What to look at


def problem_groups(problems: Iterable[Problem]) -> list[Problems]:
    """Problems of the data, those of one kind in one place together: first what stops the run, then what drops rows, then notes.

    Neither values nor names of report files are shown, for these are customers'. What is said of a problem is shown where it is the same
    for all of the group and quotes no value.
    """
    groups: dict[tuple[str, str, str, str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        groups[problem.consequence, problem.check, _file_shown(problem.file), problem.sheet, problem.field].append(problem)
    found = [Problems(*key, len(of_one), _rows(of_one), _said(of_one)) for key, of_one in groups.items()]
    return sorted(found, key=lambda p: ((STOP, DROP, BLANK, NOTE).index(p.consequence), p.file, p.sheet, p.field, p.check))


def _file_shown(file: str) -> str:
    suffix = PurePosixPath(file).suffix
    return file if suffix.lower() in _TABLES or not suffix else f"*{suffix}"


def _rows(problems: Iterable[Problem]) -> str:
    rows = sorted({problem.row for problem in problems if problem.row is not None})
    return "、".join(map(str, rows[:ROWS_NAMED])) + (" …" if len(rows) > ROWS_NAMED else "")


def _said(problems: list[Problem]) -> str:
    says = {problem.says for problem in problems}
    quotes = any(problem.value and problem.value in problem.says for problem in problems if problem.row is not None)
    hidden = any(problem.file != _file_shown(problem.file) and problem.file in problem.says for problem in problems)
    return says.pop() if len(says) == 1 and not quotes and not hidden else ""


def most_moved_first(moved: Variance) -> tuple[object, ...]:
    """The bank's figures first, then units that are new or gone, then the largest movements, then those without a size."""
    excess = abs(Decimal(moved.change)) / Decimal(moved.allowed) if moved.change and Decimal(moved.allowed or 0) else None
    return moved.grain != "bank", bool(moved.measure), excess is None, -(excess or 0), moved.subject, moved.measure


def shown(moved: Variance) -> VarianceShown:
    """A moved figure in the words of the page."""
    where = " ".join(filter(None, (moved.subject, moved.name)))
    if not moved.measure:
        return VarianceShown(where, moved.title, "—", "—", "—", "—")
    before, now, change, allowed = (Decimal(text) if text else None for text in (moved.before, moved.now, moved.change, moved.allowed))
    says = {"ratio": numbers.points_change, "分": _points}.get(moved.unit_of_measure, _share)
    moved_by = says(change) if change is not None else "由不适用变为有值" if before is None else "变为不适用" if now is None else "上期为零"
    unit = moved.unit_of_measure
    limit = numbers.points(allowed) if unit == "ratio" else f"{allowed}分" if unit == "分" else numbers.percent(allowed, 0)
    return VarianceShown(where, moved.title, figure(before, unit), figure(now, unit), moved_by, limit)


def figure(value: Decimal | None, unit: str) -> str:
    """A figure in its unit as the page prints it; yuan in 万元."""
    if unit == "ratio":
        return numbers.percent(value)
    if unit == "元":
        return numbers.wan(value, 2, True)
    return numbers.number(numbers.rounded(value, 2), separator=True) + unit if value is not None else numbers.NOT_APPLICABLE


def _points(change: Decimal) -> str:
    return f"{'增加' if change > 0 else '减少'}{numbers.number(abs(change), 2)}分"


def _share(change: Decimal) -> str:
    return ("增加" if change > 0 else "减少") + numbers.percent(abs(change), 1)


# Durations


def durations(jobs: Iterable[Job]) -> list[Durations]:
    """Return the seconds that jobs took, by document, the largest sum first."""
    took: dict[str, list[float]] = defaultdict(list)
    for job in jobs:
        took[job.title].append(job.seconds)
    found = [Durations(title, len(s), sum(s), median(s), max(s)) for title, s in took.items()]
    return sorted(found, key=lambda d: (-d.total, d.title))
