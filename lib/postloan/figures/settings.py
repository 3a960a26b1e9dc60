"""The settings of a book: everything beside the data that its figures and findings rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from postloan.figures.engine import IN_PROCESS, EngineChoice
from postloan.figures.finding import KeptFindings
from postloan.figures.index_numbers import IndexNumbers
from postloan.figures.notices_sent import NoticeItem
from postloan.period import Period
from postloan.policy import Policy
from postloan.workdays import Calendar


def nothing_kept(_period: Period) -> KeptFindings | None:
    """Return the findings kept before a quarter where there is no output folder: none."""
    return None


@dataclass(frozen=True)
class Settings:
    """The period, policy and calendar of a book, where its tallies are made, if data that would stop a run make a draft.

    By period and key of a finding, `numbers` are index numbers given before, `due` days that notices have set; `notices` are items sent.
    `kept_before` gives the findings that the run of the quarter before a quarter has kept.
    """

    period: Period
    policy: Policy
    calendar: Calendar
    engine: EngineChoice = IN_PROCESS
    draft: bool = False
    numbers: IndexNumbers = field(default_factory=dict)
    due: Mapping[tuple[str, str], date] = field(default_factory=dict)
    notices: Sequence[NoticeItem] = ()
    kept_before: Callable[[Period], KeptFindings | None] = nothing_kept
