"""Charts against the cells they copy, and against what they drew when the paper was made."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import openpyxl
from editing import rewritten
from lxml import etree
from openpyxl.chart import BarChart, Reference
from postloan.audit.verify.charts import chart_remarks
from postloan.papers.record.finished_paper import FinishedPaper, open_paper, paper_of
from postloan.papers.record.paper_text import chart_part, parts_of

CHART = "word/charts/chart1.xml"


def book(values: list[float]) -> bytes:
    """A workbook with two columns and a bar chart of them."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "数据"
    for row in (["单位", "户数"], *([f"市场{n}部", value] for n, value in enumerate(values, 1))):
        sheet.append(row)
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=len(values) + 1), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=len(values) + 1))
    sheet.add_chart(chart)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def chart(values: list[float]) -> bytes:
    """A chart part with copies of cells, as Word keeps it."""
    points = "".join(f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(values))
    cells = f"<c:numCache><c:formatCode>General</c:formatCode><c:ptCount val='{len(values)}'/>{points}</c:numCache>"
    return (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart><c:plotArea><c:barChart><c:ser><c:val>'
        f"<c:numRef><c:f>数据!$B$2:$B${len(values) + 1}</c:f>{cells}</c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
    ).encode()


def with_chart(path: Path, drawn: list[float], held: list[float]) -> FinishedPaper:
    """A paper with a chart that draws `drawn`, whose workbook holds `held`."""
    arrows = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type='
        b'"http://schemas.openxmlformats.org/officeDocument/2006/relationships/package" Target="../embeddings/book.xlsx"/></Relationships>'
    )
    parts = {CHART: chart(drawn), "word/charts/_rels/chart1.xml.rels": arrows, "word/embeddings/book.xlsx": book(held)}
    return paper_of(path, rewritten(path.read_bytes(), parts))


def test_a_chart_that_draws_what_its_cells_hold_agrees(brief: Path) -> None:
    assert list(chart_remarks(with_chart(brief, [1, 8, 4.5], [1, 8, 4.5]))) == []


def test_a_point_that_differs_from_its_cell_is_named(brief: Path) -> None:
    remarks = list(chart_remarks(with_chart(brief, [1, 9, 4], [1, 8, 4])))
    assert [remark.says for remark in remarks] == ["the chart draws 9 where its table has 8 (数据!B3)"]


def test_a_chart_edited_with_its_workbook_differs_from_the_record(brief: Path) -> None:
    paper = with_chart(brief, [1, 9, 4], [1, 9, 4])
    lines = {**paper.record.lines, CHART: chart_part(etree.fromstring(chart([1, 8, 4]))).lines}
    assert parts_of({CHART: chart([1, 8, 4])})[CHART].lines == lines[CHART]
    edited = replace(paper, record=replace(paper.record, lines=lines))
    assert [remark.says for remark in chart_remarks(edited)] == ["the chart's numbers were changed by hand: 8 was made, now 9"]


def test_a_chart_in_a_sheet_is_held_against_the_sheet(annex: Path, tmp_path: Path) -> None:
    paper = open_paper(annex)
    cells = paper.parts["收回明细"].cells
    drawn = float(cells["I6"].shown)
    own = chart([drawn, 1]).replace("数据!$B$2:$B$3".encode(), "收回明细!$I$6:$I$7".encode())
    edited = paper_of(annex, rewritten(annex.read_bytes(), {"xl/charts/chart9.xml": own}))
    assert [remark.slots["place"] for remark in chart_remarks(edited)] == ["收回明细!I7"]


def test_the_copy_of_a_chart_in_a_loop_is_held_against_its_workbook_too(brief: Path) -> None:
    arrows = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type='
        b'"http://schemas.openxmlformats.org/officeDocument/2006/relationships/package" Target="../embeddings/book.xlsx"/></Relationships>'
    )
    parts = {
        "word/charts/chart1-2.xml": chart([1, 9]),
        "word/charts/_rels/chart1-2.xml.rels": arrows,
        "word/embeddings/book.xlsx": book([1, 8]),
    }
    remarks = list(chart_remarks(paper_of(brief, rewritten(brief.read_bytes(), parts))))
    assert [remark.slots["place"] for remark in remarks] == ["数据!B3"]
