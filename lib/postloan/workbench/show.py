"""The functions that a notebook's cells call to show the result of a stage.

All of it is counted or summed: no row, name or id of a customer, and no file name, since it may hold a customer's name. The exceptions are
`worst_reports` and `similar_passages` (see `report_cells`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from IPython.core.getipython import get_ipython
from IPython.display import HTML, Image, Markdown
from markupsafe import Markup

from postloan import language
from postloan.data.intake.naming import table_named
from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.figures.book import Book
from postloan.figures.finding import Finding
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules
from postloan.file import PACKAGE
from postloan.numbers import number, points_change, whole
from postloan.papers import charts
from postloan.papers.drawn import drawn, unit_rows
from postloan.papers.paths import WHOLE_BANK
from postloan.period import period_cn
from postloan.problem import BLANK, DROP, NOTE, STOP, Problem
from postloan.workbench.display import figure_text, inline_picture, number_table, picture, unit_name

if get_ipython() is not None:
    language.use()  # a kernel gets the language of program and user from its environment only

CONSEQUENCES = {STOP: "停止", DROP: "剔除该行", BLANK: "该格按未填处理", NOTE: "提示"}


def resolve(path: str) -> Path:
    """Return a path among a notebook's parameters, seen from the working folder, else from the project's folder.

    For a notebook run by hand the working folder is `reports`; then `data_samples/branch2014` stands beside it, or in the installed package.
    A folder that does not exist yet belongs to the project.
    """
    here = Path.cwd()
    project = here.parent if here.name == "reports" else here
    places = [here, project, *([PACKAGE] if path.startswith("data_samples") else [])]
    return next((place / path for place in places if (place / path).exists()), project / path)


# 1 数据与问题


def tables(clean: Clean) -> HTML:
    """Show the number of clean rows of each table."""
    rows = [(all_tables()[name].title, name, whole(count)) for name, count in clean.rows.items()]
    return number_table("数据表", ["数据表", "表名", "可用行数"], rows)


def problems(found: Iterable[Problem]) -> HTML | Markdown:
    """Show the number of problems by check and table; problems.csv has the details."""
    counts = Counter((list(CONSEQUENCES).index(p.consequence), p.check, _table_of(p)) for p in found)
    rows = [(list(CONSEQUENCES.values())[nth], table, check, str(count)) for (nth, check, table), count in sorted(counts.items())]
    return number_table("数据问题", ["后果", "数据表", "检查项", "问题数"], rows) if rows else Markdown("数据未发现问题。")


def _table_of(problem: Problem) -> str:
    """Return the title of a problem's table."""
    names = (table_named(text) for text in (problem.sheet, Path(problem.file).stem, problem.field) if text)
    name = next(filter(None, names), None)
    return all_tables()[name].title if name else "其他文件"


# 2 指标


def figures(book: Book, names: Sequence[str], units: Sequence[str] = ()) -> HTML:
    """Show the figures of the bank, or of each named unit, at the end of this quarter and the last, with their change.

    Figures of a theme that is off, or not installed, are left out.
    """
    return HTML("".join(_figures(book, _on(book, names), unit) for unit in _named(units) or [""]))


def _on(book: Book, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in book.measures_on]


def _figures(book: Book, names: Sequence[str], unit: str) -> str:
    subject, rows = ("unit", unit) if unit else ("bank", ""), []
    for name in names:
        now, before = book.figure(name, *subject), book.previous(name, *subject)
        rows.append((book.labels[name], figure_text(name, now), figure_text(name, before), _change(name, now, before)))
    title = f"{period_cn(book.period)}主要指标"
    return str(number_table(f"{unit_name(book, unit)}：{title}" if unit else title, ["指标", "本期", "上季", "变动"], rows).data)


def _named(units: Sequence[str]) -> list[str]:
    """Return the named units; none where the bank's own paper is among the requested ones."""
    return [] if WHOLE_BANK in units else list(units)


def by_unit(book: Book, names: Sequence[str], units: Sequence[str] = ()) -> HTML:
    """Show the figures of all units, or of the named ones; those of a theme that is off, or not installed, are left out."""
    shown, names = _named(units) or book.units(), _on(book, names)
    rows = [(unit_name(book, unit), *(figure_text(name, book.figure(name, "unit", unit)) for name in names)) for unit in shown]
    return number_table("各机构指标", ["机构", *(book.labels[name] for name in names)], rows)


def _change(name: str, now: Decimal | None, before: Decimal | None) -> str:
    if now is None or before is None:
        return "—"
    if all_measures()[name].unit == "ratio":
        return points_change(now - before)
    return ("+" if now > before else "") + figure_text(name, now - before) if now != before else "持平"


# 3 图


def _rows(book: Book, names: Sequence[str], units: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return name and figures of all units, or of the named ones; units with an undefined figure are left out."""
    return [row for unit in _named(units) or [""] for row in unit_rows(book, names, unit)]


def late(book: Book, units: Sequence[str] = ()) -> Image | Markdown:
    """Draw the late and missing reports of all units, or of the named ones."""
    rows = _rows(book, ("duties_late", "duties_missing"), units)
    return picture(charts.late_chart(rows), "各机构定期检查报告迟报、未报客户数") if rows else _nothing_drawn("检查")


def timeliness(book: Book, units: Sequence[str] = ()) -> Image | Markdown:
    """Draw the reports on time, late and missing of all units, or of the named ones."""
    rows = _rows(book, ("duties_on_time", "duties_late", "duties_missing"), units)
    return picture(charts.timeliness_chart(rows), "各机构定期检查报告提交情况") if rows else _nothing_drawn("检查")


def classification(book: Book, units: Sequence[str] = ()) -> Image | HTML | Markdown:
    """Draw the loan balance by class, now and a quarter before, of the bank or of each named unit."""
    named = _named(units)
    made = [(unit, drawn("classification_chart", book, unit)) for unit in named or [""]]
    shown = {f"{unit_name(book, unit)}：" if unit else "": png for unit, png in made if png}
    says = "贷款五级分类余额：本季末与上季末"
    if not shown:
        return _nothing_drawn("贷款余额")
    if len(named) < 2:
        return next(picture(png, whose + says) for whose, png in shown.items())
    pictures = (Markup("<p>{}</p>{}").format(whose + says, inline_picture(png)) for whose, png in shown.items())
    return HTML(Markup().join(pictures))


def findings_by_rule(book: Book, units: Sequence[str] = ()) -> Image | Markdown:
    """Draw the findings by rule, with and without points, of the bank or of the named units."""
    counted = Counter((f.rule.name, f.deduction > 0) for f in _found(book, units))
    numbers = {rule.title: (counted[name, True], counted[name, False]) for name, rule in all_rules().items()}
    rows = [(title, *both) for title, both in numbers.items() if any(both)]
    return picture(charts.findings_chart(rows), "各规则发现问题条数") if rows else Markdown("本期未发现问题。")


def _nothing_drawn(what: str) -> Markdown:
    return Markdown(f"本期数据中没有{what}记录，不画图。")


# 4 发现


def _found(book: Book, units: Sequence[str]) -> list[Finding]:
    """Return the findings of the bank, or of the named units."""
    return [finding for unit in _named(units) or [""] for finding in book.findings_of(unit)]


def findings_by_unit(book: Book, units: Sequence[str] = ()) -> HTML | Markdown:
    """Show the number of findings by unit and rule, and the points deducted; for all units also the bank's total."""
    found = _found(book, units)
    if not found:
        return Markdown("本期未发现问题。")
    counts = Counter((f.unit_id, f.rule.name) for f in found)
    totals, of_rule = Counter(f.unit_id for f in found), Counter(f.rule.name for f in found)
    rules = [name for name in all_rules() if name in of_rule]
    rows = [
        (
            unit_name(book, unit),
            *(str(counts[unit, name] or "") for name in rules),
            str(totals[unit]),
            number(book.figure("deduction", "unit", unit)),
        )
        for unit in sorted(totals)
    ]
    if not _named(units):
        rows.append(("合计", *(str(of_rule[name]) for name in rules), str(len(found)), number(book.figure("deduction"))))
    return number_table("各机构发现问题条数与扣分", ["机构", *(all_rules()[name].title for name in rules), "合计", "扣分"], rows)


def findings_by_status(book: Book, units: Sequence[str] = ()) -> HTML | Markdown:
    """Show the findings of each rule by status: with points, waived, or without points."""
    found, rows = _found(book, units), []
    for name, rule in all_rules().items():
        of_rule = [f for f in found if f.rule.name == name]
        waived = sum(f.waived for f in of_rule)
        costly = sum(f.deduction > 0 for f in of_rule)
        counts = (costly, waived, len(of_rule) - costly - waived)
        if any(counts):
            rows.append((rule.title, rule.dimension, *map(str, counts), number(sum((f.deduction for f in of_rule), Decimal(0)))))
    heads = ["规则", "检查内容", "扣分条数", "豁免条数", "仅提示条数", "扣分（封顶前）"]
    return number_table("发现问题：按规则与状态", heads, rows) if rows else Markdown("本期未发现问题。")


# 5 成文


def links(paths: Iterable[Path]) -> Markdown:
    """Show links to the finished papers, relative to the working folder."""
    relative = [Path(os.path.relpath(path)).as_posix() for path in paths]
    return Markdown("\n".join(f"- [{Path(path).name}]({quote(path)})" for path in relative) or "本次没有生成文件。")
