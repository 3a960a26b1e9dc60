"""The cells of the report quality notebook. They show short passages of reports, with names and long numbers masked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from IPython.display import HTML, Image, Markdown
from markupsafe import Markup

from postloan.figures.book import Book
from postloan.numbers import number, percent
from postloan.papers import charts
from postloan.period import period_cn
from postloan.workbench import report_quality as quality
from postloan.workbench.display import figure_text, highlighted, inline_picture, number_table, picture, text_table, unit_name

_NO_REPORTS = Markdown("本机构本期没有提交定期检查报告。")


def report_figures(book: Book, unit: str) -> HTML:
    """Show the unit's report figures of this quarter and the last, the word for their change, and the bank's figures."""
    rows = []
    for name in quality.MEASURES:
        now, before = book.figure(name, "unit", unit), book.previous(name, "unit", unit)
        word = quality.change_word_of(book, name, now, before)
        this_quarter, last_quarter, bank = (_graded(book, name, value) for value in (now, before, book.figure(name)))
        rows.append((book.labels[name], this_quarter, last_quarter, word or "—", bank))
    title = f"{unit_name(book, unit)}：{period_cn(book.period)}检查报告质量"
    return number_table(title, ["指标", "本期", "上季", "较上季", "全行本期"], rows)


def _graded(book: Book, name: str, value: Decimal | None) -> str:
    """Return a figure as text; a score to two decimals with its band."""
    if name != "report_score":
        return figure_text(name, value)
    return number(value, 2) + ("" if value is None else f"分（{book.policy.band(value)}）")


def report_scores(book: Book, unit: str) -> Image | Markdown:
    """Show the number of the unit's reports by score, this quarter and the last."""
    now = quality.distribution(book, unit)
    before = quality.distribution(book.before, unit) if book.before else {}
    if not sum(now.values()):
        return _NO_REPORTS
    return picture(charts.scores_chart(now, before if sum(before.values()) else None), "检查报告得分分布")


def report_managers(book: Book, unit: str) -> HTML | Markdown:
    """Show the unit's managers without names, lowest score first; the index numbers lead to the findings."""
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
        for nth, row in enumerate(quality.managers(book, unit), 1)
    ]
    heads = ["客户经理", "平均得分", "档次", "上季得分", "较上季", "重难点合格率", "上季合格率", "空白率", "发现的索引号"]
    return number_table("各客户经理检查报告质量（得分低的在前）", heads, rows) if rows else _NO_REPORTS


def worst_reports(book: Book, unit: str) -> HTML | Markdown:
    """Show the unit's reports with the lowest scores, with the passages of their findings highlighted."""
    if not quality.reports(book, unit):
        return _NO_REPORTS
    rows = []
    for nth, report in enumerate(quality.worst(book, unit), 1):
        score = "未能读取" if report["score"] is None else _graded(book, "report_score", report["score"])
        for entry in report["found"]:
            finding = entry["finding"]
            points = "豁免" if finding.waived else number(entry["points"])
            about = Markup("{}<br>{}").format(finding.rule.title, entry["section"])
            rows.append([f"第{nth}份", score, finding.index_no, about, points, _passage(entry)])
    heads = ["报告", "得分", "索引号", "问题和章节", "扣分", "问题文字"]
    if rows:
        return text_table("得分最低的检查报告", heads, rows)
    found = sum(len(report["findings"]) for report in quality.reports(book, unit))
    return Markdown(f"本机构本期的检查报告均未扣分，另有{found}条不扣分的发现。" if found else "本机构本期的检查报告未发现质量问题。")


def _passage(entry: dict[str, Any]) -> Markup:
    if entry["passage"]:
        return highlighted(entry["passage"])
    return Markup("（此章节没有文字）") if entry["is_empty"] else Markup("—")


def similar_passages(book: Book, unit: str) -> HTML | Markdown:
    """Show the unit's copied section most similar to its source, side by side, with the common text highlighted."""
    if "report_section" not in book.tables:
        return Markdown("数据中没有检查报告的章节文字，未作雷同比对。")
    pair = quality.similar_pair(book, unit)
    if pair is None:
        return Markdown("本机构本期的检查报告未发现雷同。")
    finding = pair["finding"]
    source = "本客户上季的报告" if finding.row["own_previous"] else "另一客户的报告"
    similarity = percent(finding.row["similarity"], 0)
    title = f"索引号 {finding.index_no}：{pair['section']}，相似度{similarity}（本机构本期雷同共{pair['count']}处）"
    return text_table(title, ["本报告", source], [[highlighted(pair["here"]), highlighted(pair["there"])]])


def similar_photos(book: Book, unit: str) -> HTML | Markdown:
    """Show photographs of the unit's reports beside an equal or similar one of another report."""
    pairs = quality.photo_pairs(book, unit)
    rows = [[finding.index_no, finding.rule.title, *map(inline_picture, photos)] for finding, *photos in pairs]
    heads = ["索引号", "问题", "本报告的照片", "另一份报告的照片"]
    return text_table("重复或相似的照片", heads, rows) if rows else Markdown("本机构本期的检查报告未发现重复或相似的照片。")
