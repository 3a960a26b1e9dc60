"""Spans: the days that terms are asked for beside the run's own.

The head of a tally says for which its terms are to be had:

    -- spans: opening, year_start, last_year    of stocks: the last day before the period, 31 December before, the same time a year before
    -- spans: quarter, half, year, last_year    of flows: from the first day of the quarter, half-year or year to the period's last day

Each term then has others beside it, such as `year_start_loan_balance` or `recovered_amount_since_year_start`: the same SQL over other days,
made only where something asks for it. Measures ask for them by these names, and SQL for their rows (`opening_scope_loan`). A flow since a
first day has the same days a year before it as well: with `last_year_recovered_amount_since_year_start` papers compare it.

Terms of a span are undefined where the data do not reach: where its base day has no balances, a table that is dated by days has no row of
its last day, or one that is dated otherwise has none of an earlier part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from postloan.period import Period

Days = tuple[date, date]
"""A first and a last day, both inside."""


@dataclass(frozen=True, eq=False)
class Span:
    """Other days. `key` is its relation in place of `asked`, `pattern` the name of a term or tally over these days.

    A flow that ends with the period (`cumulative`) has its base day before its first; the base day of others is their last.
    """

    key: str
    pattern: str
    title: str
    days: Callable[[Period], Days]
    cumulative: bool = False

    def named(self, name: str) -> str:
        """Return the name of a term, or of a tally, over these days."""
        return self.pattern.format(name)

    def original(self, name: str) -> str:
        """Return the name of which `name` is the one over these days; blank where it is none."""
        before, after = self.pattern.split("{}")
        return name.removeprefix(before).removesuffix(after) if name.startswith(before) and name.endswith(after) else ""

    def base_day(self, period: Period) -> date:
        """Return the day that must have balances."""
        first, last = self.days(period)
        return first - timedelta(days=1) if self.cumulative else last

    def parts(self, period: Period) -> list[Period]:
        """Return the months of a month's span, else its quarters, half-years and years, in their order."""
        first, last = self.days(period)
        parts, month = [], Period.parse_day(first)
        while month.as_of <= last:
            parts += [part for kind, part in month.ending().items() if (kind == "month") == period.is_month and part.first_day >= first]
            month = Period.parse_day(month.as_of + timedelta(days=1))
        return parts


def _day(day: date) -> Days:
    return day, day


def _year_before(days: Days) -> Days:
    first, last = (date(day.year - 1, day.month, 1) for day in days)
    return first, Period.parse_day(last).as_of


def _since(months: int) -> Callable[[Period], Days]:
    return lambda period: (date(period.as_of.year, (period.as_of.month - 1) // months * months + 1, 1), period.as_of)


def _cumulative(word: str, title: str, months: int) -> Span:
    key = f"since_{word}_start"
    return Span(key, f"{{}}_{key}", title, _since(months), cumulative=True)


SPANS = {
    "opening": Span("opening", "opening_{}", "期初", lambda period: _day(period.before.as_of)),
    "year_start": Span("year_start", "year_start_{}", "年初", lambda period: _day(date(period.as_of.year - 1, 12, 31))),
    "last_year": Span("last_year", "last_year_{}", "上年同期", lambda period: _year_before((period.first_day, period.as_of))),
    "quarter": _cumulative("quarter", "本季累计", 3),
    "half": _cumulative("half", "本半年累计", 6),
    "year": _cumulative("year", "本年累计", 12),
}
"""The spans by the words of heads."""


def _year_before_of(span: Span) -> Span:
    return Span(f"last_year_{span.key}", f"last_year_{span.pattern}", f"上年{span.title}", lambda period: _year_before(span.days(period)))


OFFERED = {word: [span, _year_before_of(span)] if span.cumulative else [span] for word, span in SPANS.items()}
"""The spans that a word of a head stands for: with one since a first day comes the same a year before."""
ALL_SPANS = {span.key: span for spans in OFFERED.values() for span in spans}
"""Every span by its key."""
_NAMED = re.compile(r"\b((?:FROM|JOIN)\s+)(\w+)\b|\b(\w+)(?=\.)", re.IGNORECASE)


def with_names(sql: str, names: Mapping[str, str]) -> str:
    """Return SQL that reads other relations: `names` are the new ones by the old."""
    return _NAMED.sub(lambda found: (found[1] or "") + names.get(word := found[2] or found[3], word), sql)
