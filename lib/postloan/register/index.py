"""The findings that index numbers stand for: as a run has filed them, or computed from the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from postloan.data.intake.blanks import half_width_id
from postloan.data.intake.moments import period_named
from postloan.figures.book import Book
from postloan.figures.finding import FINDING_COLUMNS
from postloan.figures.rule import all_rules
from postloan.file import csv_rows

_NUMBER = re.compile(r"(?P<unit>.+)-(?P<period>\d{4}Q[1-4])-[A-Z]+-\d{3,}")
FINDINGS = "findings.csv"


class FollowedFinding(NamedTuple):
    """The key of a finding, under which an answer to it is filed; the rule by its title, as people read it."""

    period: str
    rule: str
    unit_id: str
    customer_id: str
    subject: str


@dataclass
class FindingIndex:
    """The findings by index number: of a quarter that a run has filed in `out` those of its `findings.csv`, else those that `compute` finds."""

    out: Path | None
    compute: Callable[[str], Book]
    by_period: dict[str, dict[str, FollowedFinding]] = field(default_factory=dict)

    def finding(self, number: str) -> FollowedFinding | None:
        """Return the finding of an index number; None where there is none."""
        plain = "".join(half_width_id(number).split())
        named = _NUMBER.fullmatch(plain)
        period = period_named(named["period"]) if named else None
        if not period:
            return None
        if period not in self.by_period:
            self.by_period[period] = self._found(period)
        return self.by_period[period].get(plain)

    def _found(self, period: str) -> dict[str, FollowedFinding]:
        path = self.out / period / FINDINGS if self.out else None
        if path and path.is_file():
            return dict(_filed(csv_rows(path.read_bytes())[1:], period))
        found = self.compute(period).findings_made
        return {f.index_no: FollowedFinding(period, f.rule.title, f.unit_id, f.customer_id, f.subject) for f in found}


def _filed(rows: Iterable[list[str]], period: str) -> Iterable[tuple[str, FollowedFinding]]:
    """Yield the findings of `findings.csv` by index number; its heads may be Chinese, its columns are in one order."""
    for row in rows:
        said = dict(zip(FINDING_COLUMNS, row, strict=True))
        rule = all_rules().get(said["rule"])
        title = rule.title if rule else said["rule"]
        yield said["index_no"], FollowedFinding(period, title, said["unit_id"], said["customer_id"], said["subject"])
