"""The list of control totals: a sender's figures beside ours, and why they differ (与报送总数核对)."""

from __future__ import annotations

from typing import Any

from postloan.data.schema import all_tables
from postloan.figures.book import Book
from postloan.figures.control_totals import TABLE, ControlTotal, texts_of

AGREES, EXPLAINED, OPEN = "相符", "不符，已说明", "不符，未说明"
OF_BANK = "全行"


def reconciled(book: Book, unit: str = "") -> list[dict[str, Any]]:
    """Return the totals that were compared with our figures, of one unit where it is named, as plain values for templates."""
    return [_row(book, total) for total in book.totals if total.difference is not None and unit in ("", total.unit_id)]


def _row(book: Book, total: ControlTotal) -> dict[str, Any]:
    measure = book.measures_on[total.measure]
    return {
        "key": f"{total.source}/{total.measure}/{total.unit_id}",
        "source": all_tables()[TABLE].fields["source"].values[total.source],
        "title": measure.title,
        "unit": book.unit_names.get(total.unit_id, total.unit_id) if total.unit_id else OF_BANK,
        **dict(zip(("theirs", "ours", "difference"), texts_of(total, measure), strict=True)),
        "share": total.difference / total.theirs if total.difference is not None and total.theirs else None,
        "result": AGREES if total.agrees else EXPLAINED if total.reason else OPEN,
        "reason": "" if total.agrees else total.reason,
    }
