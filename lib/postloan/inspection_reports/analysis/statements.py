"""The latest financial statements a report cites."""

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
from postloan.inspection_reports.analysis.spans import Cited, periods
from postloan.inspection_reports.analysis.words import any_of, blanked, words

COLUMNS = pa.schema({"inspection_id": pa.string(), "latest_statement_on": pa.date32()})

_CLAUSE = re.compile(r"(?:[^,;。!?！？\n]|(?<=\d),(?=\d{3}))+")
_SENTENCE_END = re.compile(r"[;。!?！？\n]")
_UP_TO = re.compile(r"截[至止][到至]?\s*\Z")
_DATED = "[年月季Qq]|[0-9０-９]{4}|中报|半年"


class _Patterns(NamedTuple):
    financial: re.Pattern[str]
    at_once: re.Pattern[str]
    others: str
    compared: re.Pattern[str]
    beside: re.Pattern[str]
    likened: re.Pattern[str]
    missing: re.Pattern[str]
    planned: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    of = words()["statements"]
    return _Patterns(
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
    """The last day of the latest period whose financial statements or figures a text cites; None where it cites none (seed S73).

    2014年3月末, 今年1-5月, 一季度, 2013年度, 上年末, 2014.3.31, with a word of statements (报表, 资产, 负债, 收入, 利润 …) in the same clause,
    or in the next where the clause ends with the period (截至3月末，). A month or a quarter without its year is the nearest one. No citation:
    what is still to come on the day the report was written, what another period is compared with (较年初, 比2013年末), what is
    planned, and statements that are said to be missing (未提供一季度报表).
    """
    plain = blanked(text.translate(PLAIN), _patterns().others)
    return max((cited.last_day for cited in _cited(plain, written_on) if cited.last_day <= written_on), default=None)


def statements(ids: Sequence[str], texts: Sequence[str | None], written_on: Sequence[date | None]) -> pa.Table:
    """One row a report that cites statements: `inspection_id` and the latest of all its texts (see `latest_statement`).

    Takes sequences or Arrow arrays of one length, a row a section. A text without a day of writing is passed over.
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
    """The clauses of a text put through `amounts.PLAIN`: place, words, and whether a sentence ends with it. No comma inside an amount parts them."""
    for found in _CLAUSE.finditer(text):
        yield found.start(), found[0], bool(_SENTENCE_END.match(text, found.end())) or found.end() == len(text)


def _cited(text: str, written_on: date) -> Iterator[Cited]:
    for (_, clause, ends), (_, after, _) in pairwise([*clauses(text), (len(text), "", True)]):
        after = "" if ends else after
        own = _patterns().financial.search(clause)
        if not own and not _patterns().financial.search(after):
            continue
        said = list(periods(clause, written_on))
        if said and not _is_denied(clause, after, written_on):
            yield from (cited for cited in said if _is_stated(cited, clause, bool(own)) and not is_compared(cited, clause))


def _is_stated(cited: Cited, clause: str, own: bool) -> bool:
    """Whether figures or statements are of a period: a word of statements stands in its clause (`own`), or the clause ends with it (截至3月末，).

    A day counts where it ends a month or 截至 stands before it; a month or year alone where figures or a report follow at once.
    """
    before, after = clause[: cited.start], clause[cited.end :]
    if cited.loose:
        return bool(_patterns().at_once.match(after))
    if not cited.first_day and (cited.last_day + timedelta(days=1)).day > 1 and not _UP_TO.search(before):
        return False
    return own or not after.strip("止时 ")


def is_compared(cited: Cited, clause: str) -> bool:
    """Whether a period of a clause is only what another is compared with: 较年初, 比上季末, 与3月末持平."""
    before, after = clause[: cited.start], clause[cited.end :]
    return bool(_patterns().compared.search(before) or (_patterns().beside.search(before) and _patterns().likened.search(after)))


def _is_denied(clause: str, after: str, written_on: date) -> bool:
    """Whether the statements are missing or planned; the next clause may say so too, unless it has a period of its own."""
    if _patterns().planned.search(clause) or _patterns().missing.search(clause):
        return True
    return bool(_patterns().missing.search(after)) and not any(periods(after, written_on))
