"""The description of a figure: a measure by its definition, any other figure by its key.

A key such as `rules.report_late.by_unit[1].count` names a rule, a section of the checklist, a limit, a finding or a row; its last step
names the value shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from postloan.audit.trace.lineage import Lineage
from postloan.data.schema import all_tables
from postloan.figures.finding_terms import COUNTED_OF_FINDINGS, SCORES, finding_terms, known_terms
from postloan.figures.measure import Measure, Number, all_measures, formula_cn, is_cumulative
from postloan.figures.rule import Rule, all_rules, dimensions
from postloan.figures.tally import Term, all_terms
from postloan.language import either
from postloan.numbers import exact
from postloan.papers.fields.shapes import ITEM
from postloan.papers.ledgers import LEDGERS, Ledger, ledger_of
from postloan.papers.record.identity import Identity, subject_of
from postloan.policy import Policy
from postloan.yaml_file import read_yaml

STEP = re.compile(r"\.?([^.\[\]]+)|\[(.*?)\](?=[.\[]|$)")
LONGEST_NUMBER = 12
"""Digits of a number put into a formula; longer ones end in … and stand whole beside it."""
ROWS = {"managers": "管户客户经理"}
"""Lists that are no ledgers, with the name of their rows."""


@cache
def last_steps() -> dict[str, tuple[str, str]]:
    """Return the unit and words of the last step of keys."""
    return {name: (unit, words) for name, (unit, words) in read_yaml(Path(__file__).with_name("last_steps.yaml")).items()}


@dataclass(frozen=True)
class FigureWords:
    """A figure in words: title, definition, formula and unit in Chinese, and the source; may be blank."""

    title: str
    definition: str
    formula: str = ""
    unit: str = ""
    source: str = ""


@dataclass(frozen=True)
class KeyContent:
    """The content of a key."""

    last: str
    term: str = ""
    customer: str = ""
    rule: str = ""
    section: str = ""
    limit: str = ""
    finding: str = ""
    unit_place: int = 0
    rows: str = ""
    row: str = ""
    ledger: Ledger | None = None
    code: str = ""

    @property
    def of_findings(self) -> bool:
        """True for a figure that counts, sums or shows findings."""
        return bool(self.rule or self.section or self.finding) or self.last in ("findings_waived", "deduction_listed")


def key_content(key: str) -> KeyContent:
    """Return the content of a figure's key."""
    steps = [(name, item) for name, item in STEP.findall(key)]
    names, items = [name for name, _ in steps if name], [item for name, item in steps if not name]
    known = known_terms()
    last = names[-1]
    return KeyContent(
        last=last,
        term=last if names[0] in ("terms", "customers") and last in known else "",
        customer=items[0] if names[0] == "customers" and items else "",
        rule=next((word for word in (*names[1:], *items) if word in all_rules()), ""),
        section=next((word for word in (*names[1:], *items) if word in dimensions()), ""),
        limit=last if names[0] == "limits" else "",
        finding=items[-1] if "findings" in names[:-1] and items else "",
        unit_place=int(items[-1]) if "by_unit" in names and items and items[-1].isdecimal() else 0,
        rows=ROWS.get(names[0], ""),
        ledger=ledger_of(names),
        code=names[2] if names[0] == LEDGERS and len(names) > 3 else "",
        row=items[0] if items else "",
    )


def words_of(identity: Identity, policy: Policy | None = None, document: str = "") -> FigureWords:
    """Describe a figure in a paper of `document`; the document's own names (of notices) need it."""
    if identity.measure:
        return _measure(all_measures()[identity.measure], identity)
    of = key_content(identity.key)
    if of.term:
        return _term(known_terms()[of.term], of)
    if of.limit:
        return _limit(of.limit, policy)
    if of.ledger:
        return _in_ledger(of.ledger, of)
    unit, words = _last(identity.key, of, document)
    if of.rule and not of.finding:
        return _rule(all_rules()[of.rule], unit, words)
    if of.finding:
        rule, _, subject = of.finding.partition("/")
        title = f"规则“{all_rules()[rule].title}”的发现" if rule in all_rules() else "发现"
        return FigureWords(f"{title}（{subject}）：{words}", "问题清单中的一条发现", unit=unit)
    if of.section:
        return FigureWords(f"检查项目“{of.section}”：{words}", f"“{of.section}”各规则发现的合计", unit=unit)
    if of.rows:
        return FigureWords(f"{of.rows}（{of.row}）：{words}", "明细中的一行，直接取自数据", unit=unit)
    return FigureWords(words, words, unit=unit)


def _in_ledger(ledger: Ledger, of: KeyContent) -> FigureWords:
    """Describe a row of a ledger, or a total over its rows, or over those of one code."""
    column = ledger.columns.get(of.last) or (ledger.row().get(of.last) if ledger.tally else None)
    words, unit = (column.field.label, column.field.unit) if column else ("行数", "条")
    if of.row:
        return FigureWords(f"{ledger.title}（{of.row}）：{words}", "明细中的一行，直接取自数据", unit=unit)
    label = ledger.columns[ledger.apart].values.get(of.code, "") if ledger.apart else ""
    definition = "明细各行之和" if column else "明细的行数"
    return FigureWords(f"{ledger.title}{label and f'（{label}）'}：{words}{'合计' if column else ''}", definition, unit=unit)


def _last(key: str, of: KeyContent, document: str) -> tuple[str, str]:
    """Return unit and words of the last step; for a row of a list from the field dictionary."""
    from postloan.papers.fields.fields import all_fields  # imported here: measures need no dictionary

    if of.last in last_steps() and (of.of_findings or "[" not in key):
        return last_steps()[of.last]
    field = all_fields(document).at(tuple(name or ITEM for name, _ in STEP.findall(key)))
    return (field.unit, field.label) if field else last_steps().get(of.last, ("", _label(of) or of.last))


def _measure(measure: Measure, identity: Identity) -> FigureWords:
    definition = either(measure.doc.split("\n\n")[0].replace("\n", " "), formula_cn(measure))
    if identity.change:
        unit, before = "百分点" if measure.unit == "ratio" else measure.unit_cn, "上年同期" if is_cumulative(measure.name) else "上期"
        formula = f"本期{measure.title} － {before}{measure.title}"
        return FigureWords(f"{measure.title}较{before}变动", definition, formula, unit, measure.part("Source"))
    return FigureWords(measure.title, definition, formula_cn(measure), measure.unit_cn, measure.part("Source"))


def _term(term: Term, of: KeyContent) -> FigureWords:
    grain, subject = subject_of(of.customer)
    whose = "" if not of.customer else f"（客户{subject}）" if grain == "customer" else f"（机构{subject}合计）"
    return FigureWords(term.meaning_cn + whose, either(term.meaning, term.meaning_cn), term.meaning_cn, term.unit)


def _limit(name: str, policy: Policy | None) -> FigureWords:
    limit = policy.limits.get(name) if policy else None
    if policy is None or limit is None:
        return FigureWords(f"政策限额 {name}", "政策规定的限额")
    dated = "；".join(f"{value} {limit.unit}（{since}起）" for since, value in limit.values.items())
    return FigureWords(f"政策限额：{limit.title}", f"政策{policy.name}规定：{dated}", unit=limit.unit, source=limit.source)


def _rule(rule: Rule, unit: str, words: str) -> FigureWords:
    return FigureWords(f"规则“{rule.title}”：{words}", f"{rule.dimension}；要求：{rule.basis}", unit=unit, source=rule.source)


def _label(of: KeyContent) -> str:
    """Return the label of the field in the last step, or blank."""
    return next((spec.fields[of.last].label for spec in all_tables().values() if of.last in spec.fields), "")


def with_numbers(measure: Measure, values: Mapping[str, Number | None]) -> str:
    """Return the formula of a measure with numbers: 46 ÷ 58 = 0.793103448275…."""
    formula = re.sub(
        r"[a-z][a-z_0-9]+(?!\()", lambda found: short(values[found[0]]) if found[0] in values else found[0], measure.part("Formula")
    )
    result = short(values.get(measure.name))
    return f"{operators(formula)} = {result}" if formula != result else formula


def operators(formula: str) -> str:
    """Return a formula with the usual signs."""
    return formula.replace(" / ", " ÷ ").replace(" - ", " － ").replace(" + ", " ＋ ").replace("max(0, ", "max(0，")


def short(value: Number | None) -> str:
    """Return a number for a formula."""
    if value is None:
        return "不适用"
    text = exact(Decimal(value))
    whole, _, digits = text.partition(".")
    return text if len(digits) <= LONGEST_NUMBER else f"{whole}.{digits[:LONGEST_NUMBER]}…"


def aggregate_cn(line: Lineage) -> str:
    """Return the aggregate of a line of lineage in words."""
    kind, _, column = line.aggregate.removesuffix(")").partition("(")
    column = column.removeprefix("DISTINCT ")
    if column == "*":
        return "行数"
    specs = [all_tables()[line.table], *all_tables().values()]
    label = next((spec.fields[column].label for spec in specs if column in spec.fields), "")
    label = label or (all_terms()[column].meaning_cn if column in all_terms() else {"exposure": "敞口"}.get(column, column))
    return f"不同的{label}个数" if kind == "count" else f"{label}之和"


def findings_of_term(term: str, rule: Rule) -> bool:
    """Tell if findings of `rule` make up one of the terms over findings."""
    counted = term in finding_terms() and finding_terms()[term].counts in (*COUNTED_OF_FINDINGS, *SCORES)
    return counted and finding_terms()[term].takes(rule)
