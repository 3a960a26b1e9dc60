"""Working days.

China's working days come from the package chinesecalendar, for the years announced by the State Council, and from a calendar file of the
bank, which comes first. A year in neither of them is an error and never guessed: the days off change every year.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

from postloan.errors import BadPolicy, did_you_mean
from postloan.language import tr

BASES = ("china", "weekends")
ONE_DAY = timedelta(days=1)

_ANNOUNCED = frozenset(day.year for day in chinese_calendar.holidays)

_COLUMNS = {"date": "date", "日期": "date", "is_workday": "is_workday", "是否工作日": "is_workday", "name": "name", "名称": "name"}
_ANSWERS = {
    **dict.fromkeys(("true", "1", "yes", "是", "班"), True),
    **dict.fromkeys(("false", "0", "no", "否", "休"), False),
}
_DATE = re.compile(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?")


@dataclass(frozen=True)
class Calendar:
    """The calendar of working days.

    `base`: "china" or "weekends" (Monday to Friday of any year). `exceptions`: the days of the bank's own file (True: working), which come
    before `base`. A year not in `base` is known once its 1 January and 1 October, the first and the last statutory holiday, are days off in
    the exceptions: a file with both has the whole year.
    """

    base: str = "china"
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    @classmethod
    def load(cls, base: str = "china", extra: Path | None = None) -> Calendar:
        """Return the calendar `base`, with the days of the CSV file `extra` on top.

        The file has the columns date, is_workday, name (日期, 是否工作日, 名称; name may be absent) in UTF-8 or GB18030.
        Raises `BadPolicy` for an unknown base or an unusable file, with the line.
        """
        if base not in BASES:
            raise BadPolicy(tr("there is no calendar '{base}'", base=base), do=did_you_mean(base, BASES))
        return cls(base, _exceptions(extra) if extra else {})

    def knows(self, year: int) -> bool:
        """Return True if the working days of `year` are known."""
        if self.base == "weekends" or year in _ANNOUNCED:
            return True
        return all(self.exceptions.get(date(year, month, 1)) is False for month in (1, 10))

    def is_workday(self, day: date) -> bool:
        """Return True for a working day. Raises `BadPolicy` for a day of an unknown year."""
        if not self.knows(day.year):
            raise BadPolicy(
                tr("the working days of {year} are not known", year=day.year),
                do=tr(
                    "name a calendar file in the policy (columns date, is_workday, name) that lists the days off and "
                    "the working weekends of {year}, from 1 January to the October holiday",
                    year=day.year,
                ),
            )
        if day in self.exceptions:
            return self.exceptions[day]
        if self.base == "china" and day.year in _ANNOUNCED:
            return _is_workday_in_china(day)
        return day.weekday() < 5

    def on_or_after(self, day: date) -> date:
        """Return `day` if it is a working day, else the next one."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def near(self, day: date, *, later: bool) -> date:
        """Return the working day on or after `day` (on or before it, where not `later`); `day` itself where the calendar does not know its year."""
        try:
            return self.on_or_after(day) if later else self.on_or_before(day)
        except BadPolicy:
            return day

    def on_or_before(self, day: date) -> date:
        """Return `day` if it is a working day, else the last one before."""
        while not self.is_workday(day):
            day -= ONE_DAY
        return day

    def between(self, after: date, until: date) -> int:
        """Return the number of working days later than `after` and not later than `until`."""
        days = ((after + timedelta(n)) for n in range(1, (until - after).days + 1))
        return sum(map(self.is_workday, days))


def _is_workday_in_china(day: date) -> bool:
    """Answer as `chinese_calendar.is_workday`, which looks for the first and last of its days each time it is asked."""
    return day in chinese_calendar.workdays or (day.weekday() < 5 and day not in chinese_calendar.holidays)


def _exceptions(path: Path) -> dict[date, bool]:
    rows = csv.reader(_text(path).splitlines())
    head = [_COLUMNS.get(name.strip().lower(), "") for name in next(rows, [])]
    if not {"date", "is_workday"} <= set(head):
        raise BadPolicy(tr("a calendar file needs the columns date and is_workday"), path.name, tr("write them into its first line"))
    days: dict[date, bool] = {}
    for cells in (row for row in rows if any(cell.strip() for cell in row)):
        day, working = _entry(dict(zip(head, cells, strict=False)), f"{path.name}:{rows.line_num}")
        if days.setdefault(day, working) != working:
            what = tr("{day} is both a working day and a day off", day=day)
            raise BadPolicy(what, f"{path.name}:{rows.line_num}", tr("keep one of the lines"))
    return days


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        what = tr("the calendar file cannot be read ({why})", why=error.strerror)
        raise BadPolicy(what, str(path), tr("look at its path in the policy")) from error
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    raise BadPolicy(tr("the calendar file is no text"), path.name, tr("save it as CSV in UTF-8"))


def _entry(cells: Mapping[str, str], where: str) -> tuple[date, bool]:
    found = _DATE.fullmatch(cells.get("date", "").strip())
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise BadPolicy(tr("'{text}' is no date", text=cells.get("date", "")), where, tr("write 2027-01-31"))
    answer = cells.get("is_workday", "").strip()
    if answer.lower() not in _ANSWERS:
        raise BadPolicy(tr("'{text}' is neither true nor false", text=answer), where, tr("write true or false"))
    return day, _ANSWERS[answer.lower()]
