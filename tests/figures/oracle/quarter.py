"""Days of a quarter, as the contract speaks of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar

DAY = timedelta(days=1)


def span(period: str) -> tuple[date, date]:
    """First and last day of a quarter such as `2014Q2`."""
    year, quarter = int(period[:4]), int(period[5])
    first = date(year, 3 * quarter - 2, 1)
    after = date(year + 1, 1, 1) if quarter == 4 else date(year, 3 * quarter + 1, 1)
    return first, after - DAY


def previous(period: str) -> str:
    year, quarter = int(period[:4]), int(period[5])
    return f"{year - 1}Q4" if quarter == 1 else f"{year}Q{quarter - 1}"


def deadline(period: str) -> date:
    """Day 20 of the quarter's last month, not rolled."""
    return span(period)[1].replace(day=20)


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def next_working_day(day: date) -> date:
    """The day itself where it is a working day in China, else the first one after it."""
    while not chinese_calendar.is_workday(day):
        day += DAY
    return day
