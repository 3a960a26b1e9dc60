"""Excel templates: typed cells, rows that repeat, and everything that points at them."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
from drawing import FILTERS, Drawn, png
from hypothesis import given
from hypothesis import strategies as st
from officefill import open_template
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table
from python_calamine import CalamineWorkbook

LIST = [["号", "名", "额"], ["{% for f in fs %}{{ f.no }}", "{{ f.name }}", "{{ f.amount }}{% endfor %}"], ["合计", None, "=SUM(C2:C2)"]]


def rows(*amounts):
    return [{"no": number, "name": f"客户{number}", "amount": amount} for number, amount in enumerate(amounts, 1)]


def part(data, name):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode("utf-8")


def test_a_cell_with_one_value_keeps_its_type(book):
    cells = book([["{{ a }}", "{{ b }}", "{{ c }}", "{{ d|percent }}", "共{{ a }}户"]]).cells(
        a=3, b=Decimal("0.10"), c="甲", d=Decimal("0.5")
    )
    assert cells == [[3, 0.1, "甲", "50.00%", "共3户"]]


def test_dates_are_dates_in_a_cell_that_shows_dates_and_refused_elsewhere(book):
    def dated(paper):
        paper.active["A1"].number_format = 'yyyy"年"m"月"d"日"'
        paper.active["B1"].number_format = "yyyy-mm-dd hh:mm"

    drawn = book([["{{ d }}", "{{ t }}"]], dated)
    assert drawn.cells(d=date(2014, 6, 30), t=datetime(2014, 6, 30, 12, 30)) == [[datetime(2014, 6, 30), datetime(2014, 6, 30, 12, 30)]]
    assert "no date format" in book([["{{ d }}"]]).faults(d=date(2014, 6, 30))[0]


def test_a_workbook_that_counts_from_1904_gets_its_own_days(book):
    def early(paper):
        paper.epoch = datetime(1904, 1, 1)
        paper.active["A1"].number_format = "yyyy-mm-dd"

    assert book([["{{ d }}"]], early).cells(d=date(2014, 6, 30)) == [[datetime(2014, 6, 30)]]


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-5", "@x", "{=1}", "甲&乙", "A<B", "{{恒丰}}", "_x0041_", "001234", " 两边 ", "一\n二", "1E5"]
)
def test_a_text_is_a_text_whatever_it_looks_like(book, text):
    data = book([["{{ a }}", "{{ a }}{% if b %}x{% endif %}"]]).fill(a=text, b=False)
    cells = openpyxl.load_workbook(io.BytesIO(data)).active[1]
    assert [cell.data_type for cell in cells] == ["s", "s"]
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python() == [[text, text]]
    assert all(cell.quotePrefix == (text[0] in "=+-@") for cell in cells)
    assert "<f>" not in part(data, "xl/worksheets/sheet1.xml")


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1), max_size=6),
    st.decimals(-(10**9), 10**9, places=4, allow_nan=False),
)
def test_any_text_and_number_comes_back(book, texts, number):
    drawn = book([["{% for t in ts %}{{ t }}", "{{ n }}{% endfor %}"], ["尾", "尾"]])
    found = CalamineWorkbook.from_filelike(io.BytesIO(drawn.fill(ts=texts, n=number))).get_sheet_by_index(0).to_python()
    assert [row[0] for row in found if row[0] != "尾"] == [text for text in texts if text != "尾"]
    assert {row[1] for row in found[:-1]} <= {float(number), ""}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (123456789012345, 123456789012345),
        (6222020200112345678, "6222020200112345678"),
        (1000000000000000000, "1000000000000000000"),
        (Decimal("12345678901234567.89"), "12345678901234567.89"),
        (Decimal("1234567890123456.7"), "1234567890123456.7"),
        (Decimal(1) / Decimal(3), 0.333333333333333),
        (Decimal("0.1"), 0.1),
        (Decimal("1E+3"), 1000),
        (Decimal("-0.00"), 0),
    ],
)
def test_numbers_keep_the_digits_someone_may_count(book, value, written):
    assert book([["{{ a }}"]]).cells(a=value) == [[written]]


@pytest.mark.parametrize("wrong", [None, True, Decimal("NaN"), [1], b"x"])
def test_what_no_cell_holds_is_told(book, wrong):
    assert "Sheet!A1" in book([["{{ a }}"]]).faults(a=wrong)[0]


def test_a_text_longer_than_a_cell_is_told(book):
    assert "longer" in book([["{{ a }}"]]).faults(a="x" * 32768)[0]
    assert "longer" in book([["x{{ a }}"]]).faults(a="x" * 32767)[0]


def test_rows_repeat_and_totals_follow(book):
    assert book(LIST).cells(fs=rows(1, 2, 3)) == [
        ["号", "名", "额"],
        [1, "客户1", 1],
        [2, "客户2", 2],
        [3, "客户3", 3],
        ["合计", None, "=SUM(C2:C4)"],
    ]


def test_rows_of_tags_enclose_rows_and_go(book):
    drawn = book([["头"], ["{% for f in fs %}"], ["{{ f.no }}", "=A3*2"], [None, "{{ f.name }}"], ["{% endfor %}"], ["尾", "=SUM(A3:A4)"]])
    assert drawn.cells(fs=rows(1, 2)) == [
        ["头", None],
        [1, "=A2*2"],
        [None, "客户1"],
        [2, "=A4*2"],
        [None, "客户2"],
        ["尾", "=SUM(A2:A5)"],
    ]


def test_an_empty_loop_leaves_one_blank_row_in_its_form(book):
    def bold(paper):
        paper.active["C2"].number_format = "#,##0.00"

    drawn = book(LIST, bold)
    sheet = drawn.book(fs=[]).active
    assert [[c.value for c in row] for row in sheet.iter_rows()] == [["号", "名", "额"], [None] * 3, ["合计", None, "=SUM(C2:C2)"]]
    assert sheet["C2"].number_format == "#,##0.00"
    two = book([["{% for f in fs %}"], ["{{ f.no }}"], ["{{ f.name }}"], ["{% endfor %}"], ["=SUM(A2:A3)"]])
    assert two.cells(fs=[]) == [[None], ["=SUM(A1:A1)"]]


def test_conditions_take_rows_out(book):
    drawn = book([["{% if a %}"], ["甲"], ["{% else %}"], ["乙"], ["{% endif %}"], ["尾"]])
    assert drawn.cells(a=True) == [["甲"], ["尾"]]
    assert drawn.cells(a=False) == [["乙"], ["尾"]]


def test_a_total_over_rows_that_depend_counts_them_all_whichever_came_last(book):
    branches = [["{% if f.no == 1 %}"], ["{{ f.amount }}"], ["{% else %}"], ["{{ f.no }}"], ["{% endif %}"]]
    drawn = book([["{% for f in fs %}"], *branches, ["{% endfor %}"], ["=SUM(A3:A5)"], ["=SUM(A5:A8)"]])
    assert drawn.cells(fs=rows(10, 20)) == [[10], [2], ["=SUM(A1:A2)"], ["=SUM(A2:A3)"]]
    assert drawn.cells(fs=rows(10, 20)[::-1]) == [[2], [10], ["=SUM(A1:A2)"], ["=SUM(A1:A3)"]]


def test_blanks_of_a_cell_stay_but_for_those_beside_a_tag_of_its_row(book):
    drawn = book([["{% for f in fs %} 甲 ", " {{ f.no }}、 {% endfor %}"]])
    assert drawn.cells(fs=rows(1)) == [["甲 ", " 1、"]]


def test_groups_have_totals_of_their_own(book):
    drawn = book(
        [
            ["{% for g in gs %}"],
            ["{{ g.name }}"],
            ["{% for f in g.fs %}{{ f.name }}", None, "{{ f.amount }}{% endfor %}"],
            ["小计", None, "=SUM(C3:C3)"],
            ["{% endfor %}"],
            ["总计", None, "=SUM(C3:C4)/2", "=C3:C3"],
        ]
    )
    cells = drawn.cells(gs=[{"name": "一", "fs": rows(1, 2)}, {"name": "二", "fs": rows(3)}, {"name": "三", "fs": []}])
    assert [row[2] for row in cells] == [None, 1, 2, "=SUM(C2:C3)", None, 3, "=SUM(C6:C6)", None, None, "=SUM(C9:C9)", "=SUM(C2:C10)/2"]
    assert cells[-1][3] == "=C2:C9"


def test_references_in_a_repeated_row_follow_their_copy_and_fixed_ones_do_not(book):
    drawn = book([["率", 2], ["{% for f in fs %}{{ f.amount }}", "=A2*B$1", "=A2/SUM(A$2:A$2)", "=SUM(A$2:A2)", "{% endfor %}"]])
    cells = drawn.cells(fs=rows(1, 2))
    assert cells[1][1:4] == ["=A2*B$1", "=A2/SUM(A$2:A$3)", "=SUM(A$2:A2)"]
    assert cells[2][1:4] == ["=A3*B$1", "=A3/SUM(A$2:A$3)", "=SUM(A$2:A3)"]


def test_one_cell_of_a_repeated_row_cannot_be_meant_from_outside(book):
    faults = book({"Sheet": [*LIST, ["=C2"], ["=SUM(C$2,C3)"]], "汇总": [["=Sheet!C2"]]}).faults(fs=[])
    assert len(faults) == 3 and all("repeats" in fault for fault in faults) and "write C2:C2" in faults[0]


def test_a_formula_of_the_filter_has_its_value_and_follows(book):
    drawn = book({"汇总": [["{{ total|formula('SUM(明细!C2:C2)') }}", "=A1*2"]], "明细": LIST})
    data = drawn.fill(total=Decimal("6.5"), fs=rows(1, 2, Decimal("3.5")))
    assert "<f>SUM(明细!C2:C4)</f><v>6.5</v>" in part(data, "xl/worksheets/sheet1.xml")
    assert "<f>A1*2</f></c>" in part(data, "xl/worksheets/sheet1.xml").replace("<v></v>", "").replace("<v/>", "")
    assert 'fullCalcOnLoad="1"' in part(data, "xl/workbook.xml")


def test_the_filter_formula_is_checked(book):
    assert "not there" in book([["{{ a|formula('SUM(没有!A1)') }}"]]).faults()[0]
    assert "one text" in book([["{{ a|formula(b) }}"]]).faults()[0]
    assert "not a text" in book([["{{ a|formula('B1') }}"]]).faults(a="x")[0]
    assert book([["x{{ a|formula('B1') }}"]]).faults(a=1)


def test_an_undefined_value_with_a_formula_is_said_to_be_so(book):
    sheet = part(book([["{{ a|formula('SUM(B1:B2)') }}"]]).fill(a=None), "xl/worksheets/sheet1.xml")
    assert "不适用" in sheet and "<f>" not in sheet


def test_everything_below_a_loop_moves_with_it(book, tmp_path):
    (tmp_path / "a.png").write_bytes(png())

    def more(paper):
        sheet = paper["Sheet"]
        sheet.merge_cells("A3:B3")
        sheet.merge_cells("D2:E2")
        sheet.print_area = "A1:C3"
        sheet.print_title_rows = "1:1"
        sheet.auto_filter.ref = "A1:C2"
        sheet.freeze_panes = "A2"
        sheet.conditional_formatting.add("C2:C2", FormulaRule(formula=["$C2>1"], fill=PatternFill("solid", bgColor="FF0000")))
        choice = DataValidation(type="list", formula1="$H$3:$H$3")
        choice.add("B2")
        sheet.add_data_validation(choice)
        sheet.row_dimensions[3].height = 40
        sheet.row_breaks.append(Break(id=3))
        paper.defined_names["合计额"] = DefinedName("合计额", attr_text="Sheet!$C$3")
        paper.defined_names["各户"] = DefinedName("各户", attr_text="Sheet!$C$2")
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=3, min_row=2, max_row=2))
        sheet.add_chart(chart, "E5")
        sheet.add_image(Image(str(tmp_path / "a.png")), "H7")
        sheet["A3"].comment = Comment("按月", "某")

    drawn = book(LIST, more)
    data = drawn.fill(fs=rows(1, 2, 3))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Sheet"]
    assert {str(r) for r in sheet.merged_cells.ranges} == {"D2:E2", "D3:E3", "D4:E4", "A5:B5"}
    assert (sheet.print_area, sheet.auto_filter.ref, sheet.freeze_panes) == ("'Sheet'!$A$1:$C$5", "A1:C4", "A2")
    assert sheet.print_title_rows == "$1:$1"
    [(area, [rule])] = sheet.conditional_formatting._cf_rules.items()
    assert (str(area.sqref), rule.formula) == ("C2:C4", ["$C2>1"])
    assert [(str(v.sqref), v.formula1) for v in sheet.data_validations.dataValidation] == [("B2:B4", "$H$5:$H$5")]
    assert sheet.row_dimensions[5].height == 40 and sheet.row_dimensions[3].height is None
    assert [b.id for b in sheet.row_breaks.brk] == [5]
    names = openpyxl.load_workbook(io.BytesIO(data)).defined_names
    assert (names["合计额"].attr_text, names["各户"].attr_text) == ("Sheet!$C$5", "Sheet!$C$2:$C$4")
    assert [c.anchor._from.row for c in sheet._charts] == [6] and [i.anchor._from.row for i in sheet._images] == [8]
    assert "'Sheet'!$C$2:$C$4" in part(data, "xl/charts/chart1.xml")
    assert sheet["A5"].comment.text == "按月"


def test_a_table_grows_over_its_rows_and_its_head_holds_no_tag(book):
    def tabled(paper):
        paper.active.add_table(Table(displayName="明细表", ref="A1:C2"))

    data = book(LIST, tabled).fill(fs=rows(1, 2, 3))
    assert openpyxl.load_workbook(io.BytesIO(data)).active.tables["明细表"].ref == "A1:C4"
    assert "head of a table" in book([["{{ a }}", "b", "c"], [1, 2, 3]], tabled).faults()[0]


def test_shared_formulas_become_formulas_of_their_cells(book):
    drawn = book([["{% for f in fs %}{{ f.amount }}", "{% endfor %}"], [1, "=A2*2"], [2, "=A3*2"]])
    drawn.replaced("xl/worksheets/sheet1.xml", "<f>A2*2</f>", '<f t="shared" ref="B2:B3" si="0">A2*2</f>')
    drawn.replaced("xl/worksheets/sheet1.xml", "<f>A3*2</f>", '<f t="shared" si="0"/>')
    assert [row[1] for row in drawn.cells(fs=rows(5, 6))] == [None, None, "=A3*2", "=A4*2"]


def test_formulas_of_sheets_without_tags_follow(book):
    drawn = book({"明细": LIST, "分析": [["=SUM(明细!C2:C2)", '=IF(明细!C3>1,"C2:C2",1)'], ["=A1", None]]})
    assert drawn.cells("分析", fs=rows(1, 2)) == [["=SUM(明细!C2:C3)", '=IF(明细!C4>1,"C2:C2",1)'], ["=A1", None]]


def test_a_formula_that_loses_what_it_points_at_is_told(book):
    drawn = book([["{% if a %}"], [1], ["{% endif %}"], ["=A2"]])
    assert drawn.cells(a=True) == [[1], ["=A1"]]
    assert "not there" in drawn.faults(a=False)[0] and "Sheet!A4" in drawn.faults(a=False)[0]


def test_headers_and_footers_of_a_sheet_are_filled(book):
    def headed(paper):
        paper.active.oddHeader.center.text = "{{ a }}表"

    sheet = book([["x"]], headed).book(a="甲&乙").active
    assert sheet.oddHeader.center.text == "甲&&乙表"


def test_no_template_text_is_left_anywhere_in_the_file(book):
    data = book({"明细": LIST, "名": [["{{ a }}与{{ a }}"]]}).fill(a="甲", fs=rows(1))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if b"{{" in archive.read(name) or b"{%" in archive.read(name)]
    assert "xl/calcChain.xml" not in zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_parts_that_hold_nothing_stay_byte_for_byte(book):
    drawn = book({"明细": LIST, "旁": [["文", 1]]})
    before, after = zipfile.ZipFile(drawn.path), zipfile.ZipFile(io.BytesIO(drawn.fill(fs=rows(1))))
    same = {name for name in before.namelist() if before.read(name) == after.read(name)}
    assert {"xl/worksheets/sheet2.xml", "xl/theme/theme1.xml", "[Content_Types].xml"} <= same
    untagged = book([["文", "=1+1"]])
    before, after = zipfile.ZipFile(untagged.path), zipfile.ZipFile(io.BytesIO(untagged.fill()))
    assert {n for n in before.namelist() if before.read(n) != after.read(n)} == {"docProps/core.xml", "docProps/app.xml"}


def test_names_of_sheets_and_drawings_hold_no_tags(book):
    assert "not filled" in book({"{{ a }}": [["x"]]}).faults()[0]


def test_names_are_those_the_workbook_asks_for(book):
    assert open_template(book(LIST).path, FILTERS).names == {"fs"}


def test_a_condition_inside_a_cell_and_a_loop_inside_a_cell(book):
    drawn = book(
        [["标", "{% for f in fs %}{{ f.name }}{% if not loop.last %}、{% endif %}{% endfor %}"], ["{% if a %}是{% else %}否{% endif %}", 1]]
    )
    assert drawn.cells(fs=rows(1, 2), a=False) == [["标", "客户1、客户2"], ["否", 1]]


def test_more_rows_than_a_sheet_has_are_told(book):
    def full(paper):
        paper.active.cell(1_048_576, 1, "尾")

    drawn = book([["{% for a in xs %}{{ a }}", "{% endfor %}"]], full)
    assert "1048576" in drawn.faults(xs=[1, 2])[0]
    assert drawn.fill(xs=[1])


def test_shared_and_formed_texts_are_read_and_their_templates_blanked(tmp_path):
    paper = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = paper.add_worksheet("明细")
    bold = paper.add_format({"bold": True})
    sheet.write_row(0, 0, ["号", "旁注"])
    sheet.write_row(1, 0, ["{% for f in fs %}{{ f.no }}", "不变"])
    sheet.write_rich_string(1, 2, bold, "{{ f.", "name }}", bold, "先生")
    sheet.write(1, 3, "{% endfor %}")
    sheet.write_formula(2, 0, "=SUM(A2:A2)", None, 999)
    paper.close()
    data = Drawn(tmp_path / "book.xlsx").fill(fs=rows(1, 2))
    found = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [[c.value for c in row] for row in found.iter_rows()] == [
        ["号", "旁注", None, None],
        [1, "不变", "客户1先生", None],
        [2, "不变", "客户2先生", None],
        ["=SUM(A2:A3)", None, None, None],
    ]
    assert "{{" not in part(data, "xl/sharedStrings.xml") and "999" not in part(data, "xl/worksheets/sheet1.xml")


def test_array_formulas_and_boxes_of_comments_follow_their_row(book):
    def more(paper):
        paper.active["A3"].comment = Comment("按月", "某")

    drawn = book([["{% for f in fs %}{{ f.amount }}", "=A1*2", "{% endfor %}"], ["x"], ["y"]], more)
    drawn.replaced("xl/worksheets/sheet1.xml", "<f>A1*2</f>", '<f t="array" ref="B1:B1">A1*2</f>')
    data = drawn.fill(fs=rows(1, 2, 3))
    assert [f'ref="B{n}:B{n}">A{n}*2<' in part(data, "xl/worksheets/sheet1.xml") for n in (1, 2, 3)] == [True] * 3
    vml = next(name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if "vml" in name.lower())
    assert "Row>4<" in part(data, vml)


def test_newer_formats_checks_and_small_charts_follow(tmp_path):
    paper = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = paper.add_worksheet("明细")
    sheet.write_column(0, 0, ["{% for f in fs %}", "{{ f.amount }}", "{% endfor %}", "计"])
    sheet.conditional_format("A2:A2", {"type": "data_bar", "data_bar_2010": True})
    sheet.add_sparkline("B4", {"range": "明细!A2:A2"})
    paper.close()
    xml = part(Drawn(tmp_path / "book.xlsx").fill(fs=rows(1, 2, 3)), "xl/worksheets/sheet1.xml")
    assert '<conditionalFormatting sqref="A1:A3">' in xml and "<xm:sqref>A1:A3</xm:sqref>" in xml
    assert "<xm:f>明细!A1:A3</xm:f><xm:sqref>B4</xm:sqref>" in xml


def heights(data):
    rows = openpyxl.load_workbook(io.BytesIO(data)).active.row_dimensions
    return {number: row.height for number, row in rows.items() if row.height}


def test_a_row_without_a_height_gets_the_one_its_wrapped_text_needs(book):
    def wrapped(paper):
        sheet = paper.active
        sheet.column_dimensions["A"].width = 20
        for cell in ("A1", "A2", "A3"):
            sheet[cell].alignment = Alignment(wrap_text=True)
        sheet.row_dimensions[3].height = 50

    drawn = book([["{% for f in fs %}{{ f }}", "{{ f }}{% endfor %}"], ["{{ long }}"], ["{{ long }}"]], wrapped)
    found = heights(drawn.fill(fs=["短", "客户经理" * 10, "甲\n乙", "客户经理" * 100], long="长" * 99))
    assert 1 not in found and 70 < found[2] < 110 and 30 <= found[3] < 40 and found[4] == 409.5
    assert found[5] > 150 and found[6] == 50, "the last row has the height that a person gave it"


def test_a_text_over_merged_columns_has_their_width(book):
    def merged(paper):
        sheet = paper.active
        sheet["A1"].alignment = Alignment(wrap_text=True)
        sheet["A2"].alignment = Alignment(wrap_text=True)
        for column in "ABCD":
            sheet.column_dimensions[column].width = 20
        sheet.merge_cells("A2:D2")

    found = heights(book([["{{ long }}"], ["{{ long }}"]], merged).fill(long="长" * 40))
    assert found[1] > 60 and 25 < found[2] < 40
