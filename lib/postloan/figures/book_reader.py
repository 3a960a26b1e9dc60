"""Reading a kept book: whole, or one unit's part of it.

The part of a unit holds its figures, its findings and its rows, and what is everybody's (policy, calendar, names of units, waivers); nothing
of other units and no figure of the bank. A unit's notebook is given only that: so it costs the same among six units and six thousand, and
when the part is the same as last time, so are its papers.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.data.screen import Clean
from postloan.data.screen.unread import Unread
from postloan.figures import kept_findings_file
from postloan.figures.aggregate import Subject
from postloan.figures.book import Book, Results
from postloan.figures.book_writer import FIGURE_COLUMNS, OWNER, unplain
from postloan.figures.control_totals import ControlTotal
from postloan.figures.finding import Finding, KeptFindings
from postloan.figures.measure import Figures
from postloan.figures.procedures import Procedure
from postloan.figures.rule import all_rules
from postloan.figures.settings import Settings
from postloan.period import Period
from postloan.policy import make_policy
from postloan.problem import Problem
from postloan.workdays import Calendar

WHOLE = None
"""The owner whose part is the whole book."""
FOLLOWED, STILL_OPEN = "finding_course", ("open", "overdue")
"""The tally of findings that are followed, and the states of those that the next quarter follows, too."""


@dataclass(frozen=True)
class Rows:
    """A kept relation; `stretches` are where the rows of each unit begin and end, None where all rows are everybody's."""

    table: pa.Table
    stretches: Mapping[str, tuple[int, int]] | None

    def of(self, unit: str | None) -> pa.Table:
        """The rows of a unit's part."""
        if unit is WHOLE or self.stretches is None:
            return self.table
        begin, end = self.stretches.get(unit, (0, 0))
        return self.table.slice(begin, end - begin)


@dataclass(frozen=True)
class KeptPeriod:
    """One period of a kept book; of the period before no tallies. `unit_of` says whose part the figures of managers are."""

    folder: Path
    said: dict[str, Any]
    figures: dict[Subject, Figures]
    findings: list[Finding]
    tallies: dict[str, Rows]
    unit_of: Mapping[str, str]

    @cached_property
    def figures_by_unit(self) -> dict[str, dict[Subject, Figures]]:
        """The figures of units and their managers."""
        found: dict[str, dict[Subject, Figures]] = {}
        for (grain, subject), made in self.figures.items():
            owner = subject if grain == "unit" else self.unit_of.get(subject) if grain == "manager" else None
            if owner is not None:
                found.setdefault(owner, {})[grain, subject] = made
        return found

    @cached_property
    def findings_by_unit(self) -> dict[str, list[Finding]]:
        """The findings by unit, in the order of their index numbers."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.unit_id, []).append(finding)
        return found

    @cached_property
    def customer_figures(self) -> dict[str, Figures]:
        """By measure and customer, of the whole bank; no paper reads them."""
        found: dict[str, Figures] = {name: {} for name in self.said["measures_by_customer"]}
        for _, subject, measure, value in _figure_rows(self.folder / "customer_figures.parquet"):
            found[measure][subject] = value
        return found


@dataclass(frozen=True)
class KeptBook:
    """A kept book as plain values, shared by all who open parts of it."""

    folder: Path
    about: dict[str, Any]
    periods: dict[str, KeptPeriod]
    tables: dict[str, Rows]


@cache
def kept_book(folder: Path) -> KeptBook:
    """The book kept in `folder`, read once in a process. Raises `OSError` where there is none."""
    about = _json(folder)
    now = _kept_period(folder / "now", None)
    periods = {"now": now} | ({"before": _kept_period(folder / "before", now.unit_of)} if about["before"] else {})
    return KeptBook(folder, about, periods, {name: _rows(folder / "tables" / f"{name}.parquet") for name in about["kept"]})


def _json(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "book.json").read_text(encoding="utf-8"))


def _kept_period(folder: Path, unit_of: Mapping[str, str] | None) -> KeptPeriod:
    said = _json(folder)
    tallies = {name: _rows(folder / "tallies" / f"{name}.parquet") for name in said["kept"]}
    figures: dict[Subject, Figures] = {}
    for grain, subject, measure, value in _figure_rows(folder / "figures.parquet"):
        figures.setdefault((grain, subject), {})[measure] = value
    findings = [_found(one) for one in said.pop("findings")]
    return KeptPeriod(folder, said, figures, findings, tallies, _unit_of_managers(tallies) if unit_of is None else unit_of)


def _table(path: Path) -> pa.Table:
    return pq.ParquetFile(path).read(use_threads=False)  # not read_table, which imports pandas


def _rows(path: Path) -> Rows:
    table = _table(path).combine_chunks()
    if OWNER not in table.column_names:
        return Rows(table, None)
    stretches, end = dict[str, tuple[int, int]](), 0
    for owner, rows in groupby(table[OWNER].to_pylist()):
        begin, end = end, end + sum(1 for _ in rows)
        stretches[owner] = begin, end
    return Rows(table.drop_columns([OWNER]), stretches)


def _unit_of_managers(tallies: Mapping[str, Rows]) -> dict[str, str]:
    if "holder" not in tallies:
        return {}
    held = tallies["holder"].table
    return dict(zip(held["staff_id"].to_pylist(), held["unit_id"].to_pylist(), strict=True))


def _figure_rows(path: Path) -> Iterable[tuple[str, str, str, Decimal | None]]:
    table = _table(path)
    grains, subjects, measures, values = (table[name].to_pylist() for name in FIGURE_COLUMNS)
    return zip(grains, subjects, measures, (None if value is None else Decimal(value) for value in values), strict=True)


def _found(said: Mapping[str, Any]) -> Finding:
    given = {**said, "rule": all_rules()[said["rule"]], "deduction": Decimal(said["deduction"]), "row": unplain(said["row"])}
    return Finding(**given)


def kept_findings(folder: Path) -> KeptFindings | None:
    """Return the findings in the book that lies whole in the folder of a period; None without one that this program can read."""
    said = kept_findings_file(folder)
    if said is None:
        return None
    course = said.parent / "tallies" / f"{FOLLOWED}.parquet"
    try:
        findings = [_found(one) for one in json.loads(said.read_text(encoding="utf-8"))["findings"]]
        carried = _table(course).to_pylist() if course.is_file() else []
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return KeptFindings(findings, [row for row in carried if row["state"] in STILL_OPEN])


# A part


def open_book(folder: Path, unit: str | None = WHOLE) -> Book:
    """The book kept in `folder`, or the part of one unit. Its database holds what was kept; a tally or table that was not is not there."""
    kept = kept_book(folder)
    about = kept.about
    con = duckdb.connect(config={"threads": 1})
    for name, rows in kept.tables.items():
        _show(con, "main", name, rows.of(unit))
    problems = [Problem(*problem) for problem in about["problems"]]
    unread = frozenset(Unread(*lost) for lost in about["unread"])
    places = {table: (file, sheet) for table, (file, sheet) in about["places"].items()}
    clean = Clean(con, frozenset(about["tables"]), problems, about["rows"], about["inputs"], folder, places=places, unread=unread)
    before = _open(kept, "before", unit, clean, None) if about["before"] else None
    return _open(kept, "now", unit, clean, before)


def book_kept(folder: Path) -> Book | None:
    """The whole book kept in `folder`; None where there is none, or not all of it any more."""
    try:
        return open_book(folder)
    except (OSError, ValueError, KeyError):
        return None


def _settings(about: Mapping[str, Any], period: str) -> Settings:
    mapping = unplain(about["policy"])
    base, exceptions = about["calendar"]
    policy = make_policy(mapping.pop("name"), mapping)
    return Settings(Period.parse(period), policy, Calendar(base, {day: works for day, works in unplain(exceptions)}))


def _open(kept: KeptBook, name: str, unit: str | None, clean: Clean, before: Book | None) -> Book:
    held = kept.periods[name]
    said = held.said
    texts = held.folder / "report_texts.parquet"
    results = Results(
        frozenset(said["tables"]),
        frozenset(said["themes"]),
        frozenset(said["tallies"]),
        held.figures if unit is WHOLE else held.figures_by_unit.get(unit, {}),
        held.customer_figures if unit is WHOLE else {},
        held.findings if unit is WHOLE else held.findings_by_unit.get(unit, []),
        [Problem(*note) for note in said["notes"]],
        [all_rules()[name] for name in said["rules"]],
        [one for one in map(Procedure._make, said["procedures"]) if unit is WHOLE or one.unit_id == unit],
        report_texts=_table(texts) if unit is WHOLE and texts.is_file() else None,
        totals=[total for total in _totals(said) if unit is WHOLE or total.unit_id == unit],
    )
    book = Book(_settings(kept.about, said["period"]), clean, results, lambda: before, kept=True)
    clean.con.execute(f"CREATE SCHEMA {book.schema}")
    for tally, rows in held.tallies.items():
        _show(clean.con, book.schema, tally, rows.of(unit))
    return book


def _totals(said: Mapping[str, Any]) -> list[ControlTotal]:
    return [ControlTotal(**unplain(total)) for total in said["totals"]]


def _show(con: duckdb.DuckDBPyConnection, schema: str, name: str, table: pa.Table) -> None:
    con.register(f"_{schema}_{name}", table)
    con.execute(f"CREATE VIEW {schema}.{name} AS SELECT * FROM _{schema}_{name}")


# Has a part changed?


def part_keys(folder: Path, units: Iterable[str]) -> dict[str, str]:
    """The fingerprint of the part of each unit: the same as last time, and so is all that is made of it.

    Left out are the hashes of the input files and the numbers of their rows: a file that changed in what concerns others changes nothing here.
    """
    kept = kept_book(folder)
    everybodys = hashlib.sha256(json.dumps(_said_to_all(kept), ensure_ascii=False, sort_keys=True, default=str).encode())
    for rows in _relations(kept):
        if rows.stretches is None:
            everybodys.update(_bytes(rows.table))
    return {unit: _part_key(kept, unit, everybodys.hexdigest()) for unit in units}


def _said_to_all(kept: KeptBook) -> list[Any]:
    about = kept.about
    problems = Counter((check, consequence, file, sheet) for check, consequence, file, sheet, *_ in about["problems"])
    names, others = ("tables", "themes", "tallies"), ("period", "notes", "rules", "kept")
    periods = [[*(sorted(held.said[name]) for name in names), *(held.said[name] for name in others)] for held in kept.periods.values()]
    return [about["policy"], about["calendar"], about["tables"], sorted(map(str, problems.items())), periods]


def _relations(kept: KeptBook) -> Iterable[Rows]:
    yield from kept.tables.values()
    for held in kept.periods.values():
        yield from held.tallies.values()


def _part_key(kept: KeptBook, unit: str, everybodys: str) -> str:
    whole = hashlib.sha256(everybodys.encode())
    for held in kept.periods.values():
        findings = [vars(replace(one, rule=one.rule.name)) for one in held.findings_by_unit.get(unit, [])]  # type: ignore[arg-type]
        done = [procedure for procedure in held.said["procedures"] if procedure[1] == unit]
        totals = [total for total in _totals(held.said) if total.unit_id == unit]
        whole.update(repr((held.figures_by_unit.get(unit, {}), findings, done, totals)).encode())
    for rows in _relations(kept):
        if rows.stretches is not None:
            whole.update(_bytes(rows.of(unit)))
    return whole.hexdigest()


def _bytes(table: pa.Table) -> bytes:
    return b"".join(batch.serialize().to_pybytes() for batch in table.combine_chunks().to_batches())
