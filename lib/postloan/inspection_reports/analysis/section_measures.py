"""The length and content of each section of a report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa

from postloan.inspection_reports.analysis.blanks import is_blank
from postloan.inspection_reports.analysis.facts import count_facts
from postloan.inspection_reports.analysis.quarter_texts import length

COLUMNS = pa.schema(
    {"inspection_id": pa.string(), "section": pa.string(), "blank": pa.bool_(), "characters": pa.int64(), "numeric_facts": pa.int64()}
)


def measure_sections(
    ids: Sequence[str],
    sections: Sequence[str],
    texts: Sequence[str | None],
    allowed: Collection[str] | Mapping[str, Collection[str]] = frozenset(),
) -> pa.Table:
    """Return one row per section, in the given order: blank or not, characters (without spaces), numeric facts.

    Takes Python sequences or Arrow arrays of one length. `allowed`: the words that are no blanks (see `is_blank`), for all sections or by
    section. A text of None is blank, with 0 characters.
    """
    ids, sections, texts = (list(column.to_pylist()) if hasattr(column, "to_pylist") else list(column) for column in (ids, sections, texts))
    may = {section: frozenset(allowed.get(section, ()) if isinstance(allowed, Mapping) else allowed) for section in set(sections)}
    blank = [is_blank(text, may[section]) for section, text in zip(sections, texts, strict=True)]
    written = [text or "" for text in texts]
    columns = [ids, sections, blank, [length(text) for text in written], count_facts(written)]
    return pa.table(dict(zip(COLUMNS.names, columns, strict=True)), schema=COLUMNS)
