"""What a template may say: plain values only (texts, whole numbers, decimals, dates, lists, mappings), built from a book.

It is the same for every document: the figures of the subject (the bank, or one unit) by their measure's name, the same
figures a quarter before, the units, the findings by rule and by section of the checklist, and the words that a change has earned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from postloan import __version__
from postloan.figures.book import Book
from postloan.figures.find import deduction
from postloan.figures.finding import Finding
from postloan.figures.measure import Figures, all_measures, formula_cn, measures_of
from postloan.figures.rule import all_rules, dimensions
from postloan.papers.document import all_documents
from postloan.papers.lists import holder_names
from postloan.period import Period
from postloan.problem import DROP
from postloan.themes import all_themes

Context = dict[str, Any]
TICKS = {"hint": "△", "waived": "○", "": "√"}
"""Tick marks of the working paper; their legend stands in its template."""
QUARTERS_CN = "一二三四"
LAST_CN = {"Q": "上季度", "H": "上期", "-": "上月", "": "上年度"}
"""What papers call the period before."""


def context(book: Book, prepared_on: date, unit: str = "", preparer: str = "", reviewer: str = "") -> Context:
    """What the templates of a paper about `unit` (the whole bank where blank) may say."""
    grain = ("unit", unit) if unit else ("bank", "")
    findings = book.findings_of(unit)
    now, before = _figures(book, grain), _figures(book.before, grain) if book.before else _nothing()
    said = findings_said(book, findings, prepared_on)
    waivers = _waivers(book, unit)
    rules = _rules(said, waivers, book, unit)
    sections = _sections(said, findings, rules, book)
    return {
        **now,
        "before": before,
        "change": _change(now, before),
        "words": _words(book, now, before),
        "band": book.policy.band(now["score"]) if now.get("score") is not None else None,
        **_when(book.period, prepared_on),
        "institution": book.once(_institution),
        "subject_name": book.unit_names.get(unit, unit) if unit else book.once(_institution),
        "unit_id": unit,
        "preparer": preparer,
        "reviewer": reviewer,
        "policy": {"name": book.policy.name, "title": book.policy.title, "version": book.policy.version},
        "scope": book.policy.scope.title,
        "report_deadline": book.policy.deadline(book.period, book.calendar),
        "limits": {name: book.policy.limit(name, book.period.as_of) for name in book.policy.limits},
        "units": _units(book, unit),
        "managers": _managers(book, unit),
        "findings": said,
        "deduction_listed": sum((f.deduction for f in findings), Decimal(0)),
        "findings_waived": sum(f["waived"] for f in said),
        "rectify_by": _rectify_by(book, prepared_on),
        "sections": sections,
        "checklist": {section["title"]: section for section in sections},
        "checked": [section["title"] for section in sections if section["ran"]],
        "not_checked": [section["title"] for section in sections if not section["ran"]],
        "rules": rules,
        "waivers": waivers,
        "dropped_rows": book.once(_dropped_rows),
        "methods": methods(book.themes),
        "themes": {name: name in book.themes for name in all_themes()},
        "version": __version__,
        "period_id": book.period.name,
        "page_index": f"{unit or 'QH'}-{book.period}",
    }


def _figures(book: Book, grain: tuple[str, str]) -> Figures:
    """Every measure by name, None where it has no row."""
    return {**_nothing(), **book.figures.get(grain, {})}


def _nothing() -> Figures:
    return dict.fromkeys(all_measures())


def _change(now: Figures, before: Figures) -> Figures:
    """Each figure less the one of the quarter before, None where either is undefined; of ratios text says 百分点 (T13)."""
    return {name: None if value is None or before[name] is None else value - before[name] for name, value in now.items()}


def _institution(book: Book) -> str:
    """The name of the unit that has none above it; the bank's own paper is signed with it."""
    if "unit" not in book.clean.tables:
        return "本行"
    top = book.clean.con.execute("SELECT unit_name FROM unit WHERE parent_id IS NULL ORDER BY unit_id LIMIT 1").fetchone()
    return top[0] if top else "本行"


def _dropped_rows(book: Book) -> int:
    return sum(p.consequence == DROP for p in book.problems_found)


def _when(period: Period, prepared_on: date) -> Context:
    return {
        "period": period_cn(period),
        "period_short": period_cn(period).removeprefix(f"{period.as_of.year}年"),
        "next_period_short": f"{QUARTERS_CN[(period.as_of.month + 2) // 3 % 4]}季度",
        "first_day": period.first_day,
        "as_of": period.as_of,
        "as_of_month": f"{period.as_of.year}年{period.as_of.month}月末",
        "month": f"{period.as_of.month}月末",
        "before_as_of": period.before.as_of,
        "last": LAST_CN[period.name[4:5]],
        "prepared_on": prepared_on,
    }


def period_cn(period: Period) -> str:
    """2014年二季度, 2014年上半年, 2014年6月, 2014年度."""
    year = f"{period.as_of.year}年"
    match period.name[4:5]:
        case "Q":
            return f"{year}{QUARTERS_CN[int(period.name[5]) - 1]}季度"
        case "H":
            return f"{year}{'上下'[int(period.name[5]) - 1]}半年"
        case "-":
            return f"{year}{period.as_of.month}月"
        case _:
            return f"{year}度"


def _words(book: Book, now: Figures, before: Figures) -> dict[str, str | None]:
    """The word each ratio's change has earned on the policy's ladder (T21), None where the change is undefined."""
    return {name: change_word(book.policy.change_words, now[name], before[name]) for name, m in book.measures_on.items() if m.unit == "ratio"}


def change_word(ladder: Mapping[str, Mapping[str, Any]], now: Decimal | None, before: Decimal | None) -> str | None:
    """The first word of the ladder whose lowest change is reached by `now` less `before`."""
    if now is None or before is None:
        return None
    steps = sorted(ladder.get("ratio", {}).items(), key=lambda step: -Decimal(step[1]))
    return next((word for word, least in steps if now - before >= Decimal(least)), None)


def _units(book: Book, only: str) -> list[Context]:
    """One entry a unit that has every figure, with its figures now and before, and its band."""
    wanted = book.units() if not only else [only] if "customers_in_scope" in book.figures.get(("unit", only), ()) else []
    return [_unit(book, unit) for unit in wanted]


def _unit(book: Book, unit: str) -> Context:
    now = _figures(book, ("unit", unit))
    before = _figures(book.before, ("unit", unit)) if book.before else _nothing()
    return {
        **now,
        "id": unit,
        "name": book.unit_names.get(unit, unit),
        "before": before,
        "change": _change(now, before),
        "band": book.policy.band(now["score"]) if now["score"] is not None else None,
    }


def _managers(book: Book, only: str) -> list[Context]:
    """One entry a manager (管户客户经理) whose reports were scored, the lowest score first."""
    holders, by_unit = book.once(_holders)
    named = by_unit.get(only, []) if only else [manager for grain, manager in book.figures if grain == "manager"]
    entries = [
        {
            **(now := _figures(book, ("manager", manager))),
            "id": manager,
            "name": holders[manager]["staff_name"],
            "unit": book.unit_names.get(holders[manager]["unit_id"], holders[manager]["unit_id"]),
            "customers": holders[manager]["customers"],
            "before": _figures(book.before, ("manager", manager)) if book.before else _nothing(),
            "band": book.policy.band(now["report_score"]) if now["report_score"] is not None else None,
        }
        for manager in named
    ]
    return sorted(entries, key=lambda m: (m["report_score"], m["unit"], m["id"]))


def _holders(book: Book) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Those who hold customers by their id, and the ids of those with figures by unit."""
    holders: dict[str, dict[str, Any]] = {str(row["staff_id"]): row for row in book.rows("holder", "staff_id")}
    by_unit: dict[str, list[str]] = {}
    for grain, manager in book.figures:
        if grain == "manager":
            by_unit.setdefault(holders[manager]["unit_id"], []).append(manager)
    return holders, by_unit


def _responsible(book: Book) -> dict[str, Any]:
    """Who holds the customers of findings."""
    return holder_names(book, {finding.customer_id for finding in book.findings_made})


def _rectify_by(book: Book, prepared_on: date) -> date:
    return prepared_on + timedelta(days=int(book.policy.limit("rectify_days", book.period.as_of)))


def findings_said(book: Book, findings: Iterable[Finding], prepared_on: date) -> list[Context]:
    """What templates may say of findings: one entry each, in the order of the index numbers."""
    holders = book.once(_responsible)
    due_on = _rectify_by(book, prepared_on)
    sentences = all_documents()["quarterly_brief"].sentences
    return [
        {
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
            "responsible": holders.get(f.customer_id, f.unit_name),
            "due_on": due_on,
            "status": "提示" if f.rule.severity == "hint" else "不扣分" if f.waived else "待整改",
            "tick": TICKS["waived" if f.waived else f.rule.severity if f.rule.severity == "hint" else ""],
            "brief_sentence": sentences.get(f.rule.dimension, "—"),
            **{name: f.row[name] for name in ("first_submitted_at", "days_late", "role", "staff_name", "held_on") if name in f.row},
        }
        for number, (f, key) in enumerate(zip(findings, finding_keys(findings), strict=True), 1)
    ]


def finding_keys(findings: Iterable[Finding]) -> list[str]:
    """What names each finding from run to run, whatever else is found: rule, unit, customer, subject, and a count where that is not enough."""
    named = Counter[str]()
    keys = []
    for f in findings:
        key = "/".join(filter(None, (f.rule.name, f.unit_id, f.customer_id, f.subject)))
        named[key] += 1
        keys.append(key if named[key] == 1 else f"{key}/{named[key]}")
    return keys


def _sections(said: list[Context], findings: list[Finding], rules: Mapping[str, Context], book: Book) -> list[Context]:
    """The checklist's sections: their rules, those that were broken, their findings and what they cost."""
    in_use = {rule["dimension"] for rule in rules.values()}
    return [
        {
            "letter": letter,
            "title": title,
            "rules": (of := [rule for rule in rules.values() if rule["dimension"] == title]),
            "broken": [rule for rule in of if rule["count"]],
            "ran": any(rule["ran"] for rule in of),
            "not_run": [rule["title"] for rule in of if not rule["ran"]],
            "count_before": sum(counts) if (counts := [rule["count_before"] for rule in of if rule["count_before"] is not None]) else None,
            **_held([f for f in said if f["dimension"] == title], book),
            "deduction": deduction((f for f in findings if f.rule.dimension == title), book.policy),
        }
        for title, letter in dimensions().items()
        if title in in_use
    ]


def _rules(said: list[Context], waivers: list[Context], book: Book, unit: str) -> dict[str, Context]:
    """Every rule by name: whether it ran, what it found now and a quarter before, by unit."""
    earlier = book.before.findings_of(unit) if book.before else []
    return {
        name: _rule(name, [f for f in said if f["rule"] == name], [f for f in earlier if f.rule.name == name], waivers, book)
        for name in book.rules_on
    }


def _rule(name: str, held: list[Context], earlier: list[Finding], waivers: list[Context], book: Book) -> Context:
    rule, points = all_rules()[name], book.policy.points(name)
    ran_before = book.before is not None and _ran(name, book.before)
    before = {(f.unit_id, f.customer_id) for f in earlier}
    return {
        "name": name,
        "title": rule.title,
        "dimension": rule.dimension,
        "basis": rule.basis,
        "source": rule.source,
        "ran": _ran(name, book),
        "points": points.points,
        "cap": points.cap,
        "deduction": min(sum((f["deduction"] for f in held), Decimal(0)), points.cap),
        "count_before": len(earlier) if ran_before else None,
        "repeated": sum((f["unit_id"], f["customer_id"]) in before for f in held) if ran_before else None,
        "waivers": [waiver for waiver in waivers if waiver["rule"] == name],
        **_held(held, book),
    }


def _ran(name: str, book: Book) -> bool:
    return all_rules()[name].over in book.tallies and name not in book.policy.rules_off


def _held(held: list[Context], book: Book) -> Context:
    """What templates say of the findings of one rule or section."""
    by_unit: dict[str, list[Context]] = {}
    for finding in held:
        by_unit.setdefault(finding["unit_id"], []).append(finding)
    return {
        "findings": held,
        "count": len(held),
        "customers": len({f["customer_id"] for f in held if f["customer_id"]}),
        "waived": sum(f["waived"] for f in held),
        "examples": held[: int(book.policy.limit("named_examples", book.period.as_of))],
        "by_unit": [
            {"unit": of[0]["unit"], "count": len(of), "findings": of, "first_index": of[0]["index_no"], "last_index": of[-1]["index_no"]}
            for of in by_unit.values()
        ],
    }


def _waivers(book: Book, unit: str) -> list[Context]:
    """The decisions not to deduct (不扣分) of the period: for which units, why, and who decided (T9)."""
    decisions: dict[tuple[Any, ...], list[tuple[str | None, str | None]]] = {}
    for *decision, of, customer, held_by in book.once(_waiver_rows):
        if not unit or (of or held_by) in (None, unit):
            decisions.setdefault(tuple(decision), []).append((of, customer))
    return [
        {
            "rule": rule,
            "item": all_rules()[rule].title,
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
    """Rule, reason, by whom, when, unit, customer's name and unit of each waiver of the period, those of one decision together."""
    if not {"waiver", "customer"} <= book.clean.tables:
        return []
    sql = """
        SELECT rule, reason, approved_by, approved_on, w.unit_id, customer_name, c.unit_id AS held_by
        FROM waiver AS w LEFT JOIN customer AS c ON c.customer_id = w.customer_id WHERE w.period = ? ORDER BY ALL"""
    return book.clean.con.execute(sql, [book.period.name]).fetchall()


@cache
def methods(on: frozenset[str]) -> list[Context]:
    """Return the method annex: every measure of the themes that are on as its definition prints it."""
    return [
        {"name": m.name, "title": m.title, "unit": m.unit_cn, "formula": formula_cn(m), "source": m.part("Source")}
        for m in measures_of(on).values()
    ]
