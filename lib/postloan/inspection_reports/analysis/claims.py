"""The figures quoted in reports, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from postloan.inspection_reports.analysis.claim_words import any_of, words
from postloan.inspection_reports.analysis.quoted_figures import kind_of, quoted_figures
from postloan.numbers import rounded

COLUMNS = pa.schema(
    {
        "inspection_id": pa.string(),
        "section": pa.string(),
        "kind": pa.string(),
        "amount": pa.decimal128(18, 2),
        "step": pa.decimal128(18, 2),
        "passage": pa.string(),
        "period": pa.string(),
        "first_day": pa.date32(),
        "last_day": pa.date32(),
    }
)
_GIVEN = pa.schema({"id": pa.string(), "section": pa.string(), "text": pa.string(), "day": pa.date32(), "name": pa.string()})

CENT, TOO_MUCH = Decimal("0.01"), Decimal(10) ** 16
"""The smallest step, and the least impossible amount: larger than any customer's, it is a slip of the pen that no table could hold."""


def claims(
    ids: Sequence[str],
    sections: Sequence[str],
    texts: Sequence[str | None],
    written_on: Sequence[date | None] | None = None,
    customer_names: Sequence[str | None] | None = None,
) -> pa.Table:
    """Return one row per quoted figure, in the given order: kind, amount in yuan and its clause (see `QuotedFigure`).

    Takes sequences or Arrow arrays of one length, one row per section. Sections about others (claims.yaml: not_in_sections) are skipped.
    `written_on`, the day of each report, dates the figures; with `customer_names` a report may call its customer by name. A figure quoted
    twice in a report with the same words of time is one row.
    """
    unknown = pa.nulls(len(texts))
    columns = [ids, sections, texts, unknown if written_on is None else written_on, unknown if customer_names is None else customer_names]
    rows = pa.table([_array(column, kind) for column, kind in zip(columns, _GIVEN.types, strict=True)], schema=_GIVEN)
    likely = pc.and_(pc.match_substring_regex(rows["text"], any_of(kind_of())), pc.match_substring(rows["text"], "元"))
    rows = rows.filter(pc.and_(likely, pc.invert(pc.is_in(rows["section"], pa.array(words()["not_in_sections"])))))
    found: dict[tuple, dict] = {}
    for report, section, text, day, name in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        for quoted in quoted_figures(text, day, name):
            if quoted.amount < TOO_MUCH:
                step = max(CENT, rounded(quoted.step, 2))
                row = {**vars(quoted), "inspection_id": report, "section": section, "amount": rounded(quoted.amount, 2), "step": step}
                found.setdefault((report, quoted.kind, quoted.amount, quoted.period), {name: row[name] for name in COLUMNS.names})
    return pa.Table.from_pylist(list(found.values()), schema=COLUMNS)


def _array(column: Sequence, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return column.cast(kind) if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column, kind)
