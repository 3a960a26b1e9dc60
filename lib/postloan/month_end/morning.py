"""The morning page: one file for the morning after: papers that were made, papers that were not and why, figures to look at before signing.

It is static and whole in itself: its styles and its small program are in it, nothing is fetched, it reads and prints without JavaScript.
It shows no more than `run.json` holds, and less of it: what a foreign error quotes, rows of data and names of customers never get there.
Times are Beijing's, whatever the machine's zone, so that the same record gives the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from notebookrun.job import (
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
)
from notebookrun.redact import without_quotes

from postloan.file import put
from postloan.month_end.morning_view import (
    durations,
    failed_previews,
    most_moved_first,
    not_made_groups,
    problem_groups,
    shown,
)
from postloan.month_end.run_log import FOLDER as LOGS
from postloan.month_end.run_log import NAME as LOG
from postloan.month_end.run_record import Record, file_record, now
from postloan.problem import BLANK, DROP, NOTE, STOP, Problem
from postloan.register import SIGN_OFFS

if TYPE_CHECKING:
    from postloan.register.stale_sign_offs import StaleSignOff

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
CONSEQUENCES = {STOP: "终止运行", DROP: "剔除该行", BLANK: "该格按未填处理", NOTE: "提示"}
KINDS_OF_FILES = {".docx": "Word", ".xlsx": "Excel", ".pdf": "PDF"}
SLOWEST = 10
MOVED_SHOWN = 300
"""Moved figures the page holds; all of them are in `run.json`."""


def morning_page(record: Record, problems: Iterable[Problem] = (), stale: Sequence[StaleSignOff] = ()) -> bytes:
    """The page of a run as HTML in UTF-8: of its record, of the problems of its data, and of sign-offs that do not hold any more."""
    jobs = sorted(record.jobs, key=lambda job: (job.document, job.unit))
    counts = {state: sum(job.state == state for job in jobs) for state in STATES}
    ran = [job for job in jobs if job.state not in (UNCHANGED, NOT_STARTED)]
    moved = sorted(record.moved or [], key=most_moved_first)
    page = _template().render(
        record=record,
        jobs=jobs,
        counts=counts,
        not_made=sum(counts[state] for state in STATES if state not in DONE),
        groups=not_made_groups(jobs),
        failed_previews=failed_previews(record.documents),
        problem_groups=problem_groups(problems),
        moved=[shown(figure) for figure in moved[:MOVED_SHOWN]],
        moved_count=len(moved),
        stale=stale,
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


def close_record(record: Record, folder: Path, problems: Iterable[Problem]) -> None:
    """End a run: file its page, and then its record with the time of the end."""
    record.ended = now()
    put(folder / NAME, morning_page(record, problems, _stale(folder)))
    file_record(record, folder)


def _stale(folder: Path) -> Sequence[StaleSignOff]:
    if not (folder.parent / SIGN_OFFS).is_file():
        return ()
    from postloan.register.stale_sign_offs import stale_sign_offs  # late: a run that changes nothing loads little

    return stale_sign_offs(folder)


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
    """Return the content security policy of the page: its own styles and its own program, known by their hashes, and nothing else."""
    css, js = (b64encode(sha256(text.encode()).digest()).decode() for text in assets().values())
    return f"default-src 'none'; style-src 'sha256-{css}'; script-src 'sha256-{js}'; base-uri 'none'; form-action 'none'"


# Times and links


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
