"""Columns by loop in a sheet: cells repeat to the right, everything right of them moves, and no formula comes to mean something else."""

import io
import re
import zipfile
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
from drawing import FILTERS, WHO, Drawn, png
from hypothesis import given
from hypothesis import strategies as st
from officefill import open_template
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

QUARTERS = ["一", "二", "三"]
UNITS = [{"name": "城东", "npl": [1, 2, 3]}, {"name": "城西", "npl": [4, 5, 6]}]
LOOP = "{% for r in u.npl across %}{{ r }}{% endfor %}"
MATRIX = [
    ["机构", "{% for q in qs across %}{{ q }}{% endfor %}", "计"],
    ["{% for u in us %}{{ u.name }}", LOOP, "=SUM(B2:B2)", "{% endfor %}"],
    ["合计", "{% for q in qs across %}=SUM(B2:B2){% endfor %}", "=SUM(C2:C2)"],
]
TOTAL = ["合计", "{% for q in qs across %}{{ q|length|formula('SUM(B2:B2)') }}{% endfor %}", "=SUM(C2:C2)"]


def part(data, name="xl/worksheets/sheet1.xml"):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode("utf-8")


def test_a_matrix_grows_to_the_right_and_its_totals_follow(book):
    assert book([*MATRIX[:2], TOTAL]).cells(qs=QUARTERS, us=UNITS) == [
        ["机构", "一", "二", "三", "计", None],
        ["城东", 1, 2, 3, "=SUM(B2:D2)", None],
        ["城西", 4, 5, 6, "=SUM(B3:D3)", None],
        ["合计", "=SUM(B2:B3)", "=SUM(C2:C3)", "=SUM(D2:D3)", "=SUM(E2:E3)", None],
    ]


def test_one_copy_is_the_template_and_an_empty_row_loop_leaves_forms_for_every_column(book):
    assert book([*MATRIX[:2], TOTAL]).cells(qs=["一"], us=[{"name": "城东", "npl": [1]}])[1] == ["城东", 1, "=SUM(B2:B2)", None]

    def formed(paper):
        for cell in paper.active[2]:
            cell.fill = PatternFill("solid", fgColor="FFFF00")

    sheet = book([*MATRIX[:2], TOTAL], formed).book(qs=QUARTERS, us=[]).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(max_col=5)] == [
        ["机构", "一", "二", "三", "计"], [None] * 5, ["合计", "=SUM(B2:B2)", "=SUM(C2:C2)", "=SUM(D2:D2)", "=SUM(E2:E2)"],
    ]  # fmt: skip
    assert all(sheet.cell(2, column).fill.fgColor.rgb == "00FFFF00" for column in range(1, 6))


def test_a_formula_in_a_column_speaks_of_its_own_copy_and_fixed_ones_of_all(book):
    rows = [
        ["户", "{% for q in qs %}额", "率{% endfor %}", "计"],
        ["甲", "{% for q in qs %}{{ q.a }}", "=B2/$A$1", "=B2*2", "x{% endfor %}", "=SUM(B2:E2)"],
    ]
    with pytest.raises(AssertionError, match="no fault"):
        book([["户", "计"], rows[1]]).faults(qs=[{"a": 1}])
    cells = book([["户"], rows[1]]).cells(qs=[{"a": 1}, {"a": 2}])
    assert cells[1] == ["甲", 1, "=B2/$A$1", "=B2*2", "x", 2, "=F2/$A$1", "=F2*2", "x", "=SUM(B2:I2)"]
    assert "over each other" in book(rows).faults()[0]


def test_shares_and_running_totals_over_the_columns(book):
    cells = book([["{% for q in qs across %}{{ q }}{% endfor %}"], ["{% for q in qs across %}{{ q|formula('A1/SUM($A1:$A1)') }}{% endfor %}"],
                  ["{% for q in qs across %}{{ q|formula('SUM($A1:A1)') }}{% endfor %}"]]).cells(qs=[1, 2, 3])  # fmt: skip
    assert cells[1] == ["=A1/SUM($A1:$C1)", "=B1/SUM($A1:$C1)", "=C1/SUM($A1:$C1)"]
    assert cells[2] == ["=SUM($A1:A1)", "=SUM($A1:B1)", "=SUM($A1:C1)"]


def test_everything_right_of_the_columns_moves_with_them(book):
    def more(paper):
        sheet = paper["Sheet"]
        sheet["A1"], sheet["B1"] = "季度表", None
        sheet.merge_cells("A1:D1")
        sheet.merge_cells("C5:D5")
        sheet["C5"] = "右"
        for column, width in (("A", 20), ("B", 11), ("C", 7), ("D", 30)):
            sheet.column_dimensions[column].width = width
        sheet.print_area = "A1:D4"
        sheet.freeze_panes = "C3"
        sheet.auto_filter.ref = "A2:D3"
        red = PatternFill("solid", bgColor="FF0000")
        sheet.conditional_formatting.add("B3:B3", FormulaRule(formula=["B3>$D$4"], fill=red))
        choice = DataValidation(type="list", formula1="$D$4:$D$4")
        choice.add("B3")
        sheet.add_data_validation(choice)
        sheet["C5"].comment = Comment("按季", "某")
        paper.defined_names["各季"] = DefinedName("各季", attr_text="Sheet!$B$3")
        paper.defined_names["计"] = DefinedName("计", attr_text="Sheet!$C$4")

    rows = [
        [None],
        MATRIX[0],
        MATRIX[1],
        ["合计", "{% for q in qs across %}{{ q|length|formula('SUM(B3:B3)') }}{% endfor %}", "=SUM(C3:C3)", 9],
    ]
    rows[2] = ["{% for u in us %}{{ u.name }}", LOOP, "=SUM(B3:B3)", "{% endfor %}"]
    data = book({"Sheet": rows, "别": [["=SUM(Sheet!B3:B3)", "=Sheet!C4", "=Sheet!A4"]]}, more).fill(qs=QUARTERS, us=UNITS)
    paper = openpyxl.load_workbook(io.BytesIO(data))
    sheet = paper["Sheet"]
    assert {str(r) for r in sheet.merged_cells.ranges} == {"A1:F1", "E6:F6"} and sheet["E6"].value == "右"
    widths = re.findall(r'<col width="([\d.]+)"[^>]*min="(\d+)" max="(\d+)"', part(data)) or re.findall(r"<col [^>]*>", part(data))
    assert [openpyxl_width(part(data), column) for column in range(1, 7)] == [20, 11, 11, 11, 7, 30], widths
    assert (sheet.print_area, sheet.freeze_panes, sheet.auto_filter.ref) == ("'Sheet'!$A$1:$F$5", "E3", "A2:F4")
    [(area, [rule])] = sheet.conditional_formatting._cf_rules.items()
    assert (str(area.sqref), rule.formula) == ("B3:D4", ["B3>$F$5"])
    assert [(str(v.sqref), v.formula1) for v in sheet.data_validations.dataValidation] == [("B3:D4", "$F$5:$F$5")]
    assert sheet["E6"].comment.text == "按季"
    assert {n: paper.defined_names[n].attr_text for n in ("各季", "计")} == {"各季": "Sheet!$B$3:$D$4", "计": "Sheet!$E$5"}
    assert [cell.value for cell in paper["别"][1]] == ["=SUM(Sheet!B3:D4)", "=Sheet!E5", "=Sheet!A5"]


def openpyxl_width(xml, column):
    for tag in re.findall(r"<col [^>]*>", xml):
        about = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if int(about["min"]) <= column <= int(about["max"]):
            return float(about["width"])
    raise AssertionError(f"no width for {column}")


def test_columns_in_twos_keep_formats_checks_and_merged_heads_of_their_own(book):
    def two(paper):
        sheet = paper.active
        sheet.merge_cells("B1:C1")
        sheet["B1"].font = sheet["C1"].font = Font(bold=True)
        sheet.conditional_formatting.add("C3", FormulaRule(formula=["C3>1"], fill=PatternFill("solid", bgColor="FF0000")))

    rows = [
        ["户", "{% for q in qs across %}{{ q.name }}{% endfor %}"],
        ["户", "{% for q in qs %}额", "率{% endfor %}"],
        ["甲", "{% for q in qs %}{{ q.a }}", "{{ q.b }}{% endfor %}", "=SUM(B3:C3)"],
    ]
    sheet = book(rows, two).book(qs=[{"name": n, "a": 1, "b": 2} for n in ("一", "二")]).active
    assert {str(r) for r in sheet.merged_cells.ranges} == {"D1:E1", "B1:C1"} and [c.value for c in sheet[1]][:5] == [
        "户",
        "一",
        None,
        "二",
        None,
    ]
    assert [str(area.sqref) for area in sheet.conditional_formatting] == ["C3 E3"] and sheet["F3"].value == "=SUM(B3:E3)"


def test_a_head_over_the_columns_stays_and_forms_beside_it_repeat(book):
    def formed(paper):
        for cell in ("B1", "C1"):
            paper.active[cell].fill = PatternFill("solid", fgColor="FFFF00")

    drawn = book([["", "{{ year }}年", None], ["户", "{% for q in qs across %}{{ q }}{% endfor %}", "计"]], formed)
    sheet = drawn.book(qs=QUARTERS, year=2014).active
    assert [c.value for c in sheet[1]] == [None, "2014年", None, None, None]
    assert [c.fill.fgColor.rgb == "00FFFF00" for c in sheet[1]] == [False, True, True, True, True]


def test_drawings_and_array_formulas_right_of_the_columns_move(tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    paper = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = paper.add_worksheet("表")
    sheet.write_row(0, 0, ["户", "{% for q in qs across %}{{ q }}{% endfor %}", "计"])
    sheet.insert_image("C3", str(tmp_path / "a.png"))
    sheet.write_array_formula("C2", "{=SUM(C1:C1)}")
    sheet.add_sparkline("C4", {"range": "表!B1:B1"})
    paper.close()
    data = Drawn(tmp_path / "book.xlsx").fill(qs=[1, 2, 3])
    assert "<xdr:from><xdr:col>4</xdr:col>" in part(data, "xl/drawings/drawing1.xml")
    assert '<c r="E2"><f t="array" ref="E2:E2">SUM(E1:E1)</f>' in part(data).replace("<v></v>", "") or 'ref="E2"' in part(data)
    assert "<xm:f>表!B1:D1</xm:f><xm:sqref>E4</xm:sqref>" in part(data)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([["=VLOOKUP(1,A1:C2,3,0)"]], "cannot follow"),
        ([["=SUM(B:B)"]], "cannot follow"),
        ([["=INDIRECT(A1)"]], "cannot follow"),
        ([["=OFFSET(A1,0,1)"]], "cannot follow"),
        ([["=B1"]], "whose column repeats"),
        ([["=SUM(B1:B2)", "=SUM(B2:B2)"]], "counts under"),
        ([["x", 5]], "counts under"),
        ([["x", "{{ a|formula('A1') }}"]], "counts under"),
        ([["x", "{% for q in qs %}{{ q }}", "{% endfor %}"]], "over each other"),
        ([["x", "{% for a in qs across %}{% for b in a.x across %}{{ b }}{% endfor %}{% endfor %}"]], "inside another"),
        ([["头{% for q in qs across %}{{ q }}{% endfor %}"]], "does not repeat cells"),
    ],
)
def test_what_cannot_follow_is_a_fault_and_never_a_wrong_number(book, more, says):
    faults = book([["户", "{% for q in qs across %}{{ q }}{% endfor %}", "计"], *more]).faults()
    assert any(says in fault for fault in faults), faults


def test_a_sum_over_one_of_two_columns_would_take_in_the_other_and_is_a_fault(book):
    rows = [["户", "{% for q in qs %}{{ q.a }}", "{{ q.b }}{% endfor %}", "=SUM(B1:B1)", "=SUM(B1:C1)", "=A1"]]
    faults = book(rows).faults()
    assert len(faults) == 1 and "B1:B1 would take in" in faults[0]


def test_tables_filters_and_merged_cells_that_cannot_follow_are_told(book):
    def tabled(paper):
        paper.active.add_table(Table(displayName="表", ref="A2:C3"))

    head = ["户", "{% for q in qs across %}{{ q }}{% endfor %}", "计"]
    assert any("table stands" in fault for fault in book([head, ["a", "b", "c"], [1, "x", 3]], tabled).faults())

    def merged(paper):
        paper.active.merge_cells("A1:B1")

    two = ["户", "{% for q in qs %}{{ q }}", "{{ q }}{% endfor %}"]
    assert "over a part" in book([["标"], two], merged).faults()[0]

    def chosen(paper):
        paper.active.auto_filter.ref = "A1:C1"
        paper.active.auto_filter.add_filter_column(2, ["计"])

    assert "filter" in book([head], chosen).faults()[0]


def test_rows_with_different_numbers_of_columns_and_too_many_are_told(book):
    drawn = book(MATRIX[:2])
    assert "one length" in drawn.faults(qs=QUARTERS, us=[UNITS[0], {"name": "城西", "npl": [4]}])[0]
    assert "empty" in drawn.faults(qs=[], us=[])[0]
    assert "16384" in drawn.faults(qs=list(range(16384)), us=[])[0]


def test_a_column_loop_over_several_cells_needs_no_word_and_one_in_a_cell_stays_a_text(book):
    cells = book([["{% for q in qs %}{{ q }};{% endfor %}", "{% for q in qs %}{{ q }}", "|{% endfor %}", "尾"]]).cells(qs=["a", "b"])
    assert cells == [["a;b;", "a", "|", "b", "|", "尾"]]


@given(st.lists(st.lists(st.integers(-99, 99), min_size=3, max_size=3), max_size=5), st.integers(1, 4), st.integers(1, 4))
def test_every_figure_of_a_matrix_is_counted_once(book, rows, first, second):
    """Two loops side by side, in rows that repeat: the totals, worked out by hand from their formulas, are those of the lists."""
    drawn = book(
        [
            ["{% for u in us %}{{ u.x }}", "{% for a in u.a across %}{{ a }}{% endfor %}", "=SUM(B1:B1)", "{% for b in u.b across %}{{ b }}{% endfor %}",
             "=SUM(D1:D1)+A1", "{% endfor %}"],
            ["=SUM(A1:A1)", "计", "=SUM(C1:C1)", "计", "=SUM(B1:B1,D1:D1)"],
        ]
    )  # fmt: skip
    us = [{"x": row[0], "a": [row[1]] * first, "b": [row[2]] * second} for row in rows]
    sheet = drawn.book(us=us).active
    if not us:
        return
    total = counted(sheet, sheet.cell(len(us) + 1, first + second + 3).value)
    assert total == sum(sum(u["a"]) + sum(u["b"]) for u in us)
    assert counted(sheet, sheet.cell(len(us) + 1, first + 2).value) == sum(sum(u["a"]) for u in us)
    assert counted(sheet, sheet.cell(1, first + second + 3).value) == sum(us[0]["b"]) + us[0]["x"]


def counted(sheet, formula):
    """The value of a sum over cells of the sheet."""
    total = Decimal(0)
    for area in re.findall(r"[A-Z]+\d+(?::[A-Z]+\d+)?", formula):
        cells = sheet[area] if ":" in area else ((sheet[area],),)
        for cell in (cell for row in cells for cell in row):
            total += counted(sheet, cell.value) if isinstance(cell.value, str) else Decimal(cell.value or 0)
    return total


def test_the_record_of_figures_names_the_cells_the_columns_came_to(book):
    record = []

    def seal(traced):
        record.extend((figure.path, figure.cell) for figure in traced.shown)
        return b"<x/>"

    rows = [
        ["户", "{% for q in qs across %}{{ q.name }}{% endfor %}", "{{ n }}"],
        ["a", "{% for q in qs across %}共{{ q.n }}{% endfor %}", "{{ n }}户"],
    ]
    qs = [{"name": "一", "n": 1}, {"name": "二", "n": 2}]
    open_template(book(rows).path, FILTERS, trace=True).render({"qs": qs, "n": 9}, WHO, seal)
    assert record == [(("n",), "D1"), (("qs", 0, "n"), "B2"), (("qs", 1, "n"), "C2"), (("n",), "D2")]


def charted(tmp_path, area, *heads):
    paper = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = paper.add_worksheet("表")
    sheet.write_row(0, 0, ["户", *heads])
    chart = paper.add_chart({"type": "column"})
    chart.add_series({"values": f"=表!{area}", "values_data": [1]})
    sheet.insert_chart("F3", chart)
    paper.close()
    return Drawn(tmp_path / "book.xlsx")


def test_a_chart_over_the_columns_grows_with_them_and_one_over_a_part_of_them_is_told(tmp_path):
    drawn = charted(tmp_path, "$B$1:$B$1", "{% for q in qs across %}{{ q }}{% endfor %}")
    assert "表!$B$1:$D$1" in part(drawn.fill(qs=[1, 2, 3]), "xl/charts/chart1.xml")
    two = charted(tmp_path, "$B$1:$B$1", "{% for q in qs %}{{ q }}", "{{ q }}{% endfor %}")
    assert any("would take in" in fault for fault in two.faults())
