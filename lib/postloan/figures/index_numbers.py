"""Index numbers: given once a finding and kept, whatever is found beside it in another run.

They stand in one file of the output folder, a row a finding of any run: period, index number, and the finding's key. A run numbers what it
finds anew behind the highest number given; a number is never given to another finding, also where its own is found no more.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from postloan.errors import CannotFile
from postloan.figures.finding import Finding, finding_keys
from postloan.file import csv_bytes, lock, put
from postloan.language import tr

INDEX_NUMBERS = "index_numbers.csv"
COLUMNS = ("period", "index_no", "finding")
PATIENCE = 600.0
"""Seconds to wait for a run of another period that is at work."""
IndexNumbers = Mapping[tuple[str, str], str]
"""The number of each finding by period and key."""
NONE_GIVEN: IndexNumbers = {}


def numbered(findings: Iterable[Finding], period: str, given: IndexNumbers) -> Iterator[Finding]:
    """Yield the findings of one period with their index numbers, e.g. SC1-2014Q2-C-003 (domain 7.14)."""
    found, highest = list(findings), Counter[str]()
    for (of, _), number in given.items():
        place, _, count = number.rpartition("-")
        if of == period and count.isdecimal():
            highest[place] = max(highest[place], int(count))
    for finding, key in zip(found, finding_keys(found), strict=True):
        number = given.get((period, key), "")
        if not number:
            place = f"{finding.unit_id}-{period}-{finding.rule.letter}"
            highest[place] += 1
            number = f"{place}-{highest[place]:03d}"
        yield replace(finding, index_no=number)


def read_index_numbers(out: Path) -> dict[tuple[str, str], str]:
    """Return the numbers given in an output folder; none where there are none yet. Raises `CannotFile` where they cannot be read."""
    path = out / INDEX_NUMBERS
    if not path.is_file():
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True))
        return {(row["period"], row["finding"]): row["index_no"] for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as fault:
        what = tr("the index numbers given before cannot be read ({why})", why=fault)
        raise CannotFile(what, str(path), tr("put back a copy that can be read: without it findings would get other numbers")) from fault


def keep_index_numbers(out: Path, findings: Iterable[Finding]) -> None:
    """File the numbers of these findings beside those that were given before."""
    found = list(findings)
    made = {(one.period, key): one.index_no for one, key in zip(found, finding_keys(found), strict=True)}
    out.mkdir(parents=True, exist_ok=True)
    with lock(out, PATIENCE):
        given = read_index_numbers(out)
        merged = {**made, **given}
        if merged != given:
            rows = sorted((period, number, key) for (period, key), number in merged.items())
            put(out / INDEX_NUMBERS, csv_bytes(COLUMNS, rows))
