"""The problems of data for which no run is made: a table that everything rests on is missing, or balance was lost on the way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from postloan.data.intake.fast import literal
from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.data.screen.table import SCHEMA
from postloan.data.screen.unread import NO_DATA
from postloan.figures.coverage import no_balances, tables_with_rows
from postloan.language import tr
from postloan.numbers import exact
from postloan.period import Period
from postloan.policy import Policy
from postloan.problem import NOTE, STOP, Problem

EVERYTHING_RESTS_ON = ("unit", "customer", "loan", "loan_balance")
"""The tables without which no figure can be had."""
LOST_BALANCE_SHARE = "lost_balance_share"
"""The policy's limit: so much of the balance may be lost."""
WITHOUT_A_WORD = Decimal("0.001")
"""The limit where a policy of a bank's own sets none."""


class LostBalance(NamedTuple):
    """The balance at a day in rows that were dropped, of what was delivered; `unreadable` rows have no amount that can be read."""

    amount: Decimal
    delivered: Decimal
    rows: int
    unreadable: int

    @property
    def share(self) -> Decimal:
        """The lost part; all of it where nothing was kept."""
        return self.amount / self.delivered if self.delivered else Decimal(bool(self.amount))


def data_problems(clean: Clean, period: Period, policy: Policy, draft: bool = False) -> list[Problem]:
    """Return what stops a run over the clean tables beside their own problems, and a note on balance that was lost below the limit.

    With `draft` lost balance above it is a note, too.
    """
    if clean.stops:
        return []
    if missing := [_absent(name) for name in EVERYTHING_RESTS_ON if name not in clean.tables]:
        return missing
    if "loan_balance" not in tables_with_rows(clean, period) and not lost_balance(clean, period.as_of).rows:
        return [no_balances(clean, period)]
    return _lost(clean, period, policy, draft)


def _absent(name: str) -> Problem:
    title = all_tables()[name].title
    says = tr("the table '{title}' was not delivered; no figure can be had without it", title=title)
    return Problem("nothing_delivered", STOP, "", "", None, name, "", says)


def _lost(clean: Clean, period: Period, policy: Policy, draft: bool) -> list[Problem]:
    lost = lost_balance(clean, period.as_of)
    if not lost.rows:
        return []
    stops, says = _is_too_much(lost, policy, period.as_of), _lost_says(lost, period.as_of)
    if stops:
        says += tr("; put the rows right that problems.csv names and run again, or make drafts with --draft")
    consequence = STOP if stops and not draft else NOTE
    file, sheet = clean.places.get("loan_balance", ("", ""))
    found = [Problem("lost_balance", consequence, file, sheet, None, "balance", exact(lost.amount), says)]
    if stops and draft:
        found.append(draft_note())
    return found


def _is_too_much(lost: LostBalance, policy: Policy, day: date) -> bool:
    limit = policy.limit(LOST_BALANCE_SHARE, day) if LOST_BALANCE_SHARE in policy.limits else WITHOUT_A_WORD
    return bool(lost.unreadable) or lost.share > limit


def _lost_says(lost: LostBalance, day: date) -> str:
    return tr(
        "{rows} rows of balances at {as_of} were left out: {amount} yuan, {share} % of what was delivered; {unreadable} of them without an "
        "amount that can be read",
        rows=lost.rows, as_of=day, amount=exact(lost.amount), share=exact(round(lost.share * 100, 4)), unreadable=lost.unreadable,
    )  # fmt: skip


def lost_days(clean: Clean, period: Period, policy: Policy) -> dict[date, Problem]:
    """Return the days before the period of which too much balance was lost to compare with them, each with a note."""
    if clean.stops:
        return {}
    days = f"SELECT DISTINCT as_of FROM {SCHEMA}.typed_loan_balance JOIN ({_dropped()}) USING (_row) WHERE as_of < $first ORDER BY as_of"
    file, sheet = clean.places.get("loan_balance", ("", ""))
    found = {}
    for (day,) in clean.con.execute(days, {"first": period.first_day}).fetchall():
        lost = lost_balance(clean, day)
        if _is_too_much(lost, policy, period.as_of):
            says = _lost_says(lost, day) + tr("; figures that compare with that day are undefined")
            found[day] = Problem("lost_balance_before", NOTE, file, sheet, None, "balance", exact(lost.amount), says)
    return found


def draft_note() -> Problem:
    """The note by which papers of data that would have stopped the run are drafts."""
    return Problem("draft", NOTE, "", "", None, "", "", tr("the papers are drafts: the data would have stopped the run"))


def _dropped() -> str:
    """SQL of the rows of balances that were left out, and if their cells stand where they should."""
    checks = ", ".join(map(literal, NO_DATA))
    return f"""SELECT _row, bool_or("check" IN ('too_many_fields', 'too_few_fields', 'broken_quotes')) AS ragged
               FROM {SCHEMA}.fault_loan_balance WHERE consequence = 'drop' AND "check" NOT IN ({checks}) GROUP BY _row"""


def lost_balance(clean: Clean, day: date) -> LostBalance:
    """Return the balance lost on a day, of rows whose day cannot be read, too."""
    lost = f"""SELECT coalesce(sum(CAST(balance AS DECIMAL(38,2))) FILTER (WHERE NOT ragged), 0), count(*),
               count(*) FILTER (WHERE ragged OR balance IS NULL)
               FROM {SCHEMA}.typed_loan_balance t JOIN ({_dropped()}) d USING (_row) WHERE t.as_of = $day OR t.as_of IS NULL"""
    amount, rows, unreadable = clean.con.execute(lost, {"day": day}).fetchall()[0]
    kept = "SELECT coalesce(sum(CAST(balance AS DECIMAL(38,2))), 0) FROM main.loan_balance WHERE as_of = $day"
    return LostBalance(amount, amount + clean.con.execute(kept, {"day": day}).fetchall()[0][0], rows, unreadable)
