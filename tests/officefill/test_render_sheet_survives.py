"""What people draw in a workbook is there after filling, in its place; what need not change is the template's, byte for byte."""

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from drawing import Drawn, png
from wellformed import faults

ROWS = [{"name": f"客户{number}", "amount": number} for number in range(1, 5)]
PIVOT = {
    "xl/pivotCache/pivotCacheDefinition1.xml": (
        '<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" recordCount="0">'
        '<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="明细"/></cacheSource>'
        '<cacheFields count="2"><cacheField name="名"/><cacheField name="额"/></cacheFields></pivotCacheDefinition>'
    ),
    "xl/pivotTables/pivotTable1.xml": (
        '<pivotTableDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" name="透视" cacheId="1" dataCaption="值">'
        '<location ref="F8:G12" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/></pivotTableDefinition>'
    ),
}
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def workbook(tmp_path):
    """A sheet with one of everything below and beside a loop, a second with as much and no tag, and a pivot over the first."""
    (tmp_path / "a.png").write_bytes(png())
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    for name in ("明细", "旁"):
        sheet = book.add_worksheet(name)
        tagged = name == "明细"
        money = book.add_format({"num_format": '#,##0.00"元"', "bold": True, "bg_color": "#FFFF00"})
        sheet.write_row(0, 0, ["名", "额"])
        sheet.write(1, 0, "{% for f in fs %}{{ f.name }}" if tagged else "甲")
        sheet.write(1, 1, "{{ f.amount }}{% endfor %}" if tagged else 1, money)
        if tagged:
            sheet.write_formula(2, 1, "=SUM(B2:B2)", money)
        sheet.merge_range("A4:B4", f"{name}合并")
        sheet.conditional_format("B2:B2", {"type": "cell", "criteria": ">", "value": 2, "format": money})
        sheet.conditional_format("B3", {"type": "data_bar", "data_bar_2010": True})
        sheet.data_validation("A2:A2", {"validate": "list", "source": "=$D$3:$D$4"})
        sheet.add_sparkline("C3", {"range": f"{name}!B2:B2"})
        sheet.insert_textbox("D6", "截至{{ day }}，{% if fs %}有数{% endif %}" if tagged else "不变")
        sheet.insert_image("D9", str(tmp_path / "a.png"))
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": f"={name}!$B$2:$B$2", "values_data": [1]})
        sheet.insert_chart("D12", chart)
        sheet.write_comment("A3", "批注")
        sheet.print_area("A1:D4")
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 0, 22)
        sheet.set_row(2, 33)
    book.define_name("合计额", "=明细!$B$3")
    book.close()
    return with_pivot(Drawn(tmp_path / "book.xlsx"))


def with_pivot(drawn):
    arrow = '<Relationship Id="{id}" Type="{kind}" Target="{to}"/></Relationships>'
    sheet = arrow.format(id="p1", kind=f"{KIND}/pivotTable", to="../pivotTables/pivotTable1.xml")
    book = arrow.format(id="p1", kind=f"{KIND}/pivotCacheDefinition", to="pivotCache/pivotCacheDefinition1.xml")
    own = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    drawn.with_parts({name: text.encode() for name, text in PIVOT.items()})
    drawn.with_parts({"xl/pivotTables/_rels/pivotTable1.xml.rels": (own + book.replace("pivotCache/", "../pivotCache/")).encode()})
    drawn.replaced("xl/worksheets/_rels/sheet1.xml.rels", "</Relationships>", sheet)
    drawn.replaced("xl/_rels/workbook.xml.rels", "</Relationships>", book)
    drawn.replaced("xl/workbook.xml", "</workbook>", '<pivotCaches><pivotCache cacheId="1" r:id="p1"/></pivotCaches></workbook>')
    kinds = "".join(
        f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
        for name, kind in zip(PIVOT, ("pivotCacheDefinition", "pivotTable"), strict=True)
    )
    return drawn.replaced("[Content_Types].xml", "</Types>", kinds + "</Types>")


def test_everything_drawn_in_a_workbook_is_there_and_moved(workbook):
    data = workbook.fill(fs=ROWS, day="6月30日")
    made = {name: text.decode("utf-8") for name, text in parts(data).items() if name.endswith((".xml", ".rels"))}
    sheet = made["xl/worksheets/sheet1.xml"]
    for drawn in (
        *('<mergeCell ref="A7:B7"/>', 'sqref="B2:B5"', "<xm:sqref>B6</xm:sqref>", "<xm:f>明细!B2:B5</xm:f><xm:sqref>C6</xm:sqref>"),
        *('sqref="A2:A5"', "<formula1>$D$6:$D$7</formula1>", "<f>SUM(B2:B5)</f>", 'topLeftCell="A2"', 'r="6" ht="33"', 'width="22'),
    ):
        assert drawn in sheet, drawn
    names = re.findall(r"<definedName [^>]*>([^<]*)<", made["xl/workbook.xml"])
    assert {"明细!$A$1:$D$7", "明细!$1:$1", "明细!$B$6", "旁!$A$1:$D$4"} <= set(names)
    drawing = made["xl/drawings/drawing1.xml"]
    assert sorted(re.findall(r"<xdr:from>.*?<xdr:row>(\d+)", drawing), key=int) == ["8", "11", "14"] and "截至6月30日，有数" in drawing
    assert "明细!$B$2:$B$5" in made["xl/charts/chart1.xml"]
    assert 'ref="A6"' in made["xl/comments1.xml"] and b"<x:Row>5</x:Row>" in parts(data)["xl/drawings/vmlDrawing1.vml"]
    cache, pivot = made["xl/pivotCache/pivotCacheDefinition1.xml"], made["xl/pivotTables/pivotTable1.xml"]
    assert 'ref="A1:B5"' in cache and 'refreshOnLoad="1"' in cache and 'ref="F11:G15"' in pivot
    styled = openpyxl.load_workbook(io.BytesIO(data))["明细"]
    assert {styled.cell(row, 2).number_format for row in range(2, 7)} == {'#,##0.00"元"'}
    assert all(styled.cell(row, 2).fill.fgColor.rgb == "FFFFFF00" for row in range(2, 7))


def test_parts_that_need_not_change_are_the_templates_byte_for_byte(workbook):
    before, after = parts(Path(workbook.path).read_bytes()), parts(workbook.fill(fs=ROWS, day="6月30日"))
    assert before.keys() == after.keys()
    same = {name for name in before if before[name] == after[name]}
    always = {"xl/theme/theme1.xml", "[Content_Types].xml", "xl/media/image1.png", "xl/_rels/workbook.xml.rels"}
    own = {"xl/worksheets/sheet2.xml", "xl/drawings/drawing2.xml", "xl/comments2.xml", "xl/drawings/vmlDrawing2.vml"}
    changed = {"xl/worksheets/sheet1.xml", "xl/drawings/drawing1.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}
    changed |= {"xl/styles.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "docProps/core.xml", "docProps/app.xml", *PIVOT}
    assert not changed & same
    assert always | own <= same
    assert before.keys() - same - changed <= {"xl/charts/chart1.xml", "xl/charts/chart2.xml"}


def test_a_pivot_that_counts_a_sheet_without_tags_is_not_touched(workbook):
    workbook.replaced("xl/pivotCache/pivotCacheDefinition1.xml", 'sheet="明细"', 'sheet="旁"')
    before, after = parts(Path(workbook.path).read_bytes()), parts(workbook.fill(fs=ROWS, day="6月30日"))
    name = "xl/pivotCache/pivotCacheDefinition1.xml"
    assert before[name] == after[name]


def test_small_charts_and_checks_of_a_sheet_without_tags_follow_the_rows_of_another(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    book.add_worksheet("明细").write_row(0, 0, ["{% for f in fs %}{{ f.name }}", "{{ f.amount }}{% endfor %}"])
    summary = book.add_worksheet("汇总")
    summary.add_sparkline("A1", {"range": "明细!B1:B1"})
    summary.data_validation("A2", {"validate": "list", "source": "=明细!$A$1:$A$1"})
    book.close()
    made = parts(Drawn(tmp_path / "book.xlsx").fill(fs=ROWS))["xl/worksheets/sheet2.xml"].decode()
    assert "<xm:f>明细!B1:B4</xm:f>" in made and "<formula1>明细!$A$1:$A$4</formula1>" in made


# Rows that are not there


def with_things_on_row_3(tmp_path, first, last):
    """A sheet whose row 3 stands between the rows of two tags and has one of everything that can be on a row."""
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = book.add_worksheet("明细")
    bold = book.add_format({"bold": True})
    sheet.write_column(0, 0, ["头", first, "甲", last, "尾"])
    sheet.write_url("C3", "https://example.com/", string="看")
    sheet.write_url("E3", "internal:明细!A1", string="回")
    sheet.conditional_format("B3", {"type": "cell", "criteria": ">", "value": 2, "format": bold})
    sheet.conditional_format("B3:B3", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("A3", {"validate": "list", "source": ["甲", "乙"]})
    sheet.data_validation("F3", {"validate": "list", "source": "=别处!$A$1:$A$2"})
    if "for" not in first:  # a small chart cannot repeat
        sheet.add_sparkline("G3", {"range": "别处!A1:A2"})
    sheet.write_comment("A3", "批注")
    sheet.ignore_errors({"number_stored_as_text": "B3"})
    sheet.unprotect_range("B3")
    sheet.protect()
    sheet.set_selection("A3:C3")
    sheet.write_url("B5", "https://example.org/", string="留")
    sheet.write_comment("B5", "留")
    book.add_worksheet("别处").write_column(0, 0, [1, 2])
    book.close()
    return Drawn(tmp_path / "book.xlsx")


TAGS = [pytest.param("{% if fs %}", "{% endif %}", id="a condition"), pytest.param("{% for f in fs %}", "{% endfor %}", id="a list")]


def test_what_is_on_a_row_goes_with_it(tmp_path):
    gone = with_things_on_row_3(tmp_path, "{% if fs %}", "{% endif %}").fill(fs=[])
    assert faults(gone) == []
    sheet = openpyxl.load_workbook(io.BytesIO(gone))["明细"]
    assert [row[0].value for row in sheet] == ["头", "尾"]
    assert [cell.coordinate for row in sheet for cell in row if cell.hyperlink] == ["B2"]
    assert [cell.coordinate for row in sheet for cell in row if cell.comment] == ["B2"]
    assert not sheet.conditional_formatting and not sheet.data_validations.dataValidation
    text = parts(gone)["xl/worksheets/sheet1.xml"].decode()
    assert not re.search("sparkline|x14:|protectedRange |ignoredError |REF", text)


@pytest.mark.parametrize(("first", "last"), TAGS)
def test_what_is_on_a_row_that_is_there_stays(tmp_path, first, last):
    made = with_things_on_row_3(tmp_path, first, last).fill(fs=ROWS[:1])
    assert faults(made) == []
    sheet = openpyxl.load_workbook(io.BytesIO(made))["明细"]
    assert [cell.coordinate for row in sheet for cell in row if cell.hyperlink] == ["C2", "E2", "B3"]
    assert [cell.coordinate for row in sheet for cell in row if cell.comment] == ["A2", "B3"]
    assert {str(area.sqref) for area in sheet.conditional_formatting} == {"B2"}
    assert [str(check.sqref) for check in sheet.data_validations.dataValidation] == ["A2", "F2"]
    text = parts(made)["xl/worksheets/sheet1.xml"].decode()
    kept = ["<xm:sqref>B2</xm:sqref>", 'sqref="B2"', *(["x14:sparkline>"] if "if" in first else [])]
    assert [word for word in kept if word not in text] == []
    for rows in ([], ROWS):  # a list of nothing leaves a blank row, with what is on it
        assert faults(with_things_on_row_3(tmp_path, first, last).fill(fs=rows)) == []


def test_a_table_of_which_nothing_is_left_is_a_fault_in_words(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = book.add_worksheet("明细")
    sheet.write_column(0, 0, ["头", "{% if fs %}", "", "甲", "{% endif %}", "尾"])
    sheet.add_table("A3:B4", {"columns": [{"header": "名"}, {"header": "额"}], "data": [["甲", 1]]})
    book.close()
    drawn = Drawn(tmp_path / "book.xlsx")
    assert faults(drawn.fill(fs=ROWS)) == []
    assert [fault.split("\n")[0] for fault in drawn.faults(fs=[])] == [
        "xl/tables/table1.xml: a table or pivot of the sheet '明细' stands on rows that are not there"
    ]


@pytest.mark.parametrize("cursor", ["A1", "A2", "A3", "A4", "A2:B4"])
def test_the_cursor_may_have_been_left_anywhere(book, cursor):
    drawn = book({"明细": [["头"], ["{% if fs %}"], ["甲"], ["{% endif %}"]]})
    drawn = drawn.replaced("xl/worksheets/sheet1.xml", 'sqref="A1"', f'sqref="{cursor}"').replaced(
        "xl/worksheets/sheet1.xml", 'activeCell="A1"', f'activeCell="{cursor[:2]}"'
    )
    for fs in ([], ROWS):
        assert faults(drawn.fill(fs=fs)) == []


# Pictures


def test_a_picture_in_a_cell_is_anchored_there_beside_what_is_drawn_already(workbook):
    path = workbook.path
    book = workbook.replaced("xl/sharedStrings.xml", ">明细合并<", ">{{ chart|picture(5) }}<")
    data = book.fill(fs=ROWS, day="6月30日", chart=png(30))
    drawn = openpyxl.load_workbook(io.BytesIO(data))["明细"]
    assert [(i.anchor._from.row, i.anchor._from.col) for i in drawn._images] == [(6, 0), (11, 3)]
    assert (drawn._images[0].anchor.ext.width, drawn._images[0].anchor.ext.height) == (1_800_000, 600_000)
    assert drawn["A7"].value is None and len(drawn._charts) == 1
    ids = re.findall(r'<xdr:cNvPr id="(\d+)"', parts(data)["xl/drawings/drawing1.xml"].decode())
    assert len(ids) == len(set(ids)) == 4
    assert parts(path.read_bytes())["xl/drawings/drawing2.xml"] == parts(data)["xl/drawings/drawing2.xml"]


def test_pictures_repeat_in_a_sheet_without_a_drawing_and_each_is_stored_once(book):
    drawn = book([["{% for f in fs %}{{ f.name }}", "{{ f.chart|picture(2.5) }}{% endfor %}"], ["尾"]])
    rows = [{"name": "甲", "chart": png()}, {"name": "乙", "chart": png(30)}, {"name": "丙", "chart": png()}]
    data = drawn.fill(fs=rows)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [(i.anchor._from.row, i.anchor._from.col) for i in sheet._images] == [(0, 1), (1, 1), (2, 1)]
    assert [row[0].value for row in sheet.iter_rows()] == ["甲", "乙", "丙", "尾"]
    made = parts(data)
    assert len([name for name in made if name.startswith("xl/media/")]) == 2 and b'Extension="png"' in made["[Content_Types].xml"]
    assert 'descr="f.chart"' in made["xl/drawings/officefill-sheet1.xml"].decode()
    assert drawn.fill(fs=rows) == data and not openpyxl.load_workbook(io.BytesIO(drawn.fill(fs=[]))).active._images


def test_a_picture_in_a_cell_stands_alone_and_is_a_picture(book):
    assert "alone in its cell" in book([["图{{ a|picture(5) }}"]]).faults()[0]
    assert "no PNG" in book([["{{ a|picture(5) }}"]]).faults(a=b"GIF89a")[0]
    assert "filter picture" in book([["{{ a }}"]]).faults(a=png())[0]


# Text boxes


def boxed(tmp_path, text):
    book = xlsxwriter.Workbook(str(tmp_path / "boxed.xlsx"))
    book.add_worksheet("表").insert_textbox("B2", text)
    book.close()
    return Drawn(tmp_path / "boxed.xlsx")


def test_a_workbook_with_tags_in_a_text_box_only_is_filled(tmp_path):
    drawn = boxed(tmp_path, "共{{ n }}户：{{ who }}")
    text = parts(drawn.fill(n=3, who="甲&乙<丙"))["xl/drawings/drawing1.xml"].decode()
    assert "共3户：甲&amp;乙&lt;丙" in text
    assert "unknown name" in drawn.faults(n=3)[0] and "text box" in drawn.faults(n=3)[0]


def test_faults_in_a_text_box_are_told_at_it(tmp_path):
    assert "no end" in boxed(tmp_path, "{% if a %}x").faults()[0]
    assert "several lines" in boxed(tmp_path, "{{ a }}").faults(a="一\n二")[0]
    assert "called" in boxed(tmp_path, "{{ a() }}").faults()[0]
