"""The whole way, on one page: from a data folder to filed papers.

    files ─ take_in ─► clean tables, problems ─ compute ─► figures, findings ─ make_papers ─► .docx .xlsx

The notebooks in `reports/` walk these stages cell by cell. `run` walks them for the command line: the tables of a run first, then each
document in its notebook, so that what a person sees in JupyterLab and what the night makes are the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from postloan import __version__
from postloan.book import FINDING_COLUMNS, MEASURE_COLUMNS, Book
from postloan.book import compute as compute_book
from postloan.document import all_documents, document
from postloan.errors import MOST_NAMED, BadCommand, BadFile, BadTemplate, PostloanError
from postloan.file import csv_bytes, lock, parquet_bytes, prepare, put, sha256_file, sweep
from postloan.intake import open_package
from postloan.language import tr
from postloan.notebook import check_parameters, notebook_of, run_notebook
from postloan.notices import entered, held_register
from postloan.papers import UNSIGNED, Signing, paper_paths, papers, to_send, without_papers
from postloan.pdf import find_office, pdf_path, previews
from postloan.period import Period
from postloan.policy import read_policy
from postloan.problem import DROP, NOTE, STOP, Problem
from postloan.record.regeneration import EarlierPapers, edits_told
from postloan.screen import Clean, screen
from postloan.workdays import Calendar

ROOM = 64 * 2**20
"""Bytes that must be free before a run starts."""
TEXTS_KEPT = "report_texts.parquet"
"""What the next quarter's run needs of this quarter's report texts: it stays in the output folder and holds customers' words."""
HELD = "POSTLOAN_HOLDS"
"""The environment variable by which a run tells its notebooks which output folder it holds for them."""

MADE, INTERRUPTED = "made", "interrupted"


@dataclass(frozen=True)
class Request:
    """What is asked of a run. `documents` and `units` mean all of them where they are empty."""

    data: str
    period: str
    out: str
    documents: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    policy: str = "branch2014"
    calendar: str = ""
    prepared_on: str = ""
    preparer: str = ""
    reviewer: str = ""
    pdf: bool = False

    @property
    def folder(self) -> Path:
        """Where everything of this run lands."""
        return Path(self.out) / self.period


@dataclass
class Record:
    """What `run.json` says of a run."""

    parameters: dict[str, Any]
    period: str
    as_of: str
    policy: dict[str, str]
    program: str
    started: str
    ended: str = ""
    exit_code: int = 0
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=lambda: dict.fromkeys((STOP, DROP, NOTE), 0))
    findings: int = 0
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped: str = ""


def take_in(data: str | Path) -> Clean:
    """The data folder or workbook, taken in and screened: clean tables and every problem. Raises `BadCommand` where it is not there."""
    if not Path(data).exists():
        raise BadCommand(tr("there is no such folder or file"), str(data), tr("give the folder that holds the tables"))
    return screen(open_package(Path(data)))


def compute(clean: Clean, period: str, policy: str = "branch2014", calendar: str = "", out: str | Path = "") -> Book:
    """Tallies, findings and figures of the period under the policy.

    Where `out` holds what the run of the period before kept of its report texts, that is what copies are looked for in.
    """
    chosen, asked = read_policy(policy), Period.parse(period)
    kept = Path(out) / asked.before.name / TEXTS_KEPT if out else Path()
    days_off = Calendar.load(chosen.calendar, Path(calendar) if calendar else None)
    return compute_book(clean, asked, chosen, days_off, pq.read_table(kept) if kept.is_file() else None)


def make_papers(book: Book, name: str, out: str | Path, units: Iterable[str] = (), signing: Signing = UNSIGNED) -> list[Path]:
    """Fill the templates of one document and file the papers under `<out>/<period>/`; returns where they are.

    What people typed into their regions of the papers that lie there comes along; other edits of theirs are kept in `edited/`, and the
    list of them is returned too. What notices tell is entered in the register of `out`.
    """
    folder, units, kind = Path(out) / book.period.name, list(units), document(name)
    with _held(folder), held_register(Path(out), kind) as register:
        notice = to_send(book, name, units, signing, register) if kind.tells else None
        earlier = EarlierPapers(folder, name)
        made = dict(papers(book, name, units, signing, earlier.kept, notice))
        edits = [edit for path, content in made.items() for edit in earlier.keep_edited(path, content)]
        told = [earlier.tell(edits)] if edits else []
        with entered(Path(out), register, notice.entries if notice else []):
            for path, content in made.items():
                put(folder / path, content)
    return [*(folder / path for path in made), *told]


def run(request: Request, tell: Callable[[str], None] = lambda line: None) -> Record:
    """Everything asked for, filed and recorded; `tell` hears what is being done. Raises what stops it before there is a folder."""
    policy, period = read_policy(request.policy), Period.parse(request.period)
    Signing(request.prepared_on).day(period)
    documents = request.documents or list(all_documents())
    if request.pdf:
        find_office()  # before the work, not after it
    for name in documents:
        check_parameters(notebook_of(document(name).name), _parameters(request))
    record = Record(
        asdict(request), period.name, period.as_of.isoformat(), {"name": policy.name, "version": policy.version}, __version__, _now()
    )
    with _held(request.folder):
        try:
            tell(tr("taking in {data}", data=request.data))
            clean = take_in(request.data)
            record.inputs = clean.inputs
            _file_tables(request, clean.problems, record)
            book = compute(clean, request.period, request.policy, request.calendar, request.out)
            _file_tables(request, book.problems_found, record, book)
            for name in documents:
                paper_paths(book, name, request.units, request.out)  # a unit nobody knows stops the run before anything is made
            for name in documents:
                tell(tr("making {title}", title=document(name).title))
                record.documents[name] = _make(request, name, book, record)
                if record.documents[name]["state"] == INTERRUPTED:
                    break
            if request.pdf:
                tell(tr("making PDF previews"))
                _preview(request.folder, record)
            record.exit_code = _exit_code(record)
        except PostloanError as fault:
            if isinstance(fault, BadFile) and fault.problems:
                _file_tables(request, [*clean.problems, *fault.problems], record)
            record.stopped, record.exit_code = str(fault), fault.exit_code
        except KeyboardInterrupt:
            record.stopped, record.exit_code = tr("interrupted"), 1
        record.ended = _now()
        put(request.folder / "run.json", (json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n").encode())
    return record


def check(data: str, out: str, period: str) -> tuple[Clean, list[Path]]:
    """Intake and screen only; with `out`, `problems.csv` and the sender's workbooks with the bad cells marked."""
    from postloan.marked import marked_copy

    Period.parse(period)
    clean = take_in(data)
    if not out:
        return clean, []
    folder = Path(out) / period
    with _held(folder):
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


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The output folder made ready and locked, unless the run that started this notebook holds it already."""
    if os.environ.get(HELD) == str(folder.resolve()):
        yield
        return
    prepare(folder, ROOM)
    with lock(folder):
        sweep(folder)
        os.environ[HELD] = str(folder.resolve())
        try:
            yield
        finally:
            del os.environ[HELD]


def _file_tables(request: Request, problems: list[Problem], record: Record, book: Book | None = None) -> None:
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


def _parameters(request: Request) -> dict[str, Any]:
    """What a notebook is asked, with paths that hold wherever its kernel works."""
    asked = asdict(request)
    del asked["documents"], asked["pdf"]
    paths = {
        name: str(Path(asked[name]).resolve())
        for name in ("data", "out", "policy", "calendar")
        if name in ("data", "out") or Path(asked[name]).is_file()
    }
    return asked | paths


def _make(request: Request, name: str, book: Book, record: Record) -> dict[str, Any]:
    """Run one document's notebook; what became of it, and the papers that are there."""
    evidence, edits = request.folder / "notebooks" / f"{name}.ipynb", edits_told(request.folder, name)
    outcome = run_notebook(notebook_of(name), _parameters(request), evidence)
    state, reason = outcome.state, outcome.reason
    paths = paper_paths(book, name, request.units, request.out)
    if state == MADE and (lacking := [path for path in paths if not (request.folder / path).exists()]):
        state, reason = "failed", tr("the notebook ended without making {paths}", paths=", ".join(lacking))
    if state == MADE and (idle := without_papers(book, name, request.units, paths)):
        named = "、".join(idle[:MOST_NAMED]) + (" …" if len(idle) > MOST_NAMED else "")
        reason = "; ".join(filter(None, (reason, tr("nothing to send to {count} units: {units}", count=len(idle), units=named))))
    filed = [path for path in [*(paths if state == MADE else []), f"notebooks/{name}.ipynb"] if (request.folder / path).exists()]
    for path in paths:
        if (request.folder / path).exists():
            _drop_stale_preview(request.folder / path)
    record.outputs |= {path: sha256_file(request.folder / path) for path in filed}
    edited = edits_told(request.folder, name) - edits
    return {"state": state, "reason": reason, "seconds": round(outcome.seconds, 1), "files": filed, "edited": edited}


def _preview(folder: Path, record: Record) -> None:
    """The PDF of every paper that was made, filed beside it; a paper whose PDF fails stays made and is named with the reason."""
    owners = {folder / path: name for name, outcome in record.documents.items() for path in outcome["files"] if not path.endswith(".ipynb")}
    for shown in previews(list(owners)):
        outcome, to = record.documents[owners[shown.paper]], pdf_path(shown.paper).relative_to(folder).as_posix()
        if shown.pdf is None:
            outcome.setdefault("previews_failed", {})[shown.paper.relative_to(folder).as_posix()] = shown.reason
        else:
            record.outputs[to] = put(folder / to, shown.pdf)
            outcome.setdefault("previews", []).append(to)


def _drop_stale_preview(paper: Path) -> None:
    """A PDF older than its paper shows what the paper no longer says."""
    old = pdf_path(paper)
    if old.exists() and old.stat().st_mtime_ns < paper.stat().st_mtime_ns:
        old.unlink()


def _exit_code(record: Record) -> int:
    """0 where all was made; 1 where something was not, a preview included; 4 where nothing was for its template's sake."""
    outcomes = record.documents.values()
    if all("BadTemplate" in outcome["reason"] and outcome["state"] != MADE for outcome in outcomes):
        return BadTemplate.exit_code if outcomes else 0
    return 0 if all(outcome["state"] == MADE and not outcome.get("previews_failed") for outcome in outcomes) else 1


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
