"""A run of which nothing has changed since the last one: said in a second, without reading the data again.

The last good run has recorded the key of its manifest and the hash of every file it left. Where both are still the same, this run would make
the same papers. It gets a record of its own, in which every job is `unchanged`.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import Any

from notebookrun.eta import JobTracker
from notebookrun.files import is_still
from notebookrun.job import MADE, UNCHANGED
from notebookrun.progress import Progress

from postloan.file import csv_rows
from postloan.language import tr
from postloan.month_end.folder_lock import locked_folder
from postloan.month_end.manifest import register_hash, run_key
from postloan.month_end.morning import close_record
from postloan.month_end.plan import Plan, Request
from postloan.month_end.run_log import RunLog
from postloan.month_end.run_record import RECORD, BookUsed, Record, now, read_record
from postloan.problem import Problem

PROBLEMS = "problems.csv"


def unchanged_run(plan: Plan, shown: Progress, request: Request | None = None) -> Record | None:
    """Return the record of this run where nothing has changed since the last one; None where something may have.

    `request` is the one that is recorded, where that is not the plan's own.
    """
    if not (plan.folder / RECORD).is_file() or not plan.data.exists():
        return None
    started = now()
    with locked_folder(plan.folder):
        last = _last_good(plan)
        if last is None:
            return None
        shown.tell(tr("nothing has changed since the run of {moment}: all is as it left it", moment=last.started))
        record = _new_record(last, request or plan.request, started)
        with RunLog(plan.folder) as log:
            log.began(record, len(record.jobs))
            close_record(record, plan.folder, _problems_filed(plan.folder))
            log.finished(record)
        shown.tracker = JobTracker(record.jobs, 1, monotonic)
        for job in record.jobs:
            shown.tracker.ended(job)
        shown.close()
    return record


def _last_good(plan: Plan) -> Record | None:
    """The record of the last run, where it made everything from the very same files, and its own files are as it left them."""
    try:
        record = read_record(plan.folder / RECORD)
        is_good = record.ended and not record.stopped and record.exit_code == 0 and record.jobs
        if not is_good or not record.manifest or record.manifest != run_key(plan) or record.register != register_hash(plan):
            return None
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return record if all(is_still(plan.folder / path, sha256) for path, sha256 in record.outputs.items()) else None


def _new_record(last: Record, request: Request, started: str) -> Record:
    """The record of a run that found everything as `last` left it."""
    jobs = [replace(job, state=UNCHANGED, seconds=0.0, edited=0) for job in last.jobs]
    documents = {name: _unchanged(outcome) for name, outcome in last.documents.items()}
    book = BookUsed(last.book.key, fresh=False)
    return replace(last, parameters=asdict(request), started=started, ended="", jobs=jobs, documents=documents, book=book, deadline="")


def _unchanged(outcome: dict[str, Any]) -> dict[str, Any]:
    return {**outcome, "state": MADE, "seconds": 0.0, "edited": 0, "unchanged": outcome.get("jobs", 0)}


def _problems_filed(folder: Path) -> list[Problem]:
    """The problems of the data as the last run filed them."""
    found = [Problem(*row) for row in csv_rows((folder / PROBLEMS).read_bytes())[1:]]  # type: ignore[arg-type]
    return [problem._replace(row=int(problem.row) if problem.row else None) for problem in found]
