"""The people who sign a paper, and its date."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date

from postloan.errors import BadCommand
from postloan.language import tr
from postloan.period import Period

_DAY = re.compile(r"\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\s*")

TODAY = "POSTLOAN_TODAY"
"""The environment variable that names another day than today, such as 2014-07-10: papers can be made again to the byte."""


def today() -> date:
    """Return the day on which papers are made."""
    return date.fromisoformat(os.environ.get(TODAY) or date.today().isoformat())


def written_day(text: str) -> date:
    """Return the day that a person wrote: 2014-06-30, 2014年6月30日. Raises `BadCommand`."""
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))  # type: ignore[index]
    except (ValueError, TypeError):
        raise BadCommand(tr("'{text}' is no date", text=text), do=tr("write it like 2014-06-30")) from None


@dataclass(frozen=True)
class Signing:
    """The people who sign a paper and the day; blank names are left to be filled in by hand."""

    prepared_on: str = ""
    preparer: str = ""
    reviewer: str = ""

    def day(self, period: Period) -> date:
        """Return the date of the paper: today unless one is given, and no earlier than the period's last day. Raises `BadCommand`."""
        day = written_day(self.prepared_on) if self.prepared_on else max(today(), period.as_of)
        if day < period.as_of:
            raise BadCommand(
                tr("a paper on {period} cannot be dated {day}", period=period, day=day),
                do=tr("give {as_of} or a later day", as_of=period.as_of),
            )
        return day


UNSIGNED = Signing()
"""Dated today, names to be filled in by hand."""
