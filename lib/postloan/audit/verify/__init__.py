"""`postloan verify`: checks a finished paper against its own record, and against current data where given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postloan.audit.verify.agreement import agreement_remarks
from postloan.audit.verify.charts import chart_remarks
from postloan.audit.verify.current_data import CurrentData, stale_remarks
from postloan.audit.verify.known_names import name_remarks
from postloan.audit.verify.lint import lint_remarks
from postloan.audit.verify.places import PlaceNames
from postloan.audit.verify.remark import ERROR, HINT, Remark
from postloan.audit.verify.sheet_changes import rows_of_paper, sheet_remarks
from postloan.audit.verify.sheet_rows import SheetRows
from postloan.audit.verify.table_totals import totals_of_sheets, totals_of_word
from postloan.audit.verify.word_changes import word_remarks
from postloan.errors import BadCommand, BadPaper
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper, open_paper

COLUMNS = ("file", "severity", "kind", "part", "place", "says")
"""The columns of `verify.csv`."""


@dataclass(frozen=True)
class CheckedPaper:
    """A paper and its remarks, in the order of the paper. `name`: the file's name, or its path if several files have the name."""

    paper: FinishedPaper
    remarks: list[Remark]
    name: str

    @property
    def errors(self) -> int:
        return sum(remark.severity == ERROR for remark in self.remarks)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the rows of `verify.csv`."""
        places = PlaceNames(self.paper)
        return [(self.name, r.severity, r.kind, r.part, places.words(r.position), r.says) for r in self.remarks]

    def plain(self) -> dict[str, Any]:
        """Return the paper and its remarks as plain values."""
        remarks = [
            {**dict(zip(COLUMNS[1:], row[1:], strict=True)), "at": r.at, "span": r.span, "key": r.figure.identity.key if r.figure else ""}
            for row, r in zip(self.rows(), self.remarks, strict=True)
        ]
        return {"file": str(self.paper.path), **self.paper.record.about, "figures": len(self.paper.record.figures), "remarks": remarks}


def verify(files: Sequence[Path], current: CurrentData | None = None) -> list[CheckedPaper]:
    """Check each file. Raises `BadPaper` with every file that is no paper; `BadFile` for unusable data."""
    papers = open_papers(files)
    files_called = Counter(paper.path.name for paper in papers)
    names = [paper.path.name if files_called[paper.path.name] == 1 else str(paper.path) for paper in papers]
    return [CheckedPaper(paper, remarks_of(paper, current), name) for paper, name in zip(papers, names, strict=True)]


def open_papers(files: Iterable[Path]) -> list[FinishedPaper]:
    """Open the papers. Raises one `BadPaper` for all files that are none."""
    papers, faults = list[FinishedPaper](), list[BadPaper]()
    for path in files:
        try:
            papers.append(open_paper(path))
        except BadPaper as fault:
            faults.append(fault)
    if len(faults) > 1:
        raise BadPaper("\n".join(map(str, faults)))
    if faults:
        raise faults[0]
    return papers


def remarks_of(paper: FinishedPaper, current: CurrentData | None = None) -> list[Remark]:
    """Return all remarks on a paper."""
    rows: Mapping[str, SheetRows] = {} if paper.is_word else rows_of_paper(paper)
    remarks = list(word_remarks(paper) if paper.is_word else sheet_remarks(paper, rows))
    remarks += agreement_remarks(paper, remarks, rows)
    remarks += totals_of_word(paper) if paper.is_word else totals_of_sheets(paper, rows)
    remarks += chart_remarks(paper)
    remarks += name_remarks(paper, current.names if current else ())
    remarks += lint_remarks(paper)
    if current:
        remarks += stale_remarks(paper, current.record_of(paper), rows)
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
        if one.paper.path.resolve().parent == out.resolve():
            raise BadCommand(tr("the copy would take the place of the paper"), str(one.paper.path), tr("choose another folder with --out"))
    prepare(out, sum(len(one.paper.data) for one in checked) + 2**20)
    names = distinct_names({str(one.paper.path): one.paper.path.stem for one in checked})
    filed = []
    for one in checked:
        notes = [Note(r.part, r.at, f"{severity_words()[r.severity]}: {r.says}", _span(one.paper, r)) for r in one.remarks]
        filed.append(out / f"{names[str(one.paper.path)]}{one.paper.path.suffix}")
        put(filed[-1], commented(one.paper.data, notes, SETTINGS.application))
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
