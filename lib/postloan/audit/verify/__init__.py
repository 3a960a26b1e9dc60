"""`postloan verify`: a finished paper held against its own record, and against today's data where they are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postloan.audit.verify.adding_up import totals_of_sheets, totals_of_word
from postloan.audit.verify.agreement import agreement_remarks
from postloan.audit.verify.charts import chart_remarks
from postloan.audit.verify.known_names import name_remarks
from postloan.audit.verify.lint import lint_remarks
from postloan.audit.verify.places import Places
from postloan.audit.verify.remark import ERROR, HINT, Remark
from postloan.audit.verify.sheet_rows import Rows
from postloan.audit.verify.sheets import rows_of_paper, sheet_remarks
from postloan.audit.verify.today import Today, stale_remarks
from postloan.audit.verify.word import word_remarks
from postloan.errors import BadCommand, BadPaper
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper, open_paper

COLUMNS = ("file", "severity", "kind", "part", "place", "says")
"""The columns of `verify.csv`."""


@dataclass(frozen=True)
class Checked:
    """A paper and what is to be said of it, in the order of the paper."""

    paper: FinishedPaper
    remarks: list[Remark]
    name: str
    """The file's name; its path where several of the papers have that name."""

    @property
    def errors(self) -> int:
        return sum(remark.severity == ERROR for remark in self.remarks)

    def rows(self) -> list[tuple[str, ...]]:
        """The rows of `verify.csv`."""
        places = Places(self.paper)
        return [(self.name, r.severity, r.kind, r.part, places.words(r), r.says) for r in self.remarks]

    def plain(self) -> dict[str, Any]:
        """The same for programs."""
        remarks = [
            {**dict(zip(COLUMNS[1:], row[1:], strict=True)), "at": r.at, "span": r.span, "key": r.figure.identity.key if r.figure else ""}
            for row, r in zip(self.rows(), self.remarks, strict=True)
        ]
        return {"file": str(self.paper.path), **self.paper.record.about, "figures": len(self.paper.record.figures), "remarks": remarks}


def verify(files: Sequence[Path], today: Today | None = None) -> list[Checked]:
    """Each file checked. Raises `BadPaper` that names every file that is no paper; `BadFile` where the data cannot be used."""
    papers = open_papers(files)
    often = Counter(paper.path.name for paper in papers)
    return [
        Checked(paper, remarks_of(paper, today), paper.path.name if often[paper.path.name] == 1 else str(paper.path)) for paper in papers
    ]


def open_papers(files: Iterable[Path]) -> list[FinishedPaper]:
    """The papers at the paths; all that are none are named at once."""
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


def remarks_of(paper: FinishedPaper, today: Today | None = None) -> list[Remark]:
    """Everything there is to say of a paper."""
    rows: Mapping[str, Rows] = {} if paper.is_word else rows_of_paper(paper)
    remarks = list(word_remarks(paper) if paper.is_word else sheet_remarks(paper, rows))
    remarks += agreement_remarks(paper, remarks, rows)
    remarks += totals_of_word(paper) if paper.is_word else totals_of_sheets(paper, rows)
    remarks += chart_remarks(paper)
    remarks += name_remarks(paper, today.names if today else ())
    remarks += lint_remarks(paper)
    if today:
        remarks += stale_remarks(paper, today.again(paper), rows)
    return sorted(remarks, key=lambda remark: _order(paper, remark))


def _order(paper: FinishedPaper, remark: Remark) -> tuple[Any, ...]:
    part = list(paper.parts).index(remark.part) if remark.part in paper.parts else -1
    if isinstance(remark.at, str):
        column = remark.at.rstrip("0123456789")
        return part, int(remark.at[len(column) :]), len(column), column
    return part, -1 if remark.at is None else remark.at, 0, ""


def file_checked(checked: Iterable[Checked], out: Path) -> list[Path]:
    """A copy of each paper with a comment for each remark, and `verify.csv`; returns where they are. Raises `CannotFile`."""
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
    """The characters of the paragraph that a remark is about."""
    if remark.span is None or not isinstance(remark.at, int) or remark.part not in paper.parts:
        return None
    return paper.parts[remark.part].in_paragraph(remark.at, remark.span)


def severity_words() -> dict[str, str]:
    """What severities are called."""
    return {ERROR: tr("error"), HINT: tr("hint")}
