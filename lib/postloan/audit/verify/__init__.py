"""`postloan verify`: checks a finished paper against its own record, and against current data where given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from officefill.ooxml.sandbox import Stopped, each_limited, limited

from postloan.audit.verify.agreement import agreement_remarks
from postloan.audit.verify.charts import chart_remarks
from postloan.audit.verify.current_data import CurrentData, stale_remarks
from postloan.audit.verify.known_names import name_remarks
from postloan.audit.verify.lint import lint_remarks
from postloan.audit.verify.places import PlaceNames
from postloan.audit.verify.remark import ERROR, HINT, Remark
from postloan.audit.verify.sheet_changes import rows_of_paper, sheet_remarks
from postloan.audit.verify.sheet_rows import SheetRows
from postloan.audit.verify.sign_offs import SignOffState, sign_off_remarks, without_signatures
from postloan.audit.verify.table_totals import totals_of_sheets, totals_of_word
from postloan.audit.verify.word_changes import word_remarks
from postloan.errors import BadCommand, BadPaper, PostloanError
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper, open_paper
from postloan.papers.record.paper_record import PaperRecord

T = TypeVar("T")

COLUMNS = ("file", "severity", "kind", "part", "place", "says")
"""The columns of `verify.csv`."""


SECONDS, MEGABYTES = 60, 1024
"""The most time and memory that one paper may take: files are read in a child process, as reports are."""


@dataclass(frozen=True)
class CheckedPaper:
    """A paper and its remarks, in the order of the paper. `name`: the file's name, or its path if several files have the name.

    `about`: that of its record, empty for a file of another program. `places`: the place of each remark in words; `spans`: its characters in
    the whole paragraph. `sign_offs`: the sign-offs that it bears, with their states.
    """

    path: Path
    data: bytes
    about: Mapping[str, str]
    figures: int
    remarks: list[Remark]
    places: list[str]
    spans: list[tuple[int, int] | None]
    name: str = ""
    sign_offs: tuple[SignOffState, ...] = ()

    @property
    def errors(self) -> int:
        return sum(remark.severity == ERROR for remark in self.remarks)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the rows of `verify.csv`."""
        return [(self.name, r.severity, r.kind, r.part, place, r.says) for r, place in zip(self.remarks, self.places, strict=True)]

    def plain(self) -> dict[str, Any]:
        """Return the paper and its remarks as plain values."""
        remarks = [
            {**dict(zip(COLUMNS[1:], row[1:], strict=True)), "at": r.at, "span": r.span, "key": r.figure.identity.key if r.figure else ""}
            for row, r in zip(self.rows(), self.remarks, strict=True)
        ]
        return {
            "file": str(self.path),
            **self.about,
            "figures": self.figures,
            "sign_offs": [one.plain() for one in self.sign_offs],
            "remarks": remarks,
        }


def verify(files: Sequence[Path], current: CurrentData | None = None) -> list[CheckedPaper]:
    """Check each file. Raises one `BadPaper` with every file that cannot be read; `BadFile` for unusable data."""
    checked, faults = check_papers(files, current)
    if faults:
        raise faults[0] if len(faults) == 1 else BadPaper("\n".join(map(str, faults)))
    return checked


def check_papers(files: Sequence[Path], current: CurrentData | None = None) -> tuple[list[CheckedPaper], list[BadPaper]]:
    """Check each file; return the papers, and the faults of those that cannot be read. Raises `BadFile` for unusable data."""
    called = Counter(path.name for path in files)
    calls, faults = list[tuple[Path, tuple[str, ...], PaperRecord | None]](), list[BadPaper]()
    if current:
        for path, about in zip(files, _each(_about, [(path,) for path in files]), strict=True):
            if isinstance(about, BadPaper):
                faults.append(about)
            else:
                calls.append((path, tuple(current.names), current.record_of(path, about) if about else None))
    else:
        calls = [(path, (), None) for path in files]
    checked = []
    for (path, *_), found in zip(calls, _each(_checked, calls), strict=True):
        if isinstance(found, BadPaper):
            faults.append(found)
        else:
            checked.append(replace(found, name=path.name if called[path.name] == 1 else str(path)))
    return checked, faults


def _each(function: Callable[..., T | BadPaper], calls: Sequence[tuple[Any, ...]]) -> list[T | BadPaper]:
    """Return what a function returns for each paper, called in a child process; a `BadPaper` where it was stopped."""
    found = each_limited(function, calls, seconds=SECONDS, megabytes=MEGABYTES)
    do = tr("save its text as a new document")
    return [BadPaper(str(one), call[0].name, do) if isinstance(one, Stopped) else one for call, one in zip(calls, found, strict=True)]


def _about(path: Path) -> Mapping[str, str] | BadPaper:
    try:
        return dict(open_paper(path, any_program=True).record.about)
    except BadPaper as fault:
        return fault


def _checked(path: Path, names: Sequence[str], current: PaperRecord | None) -> CheckedPaper | BadPaper:
    """Check one file. Whatever is wrong with it is a fault of the file: it may be anybody's."""
    try:
        paper = open_paper(path, any_program=True)
        remarks = without_signatures(paper, _remarks(paper, names, current))
        sign_offs, more = sign_off_remarks(paper, remarks)
        remarks = _sorted(paper, [*remarks, *more])
        words = PlaceNames(paper)
        places = [words.words(remark.position) for remark in remarks]
        spans = [_span(paper, remark) for remark in remarks]
        about, figures = dict(paper.record.about), len(paper.record.figures)
        return CheckedPaper(path, paper.data, about, figures, remarks, places, spans, sign_offs=tuple(sign_offs))
    except PostloanError as fault:
        return fault if isinstance(fault, BadPaper) else BadPaper(fault.what, path.name, fault.do)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a file can be damaged in many ways
        what = tr("the file, or the record of its figures in it, is damaged")
        return BadPaper(what, path.name, tr("take the paper from the folder of its run again"))


def remarks_of(paper: FinishedPaper, current: CurrentData | None = None) -> list[Remark]:
    """Return all remarks on what a paper says, but for its sign-offs."""
    names = current.names if current else ()
    record = current.record_of(paper.path, paper.record.about) if current else None
    return _sorted(paper, without_signatures(paper, _remarks(paper, names, record)))


def _remarks(paper: FinishedPaper, names: Sequence[str], current: PaperRecord | None) -> list[Remark]:
    rows: Mapping[str, SheetRows] = {} if paper.is_word else rows_of_paper(paper)
    remarks = [Remark("draft")] if paper.is_draft else []
    if paper.is_ours:
        remarks += word_remarks(paper) if paper.is_word else sheet_remarks(paper, rows)
        remarks += agreement_remarks(paper, remarks, rows)
    remarks += totals_of_word(paper) if paper.is_word else totals_of_sheets(paper, rows)
    remarks += chart_remarks(paper)
    remarks += name_remarks(paper, names)
    remarks += lint_remarks(paper)
    if current:
        remarks += stale_remarks(paper, current, rows)
    return remarks


def _sorted(paper: FinishedPaper, remarks: list[Remark]) -> list[Remark]:
    return sorted(remarks, key=lambda remark: _order(paper, remark))


def _order(paper: FinishedPaper, remark: Remark) -> tuple[Any, ...]:
    part = list(paper.parts).index(remark.part) if remark.part in paper.parts else -1
    if isinstance(remark.at, str):
        column = remark.at.rstrip("0123456789")
        return part, int(remark.at[len(column) :]), len(column), column
    return part, -1 if remark.at is None else remark.at, 0, ""


def write_checked(checked: Iterable[CheckedPaper], out: Path) -> list[Path]:
    """Write a copy of each paper with a comment per remark, and `verify.csv`; returns their paths. Raises `CannotFile`."""
    from officefill.comments import Note, commented

    from postloan.file import csv_bytes, distinct_names, prepare, put
    from postloan.papers.paper_template import SETTINGS

    checked = list(checked)
    for one in checked:
        if one.path.resolve().parent == out.resolve():
            raise BadCommand(tr("the copy would take the place of the paper"), str(one.path), tr("choose another folder with --out"))
    prepare(out, sum(len(one.data) for one in checked) + 2**20)
    names = distinct_names({str(one.path): one.path.stem for one in checked})
    filed = []
    for one in checked:
        told = zip(one.remarks, one.spans, strict=True)
        notes = [Note(r.part, r.at, f"{severity_words()[r.severity]}: {r.says}", span) for r, span in told]
        filed.append(out / f"{names[str(one.path)]}{one.path.suffix}")
        put(filed[-1], limited(commented, one.data, notes, SETTINGS.application, seconds=SECONDS, megabytes=MEGABYTES))
    filed.append(out / "verify.csv")
    put(filed[-1], csv_bytes(COLUMNS, [row for one in checked for row in one.rows()]))
    return filed


def _span(paper: FinishedPaper, remark: Remark) -> tuple[int, int] | None:
    """Return the characters of the paragraph behind a remark."""
    if remark.span is None or not isinstance(remark.at, int) or remark.part not in paper.parts:
        return None
    return paper.parts[remark.part].in_paragraph(remark.at, remark.span)


def severity_words() -> dict[str, str]:
    """Return the names of the severities."""
    return {ERROR: tr("error"), HINT: tr("hint")}
