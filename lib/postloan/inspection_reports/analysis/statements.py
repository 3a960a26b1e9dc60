"""The latest financial statements cited in a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from postloan.inspection_reports.analysis.amounts import PLAIN
from postloan.inspection_reports.analysis.cited_periods import CitedPeriod, cited_periods
from postloan.inspection_reports.analysis.claim_words import any_of, blanked, words

COLUMNS = pa.schema({"inspection_id": pa.string(), "latest_statement_on": pa.date32()})

_CLAUSE = re.compile(r"(?:[^,;。!?！？\n]|(?<=\d),(?=\d{3}))+")
_SENTENCE_END = re.compile(r"[;。!?！？\n]")
_UP_TO = re.compile(r"截[至止][到至]?\s*\Z")
_DATED = "[年月季Qq]|[0-9０-９]{4}|中报|半年"


class _StatementPatterns(NamedTuple):
    financial: re.Pattern[str]
    directly_before: re.Pattern[str]
    others: str
    compared: re.Pattern[str]
    beside: re.Pattern[str]
    likened: re.Pattern[str]
    missing: re.Pattern[str]
    planned: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _StatementPatterns:
    of = words()["statements"]
    return _StatementPatterns(
        re.compile(any_of(of["words"])),
        re.compile(rf".{{0,8}}?(?:{any_of(of['words'])}.*?\d|[季财]?报[表告]?)"),
        any_of(of["other_words"]),
        re.compile(any_of(of["compared"]) + r"\s*\Z"),
        re.compile(any_of(of["beside"]) + r"\s*\Z"),
        re.compile(any_of(of["likened"])),
        re.compile("|".join(of["missing_patterns"])),
        re.compile(any_of(of["planned"])),
    )


def latest_statement(text: str, written_on: date) -> date | None:
    """Return the last day of the latest period with cited financial statements or figures, or None (seed S73).

    2014年3月末, 今年1-5月, 一季度, 2013年度, 上年末, 2014.3.31 count together with a word of statements (报表, 资产, 负债, 收入, 利润 …) in the same
    clause, or in the next one behind a clause that ends with the period (截至3月末，). A month or quarter without year is the nearest one. Not
    counted: days after the report was written, periods of comparison (较年初, 比2013年末), plans, and missing statements (未提供一季度报表).
    """
    plain = blanked(text.translate(PLAIN), _patterns().others)
    return max((cited.last_day for cited in _cited(plain, written_on) if cited.last_day <= written_on), default=None)


def statements(ids: Sequence[str], texts: Sequence[str | None], written_on: Sequence[date | None]) -> pa.Table:
    """Return one row per report with cited statements: `inspection_id` and the latest day of all its texts (see `latest_statement`).

    Takes sequences or Arrow arrays of one length, one row per section. A text without a day of writing is skipped.
    """
    ids, texts, written_on = (
        column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column) for column in (ids, texts, written_on)
    )
    rows = pa.table({"id": ids.cast(pa.string()), "text": texts.cast(pa.string()), "day": written_on.cast(pa.date32())})
    likely = pc.and_(pc.match_substring_regex(rows["text"], _patterns().financial.pattern), pc.match_substring_regex(rows["text"], _DATED))
    latest: dict[str, date] = {}
    for row in rows.filter(pc.and_(likely, rows["day"].is_valid())).to_batches(max_chunksize=10_000):
        for report, text, day in zip(*(column.to_pylist() for column in row.columns), strict=True):
            if found := latest_statement(text, day):
                latest[report] = max(found, latest.get(report, found))
    return pa.table([list(latest), list(latest.values())], schema=COLUMNS)


def clauses(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the clauses of a text put through `amounts.PLAIN`: place, words, True at the end of a sentence. Amounts are never split."""
    for found in _CLAUSE.finditer(text):
        yield found.start(), found[0], bool(_SENTENCE_END.match(text, found.end())) or found.end() == len(text)


def _cited(text: str, written_on: date) -> Iterator[CitedPeriod]:
    for (_, clause, ends), (_, after, _) in pairwise([*clauses(text), (len(text), "", True)]):
        after = "" if ends else after
        own = _patterns().financial.search(clause)
        if not own and not _patterns().financial.search(after):
            continue
        found = list(cited_periods(clause, written_on))
        if found and not _is_denied(clause, after, written_on):
            yield from (cited for cited in found if _is_stated(cited, clause, bool(own)) and not is_compared(cited, clause))


def _is_stated(cited: CitedPeriod, clause: str, own: bool) -> bool:
    """Return True for figures or statements of a period: a word of statements in its clause (`own`), or a clause that ends with it
    (截至3月末，).

    A day counts only at the end of a month or behind 截至; a month or year alone only directly before figures or a report.
    """
    before, after = clause[: cited.start], clause[cited.end :]
    if cited.loose:
        return bool(_patterns().directly_before.match(after))
    if not cited.first_day and (cited.last_day + timedelta(days=1)).day > 1 and not _UP_TO.search(before):
        return False
    return own or not after.strip("止时 ")


def is_compared(cited: CitedPeriod, clause: str) -> bool:
    """Return True for a period used for comparison only: 较年初, 比上季末, 与3月末持平."""
    before, after = clause[: cited.start], clause[cited.end :]
    return bool(_patterns().compared.search(before) or (_patterns().beside.search(before) and _patterns().likened.search(after)))


def _is_denied(clause: str, after: str, written_on: date) -> bool:
    """Return True for missing or planned statements; the next clause may say so, unless it has its own period."""
    if _patterns().planned.search(clause) or _patterns().missing.search(clause):
        return True
    return bool(_patterns().missing.search(after)) and not any(cited_periods(after, written_on))
