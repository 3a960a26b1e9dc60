"""A check over two tables: amounts about the same loans that are a thousand or ten thousand times apart."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from postloan.data.screen.table import ScreenedTable
from postloan.language import tr
from postloan.problem import STOP, Problem

FEWEST = 3
"""Fewer loans prove nothing."""


def unit_suspects(con: duckdb.DuckDBPyConnection, tables: Mapping[str, ScreenedTable]) -> list[Problem]:
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
