"""The parameters of a run's queries, as small tables that tallies join: dates, limits, scope, calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from itertools import accumulate

import duckdb
import pyarrow as pa

from postloan.data.relation import lay_down_table
from postloan.figures.tally import spans_in_use
from postloan.period import Period
from postloan.policy import Policy, Section
from postloan.workdays import ONE_DAY, Calendar

DAYS_BEFORE, DAYS_AFTER = 7305, 370
"""The reach of the calendar beyond the period and its spans: twenty years back, for loans that fell due long ago; few reports come later."""

NO_DAY = date.min
"""A day that no row bears."""


def make_parameters(
    con: duckdb.DuckDBPyConnection, period: Period, policy: Policy, calendar: Calendar, lost: Collection[date] = ()
) -> None:
    """Make `asked`, `asked_period`, `asked_quarter`, `previous_period`, `asked_section`, `scope_segment`, `scope_product`, `calendar_day`.

    Each span in use has its own `asked` and `asked_period`, named by its key (`year_start`, `since_year_start_period`); its limits are the run's.
    With a quarter end that is `lost` nothing is compared. Raises `BadPolicy` where the calendar does not know the period's days or a limit has no value.
    """
    scope = policy.scope
    asked = {
        "period": period.name,
        "first_day": period.first_day,
        "as_of": period.as_of,
        "previous_as_of": NO_DAY if period.previous_quarter.as_of in lost else period.previous_quarter.as_of,
        "opening_as_of": period.before.as_of,
        "report_deadline": policy.deadline(period, calendar),
        "off_balance_sheet_counts": scope.off_balance_sheet_counts,
        "low_risk_counts": scope.low_risk_counts,
        **policy.limits_on(period.as_of),
    }
    _make(con, "asked", [asked])
    _make(con, "asked_period", _names(period.parts()))
    _make(con, "asked_quarter", _quarters(period, policy, calendar))
    for span in spans_in_use():
        first, last = span.days(period)
        days = {"first_day": first, "as_of": last, "previous_as_of": Period.parse_day(last).previous_quarter.as_of}
        days["opening_as_of"] = first - ONE_DAY
        _make(con, span.key, [{**asked, **days}])
        _make(con, f"{span.key}_period", _names(span.parts(period)))
    _make(con, "previous_period", _names(period.before.parts()))
    _make(con, "asked_section", [_section(place, name, section) for place, (name, section) in enumerate(policy.sections.items())])
    _make(con, "scope_segment", [{"segment": segment} for segment in scope.segments])
    _make(con, "scope_product", [{"product": product} for product in scope.products])
    _make(con, "calendar_day", list(_days(period, calendar)))


def _names(periods: list[Period]) -> pa.Table:
    return pa.table({"period": pa.array([part.name for part in periods], pa.string())})


def _quarters(period: Period, policy: Policy, calendar: Calendar) -> pa.Table:
    """The quarters inside the period, none in a month, each with the deadline of its reports."""
    days = {"first_day": pa.date32(), "as_of": pa.date32(), "report_deadline": pa.date32()}
    rows = [
        {"period": q.name, "first_day": q.first_day, "as_of": q.as_of, "report_deadline": policy.deadline(q, calendar)}
        for q in period.quarters
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema({"period": pa.string(), **days}))


def _section(place: int, name: str, section: Section) -> dict[str, object]:
    wanted = {"least_facts": section.facts, "least_characters": section.characters, "hard": section.hard}
    return {"place": place, "section": name, "called": section.called, **wanted}


def _make(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | list[dict[str, object]]) -> None:
    lay_down_table(con, name, pa.Table.from_pylist(rows) if isinstance(rows, list) else rows)


def _days(period: Period, calendar: Calendar) -> Iterator[dict[str, object]]:
    """One row a day: working days so far, and the last day that counts as on time for something due on it.

    Days of years that nobody has announced are left out before and after the period, and stop the run inside it.
    """
    earliest = min([period.first_day, *(span.days(period)[0] for span in spans_in_use())])
    first, last = earliest - timedelta(days=DAYS_BEFORE), period.as_of + timedelta(days=DAYS_AFTER)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = [day for day in days if calendar.knows(day.year) or period.first_day <= day <= period.as_of]
    working = {day: calendar.is_workday(day) for day in days}
    counts_until, until = {}, days[-1]
    for day in reversed(days):
        until = day if working[day] else until
        counts_until[day] = until
    for day, so_far in zip(days, accumulate(map(int, working.values())), strict=True):
        yield {"day": day, "workdays_so_far": so_far, "counts_until": counts_until[day]}
