"""Templates opened with this program's filters, and with its names in papers."""

from __future__ import annotations

from pathlib import Path

from officefill import Settings, Template, open_template

from postloan.numbers import NOT_APPLICABLE
from postloan.papers.table_filters import TEMPLATE_FILTERS

NAMESPACE = "urn:postloan:paper:1"
"""The namespace of the record in a finished paper."""
SETTINGS = Settings(
    application="postloan",
    namespace=NAMESPACE,
    undefined=NOT_APPLICABLE,
    keeps_items=("summing",),
    suggested={"blank": "or_dash", "number": "percent, wan", "date": "date_cn", "truth": "yes_no"},
)


def paper_template(path: Path | str, *, trace: bool = False, data: bytes | None = None) -> Template:
    """Open the template at `path`, or of the bytes `data`; a traced one marks every figure in its papers. Raises `BadTemplate`."""
    return open_template(path, TEMPLATE_FILTERS, SETTINGS, trace=trace, data=data)
