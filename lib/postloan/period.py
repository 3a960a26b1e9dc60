"""Periods: a quarter, half, month or year, and the days it spans."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from postloan.errors import BadCommand
from postloan.language import tr

_SPELLINGS = re.compile(r"(?P<year>\d{4})(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|-(?P<month>0[1-9]|1[0-2]))?")

QUARTERS_CN = "一二三四"


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole months with a canonical name: `2014Q2`, `2014H1`, `2014-06` or `2014`.

    `first_day` and `as_of` (its last day) are both inside.
    """

    first_day: date
    as_of: date
    name: str

    @classmethod
    def parse(cls, text: str) -> Period:
        """Return the period called `text`. Raises `BadCommand` for any other spelling."""
        found = _SPELLINGS.fullmatch(text)
        if not found or not 1900 <= int(found["year"]) <= 2999:
            raise BadCommand(tr("'{text}' is no period", text=text), do=tr("write 2014Q2, 2014H1, 2014-06 or 2014"))
        year = int(found["year"])
        if found["quarter"]:
            last, months = 3 * int(found["quarter"]), 3
        elif found["half"]:
            last, months = 6 * int(found["half"]), 6
        elif found["month"]:
            last, months = int(found["month"]), 1
        else:
            last, months = 12, 12
        return cls(date(year, last - months + 1, 1), date(year, last, monthrange(year, last)[1]), text)

    @property
    def quarter(self) -> Period:
        """The quarter of the period's last day."""
        return Period.parse(f"{self.as_of.year}Q{(self.as_of.month + 2) // 3}")

    def ending(self) -> dict[str, Period]:
        """Return the periods that end on this month's last day, by kind: the month, and the quarter, half and year that end with it."""
        year, month = self.as_of.year, self.as_of.month
        named = {
            "month": f"{year}-{month:02d}",
            "quarter": f"{year}Q{(month + 2) // 3}",
            "half": f"{year}H{(month + 5) // 6}",
            "year": f"{year}",
        }
        spans = {kind: Period.parse(name) for kind, name in named.items()}
        return {kind: span for kind, span in spans.items() if span.as_of == self.as_of}

    @property
    def previous_quarter(self) -> Period:
        """The quarter before the one with the period's last day."""
        return Period.parse_day(self.quarter.first_day - timedelta(days=1)).quarter

    @property
    def before(self) -> Period:
        """The period of the same kind that ends the day before this one begins."""
        month = Period.parse_day(self.first_day - timedelta(days=1))
        year = month.as_of.year
        match self.name[4:5]:
            case "Q":
                return month.quarter
            case "H":
                return Period.parse(f"{year}H{(month.as_of.month + 5) // 6}")
            case "-":
                return month
            case _:
                return Period.parse(f"{year}")

    @property
    def quarters(self) -> list[Period]:
        """The quarters inside, in their order: a quarter is its own, a month has none."""
        first, last = (self.first_day.month + 2) // 3, self.as_of.month // 3
        return [] if self.is_month else [Period.parse(f"{self.as_of.year}Q{quarter}") for quarter in range(first, last + 1)]

    @property
    def is_longer(self) -> bool:
        """Tell if it is a half-year or year: then it is made of its quarters."""
        return len(self.quarters) > 1

    @property
    def waived_by(self) -> list[str]:
        """The periods whose waivers cover findings of this one: its quarters, and of a month its own besides."""
        return [part.name for part in self.quarters] or [self.name, self.quarter.name]

    @property
    def is_quarter(self) -> bool:
        """True for a quarter: inspections, meetings and sales are dated by quarters."""
        return self == self.quarter

    @property
    def is_month(self) -> bool:
        """Tell if it is a month: then only rows dated by months belong to it."""
        return self.name[4:5] == "-"

    @classmethod
    def parse_day(cls, day: date) -> Period:
        """Return the month of `day`."""
        return cls.parse(f"{day.year:04d}-{day.month:02d}")

    def parts(self) -> list[Period]:
        """Return the periods with rows for this one: itself, and the quarters and halves inside a half-year or year.

        A row dated by a month belongs to that month only: a quarter's inspections are dated by the quarter.
        """
        year = f"{self.as_of.year:04d}"
        names = [f"{year}H{h}" for h in (1, 2)] + [f"{year}Q{q}" for q in (1, 2, 3, 4)]
        inside = [p for p in map(Period.parse, names) if self.first_day <= p.first_day and p.as_of <= self.as_of and p != self]
        return [self, *inside]

    def __str__(self) -> str:
        return self.name


def period_cn(period: Period) -> str:
    """2014年二季度, 2014年上半年, 2014年6月, 2014年度."""
    year = f"{period.as_of.year}年"
    match period.name[4:5]:
        case "Q":
            return f"{year}{QUARTERS_CN[int(period.name[5]) - 1]}季度"
        case "H":
            return f"{year}{'上下'[int(period.name[5]) - 1]}半年"
        case "-":
            return f"{year}{period.as_of.month}月"
        case _:
            return f"{year}度"


def period_short_cn(period: Period) -> str:
    """Return the period in words without its year: 二季度, 上半年, 6月, 全年."""
    return "全年" if period.name.isdigit() else period_cn(period).removeprefix(f"{period.as_of.year}年")


def month_end_cn(period: Period) -> str:
    """Return the last day in words: 6月末."""
    return f"{period.as_of.month}月末"
