"""The whole way, on one page: from a data folder to filed papers.

    files ─ take_in ─► clean tables, problems ─ compute ─► figures, findings ─ make_papers ─► .docx .xlsx

The notebooks in `reports/` walk these stages cell by cell. `run` walks them for the command line: the tables of a run first, then each
document in its notebook, so that what a person sees in JupyterLab and what the night makes are the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
from notebookrun.batch import Listener
from notebookrun.journal import JOURNAL
from notebookrun.parameters import check_parameters
from notebookrun.progress import Progress
from notebookrun.progress_kinds import progress

from postloan import __version__
from postloan.errors import STOPPING, BadCommand, BadFile, CannotFile
from postloan.figures.book import MEASURE_COLUMNS, Book
from postloan.figures.book_reader import WHOLE, book_kept, open_book
from postloan.figures.book_writer import drop_other_books, lay_down_book, parquet_bytes, seal_book
from postloan.figures.finding import FINDING_COLUMNS
from postloan.figures.index_numbers import keep_index_numbers
from postloan.figures.procedures import Procedure
from postloan.file import csv_bytes, extension, is_url, put
from postloan.inspection_reports import TEXTS_KEPT
from postloan.language import tr
from postloan.month_end.folder_lock import locked_folder
from postloan.month_end.jobs import BOOK, PART, do_jobs, exit_code, jobs_of, make_previews, workers_started
from postloan.month_end.manifest import Manifest, book_key, manifest_of, register_hash, run_key, unchanged_while
from postloan.month_end.morning import close_record
from postloan.month_end.plan import Plan, Request
from postloan.month_end.run_log import RunLog
from postloan.month_end.run_record import BookUsed, FinishedRun, Record, file_record, now
from postloan.month_end.table_heads import heads
from postloan.month_end.variance import variances
from postloan.papers.document import document, notebook_of
from postloan.papers.draft import is_draft
from postloan.papers.notice_register import as_filed, entered, held_register
from postloan.papers.paths import check_units, to_send
from postloan.papers.signing import UNSIGNED, Signing
from postloan.problem import BLANK, DROP, NOTE, STOP, Problem

if TYPE_CHECKING:
    from postloan.data.screen import Clean

SHORT = 16
"""Hex digits of a book's key that name its folder."""
_QUERY_INTERRUPTED = "Query interrupted"
"""The text of DuckDB's error where an interrupt came in a query."""


def take_in(data: str | Path, profile: str = "") -> Clean:
    """Take in and screen the data folder or workbook: clean tables and every problem. Raises `BadCommand` where it is not there.

    In a notebook of a run these are the tables as the run took them in, whatever has become of the files since.
    """
    if kept := os.environ.get(BOOK):
        return replace(runs_book(kept, os.environ.get(PART, "")).clean, folder=Path(data) if Path(data).is_dir() else Path(data).parent)
    if not Path(data).exists():
        raise BadCommand(tr("there is no such folder or file"), str(data), tr("give the folder that holds the tables"))
    from postloan.data.intake import open_package  # late, as below: a notebook of a run takes nothing in, and the run itself fills no paper
    from postloan.data.profile import tables_as_sent
    from postloan.data.schema import read_as_sent
    from postloan.data.screen import screen

    with read_as_sent(tables_as_sent(profile)):
        return screen(open_package(Path(data)))


def compute(clean: Clean, period: str, policy: str = "branch2014", calendar: str = "", out: str | Path = "") -> Book:
    """Return the tallies, findings and figures of the period under the policy; in a notebook of a run, the book that the run has made.

    Report texts are compared with those that the run of the period before has kept in `out`.
    """
    if kept := os.environ.get(BOOK):
        return replace(runs_book(kept, os.environ.get(PART, "")), clean=clean)
    return compute_request(clean, Request("", period, str(out), policy=policy, calendar=calendar))


def compute_request(clean: Clean, request: Request) -> Book:
    """Return the same of a request, which may also name an engine for the tallies, or ask for a draft."""
    return _compute(clean, Plan(request))


def _compute(clean: Clean, plan: Plan) -> Book:
    from postloan.figures.compute import compute as compute_book

    texts = plan.texts_before
    return compute_book(clean, plan.settings, pq.read_table(texts) if texts and texts.is_file() else None)


@lru_cache(maxsize=2)
def runs_book(folder: str, unit: str) -> Book:
    """Return the book that a run has kept in `folder` for its notebooks, or one unit's part of it."""
    return open_book(Path(folder), unit or WHOLE)


def make_papers(book: Book, name: str, out: str | Path, units: Iterable[str] = (), signing: Signing = UNSIGNED) -> list[Path]:
    """Fill the templates of one document and file the papers under `<out>/<period>/`; returns where they are, and the list of edits kept.

    What people typed into their regions of the papers comes along, other edits are kept in `edited/`; the register of `out` has the notices.
    """
    from postloan.month_end.pdf import drop_stale_preview
    from postloan.papers.make import Filed, papers
    from postloan.papers.record.regeneration import EarlierPapers
    from postloan.register.signed_papers import beside_signed

    folder, units, kind = Path(out) / book.period.name, list(units), document(name)
    if not book.kept:
        keep_index_numbers(Path(out), book.findings_made)
    with locked_folder(folder), held_register(Path(out), kind) as register:
        notice = to_send(book, name, units, signing, as_filed(register, Path(out), book.period.name)) if kind.tells else None
        earlier = EarlierPapers(folder, name)
        made = beside_signed(earlier, kind, dict(papers(book, name, units, signing, Filed(earlier.kept, notice))))
        edits = [edit for path, content in made.items() for edit in earlier.keep_edited(path, content)]
        lists = [earlier.list_edits(edits)] if edits else []
        with entered(Path(out), register, notice.entries if notice else [], is_draft(book)):
            for path, content in made.items():
                drop_stale_preview(folder / path, content)
                put(folder / path, content)
    return [*(folder / path for path in dict.fromkeys([*made, *(notice.paths() if notice else [])])), *lists]


def run(request: Request, shown: Progress | None = None) -> Record:
    """Make, file and record everything that is requested. Raises what stops it before there is a folder."""
    return run_plan(Plan(request), shown or progress("none", sys.stderr))


def run_plan(plan: Plan, shown: Progress) -> Record:
    """Do the same for a request that is resolved already; `shown` says what is being done."""
    if is_url(plan.request.out):
        return extension("places", "url").run_and_publish(plan, shown, run_in_folder)
    return run_in_folder(plan, shown)


def run_in_folder(plan: Plan, shown: Progress, request: Request | None = None, listeners: Sequence[Listener] = ()) -> Record:
    """Do the same in a folder of this machine. `request` is the one that is recorded, where that is not the plan's own."""
    plan.check()
    if plan.request.pdf:
        from postloan.month_end.pdf import find_office

        find_office()  # before the work, not after it
    for name in plan.documents:
        check_parameters(notebook_of(name), plan.request.parameters())
    record, key = _new_record(plan, request or plan.request), run_key(plan)
    with locked_folder(plan.folder), RunLog(plan.folder) as log, workers_started(plan):
        before = FinishedRun.read(plan.folder)
        file_record(record, plan.folder)
        problems: list[Problem] = []
        try:
            if plan.request.cluster:
                extension("clusters", "dask").check_workers(plan.request.cluster, plan.folder, plan.documents)
            with unchanged_while(lambda: manifest_of(plan), plan.data, (OSError, duckdb.Error)) as manifest:
                book = _book(plan, manifest, record, shown.tell)
            check_units(book, plan.documents, plan.request.units, plan.request.out)  # an unknown one stops the run before anything is made
            _keep_book(plan, book, record)
            record.draft = any(p.check == "draft" for p in book.problems_found)
            problems, record.moved = book.problems_found, variances(book) if book.before else None
            log.book(record)
            jobs = [job for name in plan.documents for job in jobs_of(plan, book, name, plan.folder / "book" / record.book.key)]
            log.began(record, len(jobs))
            do_jobs(plan, jobs, record, [shown, log, *listeners])
            if plan.request.pdf:
                shown.tell(tr("making PDF previews"))
                make_previews(plan.folder, record)
            _check_outputs(plan.folder, record)
            record.stopped, record.exit_code = "", exit_code(record)
            record.manifest, record.register = key if run_key(plan) == key else "", register_hash(plan)
        except STOPPING as fault:
            if isinstance(fault, BadCommand) and before.put_back():
                raise
            if isinstance(fault, BadFile) and fault.problems:
                problems = list(fault.problems)
                _file_tables(plan, problems, record)
            record.stopped, record.exit_code = str(fault), fault.exit_code
            log.error(fault)
        except (KeyboardInterrupt, RuntimeError) as fault:
            if isinstance(fault, RuntimeError) and str(fault) != _QUERY_INTERRUPTED:
                raise
            record.stopped, record.exit_code = tr("interrupted"), 1
        close_record(record, plan.folder, problems)
        log.finished(record)
        shown.close()
    return record


def _new_record(plan: Plan, request: Request) -> Record:
    about = {"name": plan.settings.policy.name, "version": plan.settings.policy.version}
    record = Record(asdict(request), plan.period.name, plan.period.as_of.isoformat(), about, __version__, now())
    record.stopped, record.exit_code = tr("the run has not come to its end: it is at work, or was killed"), 1
    return record


def _book(plan: Plan, manifest: Manifest, record: Record, tell: Callable[[str], None]) -> Book:
    """The run's book, which lies in its folder under its key: made once, read by every notebook."""
    begun, key = monotonic(), book_key(plan, manifest)[:SHORT]
    folder = plan.folder / "book" / key
    book = book_kept(folder)
    record.book = BookUsed(key, book is None)
    if book is None:
        tell(tr("taking in {data}", data=plan.request.data))
        book = _fresh_book(plan, record, folder)
    else:
        tell(tr("the data, the policy and the program are those of the last run: its book is read"))
        record.inputs = book.clean.inputs
    record.book.seconds = round(monotonic() - begun, 1)
    return book


def _fresh_book(plan: Plan, record: Record, folder: Path) -> Book:
    """The book made from the data, laid down in `folder` and not sealed yet."""
    clean = take_in(plan.data, plan.request.profile)
    record.inputs = clean.inputs
    _file_tables(plan, clean.problems, record)
    try:
        book = _compute(clean, plan)
    except BadFile as fault:
        raise BadFile(fault.what, fault.where, fault.do, [*clean.problems, *fault.problems] if fault.problems else ()) from fault
    lay_down_book(book, folder)
    plan.settings.engine.end()
    return book


def _keep_book(plan: Plan, book: Book, record: Record) -> None:
    """Seal the book, whose files did not change while they were read, and file its tables."""
    folder = plan.folder / "book" / record.book.key
    keep_index_numbers(Path(plan.request.out), book.findings_made)
    seal_book(folder)
    drop_other_books(folder)
    _file_tables(plan, book.problems_found, record, book)


def _check_outputs(folder: Path, record: Record) -> None:
    """Take files out of the record that somebody has taken away while the run was at work. Raises `CannotFile` if there are any.

    Then no job counts as finished: a notebook that ran while its folder was renamed may have left links to the old place.
    """
    missing = [path for path in record.outputs if not (folder / path).is_file()]
    record.outputs = {path: sha256 for path, sha256 in record.outputs.items() if path not in missing}
    if missing:
        (folder / JOURNAL).unlink(missing_ok=True)
        raise CannotFile(
            tr("{count} files of this run were taken away while it was at work", count=len(missing)),
            str(folder / missing[0]),
            tr("see that nobody moves or empties the folder, and run again"),
        )


def check(data: str, out: str, period: str, policy: str = "branch2014", profile: str = "") -> tuple[Clean, list[Path]]:
    """Take in and screen only, and see if a run would be stopped; with `out`, file `problems.csv` and the sender's workbooks with the bad cells marked."""
    from postloan.data.marked_copy import by_workbook, marked_copy
    from postloan.figures.compute import problems_beside

    if is_url(out):
        raise BadCommand(tr("only runs take a URL"), out, tr("give a folder"))
    settings = Plan(Request(data, period, out, policy=policy)).settings
    clean = take_in(data, profile)
    clean = replace(clean, problems=[*clean.problems, *problems_beside(clean, settings)])
    if not out:
        return clean, []
    folder = Path(out) / period
    with locked_folder(folder):
        filed = [folder / "problems.csv"]
        put(filed[0], csv_bytes(Problem._fields, clean.problems))
        for book, problems in by_workbook(Path(data), clean.problems).items():
            filed.append(folder / f"{book.stem}.marked.xlsx")
            put(filed[-1], marked_copy(book, problems))
    return clean, filed


def _file_tables(plan: Plan, problems: Sequence[Problem], record: Record, book: Book | None = None) -> None:
    """File `problems.csv`, and with a book `measures.csv`, `findings.csv` and `procedures.csv`."""
    tables: dict[str, tuple[Iterable[str], Iterable[Iterable[Any]]]] = {"problems.csv": (Problem._fields, problems)}
    if book:
        tables["measures.csv"] = (MEASURE_COLUMNS, book.measure_rows())
        tables["findings.csv"] = (FINDING_COLUMNS, book.finding_rows())
        tables["procedures.csv"] = (Procedure._fields, book.procedures)
        record.findings = len(book.findings_made)
        if book.report_texts is not None:
            record.outputs[TEXTS_KEPT] = put(plan.folder / TEXTS_KEPT, parquet_bytes(book.report_texts))
    for name, (columns, rows) in tables.items():
        record.outputs[name] = put(plan.folder / name, csv_bytes(heads(columns, plan.request.heads), rows))
    record.problems = {kind: sum(p.consequence == kind for p in problems) for kind in (STOP, DROP, BLANK, NOTE)}
