"""Finding: every rule over the rows of its tally, waivers applied, each finding with an index number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
from jinja2 import TemplateError

from postloan.data.relation import mappings
from postloan.errors import BadRule, did_you_mean
from postloan.figures.engine import Engine, Tallied
from postloan.figures.finding import Finding
from postloan.figures.finding_terms import COUNTED_OF_FINDINGS, finding_terms, known_terms
from postloan.figures.index_numbers import NONE_GIVEN, IndexNumbers, numbered
from postloan.figures.measure import Number, all_measures
from postloan.figures.rule import ABOUT, Rule, rules_of
from postloan.figures.untested import JUDGED, Untested
from postloan.language import tr
from postloan.numbers import exact
from postloan.period import Period, month_end_cn, period_short_cn
from postloan.policy import POOLED, Policy

Row = dict[str, Any]


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


def running(source: Tallied, policy: Policy) -> list[Rule]:
    """Return the rules that can run and are not switched off."""
    return [rule for rule in rules_of(source.themes).values() if rule.over in source.names and rule.name not in policy.rules_off]


def find(
    source: Tallied, policy: Policy, period: Period, given: IndexNumbers = NONE_GIVEN, untested: Mapping[str, Untested] | None = None
) -> list[Finding]:
    """Return every finding of every rule that can run, in the order of units, checklist and subjects; none about subjects `untested`."""
    waivers = read_waivers(source.engine.con, period) if "waiver" in source.tables else []
    broken = {rule: _rows(source.engine, rule) for rule in running(source, policy)}
    _name(source.engine.con, broken, source.tables)
    found = [finding for rule, rows in broken.items() for finding in _findings(rule, rows, policy, period)]
    judged = (f for f in found if not (untested or {}).get(f.rule.name, JUDGED).covers(f))
    ordered = sorted(judged, key=lambda f: (f.unit_id, f.rule.letter, f.rule.name, f.customer_id, f.subject, f.words, f.evidence))
    return list(numbered(_charged_once([_waived(f, waivers) for f in ordered]), period.name, given))


def read_waivers(con: duckdb.DuckDBPyConnection, period: Period) -> list[Waiver]:
    """The waivers that cover findings of the period."""
    asked = "SELECT rule, unit_id, customer_id FROM waiver WHERE period IN (SELECT unnest(?)) ORDER BY ALL"
    rows = con.execute(asked, [period.waived_by]).fetchall()
    return [Waiver(*row) for row in rows]


def _rows(engine: Engine, rule: Rule) -> list[Row]:
    """Return the tally rows that break `rule`. Raises `BadRule` where its SQL or its tally will not do."""
    sql = f"SELECT {rule.over}.*, {rule.subject} AS subject FROM {rule.over} CROSS JOIN asked WHERE {rule.broken_when}"
    try:
        found = engine.execute(sql)
        columns = [column[0] for column in found.description]
        rows = mappings(found)
    except engine.refusals as fault:
        raise BadRule(tr("the rule cannot be run: {what}", what=fault), f"{rule.place}: broken_when, subject") from fault
    if lacking := [name for name in rule.columns if name not in columns]:
        raise BadRule(
            tr("the tally '{tally}' has no column {names}", tally=rule.over, names=", ".join(lacking)),
            f"{rule.place}: over",
            tr("add it to the tally, or say with `about` what the rule is about"),
        )
    _see_words(rule, columns)
    _see_values(rule, rows)
    return rows


def _see_words(rule: Rule, columns: Collection[str]) -> None:
    """Raise `BadRule` where `value` or `counts_in` of the rule name what there is not."""
    counted = {term.where["counts_in"] for term in finding_terms().values() if "counts_in" in term.where}
    value = ("value", filter(None, [rule.value]), {*columns, *all_measures()})
    undefined = ("leaves_undefined", rule.leaves_undefined, known_terms())
    for key, words, known in (value, ("counts_in", rule.counts_in, counted), undefined):
        for word in words:
            if word not in known:
                raise BadRule(tr("unknown: '{word}'", word=word), f"{rule.place}: {key}", did_you_mean(word, known))


def _see_values(rule: Rule, rows: list[Row]) -> None:
    """Raise `BadRule` where an id in the rows is no text, or a number in them is not exact."""
    for row in rows:
        for name, value in row.items():
            if isinstance(value, float):
                do = "CAST(… AS DECIMAL(18, 6))"
                raise BadRule(
                    tr("the column '{name}' of the tally '{tally}' is a DOUBLE", name=name, tally=rule.over), f"{rule.place}: over", do
                )
        if row["subject"] is None:
            raise BadRule(tr("the subject of a finding is blank"), f"{rule.place}: subject")
        for name in filter(None, ("unit_id", ABOUT[rule.about], rule.staff)):
            if not isinstance(row[name], str if name == "unit_id" else str | None):
                what = tr("the column '{name}' of the tally '{tally}' holds no id: {value}", name=name, tally=rule.over, value=row[name])
                raise BadRule(what, f"{rule.place}: over")


def _name(con: duckdb.DuckDBPyConnection, broken: Mapping[Rule, list[Row]], tables: frozenset[str]) -> None:
    """Put the names of unit, customer and person into the rows; an id nobody names stands for itself."""
    for table in ("unit", "customer", "staff"):
        columns = {rule: rule.staff if table == "staff" else f"{table}_id" for rule in broken}
        held = [(row, columns[rule]) for rule, rows in broken.items() for row in rows if columns[rule] in row]
        names = _names(con, table, {row[column] for row, column in held if row[column]}) if table in tables else {}
        for row, column in held:
            row[f"{table}_name"] = names.get(row[column], row[column])


def _names(con: duckdb.DuckDBPyConnection, table: str, ids: set[str]) -> dict[str, str]:
    """The name of each of `ids` in the table of units, customers or staff."""
    named = con.execute(f"SELECT {table}_id, {table}_name FROM {table} WHERE {table}_id IN (SELECT unnest(?))", [sorted(ids)])
    return dict(named.fetchall())


def _findings(rule: Rule, rows: list[Row], policy: Policy, period: Period) -> list[Finding]:
    points = policy.points(rule.name).points
    dated = policy.limit(rule.limit, period.as_of) if rule.limit in policy.limits else None
    if rows and rule.limit and rule.limit not in policy.limits and rule.limit not in rows[0]:
        raise BadRule(
            tr("unknown: '{word}'", word=rule.limit), f"{rule.place}: limit", did_you_mean(rule.limit, [*policy.limits, *rows[0]])
        )
    try:
        return [_finding(rule, row, dated, points, period) for row in rows]
    except (TemplateError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as fault:
        raise BadRule(
            tr("the sentence or value of the rule cannot be made: {what}", what=fault), f"{rule.place}: words, evidence, value"
        ) from fault


def _finding(rule: Rule, row: Row, dated: Decimal | None, points: Decimal, period: Period) -> Finding:
    limit = dated if dated is not None else row.get(rule.limit)
    value = all_measures()[rule.value].of(row) if rule.value in all_measures() else row.get(rule.value)
    when = {"as_of": period.as_of, "month_end": month_end_cn(period), "period_short": period_short_cn(period)}
    said = {**row, **when, "value": value, "limit": limit}
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
        period=period.name,
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else exact(value)


def _waived(finding: Finding, waivers: list[Waiver]) -> Finding:
    if any(waiver.covers(finding) for waiver in waivers):
        return replace(finding, waived=True, deduction=Decimal(0))
    return finding


def _charged_once(findings: list[Finding]) -> Iterable[Finding]:
    """Yield the findings; one whose whole fault is charged by findings of another rule costs nothing."""
    sharing = {same.rule: same for finding in findings if (same := finding.rule.same_fault)}
    charged: dict[tuple[Any, ...], Decimal] = {}
    for finding in findings:
        if (same := sharing.get(finding.rule.name)) and finding.deduction:
            key = (same.rule, *(finding.row.get(column) for column in same.by))
            charged[key] = charged.get(key, Decimal(0)) + Decimal(finding.row[same.other_extent] or 0 if same.other_extent else 1)
    for finding in findings:
        same = finding.rule.same_fault
        explained = charged.get((same.rule, *(finding.row[column] for column in same.by))) if same else None
        same_fault = same and explained is not None and finding.row[same.extent] <= explained
        yield replace(finding, deduction=Decimal(0)) if same_fault else finding


def deduction(findings: Iterable[Finding], policy: Policy, quarters: int = 1) -> Decimal:
    """Points that the findings cost together: not waived ones summed by period, unit and rule, each rule up to its cap in each unit.

    Where the policy pools the units, a rule has one cap for all of them. Of a longer period, the mean over its `quarters`.
    """
    by_rule: dict[tuple[str, str, str], Decimal] = {}
    for finding in findings:
        key = (finding.period, "" if policy.bank_score == POOLED else finding.unit_id, finding.rule.name)
        by_rule[key] = by_rule.get(key, Decimal(0)) + finding.deduction
    return sum((min(points, Decimal(policy.points(name).cap)) for (*_, name), points in by_rule.items()), Decimal(0)) / quarters


def count_terms(findings: list[Finding], policy: Policy, rules: Collection[Rule], on: Collection[str]) -> dict[str, Decimal | int]:
    """Return the terms over the findings of one subject. A term none of whose `rules` ran is left out: it is undefined, not zero."""
    caps = caps_of(policy, rules)
    made: dict[str, Decimal | int] = {}
    for name, term in finding_terms().items():
        if term.theme in on and term.counts in COUNTED_OF_FINDINGS and (not term.where or any(map(term.takes, rules))):
            if term.counts != "points":
                made[name] = term.count(findings)
            elif caps:
                made[name] = deduction(findings, policy)
    return made


def caps_of(policy: Policy, rules: Iterable[Rule]) -> Decimal:
    """Return the sum of the caps that the scorecard has for `rules`; those that the policy takes off have none."""
    return sum((Decimal(policy.points(rule.name).cap) for rule in rules if rule.name not in policy.rules_off), Decimal(0))


def score_terms(deduction: Number | None, weight: Number) -> dict[str, Number]:
    """Return the terms of a score that counts `weight` times; none where the deduction is undefined."""
    return {} if deduction is None else {"score_points": max(Decimal(0), 100 - deduction) * weight, "score_weight": weight}


def report_scores(findings: Iterable[Finding], policy: Policy) -> dict[str, Decimal]:
    """Return the score of every report with a finding of its own: a hundred points less what they cost, each rule up to its cap.

    The points are those of the policy's `report_scorecard`, or of its scorecard where it has none.
    """
    by_report: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule.about == "report":
            by_report.setdefault(finding.row["inspection_id"], []).append(finding)
    cost = report_deduction if policy.report_scorecard else deduction
    return {report: max(Decimal(0), 100 - cost(held, policy)) for report, held in by_report.items()}


def report_deduction(findings: Iterable[Finding], policy: Policy) -> Decimal:
    """Return the points that the findings of one report take off its own score."""
    counts = Counter(finding.rule.name for finding in findings if not finding.waived)
    cards = {rule: policy.report_scorecard[rule] for rule in counts if rule in policy.report_scorecard}
    return sum((min(Decimal(card.points) * counts[rule], Decimal(card.cap)) for rule, card in cards.items()), Decimal(0))


def points_in_report(finding: Finding, policy: Policy) -> Decimal:
    """Return the points that one finding takes off the score of its report, before the cap."""
    return report_deduction([finding], policy) if policy.report_scorecard else finding.deduction
