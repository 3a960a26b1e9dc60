"""Which rules' topics a report speaks of: whether it follows up what was found a quarter ago."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from postloan.inspection_reports.analysis.words import words

COLUMNS = pa.schema({"inspection_id": pa.string(), "rule": pa.string()})


@lru_cache(maxsize=1)
def topics() -> dict[str, tuple[str, ...]]:
    """The rules of each topic of `claims.yaml`. A rule that is in none cannot be said to be followed up or not."""
    shared = words()["topics"]
    return {topic: tuple(shared.get(topic, [topic])) for topic in words()["followup"] if topic != "any"}


def mentions(ids: Sequence[str], texts: Sequence[str | None]) -> pa.Table:
    """One row a report and rule whose topic any of its texts speaks of: `inspection_id`, `rule`.

    A text that speaks of last quarter's problems as such (上季度检查发现的问题, 整改情况) speaks of every rule. Takes sequences or Arrow arrays
    of one length, a row a section.
    """
    rows = pa.table({"inspection_id": ids, "text": texts}, schema=pa.schema({"inspection_id": pa.string(), "text": pa.string()}))
    found = []
    for topic, rules in topics().items():
        speaks = pc.match_substring_regex(rows["text"], "|".join([*words()["followup"]["any"], *words()["followup"][topic]]))
        reports = pc.unique(rows["inspection_id"].filter(speaks))
        found += [pa.table([reports, pa.repeat(rule, len(reports))], schema=COLUMNS) for rule in rules]
    return pa.concat_tables(found).sort_by([("inspection_id", "ascending"), ("rule", "ascending")])
