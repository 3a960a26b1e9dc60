"""Rows and cells of input that were lost, by the customer or unit that each is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from postloan.data.intake.fast import literal, name
from postloan.data.schema import all_tables
from postloan.data.screen.table import ScreenedTable

NO_DATA = ("total_row", "not_a_row", "duplicate_key")
"""Checks whose rows lose nothing when they are left out."""
OF_WHOM = ("unit", "customer", "loan", "loan_balance")
"""The tables that say which customers a bank has and lends to: about whom they lost, nothing is looked for."""
SERVED = ("ab_role", "staff_id")
"""The table and field that lead from a person to customers."""


@dataclass(frozen=True)
class Unread:
    """A row of `table` that was dropped, or (with `field`) a cell that was blanked, and its customer or unit; neither where unknown."""

    table: str
    field: str
    customer_id: str | None
    unit_id: str | None


def list_unread(con: duckdb.DuckDBPyConnection, tables: Mapping[str, ScreenedTable]) -> frozenset[Unread]:
    """Return the rows and cells lost of all `tables`, once all of them are screened."""
    found: set[Unread] = set()
    for table in tables.values():
        checks = ", ".join(map(literal, NO_DATA))
        lost = f"""SELECT _row, if(consequence = 'drop', '', field) AS field FROM {table.faults}
                   WHERE consequence IN ('drop', 'blank') AND "check" NOT IN ({checks}) GROUP BY ALL"""
        if not con.execute(f"{lost} LIMIT 1").fetchall():
            continue
        customers = " UNION ".join(_paths(table, tables))
        unit = "CAST(NULL AS VARCHAR)" if customers or "unit_id" not in table.spec.fields else _known_unit(tables)
        joined = f"LEFT JOIN ({customers}) c USING (_row)" if customers else ""
        customer = "c.customer_id" if customers else "CAST(NULL AS VARCHAR)"
        sql = f"SELECT DISTINCT l.field, {customer}, {unit} FROM ({lost}) l JOIN {table.typed} t USING (_row) {joined}"
        found.update(Unread(table.spec.name, *row) for row in con.execute(sql).fetchall())
        found.update(Unread(table.spec.name, "", customer, None) for customer in _left_alone(con, table, tables))
    return frozenset(found)


def _left_alone(con: duckdb.DuckDBPyConnection, table: ScreenedTable, tables: Mapping[str, ScreenedTable]) -> set[str]:
    """Return the customers of rows to which none of the table's refers, where others of it refer to nothing: these may be theirs."""
    found: set[str] = set()
    for n, spec in table.spec.fields.items():
        target, _, key = spec.refers.partition(".")
        if (
            "customer_id" in table.spec.fields
            or not spec.required
            or target not in tables
            or "customer_id" not in all_tables()[target].fields
        ):
            continue
        theirs = f"SELECT {name(key)} FROM {tables[target].typed} WHERE {name(key)} IS NOT NULL"
        if con.execute(f"SELECT 1 FROM {table.typed} WHERE {name(n)} NOT IN ({theirs}) LIMIT 1").fetchall():
            mine = f"SELECT {name(n)} FROM {table.typed} WHERE {name(n)} IS NOT NULL"
            alone = f"SELECT DISTINCT customer_id FROM {tables[target].typed} WHERE customer_id IS NOT NULL AND {name(key)} NOT IN ({mine})"
            found.update(row[0] for row in con.execute(alone).fetchall())
    return found


def _known_unit(tables: Mapping[str, ScreenedTable]) -> str:
    """SQL of the unit of a row; NULL where there is no such unit: the bank's units are all delivered, so it may mean any of them."""
    return f"CASE WHEN t.unit_id IN (SELECT unit_id FROM {tables['unit'].typed}) THEN t.unit_id END" if "unit" in tables else "t.unit_id"


def _paths(table: ScreenedTable, tables: Mapping[str, ScreenedTable]) -> list[str]:
    """SQL of the ways from a row of the table to its customers (`_row`, `customer_id`): its own field, else what it refers to.

    An id that reads like others but is nowhere leads to nobody (''); one that cannot be an id leads to NULL: it may mean anybody.
    """
    if "customer_id" in table.spec.fields:
        return [f"SELECT _row, {_known_or_nobody('customer_id', 'customer', 'customer_id', 'customer_id', tables)} FROM {table.typed}"]
    paths = []
    for n, spec in table.spec.fields.items():
        target, _, key = spec.refers.partition(".")
        if n == "staff_id" and SERVED[0] in tables:
            target, key = SERVED
        elif target not in tables or "customer_id" not in all_tables()[target].fields:
            continue
        there = f"(SELECT DISTINCT {name(key)} AS k, customer_id AS c FROM {tables[target].typed}) o"
        shown = _known_or_nobody(f"t.{name(n)}", target, key, "o.c", tables)
        paths.append(f"SELECT t._row, {shown} FROM {table.typed} t LEFT JOIN {there} ON o.k = t.{name(n)}")
    return paths


def _known_or_nobody(link: str, target: str, key: str, customer: str, tables: Mapping[str, ScreenedTable]) -> str:
    """SQL of the customer: as found; '' where `link` looks like the keys of `target` and is none of them; else NULL."""
    if target not in tables:
        return f"{customer} AS customer_id"
    keys = f"SELECT {name(key)} FROM {tables[target].typed} WHERE {name(key)} IS NOT NULL"
    shapes = f"SELECT DISTINCT {_shape(name(key))} FROM {tables[target].typed} WHERE {name(key)} IS NOT NULL"
    return f"CASE WHEN {link} IN ({keys}) THEN coalesce({customer}, '') WHEN {_shape(link)} IN ({shapes}) THEN '' END AS customer_id"


def _shape(text: str) -> str:
    """SQL of an id with its digits and letters made equal: 0001 is 9999."""
    return f"regexp_replace(regexp_replace({text}, '[0-9]', '9', 'g'), '[A-Za-z]', 'A', 'g')"
