"""The book of a run kept in a folder, so that every notebook of the run reads it instead of making it again.

Parquet for tables, JSON for plain values, no pickle. What is kept is what papers read, however large: figures, findings, problems, the
tallies of `read_by_papers`, the texts that papers quote, and the tables that name units, customers and people. Nothing has a row for each
loan, so a book made on a cluster can be kept too. Money stays decimal, dates dates. Rows are in the order of their units, so that one
unit's part is a stretch of each (see `kept_book`).
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, astuple
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.figures import SEALED
from postloan.figures.aggregate import read_by_papers
from postloan.figures.book import Book, in_schema
from postloan.figures.finding import Finding
from postloan.file import put

NAMED = ("unit", "customer", "staff", "waiver", "inspection", "meeting")
"""Input tables that papers look names and texts up in."""
EVERYBODYS = ("unit", "staff", "waiver")
"""Those of them of which every unit's part has all rows."""
UNSEALED = "unsealed.json"
"""The file that marks a book while it is being kept, and the one that marks it whole (see `seal_book`)."""
OWNER = "_owner"
"""The column of a kept relation that says whose part of the book a row is."""
QUOTED = frozenset({"section_text", "report_unread"})
"""The tables read from the reports themselves, as far as papers quote them."""
FIGURE_COLUMNS = ("grain", "subject", "measure", "value")
_BY_CUSTOMER = "SELECT coalesce(o.unit_id, '') AS {owner}, {columns} FROM {name} AS r LEFT JOIN main.customer AS o USING (customer_id)"
_BY_UNIT = "SELECT coalesce(r.unit_id, '') AS {owner}, {columns} FROM {name} AS r"
_OF_ALL = "SELECT {columns} FROM {name} AS r"


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
    lay_down_book(book, folder)
    seal_book(folder)


def lay_down_book(book: Book, folder: Path) -> None:
    """Puts the book into `folder`; nobody takes it for a kept one until it is sealed."""
    for name, content in _files(book):
        put(folder / name, content)


def _files(book: Book) -> Iterator[tuple[str, bytes]]:
    """The files of a kept book, by their paths in its folder; the one that says what there is comes last."""
    before, con = book.before, book.clean.con
    yield from _period_files("now", book, read_by_papers(book.themes) | QUOTED)
    if before:
        yield from _period_files("before", before, frozenset())
    kept = [name for name in NAMED if name in book.clean.tables]
    for name in kept:
        yield f"tables/{name}.parquet", parquet_bytes(_content(con, f"main.{name}", of_all=name in EVERYBODYS))
    about = {
        "policy": plain(asdict(book.policy)),
        "calendar": [book.calendar.base, plain([[day, works] for day, works in sorted(book.calendar.exceptions.items())])],
        "tables": sorted(book.clean.tables),
        "kept": kept,
        "problems": [list(problem) for problem in book.clean.problems],
        "places": {table: list(place) for table, place in book.clean.places.items()},
        "rows": book.clean.rows,
        "unread": sorted(map(list, map(astuple, book.clean.unread)), key=str),
        "inputs": book.clean.inputs,
        "before": before is not None,
    }
    yield UNSEALED, json.dumps(about, ensure_ascii=False).encode()


def seal_book(folder: Path) -> None:
    """Says that the book in `folder` is there whole, where that is not said yet."""
    if (folder / UNSEALED).is_file():
        put(folder / SEALED, (folder / UNSEALED).read_bytes())
        (folder / UNSEALED).unlink()


def drop_other_books(folder: Path) -> None:
    """Takes the books beside `folder` away, of each first what says that it is there whole."""
    for old in folder.parent.iterdir():
        if old != folder:
            (old / SEALED).unlink(missing_ok=True)
            shutil.rmtree(old, ignore_errors=True)


def _period_files(folder: str, book: Book, tallies: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    figures = [(*subject, name, exact_text(value)) for subject, made in book.figures.items() for name, value in made.items()]
    by_customer = [
        ("customer", subject, name, exact_text(value)) for name, made in book.customer_figures.items() for subject, value in made.items()
    ]
    yield f"{folder}/figures.parquet", parquet_bytes(_texts(FIGURE_COLUMNS, figures))
    yield f"{folder}/customer_figures.parquet", parquet_bytes(_texts(FIGURE_COLUMNS, by_customer))
    with in_schema(book.clean.con, book.schema) as con:
        kept = sorted(tallies & book.made())
        contents = {name: parquet_bytes(_content(con, name)) for name in kept}
    for name, content in contents.items():
        yield f"{folder}/tallies/{name}.parquet", content
    about = {
        "period": book.period.name,
        "tables": sorted(book.tables),
        "themes": sorted(book.themes),
        "tallies": sorted(book.tallies),
        "rules": [rule.name for rule in book.rules_ran],
        "procedures": [list(procedure) for procedure in book.procedures],
        "notes": [list(note) for note in book.results.notes],
        "measures_by_customer": list(book.customer_figures),
        "totals": [plain(vars(total)) for total in book.totals],
        "findings": [_finding(finding) for finding in book.findings_made],
        "kept": kept,
    }
    yield f"{folder}/book.json", json.dumps(about, ensure_ascii=False).encode()
    if book.report_texts is not None:
        yield f"{folder}/report_texts.parquet", parquet_bytes(book.report_texts)


def parquet_bytes(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    pq.write_table(table, out := io.BytesIO(), compression="zstd")
    return out.getvalue()


def exact_text(value: Decimal | None) -> str | None:
    """A figure as text, to the last digit."""
    return None if value is None else str(value)


def _texts(columns: Iterable[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    names = list(columns)
    held = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, held, strict=True)})


def _content(con: duckdb.DuckDBPyConnection, name: str, of_all: bool = False) -> pa.Table:
    """A relation whole, in the order of its owners, the units whose part its rows are, unless all of it is everybody's.

    Parquet has no whole numbers as large as those of a sum, so they are kept in 64 bits and stay whole.
    """
    types = dict(con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {name})").fetchall())
    columns = ", ".join(
        f'CAST(r."{column}" AS BIGINT) AS "{column}"' if kind == "HUGEINT" else f'r."{column}"' for column, kind in types.items()
    )
    asked = _OF_ALL if of_all else _BY_UNIT if "unit_id" in types else _BY_CUSTOMER if "customer_id" in types else _OF_ALL
    return con.sql(f"{asked.format(columns=columns, name=name, owner=OWNER)} ORDER BY ALL").to_arrow_table()


def _finding(finding: Finding) -> dict[str, Any]:
    said = {name: getattr(finding, name) for name in Finding.__dataclass_fields__ if name not in ("rule", "row", "deduction")}
    return {**said, "rule": finding.rule.name, "deduction": str(finding.deduction), "row": plain(dict(finding.row))}
