"""Findings: one broken rule for one subject each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from postloan.figures.rule import Rule

FINDING_COLUMNS = (
    *("index_no", "rule", "severity", "unit_id", "customer_id", "subject"),
    *("words", "value", "limit", "deduction", "waived", "evidence"),
)
"""The heads of `findings.csv`."""


@dataclass(frozen=True)
class Finding:
    """One broken rule for one subject. It stays when waived, with deduction 0.

    `value` and `limit` are exact texts, blank where the rule has none. `deduction` is in points, before the rule's cap. `period`: the period
    whose run found it; a finding of a longer period is one of a quarter inside it. `unfounded`: inspector and reviewer have judged it so; it costs nothing.
    """

    index_no: str
    rule: Rule
    unit_id: str
    unit_name: str
    customer_id: str
    customer_name: str
    subject: str
    words: str
    evidence: str
    value: str
    limit: str
    deduction: Decimal
    waived: bool
    row: Mapping[str, Any]
    period: str = ""
    unfounded: bool = False


class KeptFindings(NamedTuple):
    """The findings of a quarter as its run told them, and the rows of earlier findings that were still open at its end."""

    findings: list[Finding]
    carried: list[dict[str, Any]]


def finding_keys(findings: Iterable[Finding]) -> list[str]:
    """Return the key of each finding from run to run, whatever else is found: rule, unit, customer, subject, and a count where that is not enough.

    Findings of different periods may have the same.
    """
    named = Counter[tuple[str, str]]()
    keys = []
    for f in findings:
        key = "/".join(filter(None, (f.rule.name, f.unit_id, f.customer_id, f.subject)))
        named[f.period, key] += 1
        keys.append(key if named[f.period, key] == 1 else f"{key}/{named[f.period, key]}")
    return keys
