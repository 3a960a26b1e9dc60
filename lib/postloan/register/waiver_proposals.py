"""Proposals not to deduct points (不扣分) for findings that inspector and reviewer have judged unfounded: a person approves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from postloan.data.blank_workbook import blank_workbook, rows_there
from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.figures.rule import all_rules

PROPOSALS = "不扣分建议.xlsx"
"""A workbook of the table of waivers without who approved; in it the rows that are approved go into that table."""
UNFOUNDED = "unfounded"
WAIVER = "waiver"


def proposals(rows: Iterable[Mapping[str, Any]], clean: Clean) -> bytes:
    """Return the workbook with a row for each rule and customer of judged findings that no waiver covers; empty bytes without any."""
    names = {rule.title: name for name, rule in all_rules().items()}
    spec = all_tables()[WAIVER]
    covered = {tuple(row[name] for name in spec.key) for row in rows_there(spec, clean)}
    found = dict[tuple[Any, ...], dict[str, Any]]()
    for row in rows:
        if row.get("outcome") == UNFOUNDED and row.get("judgement") and row.get("review"):
            made = {name: row.get(name) for name in spec.key} | {"rule": names.get(row["rule"], row["rule"])}
            made["reason"] = f"检查人判断：{row['judgement']}；复核意见：{row['review']}"
            found.setdefault(tuple(made[name] for name in spec.key), made)
    new = [row for key, row in found.items() if key not in covered]
    return blank_workbook(spec, clean, new) if new else b""
