"""What the cells of a notebook call to show what came out of a stage.

Everything shown is counted or summed: no row of a customer, no name or id of one, no file name (which may be a customer's).
Tables are styled HTML and charts PNG whose bytes are the same in every run. All of it is in Chinese, for the people who look.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from IPython.display import HTML, Image, Markdown
from pandas.io.formats.style import Styler

from postloan import charts, papers
from postloan.book import Book
from postloan.context import period_cn
from postloan.intake.naming import table_named
from postloan.measure import all_measures
from postloan.numbers import number, percent, points, points_change, wan, whole
from postloan.problem import DROP, NOTE, STOP, Problem
from postloan.rule import all_rules
from postloan.screen import Clean
from postloan.table import all_tables

CONSEQUENCES = {STOP: "停止", DROP: "剔除该行", NOTE: "提示"}
_LOOK = [
    {"selector": "td, th", "props": "text-align: right; padding: 2px 10px"},
    {"selector": "td:first-child, th:first-child", "props": "text-align: left"},
    {"selector": "caption", "props": "text-align: left; font-weight: bold; padding: 6px 0"},
]


def resolve(path: str) -> Path:
    """A path among a notebook's parameters as it is meant: from the working folder, or else from the project's folder.

    By hand the working folder is `reports`, and `data_samples/branch2014` means the one beside it, or where there is none the
    one that comes with the installed package. A folder that is yet to be made is the project's.
    """
    here = Path.cwd()
    project = here.parent if here.name == "reports" else here
    places = [here, project, *([Path(__file__).parent] if path.startswith("data_samples") else [])]
    return next((place / path for place in places if (place / path).exists()), project / path)


# 1 数据与问题


def tables(clean: Clean) -> HTML:
    """How many clean rows each table has."""
    rows = [(all_tables()[name].title, name, whole(count)) for name, count in clean.rows.items()]
    return _table("数据表", ["数据表", "表名", "可用行数"], rows)


def problems(found: Iterable[Problem]) -> HTML | Markdown:
    """How many problems each check found in each table; what and where exactly stands in problems.csv."""
    counts = Counter((list(CONSEQUENCES).index(p.consequence), p.check, _table_of(p)) for p in found)
    rows = [(list(CONSEQUENCES.values())[nth], table, check, str(count)) for (nth, check, table), count in sorted(counts.items())]
    return _table("数据问题", ["后果", "数据表", "检查项", "问题数"], rows) if rows else Markdown("数据未发现问题。")


def _table_of(problem: Problem) -> str:
    """The title of the table a problem is about."""
    names = (table_named(text) for text in (problem.sheet, Path(problem.file).stem, problem.field) if text)
    name = next(filter(None, names), None)
    return all_tables()[name].title if name else "其他文件"


# 2 指标


def figures(book: Book, names: Sequence[str]) -> HTML:
    """The bank's figures at the end of this quarter and the last, and how they changed."""
    rows = []
    for name in names:
        now, before = book.figure(name), book.previous(name)
        rows.append((book.labels[name], _text(name, now), _text(name, before), _change(name, now, before)))
    return _table(f"{period_cn(book.period)}主要指标", ["指标", "本期", "上季", "变动"], rows)


def by_unit(book: Book, names: Sequence[str]) -> HTML:
    """The figures of every unit."""
    rows = [(_unit(book, unit), *(_text(name, book.figure(name, "unit", unit)) for name in names)) for unit in book.units()]
    return _table("各机构指标", ["机构", *(book.labels[name] for name in names)], rows)


def _unit(book: Book, unit: str) -> str:
    return book.unit_names.get(unit, unit) or "未注明机构"


def _text(name: str, value: Decimal | None) -> str:
    if all_measures()[name].unit == "ratio":
        return points(value) if name.endswith("_change") else percent(value)
    return wan(value, separator=True) if all_measures()[name].unit == "元" else number(value) + _counted(name, value)


def _counted(name: str, value: Decimal | None) -> str:
    return "" if value is None else all_measures()[name].unit


def _change(name: str, now: Decimal | None, before: Decimal | None) -> str:
    if now is None or before is None:
        return "—"
    if all_measures()[name].unit == "ratio":
        return points_change(now - before)
    return ("+" if now > before else "") + _text(name, now - before) if now != before else "持平"


# 3 图


def late(book: Book) -> Image | Markdown:
    """Late and missing reports by unit."""
    rows = papers.by_unit(book, ("customers_late", "customers_missing"))
    return _picture(charts.late_chart(rows), "各机构定期检查报告迟报、未报客户数") if rows else _nothing_drawn("检查")


def timeliness(book: Book) -> Image | Markdown:
    """Reports on time, late and missing by unit."""
    png = papers.timeliness_chart(book)
    return _picture(png, "各机构定期检查报告提交情况") if png else _nothing_drawn("检查")


def classification(book: Book) -> Image | Markdown:
    """Loan balance by class, now and a quarter before."""
    png = papers.classification_chart(book)
    return _picture(png, "贷款五级分类余额：本季末与上季末") if png else _nothing_drawn("贷款余额")


def findings_by_rule(book: Book) -> Image | Markdown:
    """Findings by rule, those with points and those without."""
    counted = Counter((row.rule, row.deduction > 0) for row in book.findings.itertuples())
    numbers = {rule.title: (counted[name, True], counted[name, False]) for name, rule in all_rules().items()}
    rows = [(title, *both) for title, both in numbers.items() if any(both)]
    return _picture(charts.findings_chart(rows), "各规则发现问题条数") if rows else Markdown("本期未发现问题。")


def _picture(png: bytes, says: str) -> Image:
    return Image(png, format="png", width=780, alt=says)


def _nothing_drawn(what: str) -> Markdown:
    return Markdown(f"本期数据中没有{what}记录，不画图。")


# 4 发现


def findings_by_unit(book: Book) -> HTML | Markdown:
    """How many findings of each rule every unit has, and what they cost it."""
    found = book.findings
    if found.empty:
        return Markdown("本期未发现问题。")
    counts = pd.crosstab(found["unit_id"], found["rule"])
    rules = [name for name in all_rules() if name in counts]
    rows = [
        (_unit(book, unit), *(str(n) if n else "" for n in counts.loc[unit, rules]), str(counts.loc[unit].sum()), _points(book, unit))
        for unit in counts.index
    ]
    total = ("合计", *(str(counts[name].sum()) for name in rules), str(len(found)), number(book.figure("deduction")))
    return _table("各机构发现问题条数与扣分", ["机构", *(all_rules()[name].title for name in rules), "合计", "扣分"], [*rows, total])


def _points(book: Book, unit: str) -> str:
    return number(book.figure("deduction", "unit", unit))


def findings_by_status(book: Book) -> HTML | Markdown:
    """Findings of each rule by what became of them: with points, waived, or a rule that costs nothing."""
    found = book.findings
    rows = []
    for name, rule in all_rules().items():
        of_rule = found[found["rule"] == name]
        waived = int(of_rule["waived"].astype(bool).sum())
        costly = int((of_rule["deduction"] > 0).sum())
        counts = (costly, waived, len(of_rule) - costly - waived)
        if any(counts):
            rows.append((rule.title, rule.dimension, *map(str, counts), number(sum(of_rule["deduction"]))))
    heads = ["规则", "检查内容", "扣分条数", "豁免条数", "仅提示条数", "扣分（封顶前）"]
    return _table("发现问题：按规则与状态", heads, rows) if rows else Markdown("本期未发现问题。")


# 5 成文


def links(paths: Iterable[Path]) -> Markdown:
    """Links to the finished papers, from where the notebook works."""
    relative = [Path(os.path.relpath(path)).as_posix() for path in paths]
    return Markdown("\n".join(f"- [{Path(path).name}]({quote(path)})" for path in relative) or "本次没有生成文件。")


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> HTML:
    """Texts as a styled table; the first column is what the row is about. Names from the data are shown as they are, never as HTML."""
    # Without an id of ours pandas makes up another one in every run.
    styled = Styler(pd.DataFrame(list(rows), columns=list(heads)), uuid=title, cell_ids=False, caption=title)
    return HTML(
        styled.set_table_styles(_LOOK).hide(axis="index").format(escape="html").format_index(escape="html", axis="columns").to_html()
    )
