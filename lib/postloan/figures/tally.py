"""Tallies: one SQL file each, one row per its name, one column per term. The head of the file says what it is (`tally_head.py`).

The SQL is plain and portable. Beside input tables and other tallies it may read the small tables of the run's parameters:
`asked` (one row: dates and limits), `asked_period`, `asked_quarter` (the quarters inside the period), `previous_period`, `asked_section`, `scope_segment`, `scope_product` and
`calendar_day`, the same of other spans (`span.py`), and the tables that Python works out of reports.
A tally one of whose tables is not in the package is not made; what rests on it is undefined, not zero.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb

from postloan import themes
from postloan.data.schema import all_tables
from postloan.errors import BadMeasure, did_you_mean
from postloan.figures.span import ALL_SPANS, Span, with_names
from postloan.figures.tally_head import Head, Term, read_head, without_comments
from postloan.language import tr

FOLDER = Path(__file__).parent / "tallies"
_TEXT = frozenset({"inspection", "report_section"})
WORKED = dict.fromkeys(
    (
        "section_facts",
        "section_copy",
        "report_unread",
        "section_unread",
        "report_claim",
        "report_statement",
        "report_mention",
        "known_figure",
        "last_finding",
        "photo_read",
        "photo_reused",
    ),
    _TEXT,
)
"""Tables that Python works out of the package's (`inspection_reports/tables.py`), with those they rest on."""
FOUND = ("finding_before", "finding_now")
"""The findings of the quarter before and of this one, which are there once this quarter's are known (`follow_up.py`)."""
NOTICES = "told"
"""The table of items that notices of earlier periods have told (`notices_sent.py`). A tally that `reads` it is made only where something is known of any."""
QUARTERS = "asked_quarter"
"""The quarters inside the period. A tally that `reads` it needs balances on the last day of each."""
_LINEAGE = re.compile(r"^-- (?:behind|related) .+$", re.MULTILINE)
REFUSED = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
"""The errors by which DuckDB says that SQL is wrong, whatever the data."""


@dataclass(eq=False)
class Tally(Head):
    """One SQL file, or the same over the days of a `span`. `asked` is the relation that says over which days."""

    sql: str = ""
    theme: str = ""
    span: Span | None = None
    original: str = ""

    @property
    def asked(self) -> str:
        """The relation of one row with its days and limits."""
        return self.span.key if self.span else "asked"

    def tables(self) -> frozenset[str]:
        """Return the input tables it rests on, also through other tallies."""
        return self.needs() & all_tables().keys()

    def needs(self) -> frozenset[str]:
        """Return its input tables, and of other days how far the data must reach: `year_start`, `deposit year_start`."""
        return frozenset().union(*map(self._needed_for, self.reads))

    def _needed_for(self, name: str) -> Collection[str]:
        if name in all_tallies():
            return all_tallies()[name].needs()
        dated = self.span and name in all_tables() and all_tables()[name].dated_by
        return WORKED.get(name, {name} | ({f"{name} {self.asked}"} if dated else set()))

    def without(self, tables: Collection[str]) -> Tally:
        """Return the same where the tables that it may lack, and that are not among `tables`, are empty."""
        lacking = [all_tables()[name] for name in self.lacks if name not in tables]
        if not lacking:
            return self
        columns = {spec.name: ", ".join(f"CAST(NULL AS {one.sql_type}) AS {one.name}" for one in spec.fields.values()) for spec in lacking}
        return replace(self, sql=with_names(self.sql, {name: f"(SELECT {said} WHERE 1 = 0)" for name, said in columns.items()}))

    def over(self, span: Span) -> Tally:
        """Return the same over the days of `span`. Raises `BadMeasure` where it rests on texts of reports."""
        if not WORKED.keys().isdisjoint(self.reads):
            raise self.fault(tr("texts of reports are read for the run's own period only"), "spans", tr("take the line out"))
        tallies = {name: span.named(name) for name in self.reads if name not in all_tables() and name not in ALL_SPANS and name != QUARTERS}
        names = {"asked": span.key, "asked_period": f"{span.key}_period", **tallies}
        name, terms = span.named(self.name), {span.named(term): term for term in (self.terms if span in self.spans else ())}
        columns = "".join(f", t.{old} AS {new}" for new, old in terms.items())
        return Tally(
            name=name,
            place=self.place,
            row=f"{self.row} ({span.title})",
            grain=self.grain,
            reads=[*(names.get(read, read) for read in self.reads), span.key],
            terms={new: _spanned_term(self.terms[old], name, span) for new, old in terms.items()},
            sql=f"SELECT t.*{columns} FROM (\n{with_names(without_comments(self.sql), names)}\n) AS t",
            theme=self.theme,
            span=span,
            original=self.name,
        )


def _spanned_term(term: Term, tally: str, span: Span) -> Term:
    return replace(term, name=span.named(term.name), meaning_cn=f"{span.title}：{term.meaning_cn}", tally=tally)


def read_tally(path: Path, theme: str = "") -> Tally:
    """Return the tally in the file at `path`. Raises `BadMeasure` where its head cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadMeasure(tr("the file cannot be read: {what}", what=fault), themes.place(path)) from fault
    head, sql = read_head(text, path.stem, themes.place(path))
    return Tally(**vars(head), sql=sql, theme=theme)


@cache
def all_tallies() -> dict[str, Tally]:
    """Return every tally by name, those that are read before those that read them. Raises `BadMeasure`."""
    found: dict[str, Tally] = {}
    for theme, path in themes.files("*.sql", FOLDER):
        if path.stem in found or path.stem in all_tables():
            raise BadMeasure(tr("there is a table or tally '{name}' already", name=path.stem), themes.place(path), tr("give another name"))
        found[path.stem] = read_tally(path, theme)
    ordered: dict[str, Tally] = {}

    def place(name: str, readers: tuple[str, ...]) -> None:
        if name in all_tables() or "." in name or name in WORKED or name in {*FOUND, *ALL_SPANS, QUARTERS, NOTICES, *ordered}:
            return
        where = found[readers[0]].place if readers else name
        tally = found.get(name) or _spanned(name, found)
        if tally is None:
            raise BadMeasure(tr("unknown table or tally '{name}'", name=name), where, did_you_mean(name, [*all_tables(), *found]))
        if name in readers:
            raise BadMeasure(tr("the tally reads itself: {names}", names=" → ".join([*readers, name])), where)
        for needed in tally.reads:
            place(needed, (*readers, name))
        ordered[name] = tally

    for name, tally in sorted(found.items()):
        place(name, ())
        beside = set(re.findall(r"\w+", " ".join(_LINEAGE.findall(tally.sql)))) & found.keys() if tally.spans else ()
        for span in tally.spans:
            for needed in (name, *sorted(beside)):
                place(span.named(needed), (name,))
    return ordered


def _spanned(name: str, found: Mapping[str, Tally]) -> Tally | None:
    """Return the tally over other days that is called `name`."""
    return next((found[span.original(name)].over(span) for span in ALL_SPANS.values() if span.original(name) in found), None)


@cache
def spans_in_use() -> list[Span]:
    """Return the spans over whose days there is a tally, or whose days a tally reads."""
    keys = {name for tally in all_tallies().values() for name in tally.reads}
    return [span for key, span in ALL_SPANS.items() if key in keys]


@cache
def tally_of() -> dict[str, Tally]:
    """Return the tally of each term."""
    return {name: tally for tally in all_tallies().values() for name in tally.terms}


@cache
def all_families() -> dict[str, dict[str, str]]:
    """Return the terms that one line of a head declares, by the name in that line: each with the label of its value."""
    return {name: family for tally in all_tallies().values() for name, family in tally.families.items()}


@cache
def all_terms() -> dict[str, Term]:
    """Return every term of every tally. Raises `BadMeasure` where two tallies have one of the same name."""
    found: dict[str, Term] = {}
    for tally in all_tallies().values():
        if twice := tally.terms.keys() & found.keys():
            first = found[min(twice)].tally
            raise BadMeasure(
                tr("the tally '{name}' has this term already", name=first), f"{tally.place}: term {min(twice)}", tr("give another name")
            )
        found.update(tally.terms)
    return found


def to_make(tables: frozenset[str], wanted: Counter[str]) -> dict[Tally, bool]:
    """Return the tallies wanted and those they read, as far as the tables allow, in the order of making, and if each is read more than once.

    `wanted` says how often each will be read.
    """
    asked = Counter(wanted)
    for tally in reversed(all_tallies().values()):
        if tally.name in asked:
            asked.update(name for name in tally.reads if name in all_tallies())
    made = {name: tally for name, tally in all_tallies().items() if name in asked and tally.needs() <= tables}
    return {tally.without(tables): asked[name] > 1 for name, tally in made.items()}


def make_tallies(con: duckdb.DuckDBPyConnection, tables: frozenset[str], wanted: Counter[str]) -> frozenset[str]:
    """Make the tallies of `to_make` in the schema in use; return the names of all made.

    One that is read once stays a view: its reader's conditions then reach down to the data.
    """
    made = to_make(tables, wanted)
    for tally, often in made.items():
        try:
            con.execute(f"CREATE {'TABLE' if often else 'VIEW'} IF NOT EXISTS {tally.name} AS {tally.sql}")
        except REFUSED as fault:
            raise BadMeasure(tr("the SQL of the tally cannot be run: {what}", what=fault), tally.place) from fault
    return frozenset(tally.name for tally in made)
