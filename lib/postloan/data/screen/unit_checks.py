"""A check over two tables: amounts about the same loans that are a thousand or ten thousand times apart."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from postloan.data.screen.table import ScreenedTable
from postloan.language import tr
from postloan.problem import STOP, Problem

FEWEST = 3
"""Fewer loans prove nothing."""
FEWEST_BESIDE = 5
"""Nor do fewer customers, unless the amounts of each are smaller still."""
FEW, FAR_TOO_SMALL = 2, 1 / 5000
FEW_BALANCES, NOTHING = 3, 1 / 20_000
"""A balance of a day (with `as_of`) may be next to nothing, and be so of two customers."""


def unit_suspects(con: duckdb.DuckDBPyConnection, tables: Mapping[str, ScreenedTable]) -> list[Problem]:
    """Return a stop for each table whose amounts stand in another unit than those about the same loans or customers."""
    return [*_balances(con, tables), *_beside_loans(con, tables)]


def _beside_loans(con: duckdb.DuckDBPyConnection, tables: Mapping[str, ScreenedTable]) -> list[Problem]:
    """Return a stop for each table whose amounts are all far too small beside the loans of the same customers, or beside the same loans."""
    found = []
    for name, table in tables.items():
        field, by = table.spec.like_loans, "loan_id" if "loan_id" in table.spec.fields else "customer_id"
        if not field or "loan" not in tables or table.source.units.get(field, 1) > 1:
            continue
        loans = f"SELECT {by}, CAST(sum(principal) AS DOUBLE) AS borrowed FROM main.loan WHERE principal > 0 GROUP BY {by}"
        mine = f"SELECT {by}, CAST(max({field}) AS DOUBLE) AS amount FROM main.{name} WHERE {field} > 0 GROUP BY {by}"
        parts = f"SELECT count(*), median(amount / borrowed), max(amount / borrowed) FROM ({mine}) JOIN ({loans}) USING ({by})"
        count, middle, most = con.execute(parts).fetchall()[0]
        few, small = (FEW_BALANCES, NOTHING) if "as_of" in table.spec.fields else (FEW, FAR_TOO_SMALL)
        if count >= FEWEST_BESIDE and middle <= 1 / 2500 and most <= 1 / 100 or count >= few and most <= small:
            says = tr(
                "the amounts under '{label}' are thousands of times smaller than the loans of the same customers; they are not in yuan: "
                "write their unit above the table, such as 单位：万元",
                label=table.spec.fields[field].label,
            )  # fmt: skip
            found.append(Problem("unit_suspect", STOP, table.source.file, table.source.sheet, None, field, "", says))
    return found


def _balances(con: duckdb.DuckDBPyConnection, tables: Mapping[str, ScreenedTable]) -> list[Problem]:
    """Return a stop where all balances are some thousand times smaller or larger than the principals of their loans."""
    if not {"loan", "loan_balance"} <= tables.keys():
        return []
    found = con.execute(
        """SELECT count(*), min(part), median(part), max(part) FROM (
               SELECT CAST(max(b.balance) AS DOUBLE) / CAST(any_value(l.principal) AS DOUBLE) AS part
               FROM main.loan_balance b JOIN main.loan l USING (loan_id) WHERE b.balance > 0 AND l.principal > 0 GROUP BY l.loan_id)"""
    ).fetchall()
    loans, least, middle, most = found[0]
    if loans < FEWEST or not (most <= 1 / 900 or least > 1.5 and middle >= 90):
        return []
    file, sheet = tables["loan_balance"].source.file, tables["loan_balance"].source.sheet
    other = tables["loan"].source.file
    times = 10_000 if (1 / middle if middle < 1 else middle) > 3_000 else 1_000
    says = tr(
        "the balances are some {times} times {how} than the principals of the same loans in {other}; one of the two is not in yuan: "
        "write its unit above the table, such as 单位：万元",
        times=times, how=tr("smaller") if middle < 1 else tr("larger"), other=other,
    )  # fmt: skip
    return [Problem("unit_suspect", STOP, file, sheet, None, "balance", "", says)]
