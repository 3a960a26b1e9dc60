"""The request of a run in words, and the plan in values that it is resolved into, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postloan.errors import BadCommand
from postloan.figures import kept_findings_file
from postloan.file import is_url
from postloan.inspection_reports import texts_before
from postloan.language import tr
from postloan.month_end.table_heads import heads
from postloan.papers.document import all_documents, document
from postloan.papers.signing import Signing
from postloan.period import Period

if TYPE_CHECKING:
    from postloan.figures.settings import Settings


@dataclass(frozen=True)
class Request:
    """The options of a run as they were given. Empty `documents` and `units` mean all of them."""

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
    workers: int = 0
    only_failed: bool = False
    deadline: str = ""
    kernel: bool = False
    engine: str = "duckdb"
    cluster: str = ""
    heads: str = "en"
    draft: bool = False
    profile: str = ""

    @property
    def folder(self) -> Path:
        """The folder of everything that the run makes."""
        return Path(self.out) / self.period

    @property
    def place(self) -> str:
        """The same folder in words for people, also where it is at a URL."""
        return f"{self.out.rstrip('/')}/{self.period}" if is_url(self.out) else str(self.folder)

    def parameters(self, units: list[str] | None = None) -> dict[str, Any]:
        """Return the parameters of a notebook (of the request's units unless others are given), with paths that hold in any folder."""
        names = ("data", "period", "out", "units", "policy", "calendar", "prepared_on", "preparer", "reviewer")
        given = {name: getattr(self, name) for name in names} | ({} if units is None else {"units": units})
        files = [name for name in ("policy", "calendar") if Path(given[name]).is_file()]
        return given | {name: str(Path(given[name]).resolve()) for name in ("data", "out", *files)}


@dataclass(frozen=True)
class Plan:
    """A request as values. Each is resolved when it is first asked for, and never again; `check` resolves all of them."""

    request: Request

    @cached_property
    def period(self) -> Period:
        """The period. Raises `BadCommand`."""
        return Period.parse(self.request.period)

    @cached_property
    def settings(self) -> Settings:
        """The period, policy, calendar and engine of the book. Raises `BadPolicy` and `BadCommand`."""
        from postloan.figures.book_reader import kept_findings
        from postloan.figures.engine import EngineChoice
        from postloan.figures.index_numbers import read_index_numbers
        from postloan.figures.notices_sent import known_by
        from postloan.figures.settings import Settings, nothing_kept  # late: a run in which nothing has changed needs none of it
        from postloan.papers.notice_register import read_register
        from postloan.papers.notices import days_set
        from postloan.papers.notices_before import notices_sent
        from postloan.policy import read_policy
        from postloan.workdays import Calendar

        policy = read_policy(self.request.policy)
        calendar = Calendar.load(policy.calendar, Path(self.request.calendar) if self.request.calendar else None)
        out = Path(self.request.out) if self.request.out else None
        numbers = read_index_numbers(out) if out else {}
        register = read_register(out) if out else {}
        due, notices = days_set(register, self.period.before.name), known_by(notices_sent(register, policy, calendar), self.period)
        engine = EngineChoice.of(self.request.engine, self.request.out)
        kept = (lambda quarter: kept_findings(out / quarter.before.name)) if out else nothing_kept
        return Settings(self.period, policy, calendar, engine, self.request.draft, numbers, due, notices, kept)

    @cached_property
    def documents(self) -> list[str]:
        """The names of the documents to be made. Raises `BadCommand`."""
        return [document(name).name for name in self.request.documents or all_documents()]

    @cached_property
    def signing(self) -> Signing:
        """The signing of the papers, with a day that fits the period. Raises `BadCommand`."""
        signing = Signing(self.request.prepared_on, self.request.preparer, self.request.reviewer)
        signing.day(self.period)
        return signing

    @cached_property
    def dated(self) -> Request:
        """The request with the date of its papers: one for all of them, also where midnight comes in between. Raises `BadCommand`."""
        return replace(self.request, prepared_on=self.signing.day(self.period).isoformat())

    @cached_property
    def deadline(self) -> datetime | None:
        """The next moment at which the clock says the deadline, such as 06:00. Raises `BadCommand`."""
        text = self.request.deadline
        if not text:
            return None
        try:
            clock = time.fromisoformat(text)
        except ValueError:
            raise BadCommand(tr("'{text}' is no time of day", text=text), do=tr("write it like 06:00")) from None
        now = datetime.now().astimezone()
        then = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
        return then if then > now else then + timedelta(days=1)

    @cached_property
    def data(self) -> Path:
        """The folder or workbook of tables."""
        return Path(self.request.data)

    @cached_property
    def folder(self) -> Path:
        """The folder of everything that the run makes."""
        return self.request.folder

    @cached_property
    def texts_before(self) -> Path | None:
        """The report texts that the run of the period before has kept; None without an output folder."""
        return texts_before(self.request.out, self.period) if self.request.out else None

    @cached_property
    def findings_before(self) -> list[Path]:
        """The files in which the runs of the quarters before have kept their findings, for each quarter of the period; none without an output folder."""
        quarters = self.period.quarters or ([self.period] if self.period.is_quarter else [])
        found = (kept_findings_file(self.folder.parent / quarter.before.name) for quarter in (quarters if self.request.out else ()))
        return [path for path in found if path]

    @cached_property
    def settings_files(self) -> list[Path]:
        """The bank's own policy and calendar files, and the policies beside them, which they may be based on."""
        given = [Path(name) for name in (self.request.policy, self.request.calendar, self.request.profile) if name and Path(name).is_file()]
        return [path for file in given for path in sorted({file, *file.parent.glob("*.yaml")})]

    def check(self) -> None:
        """Resolve everything now. Raises what is wrong with the request."""
        heads((), self.request.heads)
        if self.request.profile:
            from postloan.data.profile import tables_as_sent

            tables_as_sent(self.request.profile)
        for name in ("settings", "signing", "documents", "deadline"):
            getattr(self, name)
        if not self.data.exists():
            raise BadCommand(tr("there is no such folder or file"), str(self.data), tr("give the folder that holds the tables"))
