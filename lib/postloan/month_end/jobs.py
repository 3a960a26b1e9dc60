"""The jobs of a run: one notebook a document and unit, what is asked of it, and what became of it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from notebookrun.batch import CURABLE, JobRunner, Listener, run_jobs
from notebookrun.job import DONE, FAILED, INTERRUPTED, MADE, UNCHANGED
from notebookrun.journal import Done, Journal, Task
from notebookrun.options import RunOptions
from notebookrun.progress import Progress
from notebookrun.redact import without_quotes
from notebookrun.run import run_notebook

from postloan.errors import MOST_NAMED, BadCommand, BadTemplate, CannotFile
from postloan.figures.book import Book
from postloan.figures.book_reader import part_keys
from postloan.figures.fingerprint import digest, made_by
from postloan.file import append_line, extension, put, sha256_file
from postloan.language import tr
from postloan.month_end.folder_lock import HELD
from postloan.month_end.pdf import pdf_path, previews
from postloan.month_end.plan import Request, parameters
from postloan.month_end.run_record import Record
from postloan.month_end.workers import POOL
from postloan.papers.document import document, notebook_of
from postloan.papers.make import WHOLE_BANK, paper_paths, paper_stems, without_papers
from postloan.papers.record.regeneration import edits_listed

BOOK, PART = "POSTLOAN_BOOK", "POSTLOAN_PART"
"""The environment variables by which a run tells a notebook where its book is, and which unit's part of it is the notebook's (blank: all)."""
MOST_WORKERS = 4
MEGABYTES = 4096
"""What one notebook may map of memory."""


def jobs_of(request: Request, book: Book, name: str, kept: Path) -> list[Task]:
    """The jobs of one document, made from the book kept in `kept`: one for the whole bank, one a unit.

    Notices are numbered one after the other, so a document's are one job.
    """
    kind = document(name)
    given = [*made_by(kind.folder, notebook_of(name)), request.period]
    given += [request.prepared_on, request.preparer, request.reviewer]
    if kind.tells or "unit" not in kind.per:
        asked = request.units if kind.tells else []
        papers = paper_paths(book, name, asked, request.out)
        key = digest(json.dumps([*given, kept.name, asked]))
        return [Task(name, kind.title, "", "", f"notebooks/{name}.ipynb", key, asked, papers, _idle(request, book, name, papers))]
    stems = paper_stems(book, kind, request.units)
    keys = {"": kept.name, **part_keys(kept, [unit for unit in stems if unit])}
    return [
        Task(
            *(name, kind.title, unit, book.unit_names.get(unit, unit) if unit else "", f"notebooks/{stem}.ipynb"),
            digest(json.dumps([*given, keys[unit], unit])),
            [unit or WHOLE_BANK],
            [f"{stem}{Path(file).suffix}" for file in kind.templates],
        )
        for unit, stem in stems.items()
    ]


def _idle(request: Request, book: Book, name: str, papers: list[str]) -> str:
    """Names the units that a document which tells something has nothing to tell."""
    idle = without_papers(book, name, request.units, papers)
    if not idle:
        return ""
    named = "、".join(idle[:MOST_NAMED]) + (" …" if len(idle) > MOST_NAMED else "")
    return tr("nothing to send to {count} units: {units}", count=len(idle), units=named)


def do_jobs(request: Request, jobs: list[Task], book: Book, record: Record, listeners: Sequence[Listener]) -> None:
    """Run the jobs and record what came of each."""
    journal = Journal(request.folder, append_line)
    if request.only_failed:
        jobs = [job for job in jobs if (last := journal.last.get(job.name)) is None or last.state not in DONE]
    folder = (request.folder / "book" / record.book.key).resolve()
    place = _on_cluster(request, folder, jobs) if request.cluster else _here(request, folder)
    done: list[Done] | None = None
    try:
        with place as runner:
            for listener in listeners:
                if isinstance(listener, Progress):
                    listener.begin([job.job() for job in jobs], workers=runner.workers)
            done = run_jobs(jobs, runner, journal, listeners, _deadline(request.deadline))
    finally:
        if done is None:
            done = [journal.finished(job) or Done(job, INTERRUPTED, tr("interrupted"), tries=0) for job in jobs]
        _record(done, record)


def _record(done: list[Done], record: Record) -> None:
    """What came of the jobs, also of a run that was stopped among them."""
    record.jobs = [one.job() for one in done]
    for name in dict.fromkeys(one.task.document for one in done):
        of = [one for one in done if one.task.document == name]
        record.documents[name] = _together(of)
        record.outputs |= dict(sorted((path, sha256) for one in of for path, sha256 in one.files.items()))


RETRIED = (*CURABLE, CannotFile.__name__)
"""Errors that another try may cure."""


@contextmanager
def _here(request: Request, kept: Path) -> Iterator[JobRunner]:
    """Notebooks run on this machine."""
    workers = request.workers or min(os.cpu_count() or 1, MOST_WORKERS)
    threads = ThreadPoolExecutor(workers)
    try:
        POOL.start(0 if request.kernel else workers)
        yield JobRunner(partial(make_job, request, kept), threads, workers, RETRIED)
    except BaseException:
        POOL.stop()
        raise
    finally:
        threads.shutdown(wait=True, cancel_futures=True)
        POOL.close()


@contextmanager
def _on_cluster(request: Request, kept: Path, jobs: list[Task]) -> Iterator[JobRunner]:
    """Notebooks run on the workers of a Dask cluster."""
    cluster = extension("clusters", "dask")
    asked = cluster.rooted(request)
    errand = cluster.Errand(secrets.token_hex(8), cluster.speaks(), asked.folder, kept)
    with cluster.joined(request.cluster, errand) as there:
        fingerprints = {name: cluster.fingerprint(name) for name in {job.document for job in jobs}}
        work = there.work(partial(make_job, asked, kept), errand, fingerprints)
        yield JobRunner(work, there.executor, request.workers or there.threads, RETRIED)


def _together(of: list[Done]) -> dict[str, Any]:
    """What became of a document, over all its jobs."""
    bad = [one for one in of if one.state not in DONE]
    reasons = dict.fromkeys(f"{one.task.unit} {one.reason}".strip() for one in (bad or of) if one.reason)
    return {
        "state": bad[0].state if bad else MADE,
        "reason": "; ".join(reasons),
        "seconds": round(sum(one.seconds for one in of), 1),
        "files": [path for one in of for path in one.files],
        "edited": sum(one.edited for one in of),
        "jobs": len(of),
        "unchanged": sum(one.state == UNCHANGED for one in of),
    }


def _deadline(text: str) -> datetime | None:
    """The next moment at which the clock says `text`, such as 06:00."""
    if not text:
        return None
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise BadCommand(tr("'{text}' is no time of day", text=text), do=tr("write it like 06:00")) from None
    now = datetime.now().astimezone()
    then = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return then if then > now else then + timedelta(days=1)


def make_job(request: Request, kept: Path, job: Task) -> Done:
    """Run one job's notebook on the book kept in `kept`: what became of it, and the papers that are there."""
    folder = request.folder
    before = edits_listed(folder, job.document, job.papers)
    environment = {HELD: str(folder.resolve()), BOOK: str(kept), PART: job.unit}
    outcome = run_notebook(
        *(notebook_of(job.document), parameters(request, job.asked), folder / job.notebook),
        pool=None if request.kernel else POOL,
        options=RunOptions(megabytes=MEGABYTES, environment=environment, put=put, key="postloan"),
    )
    state, reason = outcome.state, without_quotes(outcome.reason)
    if state == MADE and (lacking := [path for path in job.papers if not (folder / path).exists()]):
        state, reason = FAILED, tr("the notebook ended without making {paths}", paths=", ".join(lacking))
    if state == MADE:
        reason = "; ".join(filter(None, (reason, job.remark)))
    filed = [path for path in [*(job.papers if state == MADE else []), job.notebook] if (folder / path).exists()]
    files = {path: sha256_file(folder / path) for path in filed}
    edited = edits_listed(folder, job.document, job.papers) - before
    return Done(job, state, reason, seconds=outcome.seconds, files=files, edited=max(0, edited))


def make_previews(folder: Path, record: Record) -> None:
    """The PDF of every paper that was made, filed beside it; a paper whose PDF fails stays made and is named with the reason."""
    owners = {folder / path: name for name, outcome in record.documents.items() for path in outcome["files"] if not path.endswith(".ipynb")}
    for shown in previews(list(owners)):
        outcome, to = record.documents[owners[shown.paper]], pdf_path(shown.paper).relative_to(folder).as_posix()
        if shown.pdf is None:
            outcome.setdefault("previews_failed", {})[shown.paper.relative_to(folder).as_posix()] = shown.reason
        else:
            record.outputs[to] = put(folder / to, shown.pdf)
            outcome.setdefault("previews", []).append(to)


def exit_code(record: Record) -> int:
    """0 where all was made; 1 where something was not, a preview included; 4 or 5 where nothing was, for its template's or the disk's sake."""
    outcomes = record.documents.values()
    for fault in (BadTemplate, CannotFile):
        if outcomes and all(fault.__name__ in outcome["reason"] and outcome["state"] != MADE for outcome in outcomes):
            return fault.exit_code
    return 0 if all(outcome["state"] == MADE and not outcome.get("previews_failed") for outcome in outcomes) else 1
