"""Checks a finished paper against current data: the paper is made again in memory, and the figures are compared one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from officefill.ooxml.package import read_package

from postloan.audit.verify.places import place_of
from postloan.audit.verify.remark import Remark, figure_remark
from postloan.audit.verify.sheet_rows import SheetRows
from postloan.errors import BadCommand, BadPaper
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper, figure_name
from postloan.papers.record.paper_record import Figure, PaperRecord, by_key, record_of
from postloan.problem import STOP, Problem

if TYPE_CHECKING:
    from postloan.data.screen import Clean
    from postloan.figures.book import Book

REPORTED = ("policy", "calendar", "rules", "measures")
"""Causes with a remark of their own when changed; changed data show in the figures."""
_SAME_PAPER = ("document", "template", "unit", "period")


@dataclass
class CurrentData:
    """The data to check a paper against, with the calendar. `policy`: replaces the paper's policy if that is a file of the bank.

    Heavy modules are imported in the methods: a check without data must be quick.
    """

    data: str
    calendar: str = ""
    policy: str = ""
    books: dict[tuple[str, str, bool], Book] = field(default_factory=dict)

    @cached_property
    def clean(self) -> Clean:
        from postloan.run import take_in

        return take_in(self.data)

    @property
    def stops(self) -> list[Problem]:
        """The problems of the data that stop a run."""
        return [problem for problem in self.clean.problems if problem.consequence == STOP]

    def book(self, period: str, policy: str, out: str, draft: bool = False) -> Book:
        """Return the book of a period and policy, computed once, for a draft from data that would stop a run, too.

        `out` holds the report texts kept by the run before.
        """
        from postloan.month_end.plan import Request
        from postloan.policy import policy_names
        from postloan.run import compute_request

        if not self.policy and policy not in policy_names():
            what, do = tr("the paper's policy '{name}' is none of the program's", name=policy), tr("give its file with --policy")
            raise BadCommand(what, do=do)
        key = (period, self.policy or policy, draft)
        if key not in self.books:
            asked = Request("", period, out, policy=self.policy or policy, calendar=self.calendar, draft=draft)
            self.books[key] = compute_request(self.clean, asked)
        return self.books[key]

    @cached_property
    def names(self) -> list[str]:
        """Names of all customers and units."""
        columns = [("customer", "customer_name"), ("unit", "unit_name")]
        sql = [f"SELECT DISTINCT {column} FROM {table}" for table, column in columns if table in self.clean.tables]
        return sorted(name for query in sql for (name,) in self.clean.con.execute(query).fetchall() if name)

    def record_of(self, path: Path, about: Mapping[str, str]) -> PaperRecord:
        """Return the record of the paper at `path` made from current data. Raises `BadPaper` if the data make no such paper."""
        from postloan.papers.make import Signing, papers

        book = self.book(about["period"], about["policy"], _out_of(path, about["period"]), "draft" in about)
        signing = Signing(about.get("prepared_on", ""), about.get("preparer", ""), about.get("reviewer", ""))
        units = [about["unit"]] if about.get("unit") else []
        for _, data in papers(book, about["document"], units, signing):
            made = record_of(read_package(path, data))
            if all(made.about.get(name, "") == about.get(name, "") for name in _SAME_PAPER):
                return made
        do = tr("check without --data, or give the data of its period")
        raise BadPaper(tr("today's data make no such paper any more"), path.name, do)


def _out_of(path: Path, period: str) -> str:
    """Return the output folder of the paper, blank for a paper elsewhere."""
    return next((str(folder.parent) for folder in path.resolve().parents if folder.name == period), "")


def stale_remarks(paper: FinishedPaper, current: PaperRecord, rows: Mapping[str, SheetRows]) -> Iterator[Remark]:
    """Yield remarks on figures that differ in the paper made from current data, and on changes of policy and program."""
    made = paper.record
    for cause in REPORTED:
        if made.causes.get(cause) != current.causes.get(cause):
            yield Remark("cause_changed", slots={"what": cause_words()[cause]})
    if made.causes.get("template") != current.causes.get("template"):
        yield Remark("template_changed")
        yield from _by_key(paper, current, rows)
        return
    fresh = _by_tag(current)
    for key, figures in _by_tag(made).items():
        others = fresh.pop(key, [])
        for n, figure in enumerate(figures):
            if n >= len(others):
                yield _stale("figure_no_longer", paper, figure, rows, "")
            elif figure.text != others[n].text:
                yield _stale("figure_stale", paper, figure, rows, others[n].text)
        yield from (_lacking(other) for other in others[len(figures) :])
    yield from (_lacking(figure) for figures in fresh.values() for figure in figures)


def _by_tag(record: PaperRecord) -> dict[tuple[str, str, str], list[Figure]]:
    """Return the figures by part, key and tag."""
    found: dict[tuple[str, str, str], list[Figure]] = {}
    for figure in record.figures:
        found.setdefault((figure.part, figure.identity.key, figure.tag), []).append(figure)
    return found


def _by_key(paper: FinishedPaper, current: PaperRecord, rows: Mapping[str, SheetRows]) -> Iterator[Remark]:
    fresh = by_key(current.figures)
    for key, figures in by_key(paper.record.figures).items():
        if key in fresh and fresh[key][0].value != figures[0].value:
            yield from (_stale("figure_stale", paper, figure, rows, fresh[key][0].text) for figure in figures)


def _stale(kind: str, paper: FinishedPaper, figure: Figure, rows: Mapping[str, SheetRows], now: str) -> Remark:
    return figure_remark(kind, place_of(paper, figure, dict(rows)), figure, now)


def _lacking(figure: Figure) -> Remark:
    return Remark("figure_lacking", figure.part, None, None, {"figure": figure_name(figure), "now": figure.text})


def cause_words() -> dict[str, str]:
    """Return the names of causes."""
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
