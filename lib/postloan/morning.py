"""The morning page: one file that says what a night has made, what it has not and why, and what to look at before anything is signed.

It is static and whole in itself: its styles and its small program are in it, nothing is fetched, it reads and prints without JavaScript.
It shows no more than `run.json` holds, and less of it: what a foreign error quotes, rows of data and names of customers never get there.
Times are Beijing's, whatever the machine's zone, so that the same record gives the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from statistics import median
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from postloan import numbers
from postloan.batch_record import (
    DONE,
    FAILED,
    INTERRUPTED,
    KERNEL_DIED,
    MADE,
    NOT_STARTED,
    STATES,
    STOPPED_EARLY,
    TIMED_OUT,
    UNCHANGED,
    Job,
    Moved,
    Record,
)
from postloan.problem import DROP, NOTE, STOP, Problem
from postloan.reasons import without_quotes
from postloan.run_log import FOLDER as LOGS
from postloan.run_log import NAME as LOG

NAME = "morning.html"
"""The page's file in the period's folder; its links are relative to that."""
TEMPLATE = Path(__file__).parent / "morning_template"
BEIJING = timezone(timedelta(hours=8))

STATE_NAMES = {
    MADE: "已生成",
    UNCHANGED: "未变",
    FAILED: "失败",
    TIMED_OUT: "超时",
    KERNEL_DIED: "内核中止",
    STOPPED_EARLY: "提前结束",
    INTERRUPTED: "被中断",
    NOT_STARTED: "未开始",
}
EXIT_CODES = {
    0: "要求的材料全部备齐",
    1: "部分材料未生成",
    2: "命令有误",
    3: "数据问题，运行终止",
    4: "模板、规则、指标或政策有误",
    5: "无法写入输出",
}
CONSEQUENCES = {STOP: "终止运行", DROP: "剔除该行", NOTE: "提示"}
KINDS_OF_FILES = {".docx": "Word", ".xlsx": "Excel", ".pdf": "PDF"}
SLOWEST = 10
MOVED_SHOWN = 300
"""Moved figures the page holds; all of them are in `run.json`."""
ROWS_NAMED = 8
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
    """How long the jobs of one document took, in seconds; `jobs` counts those that ran."""

    title: str
    jobs: int
    total: float
    median: float
    longest: float


@dataclass(frozen=True)
class MovedShown:
    """A moved figure as the page prints it; `excess` is how many times the allowance it moved, None where that cannot be said."""

    where: str
    title: str
    before: str
    now: str
    change: str
    allowed: str


def morning_page(record: Record, problems: Iterable[Problem] = ()) -> bytes:
    """The page of a run as HTML in UTF-8: of its record, and of the problems of its data."""
    jobs = sorted(record.jobs, key=lambda job: (job.document, job.unit))
    counts = {state: sum(job.state == state for job in jobs) for state in STATES}
    ran = [job for job in jobs if job.state not in (UNCHANGED, NOT_STARTED)]
    moved = sorted(record.moved or [], key=_most_moved_first)
    page = _template().render(
        record=record,
        jobs=jobs,
        counts=counts,
        not_made=sum(counts[state] for state in STATES if state not in DONE),
        groups=not_made_groups(jobs),
        failed_previews=_failed_previews(record.documents),
        problem_groups=problem_groups(problems),
        moved=[shown(figure) for figure in moved[:MOVED_SHOWN]],
        moved_count=len(moved),
        durations=durations(ran),
        slowest=sorted(ran, key=lambda job: (-job.seconds, job.key))[:SLOWEST],
        titles=list(dict.fromkeys(job.title for job in jobs)),
        states=[state for state in STATES if counts[state]],
        edited=sum(job.edited for job in jobs),
        log=f"{LOGS}/{LOG}",
        policy=security(),
        **assets(),
    )
    return page.encode("utf-8", "replace")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters = {"href": href, "beijing": beijing, "lasted": lasted, "own_words": without_quotes, "papers": papers_named}
    environment.filters |= filters
    environment.globals |= {"STATE_NAMES": STATE_NAMES, "EXIT_CODES": EXIT_CODES, "CONSEQUENCES": CONSEQUENCES, "DONE": DONE}
    return environment.get_template("page.html")


@cache
def assets() -> dict[str, str]:
    """The styles and the program that stand in the page."""
    return {name: (TEMPLATE / f"page.{name}").read_text(encoding="utf-8") for name in ("css", "js")}


def security() -> str:
    """What a browser lets the page do: its own styles and its own program, known by their hashes, and nothing else."""
    css, js = (b64encode(sha256(text.encode()).digest()).decode() for text in assets().values())
    return f"default-src 'none'; style-src 'sha256-{css}'; script-src 'sha256-{js}'; base-uri 'none'; form-action 'none'"


# What was not made


def not_made_groups(jobs: Iterable[Job]) -> list[NotMade]:
    """What was not made, by document, state and reason, those that concern most units first; what never started comes last."""
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        if job.state not in DONE:
            groups[job.title, job.state, without_quotes(job.reason)].append(job)
    found = [NotMade(*key, of_one) for key, of_one in groups.items()]
    return sorted(found, key=lambda group: (group.state == NOT_STARTED, -len(group.jobs), group.title, group.state, group.reason))


def _failed_previews(documents: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
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
    return sorted(found, key=lambda p: ((STOP, DROP, NOTE).index(p.consequence), p.file, p.sheet, p.field, p.check))


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


def _most_moved_first(moved: Moved) -> tuple[object, ...]:
    """The bank's figures first, then units that are new or gone, then the largest movements, then those without a size."""
    excess = abs(Decimal(moved.change)) / Decimal(moved.allowed) if moved.change and Decimal(moved.allowed or 0) else None
    return moved.grain != "bank", bool(moved.measure), excess is None, -(excess or 0), moved.subject, moved.measure


def shown(moved: Moved) -> MovedShown:
    """A moved figure in the words of the page."""
    where = " ".join(filter(None, (moved.subject, moved.name)))
    if not moved.measure:
        return MovedShown(where, moved.title, "—", "—", "—", "—")
    before, now, change, allowed = (Decimal(text) if text else None for text in (moved.before, moved.now, moved.change, moved.allowed))
    says = numbers.points_change if moved.unit_of_measure == "ratio" else _share
    moved_by = says(change) if change is not None else "由不适用变为有值" if before is None else "变为不适用" if now is None else "上期为零"
    limit = numbers.points(allowed) if moved.unit_of_measure == "ratio" else numbers.percent(allowed, 0)
    unit = moved.unit_of_measure
    return MovedShown(where, moved.title, figure(before, unit), figure(now, unit), moved_by, limit)


def figure(value: Decimal | None, unit: str) -> str:
    """A figure in its unit as the page prints it; yuan in 万元."""
    if unit == "ratio":
        return numbers.percent(value)
    if unit == "元":
        return numbers.wan(value, 2, True)
    return numbers.number(numbers.rounded(value, 2), separator=True) + unit if value is not None else numbers.NOT_APPLICABLE


def _share(change: Decimal) -> str:
    return ("增加" if change > 0 else "减少") + numbers.percent(abs(change), 1)


# Durations, times and links


def durations(jobs: Iterable[Job]) -> list[Durations]:
    """How long the jobs took, by document, the longest together first."""
    took: dict[str, list[float]] = defaultdict(list)
    for job in jobs:
        took[job.title].append(job.seconds)
    found = [Durations(title, len(s), sum(s), median(s), max(s)) for title, s in took.items()]
    return sorted(found, key=lambda d: (-d.total, d.title))


def beijing(moment: str, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """An ISO time with its zone in Beijing time; what is no such time as it is."""
    try:
        parsed = datetime.fromisoformat(moment)
        return parsed.astimezone(BEIJING).strftime(form) if parsed.tzinfo else moment
    except ValueError:
        return moment


def lasted(started: str, ended: str) -> str:
    """The time between two ISO times in words; blank where one is missing, or the clock was set back."""
    try:
        seconds = int((datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds())
    except (ValueError, TypeError):
        return ""
    parts = [f"{count}{unit}" for count, unit in ((seconds // 3600, "小时"), (seconds // 60 % 60, "分"), (seconds % 60, "秒")) if count]
    return "".join(parts) or "不足1秒" if seconds >= 0 else ""


def papers_named(job: Job) -> list[tuple[str, str]]:
    """The papers of a job and what their links are called: by their kind, or by their names where two are of one kind."""
    paths = [path for path in job.files if path != job.notebook]
    kinds = [KINDS_OF_FILES.get(PurePosixPath(path).suffix.lower(), "") for path in paths]
    return [(path, kind if kind and kinds.count(kind) == 1 else path.rpartition("/")[2]) for path, kind in zip(paths, kinds, strict=True)]


def href(path: str) -> str:
    """A path below the page's folder as a link; blank for one that would lead out of it."""
    plain = PurePosixPath(path.replace("\\", "/"))
    if plain.is_absolute() or ".." in plain.parts or not plain.parts:
        return ""
    return quote(str(plain), safe="/", errors="surrogatepass")
