"""The book of a run kept in a folder, so that every notebook of the run reads it instead of making it again.

Parquet for tables, JSON for plain values, no pickle. What is kept is what papers read, however large: figures, findings, problems, the
tallies of `read_by_papers`, the texts that papers quote, and the tables that name units, customers and people. Nothing has a row for each
loan, so a book made on a cluster can be kept too. Money stays decimal, dates dates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.book import Book, in_schema
from postloan.file import parquet_bytes, put
from postloan.find import Finding
from postloan.period import Period
from postloan.policy import Policy, make_policy
from postloan.problem import Problem
from postloan.rule import all_rules
from postloan.screen import Clean
from postloan.subjects import read_by_papers
from postloan.workdays import Calendar

NAMED = ("unit", "customer", "staff", "waiver", "inspection", "meeting")
"""Input tables that papers look names and texts up in."""
QUOTED = ("section_text", "report_unread")
"""What was read from the reports themselves, as far as papers quote it."""
FIGURE_COLUMNS = ("grain", "subject", "measure", "value")


# Values as JSON and back


def plain(value: Any) -> Any:
    """A value as JSON can hold it; its type stands before it where JSON has none of it."""
    match value:
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"on": value.isoformat()}
        case Decimal():
            return {"n": str(value)}
        case Mapping():
            return {"of": {key: plain(held) for key, held in value.items()}}
        case list() | tuple():
            return [plain(held) for held in value]
        case _:
            return value


def unplain(value: Any) -> Any:
    """The value that `plain` made JSON of."""
    if isinstance(value, list):
        return [unplain(held) for held in value]
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    makers = {"at": datetime.fromisoformat, "on": date.fromisoformat, "n": Decimal}
    return {key: unplain(inner) for key, inner in held.items()} if kind == "of" else makers[kind](held)


# Keeping


def keep_book(book: Book, folder: Path) -> None:
    """Puts the book, and that of the period before, into `folder`."""
    before = book.before
    for made, name in ((book, "now"), *([(before, "before")] if before else [])):
        _keep(made, folder / name)
    con = book.clean.con
    kept = [name for name in NAMED if name in book.clean.tables]
    for name in kept:
        put(folder / "tables" / f"{name}.parquet", parquet_bytes(_content(con, f"main.{name}")))
    about = {
        "policy": plain(asdict(book.policy)),
        "calendar": [book.calendar.base, plain([[day, works] for day, works in sorted(book.calendar.exceptions.items())])],
        "tables": sorted(book.clean.tables),
        "kept": kept,
        "problems": [list(problem) for problem in book.clean.problems],
        "rows": book.clean.rows,
        "inputs": book.clean.inputs,
        "before": before is not None,
    }
    put(folder / "book.json", json.dumps(about, ensure_ascii=False).encode())


def _keep(book: Book, folder: Path) -> None:
    figures = [
        (grain, subject, measure, None if value is None else str(value))
        for (grain, subject), made in book.figures.items()
        for measure, value in made.items()
    ]
    by_customer = [
        ("customer", subject, measure, None if value is None else str(value))
        for measure, made in book.customer_figures.items()
        for subject, value in made.items()
    ]
    put(folder / "figures.parquet", parquet_bytes(_texts(FIGURE_COLUMNS, figures)))
    put(folder / "customer_figures.parquet", parquet_bytes(_texts(FIGURE_COLUMNS, by_customer)))
    about = {
        "period": book.period.name,
        "tables": sorted(book.tables),
        "tallies": sorted(book.tallies),
        "notes": [list(note) for note in book.notes],
        "measures_by_customer": list(book.customer_figures),
        "findings": [_finding(finding) for finding in book.findings_made],
        "kept": _keep_tallies(book, folder),
    }
    put(folder / "book.json", json.dumps(about, ensure_ascii=False).encode())
    if book.report_texts is not None:
        put(folder / "report_texts.parquet", parquet_bytes(book.report_texts))


def _texts(columns: Iterable[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    names = list(columns)
    held = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, held, strict=True)})


def _keep_tallies(book: Book, folder: Path) -> list[str]:
    with in_schema(book.clean.con, book.schema) as con:
        kept = sorted(name for name in {*read_by_papers(), *QUOTED} if book.has(name))
        for name in kept:
            put(folder / "tallies" / f"{name}.parquet", parquet_bytes(_content(con, name)))
    return kept


def _content(con: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    """A relation whole; Parquet has no whole numbers as large as those of a sum, so they are kept in 64 bits and stay whole."""
    columns = con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {name})").fetchall()
    asked = ", ".join(f'CAST("{column}" AS BIGINT) AS "{column}"' if kind == "HUGEINT" else f'"{column}"' for column, kind in columns)
    return con.sql(f"SELECT {asked} FROM {name} ORDER BY ALL").to_arrow_table()


def _finding(finding: Finding) -> dict[str, Any]:
    said = {name: getattr(finding, name) for name in Finding.__dataclass_fields__ if name not in ("rule", "row", "deduction")}
    return {**said, "rule": finding.rule.name, "deduction": str(finding.deduction), "row": plain(dict(finding.row))}


# Reading


@cache
def plain_book(folder: Path) -> tuple[dict[str, Any], dict[str, tuple[dict[str, Any], Any, Any]]]:
    """What of a kept book is plain values: read once in the process that notebooks are forked from, seen by all of them."""
    about = _read(folder)
    names = ["now", *(["before"] if about["before"] else [])]
    return about, {name: (_read(folder / name), *_figures(folder / name)) for name in names}


def _read(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "book.json").read_text(encoding="utf-8"))


def _figures(folder: Path) -> tuple[Any, Any]:
    figures: dict[tuple[str, str], dict[str, Decimal | None]] = {}
    for grain, subject, measure, value in _rows(folder / "figures.parquet"):
        figures.setdefault((grain, subject), {})[measure] = None if value is None else Decimal(value)
    by_customer: dict[str, dict[str, Decimal | None]] = {}
    for _, subject, measure, value in _rows(folder / "customer_figures.parquet"):
        by_customer.setdefault(measure, {})[subject] = None if value is None else Decimal(value)
    return figures, by_customer


def _rows(path: Path) -> Iterable[tuple[Any, ...]]:
    table = pq.read_table(path)
    return zip(*(table[name].to_pylist() for name in FIGURE_COLUMNS), strict=True)


def open_book(folder: Path) -> Book:
    """The book kept in `folder`. Its database holds what was kept; a tally or table that was not is not there."""
    about, parts = plain_book(folder)
    con = duckdb.connect(config={"threads": 1})
    for name in about["kept"]:
        con.execute(f"CREATE VIEW main.{name} AS SELECT * FROM read_parquet('{_sql(folder / 'tables' / name)}.parquet')")
    problems = [Problem(*problem) for problem in about["problems"]]
    clean = Clean(con, frozenset(about["tables"]), problems, about["rows"], about["inputs"], folder)
    mapping = unplain(about["policy"])
    policy = make_policy(mapping.pop("name"), mapping)
    base, exceptions = about["calendar"]
    calendar = Calendar(base, {day: works for day, works in unplain(exceptions)})
    before = _open(folder, "before", parts, clean, policy, calendar, None) if about["before"] else None
    return _open(folder, "now", parts, clean, policy, calendar, before)


def _open(folder: Path, name: str, parts: Mapping[str, Any], clean: Clean, policy: Policy, calendar: Calendar, before: Book | None) -> Book:
    said, figures, by_customer = parts[name]
    customer_figures = {measure: by_customer.get(measure, {}) for measure in said["measures_by_customer"]}
    findings = [_found(finding) for finding in said["findings"]]
    notes = [Problem(*note) for note in said["notes"]]
    texts = folder / name / "report_texts.parquet"
    kept = pq.read_table(texts) if texts.is_file() else None
    period = Period.parse(said["period"])
    book = Book(
        *(period, policy, calendar, clean, frozenset(said["tables"]), figures, customer_figures, findings),
        *(frozenset(said["tallies"]), notes, kept, before, True),
    )
    clean.con.execute(f"CREATE SCHEMA {book.schema}")
    for tally in said["kept"]:
        source = _sql(folder / name / "tallies" / tally)
        clean.con.execute(f"CREATE VIEW {book.schema}.{tally} AS SELECT * FROM read_parquet('{source}.parquet')")
    return book


def _found(said: Mapping[str, Any]) -> Finding:
    given = {**said, "rule": all_rules()[said["rule"]], "deduction": Decimal(said["deduction"]), "row": unplain(said["row"])}
    return Finding(**given)


def _sql(path: Path) -> str:
    return str(path).replace("'", "''")
