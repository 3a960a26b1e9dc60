"""Findings, rules and waivers of a paper: what was looked for, what was found, and what was decided about it, in the sections of the checklist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from postloan.figures.book import Book
from postloan.figures.find import Waiver, deduction
from postloan.figures.finding import Finding, finding_keys
from postloan.figures.procedures import RAN, Procedure, summed
from postloan.figures.rule import all_rules, checklist_sections
from postloan.papers.lists import holder_names
from postloan.papers.procedure_words import procedure_said, section_said
from postloan.papers.sections import with_conditions

Context = dict[str, Any]
TICKS = {"hint": "△", "waived": "○", "": "●"}
"""The program's own marks in the working paper; their legend stands in its template. √ is a person's."""


def _responsible(book: Book) -> dict[str, Any]:
    """The holder of each customer with findings."""
    return holder_names(book, {finding.customer_id for finding in book.findings_made})


def rectify_by(book: Book, prepared_on: date) -> date:
    """Return the day by which findings are to be put right: a working day."""
    return book.calendar.near(prepared_on + timedelta(days=int(book.policy.limit("rectify_days", book.period.as_of))), later=True)


def findings_said(book: Book, findings: Iterable[Finding], prepared_on: date) -> list[Context]:
    """Return what templates may say of findings: one entry each, in the order of the index numbers."""
    holders = book.once(_responsible)
    due_on = rectify_by(book, prepared_on)
    keys = (
        key if f.period in ("", book.period.name) else f"{f.period}/{key}" for f, key in zip(findings, finding_keys(findings), strict=True)
    )
    named = zip(findings, keys, strict=True)
    return [_finding(f, number, key, holders.get(f.customer_id, f.unit_name), due_on) for number, (f, key) in enumerate(named, 1)]


def _finding(f: Finding, number: int, key: str, responsible: str, due_on: date) -> Context:
    hint = f.rule.severity == "hint"
    said = {
        "number": number,
        "index_no": f.index_no,
        "key": key,
        "rule": f.rule.name,
        "item": f.rule.title,
        "dimension": f.rule.dimension,
        "severity": f.rule.severity,
        "unit_id": f.unit_id,
        "unit": f.unit_name,
        "customer_id": f.customer_id,
        "customer": f.customer_name,
        "subject": f.subject,
        "fact": f.words,
        "evidence": f.evidence,
        "source": f.rule.source,
        "basis": f.rule.basis,
        "value": f.value,
        "limit": f.limit,
        "deduction": f.deduction,
        "waived": f.waived,
        "responsible": responsible,
        "due_on": due_on,
        "remedy": "经核实不成立" if f.unfounded else "核实" if hint else (f.rule.remedy or "整改") + "（不扣分）" * f.waived,
        "status": "不扣分" if f.waived and not hint else "判断为不属实，建议不扣分" if f.unfounded else "提示" if hint else "待整改",
        "tick": TICKS["waived" if f.waived else "hint" if hint else ""],
        "brief_sentence": checklist_sections()[f.rule.dimension].brief_sentence,
        **{name: f.row[name] for name in ("first_submitted_at", "days_late", "role", "staff_name", "held_on") if name in f.row},
    }
    return with_conditions("finding", said)


class Looked(NamedTuple):
    """One rule's findings now and a period before, and its procedure."""

    now: list[Finding]
    earlier: list[Finding]
    done: Procedure | None


def sections_said(said: list[Context], findings: list[Finding], rules: Mapping[str, Context], book: Book) -> list[Context]:
    """Return the checklist's sections that have rules: their rules, those that were broken, their findings and what they cost."""
    by_title: dict[str, list[Context]] = {}
    for rule in rules.values():
        by_title.setdefault(rule["dimension"], []).append(rule)
    return [
        with_conditions(
            "section",
            _section(by_title[title])
            | {"letter": dimension.letter, "title": title}
            | _counted([f for f in said if f["dimension"] == title], book)
            | {"deduction": _deduction([f for f in findings if f.rule.dimension == title], book)},
        )
        for title, dimension in checklist_sections().items()
        if title in by_title
    ]


def _section(rules: list[Context]) -> Context:
    counts = [rule["count_before"] for rule in rules if rule["count_before"] is not None]
    return {
        "rules": rules,
        "broken": [rule for rule in rules if rule["count"]],
        **section_said(rules),
        "count_before": sum(counts) if counts else None,
    }


def rules_said(said: list[Context], waivers: list[Context], book: Book, unit: str) -> dict[str, Context]:
    """Return every rule of the themes that are on by name: its state, its findings now and a quarter before, by unit."""
    earlier, now = book.before.findings_of(unit) if book.before else [], book.findings_of(unit)
    done = summed(one for one in book.procedures if unit in ("", one.unit_id))
    looked = {name: Looked(_of_rule(name, now), _of_rule(name, earlier), done.get(name)) for name in book.rules_on}
    return {name: _rule(name, [f for f in said if f["rule"] == name], of, waivers, book) for name, of in looked.items()}


def _of_rule(name: str, findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule.name == name]


def _rule(name: str, held: list[Context], looked: Looked, waivers: list[Context], book: Book) -> Context:
    (now, earlier, done), rule, points = looked, all_rules()[name], book.policy.points(name)
    if done is None and now:
        done = Procedure(name, "", RAN, len(now), len(now), len(now))  # a unit without customers in scope has no row of its own
    ran_before = book.before is not None and _ran(name, book.before)
    before = {(f.unit_id, f.customer_id) for f in earlier}
    said = {
        "name": name,
        "title": rule.title,
        "dimension": rule.dimension,
        "basis": rule.basis,
        "source": rule.source,
        **procedure_said(done),
        "points": points.points,
        "cap": points.cap,
        "deduction": _deduction(now, book),
        "count_before": len(earlier) if ran_before else None,
        "repeated": sum((f["unit_id"], f["customer_id"]) in before for f in held) if ran_before else None,
        "waivers": [waiver for waiver in waivers if waiver["rule"] == name],
        **_counted(held, book),
    }
    return with_conditions("rule", said)


def _deduction(findings: list[Finding], book: Book) -> Decimal:
    """Return what the findings cost; of a longer period, in the mean of its quarters."""
    return deduction(findings, book.policy, max(1, len(book.period.quarters)))


def _ran(name: str, book: Book) -> bool:
    return all_rules()[name] in book.rules_ran and name not in book.policy.rules_off


def _counted(held: list[Context], book: Book) -> Context:
    """The findings of one rule or section, counted."""
    by_unit: dict[str, list[Context]] = {}
    for finding in held:
        by_unit.setdefault(finding["unit_id"], []).append(finding)
    names = dict.fromkeys(f["customer"] for f in held if f["customer"])
    most = int(book.policy.limit("named_examples", book.period.as_of))
    said = {
        "findings": held,
        "count": len(held),
        "customer_names": list(names)[:most],
        "customers": len({f["customer_id"] for f in held if f["customer_id"]}),
        "waived": sum(f["waived"] for f in held),
        "hints": sum(f["severity"] == "hint" for f in held),
        "examples": held[:most],
        "by_unit": [with_conditions("of_unit", _of_unit(of)) for of in by_unit.values()],
    }
    return with_conditions("held", said)


def _of_unit(findings: list[Context]) -> Context:
    first, last = findings[0], findings[-1]
    return {
        "unit": first["unit"],
        "count": len(findings),
        "findings": findings,
        "first_index": first["index_no"],
        "last_index": last["index_no"],
    }


def waivers_said(book: Book, findings: Iterable[Finding]) -> list[Context]:
    """Return the decisions not to deduct (不扣分) that cover a finding of the paper: for which units, why, and who decided (T9)."""
    waived = [finding for finding in findings if finding.waived]
    decisions: dict[tuple[Any, ...], list[tuple[str | None, str | None]]] = {}
    covered: Counter[tuple[Any, ...]] = Counter()
    for rule, reason, by, on, period, of, customer_id, customer in book.once(_waiver_rows):
        waiver = Waiver(rule, of, customer_id)
        if count := sum(waiver.covers(f) and (f.period == period or not book.period.is_longer) for f in waived):
            decisions.setdefault((rule, reason, by, on), []).append((of, customer))
            covered[rule, reason, by, on] += count
    return [
        {
            "rule": rule,
            "item": all_rules()[rule].title,
            "count": covered[rule, reason, by, on],
            "units": [book.unit_names.get(of, of) for of in sorted({of for of, _ in about if of})],
            "customers": sorted({name for _, name in about if name}),
            "reason": reason,
            "approved_by": by,
            "approved_on": on,
        }
        for (rule, reason, by, on), about in decisions.items()
        if rule in book.rules_on
    ]


def _waiver_rows(book: Book) -> list[tuple[Any, ...]]:
    """Rule, reason, by whom, when, period, unit, customer and its name of each waiver of the period, those of one decision together."""
    if not {"waiver", "customer"} <= book.clean.tables:
        return []
    sql = """
        SELECT rule, reason, approved_by, approved_on, w.period, w.unit_id, w.customer_id, customer_name
        FROM waiver AS w LEFT JOIN customer AS c ON c.customer_id = w.customer_id WHERE w.period IN (SELECT unnest(?))
        ORDER BY ALL"""
    return book.clean.con.execute(sql, [book.period.waived_by]).fetchall()
