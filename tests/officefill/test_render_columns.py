"""Columns by loop: the cells between a tag and its end repeat to the right, in Word tables and in sheets."""

import io
import re
import zipfile

import docx
import pytest
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Cm
from drawing import FILTERS, WHO
from officefill import open_template

QUARTERS = ["一季度", "二季度", "三季度"]
UNITS = [{"name": "城东", "npl": ["1%", "2%", "3%"]}, {"name": "城西", "npl": ["4%", "5%", "6%"]}]
MATRIX = [
    ["机构", "{% for q in quarters across %}{{ q }}{% endfor %}", "备注"],
    ["{% for u in units %}{{ u.name }}", "{% for r in u.npl across %}{{ r }}{% endfor %}", "{{ loop.index }}{% endfor %}"],
]


def grid(table):
    return [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]


def spans(row):
    return [int(cell.tcPr.gridSpan.val) if cell.tcPr is not None and cell.tcPr.gridSpan is not None else 1 for cell in row._tr.tc_lst]


def words(row):
    return ["".join(t.text for t in cell.iter(qn("w:t"))) for cell in row._tr.tc_lst]


def test_a_matrix_of_units_and_quarters_keeps_the_width_of_its_table(word):
    before = grid(word(MATRIX).word(quarters=QUARTERS[:1], units=[{"name": "城东", "npl": ["1%"]}]).tables[0])
    table = word(MATRIX).word(quarters=QUARTERS, units=UNITS).tables[0]
    assert [words(row) for row in table.rows] == [
        ["机构", *QUARTERS, "备注"],
        ["城东", "1%", "2%", "3%", "1"],
        ["城西", "4%", "5%", "6%", "2"],
    ]
    assert sum(grid(table)) == sum(before) and len(grid(table)) == 5
    assert grid(table)[0] == before[0] and grid(table)[-1] == before[-1]


def test_a_loop_over_several_cells_needs_no_word_and_one_over_one_cell_stays_a_line(word):
    head = ["户", "{% for q in qs %}{{ q }}额", "{{ q }}率{% endfor %}", "计"]
    body = ["甲", "{% for q in qs %}{{ q }}1", "{{ q }}2{% endfor %}", "{% for q in qs %}{{ q }};{% endfor %}"]
    table = word([head, body]).word(qs=["A", "B"]).tables[0]
    assert [words(row) for row in table.rows] == [["户", "A额", "A率", "B额", "B率", "计"], ["甲", "A1", "A2", "B1", "B2", "A;B;"]]


def test_a_row_of_columns_only_repeats_columns_and_not_rows(word):
    table = word([["{% for q in qs across %}{{ q }}", "率{% endfor %}"]]).word(qs=["A", "B"]).tables[0]
    assert [words(row) for row in table.rows] == [["A", "率", "B", "率"]]


def test_cells_over_the_columns_span_them_all_and_widths_follow(word):
    def drawn(paper):
        table = paper.add_table(3, 3)
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.cell(0, 0).merge(table.cell(0, 2)).text = "不良率表"
        for column, text in enumerate(MATRIX[0]):
            table.cell(1, column).text = text
        table.cell(2, 0).text, table.cell(2, 1).text = "合计", "全部"
        for row in table.rows:
            row.cells[1].width = Cm(6)

    table = word(drawn).word(quarters=QUARTERS).tables[0]
    assert [spans(row) for row in table.rows] == [[5], [1, 1, 1, 1, 1], [1, 3, 1]]
    assert [words(row) for row in table.rows] == [["不良率表"], ["机构", *QUARTERS, "备注"], ["合计", "全部", ""]]
    assert [round(cell.width.cm, 2) for cell in table.rows[1].cells][1:4] == [2.0] * 3


def test_the_grid_is_shared_out_to_the_last_twip(word):
    widths = grid(word([["{% for q in qs across %}{{ q }}{% endfor %}", "尾"]]).word(qs=list("abcdefg")).tables[0])
    assert len(widths) == 8 and max(widths[:7]) - min(widths[:7]) <= 1


def test_two_loops_side_by_side_and_a_table_per_unit(word):
    def tables(paper):
        paper.add_paragraph("{% for u in us %}")
        table = paper.add_table(1, 2)
        table.cell(0, 0).text = "{% for a in u.a across %}{{ a }}{% endfor %}"
        table.cell(0, 1).text = "{% for b in u.b across %}{{ b }}{% endfor %}"
        paper.add_paragraph("")
        paper.add_paragraph("{% endfor %}")

    found = word(tables).word(us=[{"a": [1, 2], "b": [3]}, {"a": [4], "b": [5, 6, 7]}]).tables
    assert [words(table.rows[0]) for table in found] == [["1", "2", "3"], ["4", "5", "6", "7"]]
    assert [len(grid(table)) for table in found] == [3, 4]


def test_a_table_in_a_cell_that_repeats_has_columns_of_its_own(word):
    def nested(paper):
        table = paper.add_table(1, 2)
        inner = table.cell(0, 1).add_table(1, 2)
        inner.cell(0, 0).text, inner.cell(0, 1).text = "{% for x in q.xs across %}{{ x }}{% endfor %}", "尾"
        table.cell(0, 0).text = "{% for q in qs across %}{{ q.name }}"
        table.cell(0, 1).paragraphs[-1].text = "{% endfor %}"

    table = word(nested).word(qs=[{"name": "甲", "xs": [1, 2]}, {"name": "乙", "xs": [3]}]).tables[0]
    cells = [docx.table._Cell(cell, table) for cell in table.rows[0]._tr.tc_lst]
    assert [[words(row) for row in cell.tables[0].rows] for cell in (cells[1], cells[3])] == [[["1", "2", "尾"]], [["3", "尾"]]]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([MATRIX[0], ["计", "1", "2"], ["a", "b", "c"]], None),
        ([["头", "{% for q in qs %}{{ q }}", "{{ q }}{% endfor %}"], ["计", "1", "2"]], "row 2"),
        ([["{% for q in qs %}{{ q }}", "{{ q }}{% endfor %}", "尾"], ["计", "{% for q in qs %}{{ q }}", "{{ q }}{% endfor %}"]], "row 2"),
        ([["{% for a in xs %}{{ a }}", "{% for b in a.ys across %}{{ b }}{% endfor %}", "1{% endfor %}", "尾"]], "inside another"),
        ([["头{% for q in qs %}{{ q }}", "{{ q }}{% endfor %}"]], "begins here"),
    ],
)
def test_tables_that_would_come_out_ragged_are_told_when_the_template_is_read(word, rows, says):
    if says is None:
        assert word(rows).fill(quarters=["A"])
    else:
        assert says in word(rows).faults()[0]


def test_rows_with_different_numbers_of_columns_are_told_at_their_tag(word):
    faults = word(MATRIX).faults(quarters=QUARTERS, units=[UNITS[0], {"name": "城西", "npl": ["4%"]}])
    assert len(faults) == 1 and "row 2 cell 2" in faults[0] and "one length" in faults[0]
    assert "empty" in word(MATRIX).faults(quarters=[], units=[])[0]
    assert "63" in word(MATRIX).faults(quarters=QUARTERS * 21, units=[])[0]
    assert word(MATRIX).word(quarters=QUARTERS * 20, units=[])


def test_a_loop_across_stands_in_a_table(word):
    assert "does not repeat cells" in word("{% for q in qs across %}{{ q }}{% endfor %}").faults()[0]


def test_no_note_about_columns_is_left_in_the_paper(word):
    with zipfile.ZipFile(io.BytesIO(word(MATRIX).fill(quarters=QUARTERS, units=UNITS))) as archive:
        xml = archive.read("word/document.xml").decode()
    assert "\U0010fffe" not in xml and not re.search(r'w:w="[^"]*[^0-9"]', xml)


def test_every_figure_of_a_traced_matrix_has_its_own_bookmark(word):
    record = []

    def seal(traced):
        record.extend((figure.path, figure.text) for figure in traced.shown)
        return b"<x/>"

    drawn = word([["{% for u in us %}{{ u.name }}", "{% for n in u.ns across %}{{ n }}{% endfor %}", "x{% endfor %}"]])
    data = open_template(drawn.path, FILTERS, trace=True).render(
        {"us": [{"name": "甲", "ns": [1, 2]}, {"name": "乙", "ns": [3, 4]}]}, WHO, seal
    )
    assert record == [(("us", unit, "ns", n), str(2 * unit + n + 1)) for unit in (0, 1) for n in (0, 1)]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("word/document.xml").decode().count("bookmarkStart") == 4
