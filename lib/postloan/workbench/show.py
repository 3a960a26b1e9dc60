"""What the cells of a notebook call to show what came out of a stage.

Everything shown is counted or summed: no row of a customer, no name or id of one, no file name (which may be a customer's). But for
`worst_reports` and `similar_passages`, which show passages of reports on purpose: short ones, names and long numbers masked.
Tables are styled HTML and charts PNG whose bytes are the same in every run. All of it is in Chinese, for the people who look.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from IPython.core.getipython import get_ipython
from IPython.display import HTML, Image, Markdown
from markupsafe import Markup, escape
from pandas.io.formats.style import Styler

from postloan import language
from postloan.data.intake.naming import table_named
from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.errors import PostloanError
from postloan.figures.book import Book
from postloan.figures.find import Finding
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules
from postloan.file import PACKAGE
from postloan.numbers import number, percent, points, points_change, wan, whole
from postloan.papers import charts
from postloan.papers import make as papers
from postloan.papers.context import period_cn
from postloan.problem import DROP, NOTE, STOP, Problem
from postloan.workbench import report_quality as report_view

if get_ipython() is not None:
    language.use()  # a kernel knows only by its environment what the program, or the person at it, speaks

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
    places = [here, project, *([PACKAGE] if path.startswith("data_samples") else [])]
    return next((place / path for place in places if (place / path).exists()), project / path)


def make_ready() -> None:
    """Shows a table and a chart to nobody: what these need is read and made once, and not by every process forked from this one."""
    _table("", ["机构"], [["0"]])
    with suppress(PostloanError):  # told when a chart is shown
        charts.findings_chart([("机构", 1, 1)])


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


def figures(book: Book, names: Sequence[str], units: Sequence[str] = ()) -> HTML:
    """The bank's figures, or those of each unit named, at the end of this quarter and the last, and how they changed."""
    return HTML("".join(_figures(book, names, unit) for unit in _named(units) or [""]))


def _figures(book: Book, names: Sequence[str], unit: str) -> str:
    subject, rows = ("unit", unit) if unit else ("bank", ""), []
    for name in names:
        now, before = book.figure(name, *subject), book.previous(name, *subject)
        rows.append((book.labels[name], _text(name, now), _text(name, before), _change(name, now, before)))
    title = f"{period_cn(book.period)}主要指标"
    return str(_table(f"{_unit(book, unit)}：{title}" if unit else title, ["指标", "本期", "上季", "变动"], rows).data)


def _named(units: Sequence[str]) -> list[str]:
    """The units that papers are asked for; none where the bank's own is asked for too, or all are."""
    return [] if papers.WHOLE_BANK in units else list(units)


def by_unit(book: Book, names: Sequence[str], units: Sequence[str] = ()) -> HTML:
    """The figures of every unit, or of those named."""
    shown = _named(units) or book.units()
    rows = [(_unit(book, unit), *(_text(name, book.figure(name, "unit", unit)) for name in names)) for unit in shown]
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


def _rows(book: Book, names: Sequence[str], units: Sequence[str]) -> list[tuple[Any, ...]]:
    """Name and figures of every unit, or of those named, where all of them are defined."""
    return [row for unit in _named(units) or [""] for row in papers.by_unit(book, names, unit)]


def late(book: Book, units: Sequence[str] = ()) -> Image | Markdown:
    """Late and missing reports of every unit, or of those named."""
    rows = _rows(book, ("customers_late", "customers_missing"), units)
    return _picture(charts.late_chart(rows), "各机构定期检查报告迟报、未报客户数") if rows else _nothing_drawn("检查")


def timeliness(book: Book, units: Sequence[str] = ()) -> Image | Markdown:
    """Reports on time, late and missing of every unit, or of those named."""
    rows = _rows(book, ("customers_on_time", "customers_late", "customers_missing"), units)
    return _picture(charts.timeliness_chart(rows), "各机构定期检查报告提交情况") if rows else _nothing_drawn("检查")


def classification(book: Book, units: Sequence[str] = ()) -> Image | HTML | Markdown:
    """Loan balance by class, now and a quarter before: the bank's, or that of each unit named."""
    named = _named(units)
    drawn = [(unit, papers.classification_chart(book, unit)) for unit in named or [""]]
    shown = {f"{_unit(book, unit)}：" if unit else "": png for unit, png in drawn if png}
    says = "贷款五级分类余额：本季末与上季末"
    if not shown:
        return _nothing_drawn("贷款余额")
    if len(named) < 2:
        return next(_picture(png, whose + says) for whose, png in shown.items())
    pictures = (Markup("<p>{}</p>{}").format(whose + says, _photo(png)) for whose, png in shown.items())
    return HTML(Markup().join(pictures))


def findings_by_rule(book: Book, units: Sequence[str] = ()) -> Image | Markdown:
    """Findings by rule, those with points and those without, of the bank or of the units named."""
    counted = Counter((f.rule.name, f.deduction > 0) for f in _found(book, units))
    numbers = {rule.title: (counted[name, True], counted[name, False]) for name, rule in all_rules().items()}
    rows = [(title, *both) for title, both in numbers.items() if any(both)]
    return _picture(charts.findings_chart(rows), "各规则发现问题条数") if rows else Markdown("本期未发现问题。")


def _picture(png: bytes, says: str) -> Image:
    return Image(png, format="png", width=780, alt=says)


def _nothing_drawn(what: str) -> Markdown:
    return Markdown(f"本期数据中没有{what}记录，不画图。")


# 4 发现


def _found(book: Book, units: Sequence[str]) -> list[Finding]:
    """The bank's findings, or those of the units named."""
    return [finding for unit in _named(units) or [""] for finding in book.findings_of(unit)]


def findings_by_unit(book: Book, units: Sequence[str] = ()) -> HTML | Markdown:
    """How many findings of each rule every unit has, or those named, and what they cost it; with all units, the bank's total."""
    found = _found(book, units)
    if not found:
        return Markdown("本期未发现问题。")
    counts = Counter((f.unit_id, f.rule.name) for f in found)
    totals, of_rule = Counter(f.unit_id for f in found), Counter(f.rule.name for f in found)
    rules = [name for name in all_rules() if name in of_rule]
    rows = [
        (_unit(book, unit), *(str(counts[unit, name] or "") for name in rules), str(totals[unit]), _points(book, unit))
        for unit in sorted(totals)
    ]
    if not _named(units):
        rows.append(("合计", *(str(of_rule[name]) for name in rules), str(len(found)), number(book.figure("deduction"))))
    return _table("各机构发现问题条数与扣分", ["机构", *(all_rules()[name].title for name in rules), "合计", "扣分"], rows)


def _points(book: Book, unit: str) -> str:
    return number(book.figure("deduction", "unit", unit))


def findings_by_status(book: Book, units: Sequence[str] = ()) -> HTML | Markdown:
    """Findings of each rule by what became of them: with points, waived, or a rule that costs nothing."""
    found, rows = _found(book, units), []
    for name, rule in all_rules().items():
        of_rule = [f for f in found if f.rule.name == name]
        waived = sum(f.waived for f in of_rule)
        costly = sum(f.deduction > 0 for f in of_rule)
        counts = (costly, waived, len(of_rule) - costly - waived)
        if any(counts):
            rows.append((rule.title, rule.dimension, *map(str, counts), number(sum((f.deduction for f in of_rule), Decimal(0)))))
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


# 检查报告质量


def report_figures(book: Book, unit: str) -> HTML:
    """What the unit's reports come to beside the bank's: now, last quarter, the word the change of the unit's has earned."""
    rows = []
    for name in report_view.MEASURES:
        now, before = book.figure(name, "unit", unit), book.previous(name, "unit", unit)
        word = report_view.change_word_of(book, name, now, before)
        shown, last, bank = (_graded(book, name, value) for value in (now, before, book.figure(name)))
        rows.append((book.labels[name], shown, last, word or "—", bank))
    return _table(f"{_unit(book, unit)}：{period_cn(book.period)}检查报告质量", ["指标", "本期", "上季", "较上季", "全行本期"], rows)


def _graded(book: Book, name: str, value: Decimal | None) -> str:
    """A figure; a score to two decimals with its band."""
    if name != "report_score":
        return _text(name, value)
    return number(value, 2) + ("" if value is None else f"分（{book.policy.band(value)}）")


def report_scores(book: Book, unit: str) -> Image | Markdown:
    """How many of the unit's reports scored what, this quarter and the last."""
    now = report_view.distribution(book, unit)
    before = report_view.distribution(book.before, unit) if book.before else {}
    if not sum(now.values()):
        return _nothing_handed_in()
    return _picture(charts.scores_chart(now, before if sum(before.values()) else None), "检查报告得分分布")


def report_managers(book: Book, unit: str) -> HTML | Markdown:
    """The unit's managers by number, lowest score first; whom a row is about the index numbers lead to."""
    rows = [
        (
            f"第{nth}位",
            number(row["report_score"], 2),
            row["band"],
            number(row["before"]["report_score"], 2),
            row["word"] or "—",
            *(percent(one) for one in (row["hard_section_pass_rate"], row["before"]["hard_section_pass_rate"], row["blank_rate"])),
            "、".join(row["index_nos"]) or "—",
        )
        for nth, row in enumerate(report_view.managers(book, unit), 1)
    ]
    heads = ["客户经理", "平均得分", "档次", "上季得分", "较上季", "重难点合格率", "上季合格率", "空白率", "发现的索引号"]
    return _table("各客户经理检查报告质量（得分低的在前）", heads, rows) if rows else _nothing_handed_in()


def worst_reports(book: Book, unit: str) -> HTML | Markdown:
    """The unit's reports that score lowest, the offending passages highlighted; names and long numbers are masked."""
    if not report_view.reports(book, unit):
        return _nothing_handed_in()
    rows = []
    for nth, report in enumerate(report_view.worst(book, unit), 1):
        score = "未能读取" if report["score"] is None else _graded(book, "report_score", report["score"])
        for entry in report["found"]:
            finding = entry["finding"]
            points = "豁免" if finding.waived else number(finding.deduction)
            about = Markup("{}<br>{}").format(finding.rule.title, entry["section"])
            rows.append([f"第{nth}份", score, finding.index_no, about, points, _passage(entry)])
    heads = ["报告", "得分", "索引号", "问题和章节", "扣分", "问题文字"]
    return _texts("得分最低的检查报告", heads, rows) if rows else Markdown("本机构本期的检查报告未发现质量问题。")


def similar_passages(book: Book, unit: str) -> HTML | Markdown:
    """The unit's copied section most like its source, both side by side with what they share highlighted."""
    if "report_section" not in book.tables:
        return Markdown("数据中没有检查报告的章节文字，未作雷同比对。")
    pair = report_view.similar_pair(book, unit)
    if pair is None:
        return Markdown("本机构本期的检查报告未发现雷同。")
    finding = pair["finding"]
    source = "本客户上季的报告" if finding.row["own_previous"] else "另一客户的报告"
    alike = percent(finding.row["similarity"], 0)
    title = f"索引号 {finding.index_no}：{pair['section']}，相似度{alike}（本机构本期雷同共{pair['count']}处）"
    return _texts(title, ["本报告", source], [[_marked(pair["here"]), _marked(pair["there"])]])


def similar_photos(book: Book, unit: str) -> HTML | Markdown:
    """Photographs of the unit's reports that stand in another report too, or are like one there: both, side by side."""
    pairs = report_view.photo_pairs(book, unit)
    rows = [[finding.index_no, finding.rule.title, *map(_photo, photos)] for finding, *photos in pairs]
    heads = ["索引号", "问题", "本报告的照片", "另一份报告的照片"]
    return _texts("重复或相似的照片", heads, rows) if rows else Markdown("本机构本期的检查报告未发现重复或相似的照片。")


def _photo(png: bytes) -> Markup:
    return Markup('<img src="data:image/png;base64,{}">').format(b64encode(png).decode("ascii"))


def _passage(entry: dict[str, Any]) -> Markup:
    if entry["passage"]:
        return _marked(entry["passage"])
    return Markup("（此章节没有文字）") if entry["is_empty"] else Markup("—")


def _marked(passage: report_view.Passage) -> Markup:
    return Markup().join(Markup("<mark>{}</mark>").format(text) if mark else escape(text) for text, mark in passage)


def _texts(title: str, heads: Sequence[str], rows: Sequence[Sequence[str | Markup]]) -> HTML:
    """A table to be read, to the left and from the top; lines break in `Markup` only. All else is shown as it is, never as HTML."""
    look = Markup("text-align: left; vertical-align: top; padding: 4px 10px; line-height: 1.6; white-space: ")
    cells = [[(look + ("normal" if isinstance(cell, Markup) else "nowrap"), cell) for cell in row] for row in (heads, *rows)]
    lines = [
        Markup().join(Markup('<{0} style="{1}">{2}</{0}>').format("td" if nth else "th", *cell) for cell in row)
        for nth, row in enumerate(cells)
    ]
    page = Markup('<table>\n<caption style="text-align: left; font-weight: bold; padding: 6px 0">{}</caption>\n{}</table>')
    return HTML(page.format(title, Markup().join(Markup("<tr>{}</tr>\n").format(line) for line in lines)))


def _nothing_handed_in() -> Markdown:
    return Markdown("本机构本期没有提交定期检查报告。")
