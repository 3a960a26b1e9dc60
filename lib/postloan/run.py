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
from typing import Any

import pyarrow.parquet as pq
from notebookrun.batch import Listener
from notebookrun.journal import JOURNAL
from notebookrun.parameters import check_parameters
from notebookrun.progress import Progress, progress

from postloan import __version__
from postloan.data.intake import open_package
from postloan.data.screen import Clean, screen
from postloan.errors import STOPPING, BadCommand, BadFile, CannotFile
from postloan.figures.book import FINDING_COLUMNS, MEASURE_COLUMNS, Book, Settings
from postloan.figures.book_reader import WHOLE, book_kept, open_book
from postloan.figures.book_writer import drop_other_books, lay_down_book, seal_book
from postloan.figures.compute import compute as compute_book
from postloan.figures.engine import EngineChoice
from postloan.figures.fingerprint import book_key, steady
from postloan.file import csv_bytes, extension, is_url, parquet_bytes, put
from postloan.inspection_reports import TEXTS_KEPT, texts_before
from postloan.language import tr
from postloan.month_end.folder_lock import held
from postloan.month_end.jobs import BOOK, PART, do_jobs, exit_code, jobs_of, make_previews
from postloan.month_end.morning import close_record
from postloan.month_end.pdf import drop_stale_preview, find_office
from postloan.month_end.plan import Request, parameters
from postloan.month_end.run_log import RunLog
from postloan.month_end.run_record import BookUsed, Record, file_record, now
from postloan.month_end.unchanged import register_hash, rests_on
from postloan.month_end.variance import moved_figures
from postloan.papers.document import all_documents, document, notebook_of
from postloan.papers.make import UNSIGNED, Signing, paper_paths, papers, to_send
from postloan.papers.notices import entered, held_register
from postloan.papers.record.regeneration import EarlierPapers
from postloan.period import Period
from postloan.policy import read_policy
from postloan.problem import DROP, NOTE, STOP, Problem
from postloan.workdays import Calendar

SHORT = 16
"""Hex digits of a book's fingerprint that name its folder."""


def take_in(data: str | Path) -> Clean:
    """The data folder or workbook, taken in and screened: clean tables and every problem. Raises `BadCommand` where it is not there.

    In a notebook of a run these are the tables as the run took them in, whatever has become of the files since.
    """
    if kept := os.environ.get(BOOK):
        return replace(runs_book(kept, os.environ.get(PART, "")).clean, folder=Path(data) if Path(data).is_dir() else Path(data).parent)
    if not Path(data).exists():
        raise BadCommand(tr("there is no such folder or file"), str(data), tr("give the folder that holds the tables"))
    return screen(open_package(Path(data)))


def compute(
    clean: Clean, period: str, policy: str = "branch2014", calendar: str = "", out: str | Path = "", engine: str = "duckdb"
) -> Book:
    """Tallies, findings and figures of the period under the policy; in a notebook of a run, the book that the run has made.

    `engine` says where the tallies run (`postloan.figures.engine`); the book is the same whichever.
    Where `out` holds what the run of the period before kept of its report texts, that is what copies are looked for in.
    """
    if kept := os.environ.get(BOOK):
        return replace(runs_book(kept, os.environ.get(PART, "")), clean=clean)
    chosen, asked = read_policy(policy), Period.parse(period)
    texts = texts_before(out, asked) if out else None
    days_off = Calendar.load(chosen.calendar, Path(calendar) if calendar else None)
    before = pq.read_table(texts) if texts and texts.is_file() else None
    return compute_book(clean, Settings(asked, chosen, days_off, EngineChoice.of(engine, out)), before)


@lru_cache(maxsize=2)
def runs_book(folder: str, unit: str) -> Book:
    """The book that a run has kept in `folder` for its notebooks, or one unit's part of it."""
    return open_book(Path(folder), unit or WHOLE)


def make_papers(book: Book, name: str, out: str | Path, units: Iterable[str] = (), signing: Signing = UNSIGNED) -> list[Path]:
    """Fill the templates of one document and file the papers under `<out>/<period>/`; returns where they are.

    What people typed into their regions of the papers that lie there comes along; other edits of theirs are kept in `edited/`, and the
    list of them is returned too. What notices tell is entered in the register of `out`.
    """
    folder, units, kind = Path(out) / book.period.name, list(units), document(name)
    with held(folder), held_register(Path(out), kind) as register:
        notice = to_send(book, name, units, signing, register) if kind.tells else None
        earlier = EarlierPapers(folder, name)
        made = dict(papers(book, name, units, signing, earlier.kept, notice))
        edits = [edit for path, content in made.items() for edit in earlier.keep_edited(path, content)]
        told = [earlier.list_edits(edits)] if edits else []
        with entered(Path(out), register, notice.entries if notice else []):
            for path, content in made.items():
                drop_stale_preview(folder / path, content)
                put(folder / path, content)
    return [*(folder / path for path in made), *told]


def run(request: Request, shown: Progress | None = None) -> Record:
    """Everything asked for, filed and recorded; `shown` tells what is being done. Raises what stops it before there is a folder."""
    shown = shown or progress("none", sys.stderr)
    if is_url(request.out):
        return extension("places", "url").run_in_mirror(request, shown, _run)
    return _run(request, shown, request, ())


def _run(request: Request, shown: Progress, asked: Request, also: Sequence[Listener]) -> Record:
    """The run in a folder; `asked` is what the record says was asked, `also` hear of jobs."""
    policy, period = read_policy(request.policy), Period.parse(request.period)
    EngineChoice.of(request.engine, request.out)
    Signing(request.prepared_on).day(period)
    documents = request.documents or list(all_documents())
    if request.pdf:
        find_office()  # before the work, not after it
    for name in documents:
        check_parameters(notebook_of(document(name).name), parameters(request))
    record = Record(
        asdict(asked), period.name, period.as_of.isoformat(), {"name": policy.name, "version": policy.version}, __version__, now()
    )
    record.stopped, record.exit_code = tr("the run has not come to its end: it is at work, or was killed"), 1
    fingerprint = rests_on(request)
    with held(request.folder), RunLog(request.folder) as log:
        file_record(record, request.folder)
        problems: list[Problem] = []
        try:
            if request.cluster:
                extension("clusters", "dask").check_workers(request.cluster, request.folder, documents)
            book = _book(request, period, record, shown.tell)
            problems, record.moved = book.problems_found, moved_figures(book) if book.before else None
            log.book(record)
            for name in documents:
                paper_paths(book, name, request.units, request.out)  # a unit nobody knows stops the run before anything is made
            jobs = [job for name in documents for job in jobs_of(request, book, name, request.folder / "book" / record.book.key)]
            log.began(record, len(jobs))
            do_jobs(request, jobs, book, record, [shown, log, *also])
            if request.pdf:
                shown.tell(tr("making PDF previews"))
                make_previews(request.folder, record)
            _see_that_all_is_there(request.folder, record)
            record.stopped, record.exit_code = "", exit_code(record)
            record.rests_on, record.register = fingerprint if rests_on(request) == fingerprint else "", register_hash(request)
        except STOPPING as fault:
            if isinstance(fault, BadFile) and fault.problems:
                problems = list(fault.problems)
                _file_tables(request, problems, record)
            record.stopped, record.exit_code = str(fault), fault.exit_code
            log.error(fault)
        except KeyboardInterrupt:
            record.stopped, record.exit_code = tr("interrupted"), 1
        close_record(record, request.folder, problems)
        log.finished(record)
        shown.close()
    return record


def _see_that_all_is_there(folder: Path, record: Record) -> None:
    """Takes out of the record what somebody has taken away while the run was at work. Raises `CannotFile` if that was anything.

    Then no job counts as finished: a notebook that ran while its folder was moved may have left links to where it lay.
    """
    gone = [path for path in record.outputs if not (folder / path).is_file()]
    record.outputs = {path: sha256 for path, sha256 in record.outputs.items() if path not in gone}
    if gone:
        (folder / JOURNAL).unlink(missing_ok=True)
        raise CannotFile(
            tr("{count} files of this run were taken away while it was at work", count=len(gone)),
            str(folder / gone[0]),
            tr("see that nobody moves or empties the folder, and run again"),
        )


def _book(request: Request, period: Period, record: Record, tell: Callable[[str], None]) -> Book:
    """The run's book, which lies in its folder under the fingerprint of all it rests on: made once, read by every notebook."""
    data, calendar = Path(request.data), Path(request.calendar) if request.calendar else None
    if not data.exists():
        raise BadCommand(tr("there is no such folder or file"), request.data, tr("give the folder that holds the tables"))
    texts, begun = texts_before(request.out, period), monotonic()
    with steady(lambda: book_key(data, period.name, read_policy(request.policy), calendar, texts)[:SHORT], data) as key:
        folder = request.folder / "book" / key
        book = book_kept(folder)
        record.book = BookUsed(key, book is None)
        if book is None:
            tell(tr("taking in {data}", data=request.data))
            book = _fresh_book(request, record, folder)
        else:
            tell(tr("the data, the policy and the program are those of the last run: its book is read"))
            record.inputs = book.clean.inputs
    seal_book(folder)
    drop_other_books(folder)
    _file_tables(request, book.problems_found, record, book)
    record.book.seconds = round(monotonic() - begun, 1)
    return book


def _fresh_book(request: Request, record: Record, folder: Path) -> Book:
    """The book made from the data, laid down in `folder` and not sealed yet."""
    clean = take_in(request.data)
    record.inputs = clean.inputs
    _file_tables(request, clean.problems, record)
    try:
        book = compute(clean, request.period, request.policy, request.calendar, request.out, request.engine)
    except BadFile as fault:
        raise BadFile(fault.what, fault.where, fault.do, [*clean.problems, *fault.problems] if fault.problems else ()) from fault
    lay_down_book(book, folder)
    book.settings.engine.end()
    return book


def check(data: str, out: str, period: str) -> tuple[Clean, list[Path]]:
    """Intake and screen only; with `out`, `problems.csv` and the sender's workbooks with the bad cells marked."""
    from postloan.data.marked_copy import marked_copy

    Period.parse(period)
    if is_url(out):
        raise BadCommand(tr("only runs take a URL"), out, tr("give a folder"))
    clean = take_in(data)
    if not out:
        return clean, []
    folder = Path(out) / period
    with held(folder):
        filed = [folder / "problems.csv"]
        put(filed[0], csv_bytes(Problem._fields, clean.problems))
        for book, problems in _by_workbook(Path(data), clean.problems).items():
            filed.append(folder / f"{book.stem}.marked.xlsx")
            put(filed[-1], marked_copy(book, problems))
    return clean, filed


def _by_workbook(data: Path, problems: Iterable[Problem]) -> dict[Path, list[Problem]]:
    root = data if data.is_dir() else data.parent
    books: dict[Path, list[Problem]] = {}
    for problem in problems:
        if problem.file.lower().endswith(".xlsx") and problem.row is not None:
            books.setdefault(root / problem.file, []).append(problem)
    return books


def _file_tables(request: Request, problems: Sequence[Problem], record: Record, book: Book | None = None) -> None:
    """`problems.csv`, and with a book `measures.csv` and `findings.csv`."""
    tables: dict[str, tuple[Iterable[str], Iterable[Iterable[Any]]]] = {"problems.csv": (Problem._fields, problems)}
    if book:
        tables["measures.csv"] = (MEASURE_COLUMNS, book.measure_rows())
        tables["findings.csv"] = (FINDING_COLUMNS, book.finding_rows())
        record.findings = len(book.findings_made)
        if book.report_texts is not None:
            record.outputs[TEXTS_KEPT] = put(request.folder / TEXTS_KEPT, parquet_bytes(book.report_texts))
    for name, (columns, rows) in tables.items():
        record.outputs[name] = put(request.folder / name, csv_bytes(columns, rows))
    record.problems = {kind: sum(p.consequence == kind for p in problems) for kind in (STOP, DROP, NOTE)}
