"""Control totals: figures that another system reports for the last day of the period, beside ours.

A figure that differs by more than the last digit of the sender's can hold, and without a reason, stops the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.data.screen.table import SCHEMA
from postloan.errors import did_you_mean
from postloan.figures.aggregate import Subject
from postloan.figures.measure import Figures, Measure
from postloan.language import tr
from postloan.numbers import number, percent, points, yuan
from postloan.period import Period
from postloan.problem import NOTE, STOP, Problem

TABLE = "control_total"
NOT_ADDED_UP = ("ratio", "分")
"""Units of figures that are undefined, not zero, for a unit without a row."""
_DECIMALS = re.compile(r"[.．](\d+)")
_LEAST_PLACES = 2


@dataclass(frozen=True)
class ControlTotal:
    """One total of a sender for the bank, or the unit `unit_id`, beside our figure. `measure` is blank where the program has none of that name.

    `written` is the total as the sender writes it, `row` its row in the sender's file.
    """

    source: str
    called: str
    measure: str
    unit_id: str
    theirs: Decimal
    ours: Decimal | None
    written: str
    reason: str
    row: int

    @property
    def places(self) -> int:
        """The decimals of the total as it is written; a percent sign is two more."""
        found = _DECIMALS.search(self.written)
        return (len(found[1]) if found else 0) + 2 * ("%" in self.written or "％" in self.written)

    @property
    def difference(self) -> Decimal | None:
        """Our figure less theirs; None where we have none."""
        return None if self.ours is None else self.ours - self.theirs

    @property
    def agrees(self) -> bool:
        """True where ours, rounded as the sender rounds, may be theirs."""
        return self.difference is not None and abs(self.difference) * 2 <= Decimal(1).scaleb(-self.places)


def control_totals(clean: Clean, period: Period, figures: Mapping[Subject, Figures], measures: Mapping[str, Measure]) -> list[ControlTotal]:
    """Return the totals of the last day of the period, in the order of the sender's file, each beside our figure."""
    if TABLE not in clean.tables:
        return []
    rows = clean.con.execute(
        f"""SELECT t.source, t.measure, coalesce(t.unit_id, ''), t.value, CAST(r.cell_value AS VARCHAR), coalesce(t.difference_reason, ''), t._row
            FROM main.{TABLE} t JOIN {SCHEMA}.raw_{TABLE} r USING (_row) WHERE t.as_of = ? ORDER BY t._row""",
        [period.as_of],
    ).fetchall()
    names = {word: name for name, measure in measures.items() for word in (measure.title, name)}
    found = []
    for source, called, unit, theirs, text, reason, row in rows:
        name = names.get(called, "")
        ours = _ours(figures, measures[name], unit) if name else None
        found.append(ControlTotal(source, called, name, unit, theirs, ours, text, reason, row))
    return found


def _ours(figures: Mapping[Subject, Figures], measure: Measure, unit: str) -> Decimal | None:
    """Return our figure of the bank or a unit: zero for a unit that has no part in what is added up for the bank."""
    bank = figures.get(("bank", ""), {}).get(measure.name)
    if not unit or bank is None:
        return bank
    made = figures.get(("unit", unit), {})
    return made.get(measure.name) if measure.name in made or measure.unit in NOT_ADDED_UP else Decimal(0)


def texts_of(total: ControlTotal, measure: Measure) -> tuple[str, str, str]:
    """Return their figure, ours and the difference with the unit of the measure; of ratios ours with two decimals more than theirs."""
    places, percents = total.places, points if measure.difference else percent
    if measure.unit == "ratio":
        theirs, ours = percents(total.theirs, max(_LEAST_PLACES, places - 2)), percents(total.ours, max(_LEAST_PLACES, places))
        return theirs, ours, points(total.difference, max(_LEAST_PLACES, places))
    if measure.unit == "元":
        return tuple(yuan(value, _LEAST_PLACES, separator=True) for value in (total.theirs, total.ours, total.difference))
    return tuple(number(value, separator=True) + measure.unit for value in (total.theirs, total.ours, total.difference))


def total_problems(clean: Clean, totals: Iterable[ControlTotal], measures: Mapping[str, Measure], draft: bool = False) -> list[Problem]:
    """Return a stop for every total that differs without a reason, a note in a `draft`; and notes on those that cannot be compared."""
    file, sheet = clean.places.get(TABLE, ("", ""))
    found = []
    for total in totals:
        if not total.measure:
            found.append(Problem("total_unknown", NOTE, file, sheet, total.row, "measure", total.called, _unknown(total, measures)))
        elif total.difference is None:
            says = tr("the total cannot be compared: {title} is undefined here", title=measures[total.measure].title)
            found.append(Problem("total_not_compared", NOTE, file, sheet, total.row, "value", total.written, says))
        elif not total.agrees and not total.reason:
            consequence, says = NOTE if draft else STOP, _differs(total, measures[total.measure])
            found.append(Problem("total_differs", consequence, file, sheet, total.row, "value", total.written, says))
    return found


def _unknown(total: ControlTotal, measures: Mapping[str, Measure]) -> str:
    hint = did_you_mean(total.called, [*measures, *(measure.title for measure in measures.values())])
    return tr("there is no measure '{name}', so the total was not compared; {hint}", name=total.called, hint=hint)


def _differs(total: ControlTotal, measure: Measure) -> str:
    theirs, ours, difference = texts_of(total, measure)
    return tr(
        "{source} reports {title} ({unit}) of {theirs}, ours is {ours}: a difference of {difference}; put the data right and run again, "
        "or write the cause into the column difference_reason, or make drafts with --draft",
        source=all_tables()[TABLE].fields["source"].values[total.source], title=measure.title,
        unit=total.unit_id or tr("the whole bank"), theirs=theirs, ours=ours, difference=difference.removeprefix("-"),
    )  # fmt: skip
