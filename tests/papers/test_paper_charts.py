"""The charts of the quarterly report that people can edit, and the links of its summary figures."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from officefill import Properties
from officefill.excel.references import Reference, read_formula
from postloan.figures.book import Book
from postloan.papers.context import context
from postloan.papers.document import document
from postloan.papers.ledgers.workbook import template_bytes
from postloan.papers.on_demand import listed, with_asked
from postloan.papers.paper_template import paper_template

from tests.officefill.chart_reading import cells_at, copies, drawn_text, parts_of

SUMMARIES = ("贷款质量", "检查评价", "授信资金", "贷款收回", "问题汇总")


@pytest.fixture(scope="module")
def said(branch2014: Book) -> dict[str, Any]:
    return context(branch2014, date(2014, 7, 4), "", "张三", "")


def filled(said: dict[str, Any], book: Book, file: str) -> bytes:
    kind = document("quarterly_report")
    said |= listed(kind, book, "", said)
    template = paper_template(kind.folder / file, data=template_bytes(kind, file, said["ledgers"], book.themes))
    return template.render(with_asked(said, template.names, book, ""), Properties("报告", "分行", datetime(2014, 7, 4)))


def test_the_report_draws_timeliness_of_every_unit_and_the_bank_from_its_own_data_sheet(said, branch2014):
    parts = parts_of(filled(said, branch2014, "body.docx"))
    (chart,) = (data for name, data in parts.items() if name.startswith("word/charts/chart"))
    (sheet,) = (data for name, data in parts.items() if name.startswith("word/embeddings/"))
    _, (names, units), (_, rates), *_ = found = copies(chart)
    assert names == f"数据!$A$2:$A${len(said['units']) + 2}" and units == [*(u["name"] for u in said["units"]), "全行"]
    assert [float(rate or "nan") for rate in rates] == pytest.approx(
        [*(float(u["on_time_rate"]) for u in said["units"]), float(said["on_time_rate"])]
    )
    for formula, points in found:
        cells = cells_at(sheet, formula)
        assert [p if p is None or c is None or not p[0].isdecimal() else float(p) for p, c in zip(points, cells, strict=True)] == [
            c if c is None or not c[0].isdecimal() else float(c) for c in cells
        ]


def test_the_report_without_inspections_has_no_chart_and_no_data_sheet(said, branch2014):
    none = dict.fromkeys(("reports_submitted", "duty_on_time_rate", "duty_coverage", "duty_onsite_rate"))
    units = [{**u, **none} for u in said["units"]]
    parts = parts_of(filled(said | none | {"units": units, "timeliness_chart": None}, branch2014, "body.docx"))
    assert not [name for name in parts if name.startswith(("word/charts/", "word/embeddings/"))]


def test_a_unit_without_figures_is_a_gap_in_the_charts(said, branch2014):
    none = dict.fromkeys(("on_time_rate", "duty_on_time_rate", "duties_on_time", "duties_late", "duties_missing"))
    without = said | {"units": [said["units"][0], {**said["units"][1], **none}]}
    words = parts_of(filled(without, branch2014, "body.docx"))
    assert copies(words["word/charts/chart1.xml"])[2][1][1] is None
    book = filled(without, branch2014, "book.xlsx")
    assert copies(parts_of(book)["xl/charts/chart1.xml"])[2][1][1] is None
    assert openpyxl.load_workbook(io.BytesIO(book))["图表"]["C7"].value is None


def test_the_annex_draws_what_stands_beside_the_chart(said, branch2014):
    data = filled(said, branch2014, "book.xlsx")
    chart = parts_of(data)["xl/charts/chart1.xml"]
    assert drawn_text(chart).startswith(said["period"])
    for formula, points in copies(chart):
        assert points == cells_at(data, formula)


def test_every_summary_figure_that_counts_details_links_to_the_rows_it_counts(said, branch2014):
    book = openpyxl.load_workbook(io.BytesIO(filled(said, branch2014, "book.xlsx")))
    seen = 0
    for cell in (cell for name in SUMMARIES for line in book[name].iter_rows() for cell in line if cell.data_type == "f"):
        counted = {(r.sheet, r.first.row, (r.last or r.first).row) for r in references(cell.value) if r.sheet}
        if counted:
            seen += 1
            (shown,) = references(cell.hyperlink.location)
            assert (shown.sheet, shown.first.row, shown.last.row) in counted
    assert seen > 200


def references(formula: str) -> list[Reference]:
    return [piece for piece in read_formula(formula) if isinstance(piece, Reference)]
