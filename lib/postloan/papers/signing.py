"""The people who sign a paper, and its date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from postloan.errors import BadCommand
from postloan.language import tr
from postloan.period import Period


@dataclass(frozen=True)
class Signing:
    """The people who sign a paper and the day; blank names are left to be filled in by hand."""

    prepared_on: str = ""
    preparer: str = ""
    reviewer: str = ""

    def day(self, period: Period) -> date:
        """Return the date of the paper: the period's last day unless one is given, which is no earlier. Raises `BadCommand`."""
        try:
            day = date.fromisoformat(self.prepared_on) if self.prepared_on else period.as_of
        except ValueError:
            raise BadCommand(tr("'{text}' is no date", text=self.prepared_on), do=tr("write it like 2014-06-30")) from None
        if day < period.as_of:
            raise BadCommand(
                tr("a paper on {period} cannot be dated {day}", period=period, day=day),
                do=tr("give {as_of} or a later day", as_of=period.as_of),
            )
        return day


UNSIGNED = Signing()
"""Dated the period's last day, names to be filled in by hand."""
