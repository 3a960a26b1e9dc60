"""The rows of ledgers and their totals: plain values for templates, out of a book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from postloan.data.schema import TableSpec, all_tables
from postloan.figures.book import Book
from postloan.figures.tally import all_tallies
from postloan.papers.ledgers import LEDGERS, Ledger, find_column, ordered_by
from postloan.papers.ledgers.columns import CUSTOMER_ID, NAMED, UNIT_ID, Column
from postloan.papers.lists import MOST_LISTED, customer_names, holder_names
from postloan.papers.record.identity import unit_row
from postloan.papers.sections import with_conditions

Row = dict[str, Any]
COUNT = "rows"
"""The name under which the totals of a ledger hold how many rows it has."""


def ledger_rows(book: Book, ledger: Ledger, unit: str = "") -> list[Row]:
    """Return the rows of a ledger's tallies (of one unit, where it is named) with the names of unit and customer and the labels of codes.

    A tally that could not be made has none. Raises `BadLedger` where one lacks a column.
    """
    columns = ledger.row()
    there = {tally: found for tally in ledger.tally if (found := book.columns(tally))}
    _see_that_it_fits(ledger, there)
    rows = [row for tally in there for row in _rows(book, tally, there[tally], ordered_by(ledger), unit)]
    if len(there) > 1:
        first, falling = next(iter(ordered_by(ledger).items()))
        rows.sort(key=lambda row: row[first], reverse=falling)
    _distinguish(rows)
    _name(book, rows)
    codes = [column for column in columns.values() if column.type == "code"]
    scaled = [column for column in columns.values() if column.scaled]
    for row in rows:
        row |= {code.shown: code.values.get(row[code.name], row[code.name]) for code in codes if code.name in row}
        row |= {name: row[name].scaleb(-of.scaled) for of in scaled if row.get(name := of.name) is not None}
    return [with_conditions(f"ledger {ledger.name}", {name: row.get(name) for name in columns}) for row in rows]


def _see_that_it_fits(ledger: Ledger, there: Mapping[str, list[str]]) -> None:
    """Raise `BadLedger` where the tallies `there` lack a column: each those of its order, all together those of the ledger."""
    every = list(dict.fromkeys(name for columns in there.values() for name in columns))
    for columns in there.values():
        for key, names in (("tally", [UNIT_ID]), ("order", ordered_by(ledger))):
            for name in names:
                find_column(ledger, name, columns, key)
    for name, column in ledger.columns.items() if there else ():
        if column.of_tally:
            find_column(ledger, NAMED.get(name, name), every, f"columns: {name}")


def _rows(book: Book, tally: str, columns: Iterable[str], order: Mapping[str, bool], unit: str) -> list[Row]:
    """Return the rows of one tally, each with its key."""
    falling = ", ".join(f"{name} DESC" if last else name for name, last in order.items())
    rows = book.rows(tally, falling, *((UNIT_ID, [unit]) if unit else ("", [])))
    table = row_table(tally, frozenset(columns))
    key = table.key if table else []
    return [{**row, "key": "/".join(str(row[name]) for name in key)} for row in rows]


@cache
def row_table(tally: str, columns: frozenset[str]) -> TableSpec | None:
    """Return the table whose key names the rows of a tally: the last of its tables, in the order of reference, whose key it has."""
    specs = [spec for name, spec in all_tables().items() if name in all_tallies()[tally].tables()]
    return next((spec for spec in reversed(specs) if columns.issuperset(spec.key)), None)


def _distinguish(rows: list[Row]) -> None:
    """Number the rows whose key is that of an earlier one."""
    taken = Counter[str]()
    for row in rows:
        taken[row["key"]] += 1
        if not row["key"] or taken[row["key"]] > 1:
            row["key"] += f"/{taken[row['key']]}"


def _name(book: Book, rows: list[Row]) -> None:
    """Put the names of unit, customer and person in charge into the rows; an id nobody names stands for itself."""
    ids = {row[CUSTOMER_ID] for row in rows if row.get(CUSTOMER_ID)}
    customers, holders = customer_names(book, ids), holder_names(book, ids)
    for row in rows:
        row["unit"] = book.unit_names.get(row[UNIT_ID], row[UNIT_ID])
        if CUSTOMER_ID in row:
            row["customer"] = customers.get(row[CUSTOMER_ID], row[CUSTOMER_ID])
        row["responsible"] = holders.get(row.get(CUSTOMER_ID), row["unit"])


def sums_of_units(ledger: Ledger, rows: list[Row]) -> list[Row]:
    """Return one row a unit, and a code of `apart`, with the sums of its rows; the rows themselves stand in the unit's own ledger."""
    together: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        together.setdefault((row[UNIT_ID], row[ledger.apart] if ledger.apart else ""), []).append(row)
    whose = (UNIT_ID, "unit", *((ledger.apart, ledger.columns[ledger.apart].shown) if ledger.apart else ()))
    words = next((name for name, column in ledger.columns.items() if column.type == "text" and name not in whose), "")
    return [
        {
            **dict.fromkeys(of[0]),
            **{name: of[0][name] for name in whose},
            **{name: _sum(of, column) for name, column in ledger.totals().items() if column.total != "count"},
            words: f"合计{len(of)}条，逐条见该机构的台账",
            "key": f"{unit}{code}",
            "of_unit": unit_row(unit),
        }
        for (unit, code), of in together.items()
    ]


def _sum(rows: Iterable[Row], column: Column) -> Decimal | int | None:
    """Return the sum of a column; None where there are rows and none of them has a value."""
    values = [row[column.name] for row in rows]
    known = [value for value in values if value is not None]
    return None if values and not known else sum(known, Decimal(0) if column.type in ("money", "number") else 0)


def ledger_totals(ledger: Ledger, rows: list[Row]) -> Row:
    """Return what templates may say of a ledger as a whole: number of rows, sums by column; by code, where some are `apart`."""
    if not ledger.apart:
        return _totals(ledger, rows)
    codes = ledger.columns[ledger.apart].values
    return {COUNT: len(rows)} | {code: _totals(ledger, [row for row in rows if row[ledger.apart] == code]) for code in codes}


def _totals(ledger: Ledger, rows: list[Row]) -> Row:
    return {COUNT: len(rows), **{name: _sum(rows, column) for name, column in ledger.totals().items() if column.total != "count"}}


def standing(book: Book, ledgers: Iterable[Ledger], unit: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a paper may say of `ledgers`: the rows of each that stands in it by name, their totals in `ledgers`, and `ledger_list`.

    A ledger does not stand where its theme is off, its tally could not be made, the paper's list is not there, or it is for others.
    """
    found: dict[str, Any] = {}
    totals, named = dict[str, Row](), list[Row]()
    for ledger in ledgers:
        there = ledger.walks in said if ledger.walks else any(book.columns(tally) for tally in ledger.tally)
        if there and ledger.theme in book.themes and ("unit" if unit else "bank") in ledger.per:
            rows = said[ledger.walks] if ledger.walks else ledger_rows(book, ledger, unit)
            if len(rows) > MOST_LISTED and ledger.tally and not unit:
                rows = sums_of_units(ledger, rows)
            if rows or ledger.when == "always":
                found[ledger.rows] = rows
                totals[ledger.name] = ledger_totals(ledger, rows)
                named.append({"name": ledger.name, "title": ledger.title, "sheet": ledger.sheet, COUNT: len(rows)})
    return {**found, LEDGERS: totals, "ledger_list": named}
