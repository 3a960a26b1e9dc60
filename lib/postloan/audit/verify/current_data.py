"""A finished paper against today's data: the same paper is made again in memory, and its figures are compared one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from officefill.ooxml.package import read_package

from postloan.audit.verify.places import place_of
from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_rows import Rows
from postloan.errors import BadCommand, BadPaper
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper, figure_name
from postloan.papers.record.paper_record import Figure, PaperRecord, by_key, record_of
from postloan.problem import STOP, Problem

if TYPE_CHECKING:
    from postloan.data.screen import Clean
    from postloan.figures.book import Book

TOLD = ("policy", "calendar", "rules", "measures")
"""Causes that are told where they have changed; that data have is said by the figures."""
_SAME_PAPER = ("document", "template", "unit", "period")


@dataclass
class Today:
    """The data a paper is held against, with the calendar; `policy` stands in for the paper's own where that is a file of the bank's.

    What is heavy is imported late: a check without data must be quick.
    """

    data: str
    calendar: str = ""
    policy: str = ""
    books: dict[tuple[str, str], Book] = field(default_factory=dict)

    @cached_property
    def clean(self) -> Clean:
        from postloan.run import take_in

        return take_in(self.data)

    @property
    def stops(self) -> list[Problem]:
        """The problems of the data that stop a run."""
        return [problem for problem in self.clean.problems if problem.consequence == STOP]

    def book(self, period: str, policy: str, out: str) -> Book:
        """The figures of a period by a policy, computed once. `out` holds what the run before kept of its report texts."""
        from postloan.policy import policy_names
        from postloan.run import compute

        if not self.policy and policy not in policy_names():
            what, do = tr("the paper's policy '{name}' is none of the program's", name=policy), tr("give its file with --policy")
            raise BadCommand(what, do=do)
        key = (period, self.policy or policy)
        if key not in self.books:
            self.books[key] = compute(self.clean, period, self.policy or policy, self.calendar, out)
        return self.books[key]

    @cached_property
    def names(self) -> list[str]:
        """Names of all customers and units."""
        columns = [("customer", "customer_name"), ("unit", "unit_name")]
        sql = [f"SELECT DISTINCT {column} FROM {table}" for table, column in columns if table in self.clean.tables]
        return sorted(name for query in sql for (name,) in self.clean.con.execute(query).fetchall() if name)

    def again(self, paper: FinishedPaper) -> PaperRecord:
        """The record of the same paper made from today's data. Raises `BadPaper` where it would not be made any more."""
        from postloan.papers.make import Signing, papers

        about = paper.record.about
        book = self.book(about["period"], about["policy"], _out_of(paper.path, about["period"]))
        signing = Signing(about.get("prepared_on", ""), about.get("preparer", ""), about.get("reviewer", ""))
        units = [about["unit"]] if about.get("unit") else []
        for _, data in papers(book, about["document"], units, signing):
            made = record_of(read_package(paper.path, data))
            if all(made.about.get(name, "") == about.get(name, "") for name in _SAME_PAPER):
                return made
        raise BadPaper(
            tr("today's data make no such paper any more"), paper.path.name, tr("check without --data, or give the data of its period")
        )


def _out_of(path: Path, period: str) -> str:
    """The output folder the paper lies in, if it does; blank else."""
    return next((str(folder.parent) for folder in path.resolve().parents if folder.name == period), "")


def stale_remarks(paper: FinishedPaper, today: PaperRecord, rows: Mapping[str, Rows]) -> Iterator[Remark]:
    """Figures of the paper that the same paper made today would print otherwise, and what of the program's side has changed."""
    made = paper.record
    for cause in TOLD:
        if made.causes.get(cause) != today.causes.get(cause):
            yield Remark("cause_changed", slots={"what": cause_words()[cause]})
    if made.causes.get("template") != today.causes.get("template"):
        yield Remark("template_changed")
        yield from _by_key(paper, today, rows)
        return
    fresh = _by_place_in_text(today)
    for key, figures in _by_place_in_text(made).items():
        others = fresh.pop(key, [])
        for n, figure in enumerate(figures):
            if n >= len(others):
                yield _stale("figure_no_longer", paper, figure, rows, "")
            elif figure.text != others[n].text:
                yield _stale("figure_stale", paper, figure, rows, others[n].text)
        yield from (_lacking(other) for other in others[len(figures) :])
    yield from (_lacking(figure) for figures in fresh.values() for figure in figures)


def _by_place_in_text(record: PaperRecord) -> dict[tuple[str, str, str], list[Figure]]:
    """Figures by part, key and tag: what one tag of the template printed of one thing."""
    found: dict[tuple[str, str, str], list[Figure]] = {}
    for figure in record.figures:
        found.setdefault((figure.part, figure.identity.key, figure.tag), []).append(figure)
    return found


def _by_key(paper: FinishedPaper, today: PaperRecord, rows: Mapping[str, Rows]) -> Iterator[Remark]:
    fresh = by_key(today.figures)
    for key, figures in by_key(paper.record.figures).items():
        if key in fresh and fresh[key][0].value != figures[0].value:
            yield from (_stale("figure_stale", paper, figure, rows, fresh[key][0].text) for figure in figures)


def _stale(kind: str, paper: FinishedPaper, figure: Figure, rows: Mapping[str, Rows], now: str) -> Remark:
    part, at, span = place_of(paper, figure, dict(rows))
    return Remark(kind, part, at, span, {"figure": figure_name(figure), "was": figure.text, "now": now}, figure=figure)


def _lacking(figure: Figure) -> Remark:
    return Remark("figure_lacking", figure.part, None, None, {"figure": figure_name(figure), "now": figure.text})


def cause_words() -> dict[str, str]:
    """What causes are called."""
    return {
        "data": tr("data"),
        "rules": tr("rules"),
        "measures": tr("definitions of measures"),
        "policy": tr("policy"),
        "calendar": tr("calendar"),
        "template": tr("template"),
        "period": tr("period"),
        "hand": tr("changed by hand"),
    }
