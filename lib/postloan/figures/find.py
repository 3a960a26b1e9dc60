"""Finding: every rule over the rows of its tally, waivers applied, each finding with an index number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
from jinja2 import TemplateError

from postloan.errors import BadRule
from postloan.figures.engine import Engine
from postloan.figures.measure import all_measures
from postloan.figures.rule import Rule, all_rules
from postloan.figures.tally import mappings
from postloan.language import tr
from postloan.numbers import exact
from postloan.period import Period
from postloan.policy import Policy

Row = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One broken rule for one subject. It stays when waived, with deduction 0.

    `value` and `limit` are exact texts, blank where the rule has none. `deduction` is in points, before the rule's cap.
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


@dataclass(frozen=True)
class Waiver:
    """A decision not to deduct points (不扣分) for one rule, of one unit or customer where given."""

    rule: str
    unit_id: str | None
    customer_id: str | None

    def covers(self, finding: Finding) -> bool:
        return (
            self.rule == finding.rule.name and self.unit_id in (None, finding.unit_id) and self.customer_id in (None, finding.customer_id)
        )


def find(engine: Engine, tallies: frozenset[str], tables: frozenset[str], policy: Policy, period: Period) -> list[Finding]:
    """Every finding of every rule that can run, in the order of units, checklist and subjects."""
    waivers = read_waivers(engine.con, period) if "waiver" in tables else []
    broken = {rule: _rows(engine, rule) for rule in all_rules().values() if rule.over in tallies and rule.name not in policy.rules_off}
    _name(engine.con, broken, tables)
    found = [finding for rule, rows in broken.items() for finding in _findings(rule, rows, policy, period)]
    ordered = sorted(found, key=lambda f: (f.unit_id, f.rule.letter, f.rule.name, f.customer_id, f.subject, f.words, f.evidence))
    return list(_numbered((_waived(f, waivers) for f in ordered), period))


def read_waivers(con: duckdb.DuckDBPyConnection, period: Period) -> list[Waiver]:
    """The waivers given for exactly this period."""
    rows = con.execute("SELECT rule, unit_id, customer_id FROM waiver WHERE period = ? ORDER BY ALL", [period.name]).fetchall()
    return [Waiver(*row) for row in rows]


def _rows(engine: Engine, rule: Rule) -> list[Row]:
    """The tally rows that break `rule`."""
    try:
        return mappings(
            engine.execute(f"SELECT {rule.over}.*, {rule.subject} AS subject FROM {rule.over} CROSS JOIN asked WHERE {rule.broken_when}")
        )
    except engine.refusals as fault:
        raise BadRule(tr("the rule cannot be run: {what}", what=fault), f"{rule.name}.yaml") from fault


def _name(con: duckdb.DuckDBPyConnection, broken: Mapping[Rule, list[Row]], tables: frozenset[str]) -> None:
    """Put the names of unit, customer and person into the rows; an id nobody names stands for itself."""
    for table in ("unit", "customer", "staff"):
        columns = {rule: rule.staff if table == "staff" else f"{table}_id" for rule in broken}
        held = [(row, columns[rule]) for rule, rows in broken.items() for row in rows if columns[rule] in row]
        names = _names(con, table, {row[column] for row, column in held}) if table in tables else {}
        for row, column in held:
            row[f"{table}_name"] = names.get(row[column], row[column])


def _names(con: duckdb.DuckDBPyConnection, table: str, ids: set[str]) -> dict[str, str]:
    """The name of each of `ids` in the table of units, customers or staff."""
    named = con.execute(f"SELECT {table}_id, {table}_name FROM {table} WHERE {table}_id IN (SELECT unnest(?))", [sorted(ids)])
    return dict(named.fetchall())


def _findings(rule: Rule, rows: list[Row], policy: Policy, period: Period) -> list[Finding]:
    points = policy.points(rule.name).points
    dated = policy.limit(rule.limit, period.as_of) if rule.limit in policy.limits else None
    try:
        return [_finding(rule, row, dated, points, period) for row in rows]
    except (TemplateError, KeyError) as fault:
        raise BadRule(tr("the rule cannot be run: {what}", what=fault), f"{rule.name}.yaml") from fault


def _finding(rule: Rule, row: Row, dated: Decimal | None, points: Decimal, period: Period) -> Finding:
    limit = dated if dated is not None else row.get(rule.limit)
    value = all_measures()[rule.value].of(row) if rule.value in all_measures() else row.get(rule.value)
    said = {**row, "as_of": period.as_of, "value": value, "limit": limit}
    words, evidence = rule.sentences
    return Finding(
        index_no="",
        rule=rule,
        unit_id=row["unit_id"],
        unit_name=row["unit_name"],
        customer_id=row.get("customer_id") or "",
        customer_name=row.get("customer_name") or "",
        subject=str(row["subject"]),
        words=words.render(said).strip(),
        evidence=evidence.render(said).strip(),
        value=_text(value),
        limit=_text(limit),
        deduction=Decimal(points),
        waived=False,
        row=row,
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else exact(value)


def _waived(finding: Finding, waivers: list[Waiver]) -> Finding:
    if any(waiver.covers(finding) for waiver in waivers):
        return replace(finding, waived=True, deduction=Decimal(0))
    return finding


def _numbered(findings: Iterable[Finding], period: Period) -> Iterable[Finding]:
    """Index numbers unit-period-letter-sequence, e.g. SC1-2014Q2-C-003 (domain 7.14)."""
    taken: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        place = (finding.unit_id, finding.rule.letter)
        taken[place] += 1
        yield replace(finding, index_no=f"{finding.unit_id}-{period}-{finding.rule.letter}-{taken[place]:03d}")


def deduction(findings: Iterable[Finding], policy: Policy) -> Decimal:
    """Points that the findings cost together: not waived ones summed by rule, each rule up to its cap."""
    by_rule: dict[str, Decimal] = {}
    for finding in findings:
        by_rule[finding.rule.name] = by_rule.get(finding.rule.name, Decimal(0)) + finding.deduction
    return sum((min(points, Decimal(policy.points(name).cap)) for name, points in by_rule.items()), Decimal(0))


def finding_terms(findings: list[Finding], policy: Policy) -> dict[str, Decimal | int]:
    """The terms that come from the findings of one subject (see `measure.FINDING_TERMS`)."""
    ab = {f.customer_id for f in findings if f.rule.name.startswith("ab_")}
    defects = {
        f.row["inspection_id"]
        for f in findings
        if f.rule.name.startswith("report_") and f.rule.name not in ("report_late", "report_missing")
    }
    return {
        "findings_made": len(findings),
        "points_deducted": deduction(findings, policy),
        "customers_with_ab_findings": len(ab),
        "reports_with_findings": len(defects),
    }


def report_scores(findings: Iterable[Finding], policy: Policy) -> dict[str, Decimal]:
    """The score of every report with a finding of its own (M7): a hundred points less what they cost, each rule up to its cap."""
    by_report: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule.dimension == "报告质量":
            by_report.setdefault(finding.row["inspection_id"], []).append(finding)
    return {report: max(Decimal(0), 100 - deduction(held, policy)) for report, held in by_report.items()}
