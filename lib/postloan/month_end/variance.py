"""Variances: figures that moved more than the policy allows since the period before. A person looks at them before anything is signed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from postloan.figures.aggregate import BANK, Subject
from postloan.figures.book import Book
from postloan.figures.measure import Figures, Measure, all_measures
from postloan.month_end.run_record import Variance
from postloan.numbers import exact

OF_RATIOS, OF_POINTS, OF_OTHERS, OF_COUNTS = "moved_ratio", "moved_points", "moved_share", "moved_count"
"""The limits of the policy: a difference for ratios and points, a share of what it was before for everything else; how many more or less of
what is counted is no movement whatever the share."""
NOT_COUNTED = ("ratio", "元", "分")
WHOLE_BANK = "全行"
COMPARED = ("bank", "unit")
NEW, GONE = "本期新出现的机构", "本期不再有数据的机构"


def variances(book: Book) -> list[Variance]:
    """Return every figure of the bank and its units that moved more than allowed since the period before, the bank's first, then unit by unit.

    A figure that is undefined on one side only has moved; one undefined on both has not. A unit known on one side only is one entry and not
    one per measure. A kind of figure for which the policy has no limit on the period's last day is not looked at, nor is a figure that
    tells of a movement itself (`Measure.difference`). Nothing where there is no period before (`Book.before`).
    """
    if book.before is None:
        return []
    now, before = _compared(book), _compared(book.before)
    limits = {kind: _limit(book, kind) for kind in (OF_RATIOS, OF_POINTS, OF_OTHERS, OF_COUNTS)}
    found: list[Variance] = []
    for subject in sorted(now.keys() | before.keys(), key=lambda subject: (subject != BANK, subject)):
        name = book.unit_names.get(subject[1], "") if subject != BANK else WHOLE_BANK
        if subject not in now or subject not in before:
            found.append(Variance("", NEW if subject in now else GONE, *subject, name, "", "", "", "", ""))
        else:
            found += _of_subject(subject, name, before[subject], now[subject], limits)
    return found


def _compared(book: Book) -> dict[Subject, Figures]:
    return {subject: figures for subject, figures in book.figures.items() if subject[0] in COMPARED}


def _limit(book: Book, kind: str) -> Decimal | None:
    limit = book.policy.limits.get(kind)
    return limit.on(book.period.as_of) if limit else None


def _of_subject(subject: Subject, name: str, before: Figures, now: Figures, limits: dict[str, Decimal | None]) -> Iterator[Variance]:
    for measure in all_measures().values():
        if measure.difference:
            continue
        allowed = limits[{"ratio": OF_RATIOS, "分": OF_POINTS}.get(measure.unit, OF_OTHERS)]
        was, is_ = before.get(measure.name), now.get(measure.name)
        # A unit without customers has no row for what is zero: no row beside a zero is no movement.
        no_row = (measure.name in before) != (measure.name in now) and not (was or is_)
        if allowed is None or was == is_ or no_row or _is_few(measure, was, is_, limits[OF_COUNTS]):
            continue
        change = change_of(measure, was, is_)
        if change is None or abs(change) > allowed:
            yield Variance(measure.name, measure.title, *subject, name, measure.unit, *map(exact, (was, is_, change, allowed)))


def _is_few(measure: Measure, before: Decimal | None, now: Decimal | None, few: Decimal | None) -> bool:
    """Return True where what is counted differs by no more than the policy lets pass."""
    if few is None or before is None or now is None or measure.unit in NOT_COUNTED:
        return False
    return abs(now - before) <= few


def change_of(measure: Measure, before: Decimal | None, now: Decimal | None) -> Decimal | None:
    """Return by how much a figure moved: the difference of ratios and points, the share of what it was of others.

    None where that cannot be said: undefined on a side, or nothing before.
    """
    if before is None or now is None:
        return None
    if measure.unit in ("ratio", "分"):
        return now - before
    return (now - before) / abs(before) if before else None
