"""A run of which nothing has changed since the last one: told in a second, without looking at the data again.

Everything a run rests on is hashed before it (`rests_on`), and so is every file it has left. Where both are as the last good run says, what
that run made is what this one would make. It is told by a record of its own, in which every job is `unchanged`.
"""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import Any

from notebookrun.eta import JobTracker
from notebookrun.files import is_still
from notebookrun.job import MADE, UNCHANGED
from notebookrun.progress import Progress

from postloan.figures.fingerprint import data_hashes, digest, folder_key, program_key
from postloan.file import sha256_file
from postloan.inspection_reports import texts_before
from postloan.language import tr
from postloan.month_end.folder_lock import held
from postloan.month_end.morning import close_record
from postloan.month_end.plan import Request
from postloan.month_end.run_log import RunLog
from postloan.month_end.run_record import RECORD, BookUsed, Record, now, read_record
from postloan.papers.document import REGISTER, all_documents, document, notebook_of
from postloan.period import Period
from postloan.problem import Problem

PROBLEMS = "problems.csv"
NOT_RESTED_ON = ("data", "out", "workers", "only_failed", "deadline", "kernel", "cluster", "engine")
"""What may be asked otherwise without anything being made otherwise."""


def rests_on(request: Request) -> str:
    """The fingerprint of all that decides what the run makes, but for the register of notices: the request, and every file that is read."""
    asked = {name: value for name, value in asdict(request).items() if name not in NOT_RESTED_ON}
    names = request.documents or list(all_documents())
    given = [Path(name) for name in (request.policy, request.calendar) if name and Path(name).is_file()]
    beside = [path for file in given for path in sorted({file, *file.parent.glob("*.yaml")})]
    read = [*beside, texts_before(request.out, Period.parse(request.period)), *(notebook_of(name) for name in names)]
    hashes = [sha256_file(path) if path.is_file() else "" for path in read]
    folders = {name: folder_key(document(name).folder) for name in names}
    said = [asked, folders, hashes, data_hashes(Path(request.data)), program_key()]
    return digest(json.dumps(said, ensure_ascii=False, sort_keys=True))


def register_hash(request: Request) -> str:
    """The hash of the register of notices; blank where there is none."""
    path = Path(request.out) / REGISTER
    return sha256_file(path) if path.is_file() else ""


def run_again(request: Request, shown: Progress, asked: Request | None = None) -> Record | None:
    """The record of this run where nothing has changed since the last one; None where something may have.

    `asked` is what the record says was asked, where that is not the request itself.
    """
    if not (request.folder / RECORD).is_file() or not Path(request.data).exists():
        return None
    started = now()
    with held(request.folder):
        last = _last_good(request)
        if last is None:
            return None
        shown.tell(tr("nothing has changed since the run of {moment}: all is as it left it", moment=last.started))
        record = _told_again(last, asked or request, started)
        with RunLog(request.folder) as log:
            log.began(record, len(record.jobs))
            close_record(record, request.folder, _problems_filed(request.folder))
            log.finished(record)
        shown.tracker = JobTracker(record.jobs, 1, monotonic)
        for job in record.jobs:
            shown.tracker.ended(job)
        shown.close()
    return record


def _last_good(request: Request) -> Record | None:
    """The record of the last run, where it made everything, rested on the very same things, and its files are as it left them."""
    try:
        record = read_record(request.folder / RECORD)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    is_good = record.ended and not record.stopped and record.exit_code == 0 and record.jobs
    if not is_good or record.rests_on != rests_on(request) or record.register != register_hash(request):
        return None
    return record if all(is_still(request.folder / path, sha256) for path, sha256 in record.outputs.items()) else None


def _told_again(last: Record, request: Request, started: str) -> Record:
    """The record of a run that found everything as `last` left it."""
    jobs = [replace(job, state=UNCHANGED, seconds=0.0, edited=0) for job in last.jobs]
    documents = {name: _unchanged(said) for name, said in last.documents.items()}
    book = BookUsed(last.book.key, fresh=False)
    return replace(last, parameters=asdict(request), started=started, ended="", jobs=jobs, documents=documents, book=book, deadline="")


def _unchanged(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "state": MADE, "seconds": 0.0, "edited": 0, "unchanged": said.get("jobs", 0)}


def _problems_filed(folder: Path) -> list[Problem]:
    """The problems of the data as the last run filed them."""
    with open(folder / PROBLEMS, encoding="utf-8", newline="") as file:
        return [Problem(**{**row, "row": int(row["row"]) if row["row"] else None}) for row in csv.DictReader(file)]  # type: ignore[arg-type]
