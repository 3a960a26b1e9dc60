"""Charts people draw in Word and Excel: their series follow the data, their copies equal the cells, their words are filled."""

import io
import re
import zipfile
from decimal import Decimal

import docx
import openpyxl
import pytest
from chart_reading import C, cells_at, copies, drawn_text, parts_of
from drawing import FILTERS, SETTINGS, WHO, Drawn
from drawn_charts import DATA_LINK, chart_here, chart_xml, number_ref, runs, series, sheet_bytes, text_ref, with_charts
from lxml import etree
from officefill import open_template
from openpyxl.chart import BarChart, Reference
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table

UNITS = [
    {"name": "甲&乙支行", "ratio": Decimal("0.7667"), "before": Decimal("0.5")},
    {"name": "市场一部", "ratio": None, "before": Decimal("0.25")},
    {"name": "城东支行", "ratio": Decimal(0), "before": None},
]
DATA = [
    ["经营行", "本期", "上期"],
    ["{% for u in units %}{{ u.name }}", "{{ u.ratio }}", "{{ u.before }}{% endfor %}"],
]
PLAIN = [["经营行", "本期", "上期"], ["甲", 1, 2]]
TWO = (series("Sheet1!$B$1", "Sheet1!$A$2", "Sheet1!$B$2"), series("Sheet1!$C$1", "Sheet1!$A$2:$A$2", "Sheet1!$C$2:$C$2"))
SETTLED = tuple(one.replace("{{ stale }}", "本期").replace("{{ u.name }}", "甲") for one in TWO)
CHART, SHEET = "word/charts/chart1.xml", "word/embeddings/sheet1.xlsx"


def paper_with(word, xml, data, *before):
    return with_charts(word(*before, chart_here()), (xml, data))


@pytest.fixture
def columns(word) -> Drawn:
    """A paper with clustered columns: this period and the one before, by unit."""
    return paper_with(word, chart_xml(*TWO, tail=DATA_LINK), sheet_bytes(DATA, {"B": "0.00%"}), "{{ title }}")


# Word


def test_series_and_copies_follow_the_data_sheet(columns):
    parts = parts_of(columns.fill(title="报告", units=UNITS))
    found = copies(parts[CHART])
    assert [formula for formula, _ in found] == [
        *("Sheet1!$B$1", "Sheet1!$A$2:$A$4", "Sheet1!$B$2:$B$4"),
        *("Sheet1!$C$1", "Sheet1!$A$2:$A$4", "Sheet1!$C$2:$C$4"),
    ]
    for formula, points in found:
        assert points == cells_at(parts[SHEET], formula)
    assert found[1][1] == ["甲&乙支行", "市场一部", "城东支行"]


def test_an_undefined_value_is_a_gap_and_a_blank_cell_but_zero_is_zero(columns):
    parts = parts_of(columns.fill(title="报告", units=UNITS))
    assert copies(parts[CHART])[2][1] == ["0.7667", None, "0"]
    sheet = openpyxl.load_workbook(io.BytesIO(parts[SHEET]))["Sheet1"]
    assert [cell.value for cell in sheet["B"]] == ["本期", 0.7667, None, 0]


def test_a_copy_of_numbers_has_the_number_format_of_its_cells(columns):
    chart = etree.fromstring(parts_of(columns.fill(title="报告", units=UNITS))[CHART])
    assert [node.text for node in chart.iter(f"{{{C}}}formatCode")] == ["0.00%", "General"]


def test_a_chart_over_an_empty_list_has_no_points(columns):
    parts = parts_of(columns.fill(title="报告", units=[]))
    assert copies(parts[CHART])[1:3] == [("Sheet1!$A$2", [None]), ("Sheet1!$B$2", [None])]
    assert b"{{" not in parts[CHART]


def test_words_of_a_chart_are_filled_however_they_are_split(word):
    xml = chart_xml(*SETTLED, title=runs("{{ per", "iod }", "}{% if all %}全行{% else %}{{ unit }}{% endif %}对比"))
    drawn = paper_with(word, xml, sheet_bytes(PLAIN))
    assert drawn_text(parts_of(drawn.fill(period="2014年<二>季度", all=False, unit="甲&乙"))[CHART]) == "2014年<二>季度甲&乙对比"
    assert drawn_text(parts_of(drawn.fill(period="一", all=True, unit="甲"))[CHART]) == "一全行对比"


def test_only_words_are_filled_where_the_data_sheet_has_no_tags(word):
    data = sheet_bytes(PLAIN)
    parts = parts_of(paper_with(word, chart_xml(*SETTLED, title=runs("{{ period }}")), data).fill(period="二季度"))
    assert parts[SHEET] == data
    assert copies(parts[CHART])[2] == ("Sheet1!$B$2", ["0"])


def test_a_name_typed_into_a_series_is_filled(word):
    typed = series("X", "Sheet1!$A$2", "Sheet1!$B$2").replace(text_ref("X", "{{ stale }}"), "<c:v>{{ period }}</c:v>")
    chart = parts_of(paper_with(word, chart_xml(typed), sheet_bytes(DATA)).fill(period="二季度", units=UNITS))[CHART]
    assert b"<c:tx><c:v>\xe4\xba\x8c" in chart


def test_a_chart_without_tags_stays_byte_for_byte(word):
    xml, data = chart_xml(*SETTLED, tail=DATA_LINK), sheet_bytes(PLAIN)
    parts = parts_of(paper_with(word, xml, data, "{{ title }}").fill(title="报告"))
    assert (parts[CHART], parts[SHEET]) == (xml.encode(), data)


def test_forms_of_points_labels_and_trends_stay_as_drawn(word):
    drawn_on = '<c:dPt><c:idx val="1"/><c:bubble3D val="0"/></c:dPt><c:dLbls><c:showVal val="1"/></c:dLbls><c:trendline><c:trendlineType val="linear"/></c:trendline>'
    xml = chart_xml(series("Sheet1!$B$1", "Sheet1!$A$2", "Sheet1!$B$2", drawn_on))
    assert drawn_on.encode() in parts_of(paper_with(word, xml, sheet_bytes(DATA)).fill(units=UNITS))[CHART]


def test_error_bars_and_labels_from_cells_follow_too(word):
    bars = f'<c:errBars><c:errBarType val="both"/><c:plus>{number_ref("Sheet1!$C$2", "1")}</c:plus></c:errBars>'
    labels = (
        '<c:extLst><c:ext uri="{02D57815-91ED-43cb-92C2-25804820EDAC}" xmlns:c15="http://schemas.microsoft.com/office/drawing/2012/chart">'
        '<c15:datalabelsRange><c15:f>Sheet1!$A$2</c15:f><c15:dlblRangeCache><c:ptCount val="1"/></c15:dlblRangeCache></c15:datalabelsRange>'
        "</c:ext></c:extLst>"
    )
    xml = chart_xml(series("Sheet1!$B$1", "Sheet1!$A$2", "Sheet1!$B$2", bars).replace("</c:ser>", labels + "</c:ser>"))
    chart = parts_of(paper_with(word, xml, sheet_bytes(DATA)).fill(units=UNITS))[CHART]
    assert ("Sheet1!$C$2:$C$4", ["0.5", "0.25", None]) in copies(chart)
    assert b'<c15:f>Sheet1!$A$2:$A$4</c15:f><c15:dlblRangeCache><c:ptCount val="3"/>' in chart


def test_categories_of_two_levels_are_copied_level_by_level(word):
    data = [["类", "行", "数"], ["{% for u in units %}{{ u.kind }}", "{{ u.name }}", "{{ u.n }}{% endfor %}"]]
    levels = "<c:multiLvlStrRef><c:f>Sheet1!$A$2:$B$2</c:f></c:multiLvlStrRef>"
    xml = chart_xml(series("Sheet1!$C$1", "X", "Sheet1!$C$2").replace(text_ref("X", "{{ u.name }}"), levels))
    units = [{"kind": "城区", "name": "甲", "n": 1}, {"kind": "", "name": "乙", "n": 2}, {"kind": "县域", "name": "丙", "n": 3}]
    chart = etree.fromstring(parts_of(paper_with(word, xml, sheet_bytes(data)).fill(units=units))[CHART])
    assert [[v.text for v in level.iter(f"{{{C}}}v")] for level in chart.iter(f"{{{C}}}lvl")] == [["甲", "乙", "丙"], ["城区", "县域"]]
    assert chart.find(f".//{{{C}}}multiLvlStrCache/{{{C}}}ptCount").get("val") == "3"


def test_categories_that_turn_out_to_be_numbers_are_numbers(word):
    drawn = paper_with(word, chart_xml(TWO[0]), sheet_bytes([["年", "数"], ["{% for u in units %}{{ u.year }}", "{{ u.n }}{% endfor %}"]]))
    chart = parts_of(drawn.fill(units=[{"year": 2013, "n": 1}, {"year": 2014, "n": 2}]))[CHART]
    assert re.search(rb"<c:cat><c:numRef>.*</c:numCache></c:numRef></c:cat>", chart)
    assert copies(chart)[1] == ("Sheet1!$A$2:$A$3", ["2013", "2014"])


def test_the_table_office_puts_into_a_data_sheet_may_have_tags_in_its_head(word):
    def table(book):
        book["Sheet1"].add_table(Table(displayName="表1", ref="A1:C2"))

    rows = [["经营行", "{{ period }}", "{{ last }}"], DATA[1]]
    parts = parts_of(paper_with(word, chart_xml(*TWO), sheet_bytes(rows, more=table)).fill(period="本季", last="上季", units=UNITS))
    assert copies(parts[CHART])[0] == ("Sheet1!$B$1", ["本季"])
    assert not openpyxl.load_workbook(io.BytesIO(parts[SHEET]))["Sheet1"].tables


def test_each_of_two_charts_has_its_own_data(word):
    xml, data = chart_xml(TWO[0], tail=DATA_LINK), sheet_bytes(DATA)
    other = sheet_bytes([["名", "数"], ["{% for x in others %}{{ x }}", "{{ loop.index }}{% endfor %}"]])
    parts = parts_of(with_charts(word(chart_here(1), chart_here(2)), (xml, data), (xml, other)).fill(units=UNITS, others=["子", "丑"]))
    assert copies(parts[CHART])[1][1] == ["甲&乙支行", "市场一部", "城东支行"]
    assert copies(parts["word/charts/chart2.xml"])[1:] == [("Sheet1!$A$2:$A$3", ["子", "丑"]), ("Sheet1!$B$2:$B$3", ["1", "2"])]


# Loops and conditions


LOOP = [["类", "{{ u.name }}"], ["{% for c in u.classes %}{{ c.name }}", "{{ c.n }}{% endfor %}"]]
BY_UNIT = [{"name": name, "classes": [{"name": "正常", "n": n}, {"name": "关注", "n": n * 2}]} for n, name in enumerate("甲乙丙", 1)]


def in_loop(word) -> Drawn:
    drawn = word("{% for u in units %}", "{{ u.name }}", chart_here(), "{% endfor %}")
    return with_charts(drawn, (chart_xml(TWO[0], title=runs("{{ u.name }}{{ period }}"), tail=DATA_LINK), sheet_bytes(LOOP)))


def charts_in_order(data: bytes) -> list[str]:
    """Parts of the charts of a paper in the order they are drawn."""
    paper = docx.Document(io.BytesIO(data))
    return [
        str(paper.part.rels[node.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id")].target_part.partname)[1:]
        for node in paper.element.body.iter(f"{{{C}}}chart")
    ]


def test_a_chart_in_a_loop_is_drawn_with_the_data_of_each_time_round(word):
    data = in_loop(word).fill(units=BY_UNIT, period="二季度")
    parts = parts_of(data)
    names = charts_in_order(data)
    assert names == [CHART, "word/charts/chart1-2.xml", "word/charts/chart1-3.xml"]
    for number, (name, unit) in enumerate(zip(names, "甲乙丙", strict=True), 1):
        assert drawn_text(parts[name]) == f"{unit}二季度"
        sheet = parts[SHEET.replace(".xlsx", f"-{number}.xlsx" if number > 1 else ".xlsx")]
        for formula, points in copies(parts[name]):
            assert points == cells_at(sheet, formula)
        assert copies(parts[name])[2] == ("Sheet1!$B$2:$B$3", [str(number), str(number * 2)])
    assert b'PartName="/word/charts/chart1-3.xml"' in parts["[Content_Types].xml"]
    assert b"sheet1-2.xlsx" in parts["word/charts/_rels/chart1-2.xml.rels"]


def test_a_chart_that_is_drawn_nowhere_leaves_nothing_behind(word):
    data = in_loop(word).fill(units=[], period="二季度")
    assert not [name for name in parts_of(data) if "chart" in name or "sheet" in name]
    assert b"chart1" not in parts_of(data)["[Content_Types].xml"] + parts_of(data)["word/_rels/document.xml.rels"]


def test_a_chart_under_a_condition_is_drawn_or_not(word):
    drawn = with_charts(word("{% if yes %}", chart_here(), "{% endif %}"), (chart_xml(TWO[0]), sheet_bytes(DATA)))
    assert charts_in_order(drawn.fill(yes=True, units=UNITS)) == [CHART]
    assert charts_in_order(drawn.fill(yes=False, units=UNITS)) == []


def test_names_asked_for_in_a_chart_are_names_of_the_template(word):
    drawn = in_loop(word)
    assert open_template(drawn.path, FILTERS).names == {"units", "period"}


# Faults


def test_unknown_names_are_told_with_the_cell_or_the_words_of_the_chart(word):
    drawn = in_loop(word).replaced(CHART, "{{ period }}", "{{ u.nam }}").with_parts({SHEET: sheet_bytes([["类", "{{ u.nme }}"], LOOP[1]])})
    faults = drawn.faults(units=BY_UNIT, period="")
    assert faults == [
        "body.docx, chart 1, Sheet1!B1 “{{ u.nme }}”: unknown name 'u.nme'\n  → did you mean 'name'?",
        "body.docx, chart 1 “{{ u.name }}{{ u.nam…”: unknown name 'u.nam'\n  → did you mean 'name'?",
    ]


def test_faults_of_tags_in_a_chart_are_told_at_their_place(word):
    xml = chart_xml(*TWO, title=runs("{% if a %}甲"))
    faults = paper_with(word, xml, sheet_bytes([["名", "{{ a|no_filter }}"], DATA[1]])).faults()
    assert [fault.partition("\n")[0] for fault in faults] == [
        "body.docx, chart 1, Sheet1!B1 “{{ a|no_filter }}”: unknown filter 'no_filter'",
        "body.docx, chart 1 “{% if a %}甲”: {% if a %} has no end",
    ]


def test_a_text_among_the_values_is_refused_since_it_would_be_drawn_as_nought(word):
    drawn = paper_with(
        word, chart_xml(TWO[0]), sheet_bytes([["名", "数"], ["{% for u in units %}{{ u.name }}", "{{ u.ratio|percent }}{% endfor %}"]])
    )
    (first, *_) = drawn.faults(units=UNITS)
    assert first.startswith("body.docx, chart 1: the chart would draw the text '76.67%' in Sheet1!B2 as 0")


def test_a_formula_of_unknown_value_is_refused_in_a_paper(word):
    drawn = paper_with(word, chart_xml(TWO[0]), sheet_bytes([["名", "数"], ["{% for u in units %}{{ u.name }}", "=1+1", "{% endfor %}"]]))
    assert "the chart reads Sheet1!B2, and what its formula gives is not known" in drawn.faults(units=UNITS)[0]


def test_a_series_that_is_no_range_is_refused_in_a_paper(word):
    drawn = paper_with(word, chart_xml(*TWO).replace("Sheet1!$B$2", "Sheet1!数据"), sheet_bytes(DATA))
    assert "the chart reads Sheet1!数据, which is no range of its data sheet" in drawn.faults(units=UNITS)[0]


def test_a_data_sheet_with_a_danger_is_refused(word):
    data = sheet_bytes([['=WEBSERVICE("http://x")']])
    assert "reaches out of the workbook" in paper_with(word, chart_xml(*TWO), data).faults()[0]


def test_a_chart_of_the_newer_kind_is_left_alone_and_refused_with_tags(word):
    def newer(title):
        return (
            '<cx:chartSpace xmlns:cx="http://schemas.microsoft.com/office/drawing/2014/chartex"'
            ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><cx:chart><cx:title><cx:tx><cx:rich><a:p>'
            f"<a:r><a:t>{title}</a:t></a:r></a:p></cx:rich></cx:tx></cx:title></cx:chart></cx:chartSpace>"
        )

    plain = with_charts(word("{{ a }}", chart_here()), (newer("瀑布"), sheet_bytes([["甲", 1]])))
    assert parts_of(plain.fill(a="甲"))[CHART] == newer("瀑布").encode()
    tagged = with_charts(word(chart_here()), (newer("{{ a }}"), None))
    assert "a chart of this newer kind is not filled" in tagged.faults()[0]
    in_sheet = with_charts(word(chart_here()), (newer("瀑布"), sheet_bytes(DATA)))
    assert "a chart of this newer kind is not filled" in in_sheet.faults()[0]


def test_a_data_sheet_of_another_kind_is_left_alone_unless_its_copies_show_tags(word):
    xml = chart_xml(*SETTLED, tail=DATA_LINK)
    assert parts_of(paper_with(word, xml, b"\xd0\xcf\x11\xe0 old", "{{ a }}").fill(a="甲"))[SHEET] == b"\xd0\xcf\x11\xe0 old"
    (fault,) = paper_with(word, chart_xml(*TWO), b"\xd0\xcf\x11\xe0 old").faults()
    assert "a tag in word/charts/chart1.xml is not filled" in fault


# Excel


def with_bars(book, rows, last, title=None, sheet="图"):
    """A workbook with columns drawn over B1:Cn of its sheet."""

    def draw(paper):
        chart = BarChart()
        chart.title = title
        chart.add_data(Reference(paper[sheet], min_col=2, min_row=1, max_row=last, max_col=3), titles_from_data=True)
        chart.set_categories(Reference(paper[sheet], min_col=1, min_row=2, max_row=last))
        paper[sheet].add_chart(chart, "F2")

    return book(rows, draw)


GAPS = [DATA[0], [DATA[1][0], "{{ u.ratio|or_gap }}", "{{ u.before|or_gap }}{% endfor %}"]]


def test_copies_of_a_chart_in_a_workbook_equal_its_cells(book):
    data = with_bars(book, {"图": GAPS}, 2, title="{{ period }}").fill(units=UNITS, period="二季度")
    chart = parts_of(data)["xl/charts/chart1.xml"]
    found = copies(chart)
    assert [formula for formula, _ in found[:3]] == ["'图'!B1", "'图'!$A$2:$A$4", "'图'!$B$2:$B$4"]
    for formula, points in found:
        assert points == cells_at(data, formula.replace("'", ""))
    assert found[2][1] == ["0.7667", None, "0"] and drawn_text(chart) == "二季度"


def test_known_values_of_formulas_are_copied_and_unknown_ones_left_out(book):
    rows = [DATA[0], [DATA[1][0], "{{ u.before|or_gap|formula('1/2') }}", "=B2*2", "{% endfor %}"]]
    found = copies(parts_of(with_bars(book, {"图": rows}, 2).fill(units=UNITS))["xl/charts/chart1.xml"])
    assert found[2][1] == ["0.5", "0.25", None] and found[-1][1] == [None, None, None]


def test_an_undefined_value_drawn_as_a_text_is_refused_in_a_workbook(book):
    rows = [DATA[0], [DATA[1][0], "{{ u.ratio|formula('1/2') }}", "{{ u.before|or_gap }}{% endfor %}"]]
    (fault,) = with_bars(book, {"图": rows}, 2).faults(units=UNITS)
    assert fault.startswith("book.xlsx, chart 1: the chart would draw the text '不适用' in 图!B3 as 0")


def test_a_chart_over_sheets_that_do_not_change_stays_byte_for_byte(book):
    drawn = with_bars(book, {"图": PLAIN, "名": [["{{ title }}"]]}, 2)
    before = zipfile.ZipFile(drawn.path).read("xl/charts/chart1.xml")
    assert parts_of(drawn.fill(title="报告"))["xl/charts/chart1.xml"] == before


def test_words_of_a_chart_are_filled_in_a_workbook_without_other_tags(book):
    drawn = with_bars(book, {"图": PLAIN}, 2, title="{{ period }}")
    parts = parts_of(drawn.fill(period="二季度"))
    assert drawn_text(parts["xl/charts/chart1.xml"]) == "二季度"
    assert "unknown name 'period'" in drawn.faults(title="")[0]


def test_links_to_cells_follow_their_rows(book):
    def link(paper):
        paper["汇总"]["A1"].hyperlink = Hyperlink(ref="A1", location="明细!B2:B2")

    sheets = {"汇总": [["总额"]], "明细": [["号", "额"], ["{% for u in units %}{{ u.name }}", "{{ u.before|or_gap }}{% endfor %}"], ["计"]]}
    sheet = book(sheets, link).book(units=UNITS)["汇总"]
    assert sheet["A1"].hyperlink.location == "明细!B2:B4"


def test_a_link_out_of_the_workbook_is_no_link_to_cells(book):
    def link(paper):
        paper["汇总"]["A1"].hyperlink = "https://example.com/a"
        paper["汇总"]["A1"].hyperlink.location = "B2"

    sheets = {"汇总": [["总额"], ["{% for u in units %}{{ u.name }}{% endfor %}"]]}
    assert book(sheets, link).book(units=UNITS)["汇总"]["A1"].hyperlink.location == "B2"


def test_a_chart_of_the_newer_kind_in_a_workbook_follows_its_rows(book):
    newer = (
        '<cx:chartSpace xmlns:cx="http://schemas.microsoft.com/office/drawing/2014/chartex"><cx:chartData><cx:data id="0"><cx:numDim type="val">'
        '<cx:f>图!$B$2:$B$2</cx:f><cx:lvl ptCount="1"><cx:pt idx="0">0</cx:pt></cx:lvl></cx:numDim></cx:data></cx:chartData></cx:chartSpace>'
    )
    drawn = book({"图": GAPS}).with_parts({"xl/charts/chartEx1.xml": newer.encode()})
    chart = parts_of(drawn.fill(units=UNITS))["xl/charts/chartEx1.xml"].decode()
    assert "<cx:f>图!$B$2:$B$4</cx:f></cx:numDim>" in chart


# The same everywhere, and opened by an office program


def test_the_same_input_gives_the_same_bytes(columns):
    assert columns.fill(title="报告", units=UNITS) == open_template(columns.path, dict(FILTERS), SETTINGS).render(
        {"title": "报告", "units": UNITS}, WHO
    )


def test_libreoffice_draws_the_bars_of_a_filled_chart(columns, converted, tmp_path):
    (tmp_path / "filled.docx").write_bytes(columns.fill(title="报告", units=UNITS))
    (out,) = converted("odt", tmp_path / "out", tmp_path / "filled.docx")
    objects = [name for name in zipfile.ZipFile(out).namelist() if name.endswith("content.xml") and "Object" in name]
    (chart,) = (zipfile.ZipFile(out).read(name).decode() for name in objects)
    assert "甲&amp;乙支行" in chart and "0.7667" in chart and chart.count("<chart:series ") == 2
