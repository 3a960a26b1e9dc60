"""The jobs of a run: one notebook for each document and unit, its parameters and its result."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
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

from postloan.errors import MOST_NAMED, BadTemplate, CannotFile
from postloan.figures.book import Book
from postloan.figures.book_reader import part_keys
from postloan.file import append_line, extension, put, sha256_file
from postloan.language import tr
from postloan.month_end.folder_lock import LOCKED_FOLDER
from postloan.month_end.manifest import digest, document_key
from postloan.month_end.plan import Plan, Request
from postloan.month_end.run_record import Record
from postloan.month_end.workers import POOL
from postloan.papers.document import document, notebook_of
from postloan.papers.paths import WHOLE_BANK, paper_paths, paper_stems, without_papers
from postloan.papers.record.edits import edits_listed

BOOK, PART = "POSTLOAN_BOOK", "POSTLOAN_PART"
"""The environment variables by which a run tells a notebook where its book is, and which unit's part of it is the notebook's (blank: all)."""
MOST_WORKERS = 4
MEGABYTES = 4096
"""Memory that one notebook may map."""


def jobs_of(plan: Plan, book: Book, name: str, kept: Path) -> list[Task]:
    """Return the jobs of one document, made from the book kept in `kept`: one for the whole bank, one for each unit.

    Notices are numbered one after the other, so a document's are one job.
    """
    kind, request = document(name), plan.request
    given = [document_key(name), request.period, plan.dated.prepared_on, request.preparer, request.reviewer]
    if kind.tells or "unit" not in kind.per:
        asked = request.units if kind.tells else []
        papers = paper_paths(book, name, asked, request.out)
        key = digest(*given, kept.name, asked)
        return [Task(name, kind.title, "", "", f"notebooks/{name}.ipynb", key, asked, papers, _idle(request, book, name, papers))]
    stems = paper_stems(book, kind, request.units)
    keys = {"": kept.name, **part_keys(kept, [unit for unit in stems if unit])}
    return [
        Task(
            *(name, kind.title, unit, book.unit_names.get(unit, unit) if unit else "", f"notebooks/{stem}.ipynb"),
            digest(*given, keys[unit], unit),
            [unit or WHOLE_BANK],
            [f"{stem}{Path(file).suffix}" for file in kind.templates],
        )
        for unit, stem in stems.items()
    ]


def _idle(request: Request, book: Book, name: str, papers: list[str]) -> str:
    """A sentence that names the units without anything to be sent; blank where there are none."""
    idle = without_papers(book, name, request.units, papers)
    if not idle:
        return ""
    named = "、".join(idle[:MOST_NAMED]) + (" …" if len(idle) > MOST_NAMED else "")
    return tr("nothing to send to {count} units: {units}", count=len(idle), units=named)


def do_jobs(plan: Plan, jobs: list[Task], record: Record, listeners: Sequence[Listener]) -> None:
    """Run the jobs and record the result of each."""
    journal = Journal(plan.folder, append_line)
    if plan.request.only_failed:
        jobs = [job for job in jobs if (last := journal.last.get(job.name)) is None or last.state not in DONE]
    kept = (plan.folder / "book" / record.book.key).resolve()
    runner_of = _on_cluster(plan.dated, kept, jobs) if plan.request.cluster else _here(plan.dated, kept)
    done: list[Done] | None = None
    try:
        with runner_of as runner:
            for listener in listeners:
                if isinstance(listener, Progress):
                    listener.begin([job.job() for job in jobs], workers=runner.workers)
            done = run_jobs(jobs, runner, journal, listeners, plan.deadline)
    finally:
        if done is None:
            done = [journal.finished(job) or Done(job, INTERRUPTED, tr("interrupted"), tries=0) for job in jobs]
        _record(done, record)


def _record(done: list[Done], record: Record) -> None:
    """Put the results of the jobs into the record, also those of a run that was stopped among them."""
    record.jobs = [one.job() for one in done]
    for name in dict.fromkeys(one.task.document for one in done):
        of = [one for one in done if one.task.document == name]
        record.documents[name] = _outcome(of)
        record.outputs |= dict(sorted((path, sha256) for one in of for path, sha256 in one.files.items()))


RETRIED = (*CURABLE, CannotFile.__name__)
"""Errors that another try may cure."""


@contextmanager
def workers_started(plan: Plan) -> Iterator[None]:
    """Start workers that import what notebooks need while the book is made, no more than there will be notebooks; end them at the end."""
    request, by_unit, most = plan.request, sum("unit" in document(name).per for name in plan.documents), _at_a_time(plan.request)
    notebooks = len(plan.documents) + by_unit * (len(request.units) - 1) if request.units or not by_unit else most
    POOL.start(0 if request.kernel or request.cluster else min(most, notebooks))
    try:
        yield
    finally:
        POOL.close()


def _at_a_time(request: Request) -> int:
    return request.workers or min(os.cpu_count() or 1, MOST_WORKERS)


@contextmanager
def _here(request: Request, kept: Path) -> Iterator[JobRunner]:
    """A runner of notebooks on this machine."""
    threads = ThreadPoolExecutor(_at_a_time(request))
    try:
        yield JobRunner(partial(make_job, request, kept), threads, _at_a_time(request), RETRIED)
    except BaseException:
        POOL.stop()
        raise
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _on_cluster(request: Request, kept: Path, jobs: list[Task]) -> Iterator[JobRunner]:
    """A runner of notebooks on the workers of a Dask cluster."""
    dask = extension("clusters", "dask")
    absolute = replace(request, **request.parameters())
    run = dask.ClusterRun(secrets.token_hex(8), dask.language_in_use(), absolute.folder, kept)
    with dask.connected(request.cluster, run) as cluster:
        documents = {name: document_key(name) for name in {job.document for job in jobs}}
        work = cluster.work(partial(make_job, absolute, kept), run, documents)
        yield JobRunner(work, cluster.executor, request.workers or cluster.threads, RETRIED)


def _outcome(of: list[Done]) -> dict[str, Any]:
    """The outcome of a document over all its jobs, as `run.json` holds it."""
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


def make_job(request: Request, kept: Path, job: Task) -> Done:
    """Run one job's notebook on the book kept in `kept`; returns its result and the papers that are there."""
    folder = request.folder
    before = edits_listed(folder, job.document, job.papers)
    environment = {LOCKED_FOLDER: str(folder.resolve()), BOOK: str(kept), PART: job.unit}
    outcome = run_notebook(
        *(notebook_of(job.document), request.parameters(job.asked), folder / job.notebook),
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
    """File a PDF beside every paper that was made; a paper without one stays made and is recorded with the reason."""
    from postloan.month_end.pdf import pdf_path, previews  # late: few runs make them

    owners = {folder / path: name for name, outcome in record.documents.items() for path in outcome["files"] if not path.endswith(".ipynb")}
    for shown in previews(list(owners)):
        outcome, to = record.documents[owners[shown.paper]], pdf_path(shown.paper).relative_to(folder).as_posix()
        if shown.pdf is None:
            outcome.setdefault("previews_failed", {})[shown.paper.relative_to(folder).as_posix()] = shown.reason
        else:
            record.outputs[to] = put(folder / to, shown.pdf)
            outcome.setdefault("previews", []).append(to)


def exit_code(record: Record) -> int:
    """Return 0 where all was made, 1 where something was not (a preview too), 4 or 5 where nothing was because of templates or the disk."""
    outcomes = record.documents.values()
    for fault in (BadTemplate, CannotFile):
        if outcomes and all(fault.__name__ in outcome["reason"] and outcome["state"] != MADE for outcome in outcomes):
            return fault.exit_code
    return 0 if all(outcome["state"] == MADE and not outcome.get("previews_failed") for outcome in outcomes) else 1
