"""The context of papers: the plain values (texts, numbers, dates, lists, mappings) that templates may say, taken from a book.

It is the same for every document: the figures of the subject (the bank, or one unit) by their measure's name, the same
figures a quarter before, the units, the findings by rule and by section of the checklist, and the words that a change has earned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from postloan import __version__
from postloan.data.schema import all_tables
from postloan.data.screen.unread import NO_DATA
from postloan.figures.book import Book
from postloan.figures.measure import Figures, all_measures, formula_cn, measures_of
from postloan.figures.rule import all_rules, dimensions
from postloan.papers.checklist import Context, findings_said, rectify_by, rules_said, sections_said, waivers_said
from postloan.period import QUARTERS_CN, Period, month_end_cn, period_cn, period_short_cn
from postloan.problem import BLANK, DROP
from postloan.themes import all_themes

LAST_CN = {"Q": "上季度", "H": "上期", "-": "上月", "": "上年度"}
"""The words of papers for the period before."""


def context(book: Book, prepared_on: date, unit: str = "", preparer: str = "", reviewer: str = "") -> Context:
    """Return what the templates of a paper about `unit` (the whole bank where blank) may say, but for what is costly (`make.asked_for`)."""
    grain = ("unit", unit) if unit else ("bank", "")
    findings = book.findings_of(unit)
    now, before = _figures(book, grain), _figures(book.before, grain) if book.before else _nothing()
    said = findings_said(book, findings, prepared_on)
    waivers = waivers_said(book, findings)
    rules = rules_said(said, waivers, book, unit)
    sections = sections_said(said, findings, rules, book)
    return {
        **now,
        "before": before,
        "change": _change(now, before),
        "words": _words(book, now, before),
        **_graded(book, now),
        "ceilings": _nothing() | {name: ceiling.above for name, ceiling in book.policy.band_ceilings.items()},
        **_when(book.period, prepared_on),
        "institution": book.once(_institution),
        "subject_name": book.unit_names.get(unit, unit) if unit else book.once(_institution),
        "we": we_say(book.unit_names.get(unit, unit)) if unit else "我行",
        "unit_id": unit,
        "preparer": preparer,
        "reviewer": reviewer,
        "policy": {
            "name": book.policy.name,
            "title": book.policy.title,
            "version": book.policy.version,
            "bank_score": book.policy.bank_score,
        },
        "scope": book.policy.scope.title,
        "report_deadline": book.policy.deadline(book.period, book.calendar),
        "report_deadlines": [book.policy.deadline(part, book.calendar) for part in book.period.quarters or [book.period]],
        "limits": book.policy.limits_on(book.period.as_of),
        "units": _units(book, unit),
        "managers": _managers(book, unit),
        "findings": said,
        "deduction_listed": sum((f.deduction for f in findings), Decimal(0)),
        "findings_waived": sum(f["waived"] for f in said),
        "rectify_by": rectify_by(book, prepared_on),
        "sections": sections,
        "checklist": dict.fromkeys(dimensions()) | {section["title"]: section for section in sections},
        "checked": [section["title"] for section in sections if section["ran"]],
        "not_checked": [section["title"] for section in sections if not section["looked_at"]],
        "rules": dict.fromkeys(all_rules()) | rules,
        "procedures": list(rules.values()),
        "waivers": waivers,
        "dropped_rows": book.once(_dropped_rows),
        "inputs_left_out": book.once(_inputs_left_out),
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


def we_say(unit_name: str) -> str:
    """Return how a unit speaks of itself in its own paper."""
    return "我行" if unit_name.endswith("行") else "我部" if unit_name.endswith("部") else "我单位"


def _dropped_rows(book: Book) -> int:
    return sum(_lost(book, DROP).values())


def _lost(book: Book, consequence: str) -> Counter[str]:
    """Count the rows dropped, or the cells blanked, by the title of their table; rows that lose nothing when they are left out are none."""
    tables = {place: name for name, place in book.clean.places.items()}
    found = {
        (p.file, p.sheet, p.row, p.field if consequence == BLANK else "")
        for p in book.problems_found
        if p.consequence == consequence and p.check not in NO_DATA
    }
    return Counter(all_tables()[tables[file, sheet]].title if (file, sheet) in tables else file for file, sheet, *_ in found)


def _inputs_left_out(book: Book) -> str:
    """Return what papers say beside figures of input that was lost: which tables, how many rows and cells; blank where nothing was."""
    rows, cells = _lost(book, DROP), _lost(book, BLANK)
    said = [f"{title}{count}行未采用" for title, count in sorted(rows.items())]
    said += [f"{title}{count}格按未填处理" for title, count in sorted(cells.items())]
    return f"全行数据中{'、'.join(said)}，有关指标可能因此偏低或偏高，见数据问题清单" if said else ""


def _when(period: Period, prepared_on: date) -> Context:
    return {
        "period": period_cn(period),
        "period_short": period_short_cn(period),
        "next_period_short": f"{QUARTERS_CN[(period.as_of.month + 2) // 3 % 4]}季度",
        "first_day": period.first_day,
        "as_of": period.as_of,
        "as_of_month": f"{period.as_of.year}年{month_end_cn(period)}",
        "month": month_end_cn(period),
        "before_as_of": period.before.as_of,
        "last": LAST_CN[period.name[4:5]],
        "of_quarters": period.is_longer,
        "duty_unit": "户次" if period.is_longer else "户",
        "prepared_on": prepared_on,
    }


def _words(book: Book, now: Figures, before: Figures) -> dict[str, str | None]:
    """The word each ratio's change has earned on the policy's ladder (T21), None where the change is undefined."""
    return {name: change_word(book.policy.change_words, now[name], before[name]) for name, m in all_measures().items() if m.unit == "ratio"}


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
        **_graded(book, now),
    }


def _graded(book: Book, now: Figures) -> Context:
    """Return the band of the bank or a unit, and the measures that keep it from a better one."""
    above = book.policy.ceilings(now) if now["score"] is not None else {}
    held = [
        {"title": all_measures()[name].title, "value": now[name], "above": ceiling.above, "band": ceiling.band}
        for name, ceiling in above.items()
    ]
    return {"band": book.policy.grade(now), "band_held": held}


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
            "band": _report_band(book, now.get("report_score")),
        }
        for manager in named
    ]
    return sorted(entries, key=lambda m: (m.get("report_score") or 0, m["unit"], m["id"]))


def _report_band(book: Book, score: Decimal | None) -> str | None:
    """Return the band of a score of reports, None where it is undefined."""
    return None if score is None else book.policy.band(score)


def _holders(book: Book) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Those who hold customers by their id, and the ids of those with figures by unit."""
    holders: dict[str, dict[str, Any]] = {str(row["staff_id"]): row for row in book.rows("holder", "staff_id")}
    by_unit: dict[str, list[str]] = {}
    for grain, manager in book.figures:
        if grain == "manager":
            by_unit.setdefault(holders[manager]["unit_id"], []).append(manager)
    return holders, by_unit


@cache
def methods(on: frozenset[str]) -> list[Context]:
    """Return the method annex: every measure of the themes that are on as its definition prints it."""
    return [
        {"name": m.name, "title": m.title, "unit": m.unit_cn, "formula": formula_cn(m), "source": m.part("Source")}
        for m in measures_of(on).values()
    ]
