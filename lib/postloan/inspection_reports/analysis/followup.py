"""Finds the rules whose topics a report mentions: does it follow up the findings of the quarter before?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from postloan.inspection_reports.analysis.claim_words import words

COLUMNS = pa.schema({"inspection_id": pa.string(), "rule": pa.string()})


@lru_cache(maxsize=1)
def topics() -> dict[str, tuple[str, ...]]:
    """Return the rules of each topic of `claims.yaml`. No statement about follow-up is made for a rule without topic."""
    shared = words()["topics"]
    return {topic: tuple(shared.get(topic, [topic])) for topic in words()["followup"] if topic != "any"}


def mentions(ids: Sequence[str], texts: Sequence[str | None]) -> pa.Table:
    """Return one row for each report and rule whose topic is mentioned in one of its texts: `inspection_id`, `rule`.

    A text about last quarter's problems in general (上季度检查发现的问题, 整改情况) mentions every rule. Takes sequences or Arrow arrays of one
    length, one row per section.
    """
    rows = pa.table({"inspection_id": ids, "text": texts}, schema=pa.schema({"inspection_id": pa.string(), "text": pa.string()}))
    found = []
    for topic, rules in topics().items():
        mentioned = pc.match_substring_regex(rows["text"], "|".join([*words()["followup"]["any"], *words()["followup"][topic]]))
        reports = pc.unique(rows["inspection_id"].filter(mentioned))
        found += [pa.table([reports, pa.repeat(rule, len(reports))], schema=COLUMNS) for rule in rules]
    return pa.concat_tables(found).sort_by([("inspection_id", "ascending"), ("rule", "ascending")])
