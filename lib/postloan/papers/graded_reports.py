"""Single inspection reports by their scores, those that lost points."""

from __future__ import annotations

from typing import Any

from postloan.figures.book import Book
from postloan.figures.find import report_scores


def reports_graded(book: Book, unit: str = "") -> list[dict[str, Any]]:
    """Return the reports below full marks, of one unit where it is named, the lowest score first; `is_lowest` is true of the lowest band."""
    found = book.findings_of(unit)
    customers = {f.row["inspection_id"]: f.customer_name for f in found if f.rule.about == "report"}
    unread = {row["inspection_id"] for row in book.rows("report_unread", "inspection_id")}
    worst = min(book.policy.bands, key=lambda name: book.policy.bands[name])
    rows = [
        {
            "key": report,
            "customer": customers[report],
            "score": score,
            "band": (band := book.policy.band(score)),
            "is_lowest": band == worst,
        }
        for report, score in report_scores(found, book.policy).items()
        if score < 100 and report not in unread
    ]
    return sorted(rows, key=lambda row: (row["score"], row["key"]))
