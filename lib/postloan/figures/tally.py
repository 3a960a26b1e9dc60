"""Tallies: one SQL file each, one row per its name, one column per term.

The head of a file says in comments what a row is, which tables and tallies it reads, and what each term means. `grain: customer` says that
there is one row a customer, with its `customer_id` and `unit_id`; `kept: papers`, that papers read its rows, so that a run keeps them:

    -- row: one customer in scope …
    -- grain: customer
    -- reads: customer, inspection
    -- term reports_submitted: 份 · 本期已提交的定期检查报告 · periodic inspections of the period with a submission time

The SQL is plain and portable. Beside input tables and other tallies it may read the small tables that say what was asked:
`asked` (one row: dates and limits), `asked_period`, `previous_period`, `asked_section`, `scope_segment`, `scope_product` and
`calendar_day`, and the tables that `texts.py` works out of reports.
A tally one of whose tables is not in the package is not made; what rests on it is undefined, not zero.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from postloan import themes
from postloan.data.schema import all_tables
from postloan.errors import BadMeasure, did_you_mean
from postloan.language import tr

FOLDER = Path(__file__).parent / "tallies"
_TEXT = frozenset({"inspection", "report_section"})
WORKED = dict.fromkeys(
    (
        "section_facts",
        "section_copy",
        "report_unread",
        "report_claim",
        "report_statement",
        "report_mention",
        "known_figure",
        "last_finding",
        "photo_reused",
    ),
    _TEXT,
)
"""Tables that Python works out of the package's (`texts.py`), with those they rest on."""


@dataclass(frozen=True)
class Term:
    """One column that measures may ask for. It adds up: over the rows of a unit, and over the rows of the bank."""

    name: str
    unit: str
    meaning_cn: str
    meaning: str
    tally: str


@dataclass(frozen=True, eq=False)
class Tally:
    """One SQL file."""

    name: str
    row: str
    reads: list[str]
    terms: dict[str, Term]
    sql: str
    theme: str = ""
    grain: str = ""
    kept: bool = False

    def tables(self) -> frozenset[str]:
        """The input tables it rests on, also through other tallies."""
        return frozenset().union(*(all_tallies()[n].tables() if n in all_tallies() else WORKED.get(n, {n}) for n in self.reads))


def read_tally(path: Path, theme: str = "") -> Tally:
    """Return the tally in the file at `path`. Raises `BadMeasure` where its head is incomplete."""
    sql = path.read_text(encoding="utf-8")
    row = re.search(r"^-- row: (.+)$", sql, re.MULTILINE)
    reads = re.search(r"^-- reads: (.+)$", sql, re.MULTILINE)
    if not row or not reads:
        raise BadMeasure(tr("the head of a tally says what a row is and what it reads"), themes.place(path))
    terms = {
        name: Term(name, unit, meaning_cn, meaning, path.stem)
        for name, unit, meaning_cn, meaning in re.findall(r"^-- term (\w+): (\S+) · (.+) · (.+)$", sql, re.MULTILINE)
    }
    grain = re.search(r"^-- grain: (\w+)$", sql, re.MULTILINE)
    kept = bool(re.search(r"^-- kept: papers$", sql, re.MULTILINE))
    return Tally(path.stem, row[1], reads[1].split(", "), terms, sql, theme, grain[1] if grain else "", kept)


@cache
def all_tallies() -> dict[str, Tally]:
    """Every tally by name, those that are read before those that read them."""
    found = {path.stem: read_tally(path, theme) for theme, path in themes.files("*.sql", FOLDER)}
    ordered: dict[str, Tally] = {}

    def place(name: str, asker: str) -> None:
        if name in all_tables() or name in WORKED or name in ordered:
            return
        if name not in found:
            raise BadMeasure(tr("unknown table or tally '{name}'", name=name), f"{asker}.sql", did_you_mean(name, [*all_tables(), *found]))
        for needed in found[name].reads:
            place(needed, name)
        ordered[name] = found[name]

    for name in sorted(found):
        place(name, name)
    return ordered


@cache
def tally_of() -> dict[str, Tally]:
    """Return the tally of each term."""
    return {name: tally for tally in all_tallies().values() for name in tally.terms}


@cache
def all_terms() -> dict[str, Term]:
    """Return every term of every tally."""
    return {name: term for tally in all_tallies().values() for name, term in tally.terms.items()}


def to_make(tables: frozenset[str], wanted: Counter[str]) -> dict[Tally, bool]:
    """The tallies wanted and those they read, as far as the tables allow, in the order of making; whether each is read more than once.

    `wanted` says how often each will be read.
    """
    asked = Counter(wanted)
    for tally in reversed(all_tallies().values()):
        if tally.name in asked:
            asked.update(name for name in tally.reads if name in all_tallies())
    return {tally: asked[name] > 1 for name, tally in all_tallies().items() if name in asked and tally.tables() <= tables}


def make_tallies(con: duckdb.DuckDBPyConnection, tables: frozenset[str], wanted: Counter[str]) -> frozenset[str]:
    """Make what is `to_make` in the schema in use; returns the names of all made.

    One that is read once stays a view: its reader's conditions then reach down to the data.
    """
    made = to_make(tables, wanted)
    for tally, often in made.items():
        con.execute(f"CREATE {'TABLE' if often else 'VIEW'} IF NOT EXISTS {tally.name} AS {tally.sql}")
    return frozenset(tally.name for tally in made)


def mappings(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a query just executed, each by the names of its columns."""
    header = [column[0] for column in found.description]
    return [dict(zip(header, row, strict=True)) for row in found.fetchall()]
