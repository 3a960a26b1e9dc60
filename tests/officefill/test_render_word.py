"""Word templates: values, loops, conditions, pictures, and what must not change."""

import io
import re
import zipfile
from datetime import date
from decimal import Decimal

import docx
import pytest
from docx.oxml import parse_xml
from drawing import FILTERS, WHO, png
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from officefill import open_template

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ODD = ["甲&乙", "A<B", "{{恒丰}}", "{% if x %}", "]]>", "&amp;", "«>»", "a'b\"c", "=1+1", "<w:p/>"]


def part(data: bytes, name: str = "word/document.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode("utf-8")


@pytest.mark.parametrize("odd", ODD)
def test_a_text_prints_as_it_is_in_body_table_header_and_footer(word, odd):
    def around(paper):
        paper.sections[0].header.paragraphs[0].text = "页眉{{ who }}"
        paper.sections[0].footer.paragraphs[0].text = "{{ who }}页脚"

    paper = word("客户{{ who }}。", [["{{ who }}", "{{ d.who }}"]], around).word(who=odd, d={"who": odd})
    assert paper.paragraphs[0].text == f"客户{odd}。"
    assert [cell.text for cell in paper.tables[0].rows[0].cells] == [odd, odd]
    assert paper.sections[0].header.paragraphs[0].text == f"页眉{odd}"
    assert paper.sections[0].footer.paragraphs[0].text == f"{odd}页脚"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1), st.integers(), st.lists(st.sampled_from(ODD), max_size=5))
def test_any_text_and_number_comes_back(word, text, number, rows):
    drawn = word("{{ text }}|{{ number }}", "{% for r in rows %}", "{{ r }}", "{% endfor %}")
    assert drawn.texts(text=text, number=number, rows=rows) == [f"{text}|{number}", *rows]


def test_line_ends_and_tabs_of_data_are_breaks_and_tabs(word):
    document = word("{{ a }}").fill(a="一\r\n二\t三\r四")
    assert docx.Document(io.BytesIO(document)).paragraphs[0].text == "一\n二\t三\n四"
    assert "<w:br/>" in part(document) and "<w:tab/>" in part(document)


def test_a_tag_split_over_runs_takes_the_form_of_the_run_it_begins_in(word):
    def split(paper):
        line = paper.add_paragraph()
        line.add_run("前 ")
        line.add_run("{").bold = True
        line.add_run("{ na").italic = True
        line._p.append(
            parse_xml('<w:proofErr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" w:type="spellStart"/>')
        )
        line.add_run("me }").underline = True
        line.add_run("} 后")

    runs = word(split).word(name="恒丰").paragraphs[0].runs
    assert [(run.text, run.bold, run.italic, run.underline) for run in runs] == [
        ("前 ", None, None, None),
        ("恒丰", True, None, None),
        (" 后", None, None, None),
    ]


def test_paragraphs_without_tags_keep_every_byte(word):
    drawn = word("不变 的 文字", "{{ a }}")
    before = part(drawn.path.read_bytes())
    untouched = re.search(r"<w:p>(?:(?!</w:p>).)*不变.*?</w:p>", before)[0]
    assert untouched in part(drawn.fill(a="x"))


def test_spaces_around_a_value_stay(word):
    assert word("a {{ b }} c").texts(b=" x ") == ["a  x  c"]


def test_a_tag_alone_in_its_paragraph_encloses_paragraphs_and_tables(word):
    drawn = word("{% for g in gs %}", "{{ loop.index }} {{ g.name }}", [["{{ g.name }}"]], "", "{% endfor %}", "完")
    paper = drawn.word(gs=[{"name": "甲"}, {"name": "乙"}])
    assert [p.text for p in paper.paragraphs] == ["1 甲", "", "2 乙", "", "完"]
    assert [t.cell(0, 0).text for t in paper.tables] == ["甲", "乙"]


def test_a_row_that_holds_only_a_tag_encloses_rows(word):
    drawn = word([["号", "名"], ["{% for f in fs %}", ""], ["{{ f.no }}", "{{ f.name }}"], ["", "{% endfor %}"], ["计", "{{ fs|length }}"]])
    assert drawn.rows(fs=[{"no": 1, "name": "甲"}, {"no": 2, "name": "乙"}]) == [["号", "名"], ["1", "甲"], ["2", "乙"], ["计", "2"]]


def test_a_row_that_begins_and_ends_with_a_loop_repeats(word):
    drawn = word([["{% for f in fs %}{{ f.no }}", "{{ f.name }}{% endfor %}"], ["尾", ""]])
    assert drawn.rows(fs=[{"no": 1, "name": "甲"}, {"no": 2, "name": "乙"}]) == [["1", "甲"], ["2", "乙"], ["尾", ""]]


def test_a_row_may_repeat_and_depend_at_once(word):
    drawn = word([["{% for f in fs %}{% if f.bad %}{{ f.no }}", "{{ f.no }}{% endif %}{% endfor %}"], ["尾", ""]])
    assert drawn.rows(fs=[{"no": 1, "bad": True}, {"no": 2, "bad": False}]) == [["1", "1"], ["尾", ""]]


def test_a_row_whose_condition_has_other_branches_is_a_line(word):
    drawn = word([["{% if a %}是{% else %}否{% endif %}"]])
    assert drawn.rows(a=False) == [["否"]]


def test_paragraph_tags_in_one_cell_repeat_its_paragraphs(word):
    def cell(paper):
        table = paper.add_table(1, 1)
        table.cell(0, 0).text = "{% for f in fs %}"
        table.cell(0, 0).add_paragraph("{{ f }}")
        table.cell(0, 0).add_paragraph("{% endfor %}")

    assert word(cell).rows(fs=["甲", "乙"]) == [["甲\n乙"]]
    assert word(cell).rows(fs=[]) == [[""]]


def test_inline_tags_over_runs_and_links_keep_their_forms(word):
    def line(paper):
        paragraph = paper.add_paragraph("共{% if n > 1 %}")
        paragraph.add_run("多{{ n }}").bold = True
        paragraph.add_run("{% elif n == 1 %}一")
        paragraph.add_run("{% else %}无{% endif %}户")

    assert [word(line).texts(n=n)[0] for n in (3, 1, 0)] == ["共多3户", "共一户", "共无户"]
    assert [run.text for run in word(line).word(n=3).paragraphs[0].runs if run.bold] == ["多3"]


def test_tags_after_breaks_and_tabs_of_one_run_work(word):
    drawn = word("头\n{% for x in xs %}{{ x }}\t{% endfor %}\n{% if a %}尾{% endif %}")
    assert drawn.texts(xs=["甲", "乙"], a=True) == ["头\n甲\t乙\t\n尾"]
    assert drawn.texts(xs=[], a=False) == ["头\n\n"]


def test_loops_in_tables_in_loops_of_loops(word):
    def table(paper):
        cells = paper.add_table(3, 2).rows
        cells[0].cells[0].text = "{% for u in units %}"
        cells[1].cells[0].text = "{% for c in u.customers %}{{ u.name }}"
        cells[1].cells[1].text = "{% for l in c.loans %}{{ c.name }}-{{ l }};{% endfor %}{% endfor %}"
        cells[2].cells[0].text = "{% endfor %}"

    units = [{"name": "一", "customers": [{"name": "甲", "loans": [1, 2]}, {"name": "乙", "loans": []}]}, {"name": "二", "customers": []}]
    assert word(table).rows(units=units) == [["一", "甲-1;甲-2;"], ["一", ""]]


def test_a_table_that_loses_all_rows_goes_and_a_cell_keeps_a_paragraph(word):
    drawn = word([["{% for f in fs %}{{ f }}", "{{ f }}{% endfor %}"]])
    assert drawn.word(fs=[]).tables == []
    cell = word(lambda paper: _cell_of_tags(paper)).word(a=False).tables[0].cell(0, 0)
    assert len(cell.paragraphs) == 1


def _cell_of_tags(paper):
    row = paper.add_table(1, 2).rows[0]
    row.cells[0].text, row.cells[1].text = "{% if a %}", "标"
    row.cells[0].add_paragraph("有")
    row.cells[0].add_paragraph("{% endif %}")


def test_two_tables_that_would_grow_together_are_a_fault(word):
    assert "grow together" in word("{% for g in gs %}", [["{{ g }}"]], "{% endfor %}").faults()[0]
    assert "grow together" in word([["a"]], "{% if g %}", [["{{ g }}"]], "{% endif %}").faults()[0]
    either = word("{% if g %}", [["甲{{ g }}"]], "{% else %}", [["乙"]], "{% endif %}")
    assert either.rows(g="") == [["乙"]]


def test_names_comparisons_and_tests(word):
    line = "{% if a in ['x', 'y'] and not b is none and r >= 0.2 and d.k.v != -1 %}真{% else %}假{% endif %}"
    assert word(line).texts(a="x", b=1, r=Decimal("0.2"), d={"k": {"v": 1}}) == ["真"]
    assert word(line).texts(a="x", b=1, r=Decimal("0.1999999999999999999"), d={"k": {"v": 1}}) == ["假"]


def test_loop_fields_and_join(word):
    line = "{% for x in xs %}{{ loop.index }}/{{ loop.length }}{{ x }}{% if not loop.last %}、{% endif %}{% endfor %}；{{ xs|join('，') }}"
    assert word(line).texts(xs=["甲", "乙"]) == ["1/2甲、2/2乙；甲，乙"]


def test_a_picture_is_stored_once_and_numbered_apart(word):
    drawn = word("{{ chart|picture(5) }}", "{% for c in charts %}", "{{ c|picture(2.5) }}", "{% endfor %}")
    document = drawn.fill(chart=png(), charts=[png(), png(30)])
    names = zipfile.ZipFile(io.BytesIO(document)).namelist()
    assert len([name for name in names if name.startswith("word/media/officefill")]) == 2
    ids = re.findall(r'<wp:docPr id="(\d+)"', part(document))
    assert len(ids) == len(set(ids)) == 3
    assert 'descr="chart"' in part(document)
    paper = docx.Document(io.BytesIO(document))
    first = paper.inline_shapes[0]
    assert (round(first.width.cm, 2), round(first.height.cm, 2)) == (5.0, 2.5)
    assert {shape._inline.graphic.graphicData.pic.blipFill.blip.embed for shape in paper.inline_shapes} <= set(paper.part.rels)


def test_a_picture_there_is_none_of_says_so(word):
    assert "there is no picture" in word("{{ a|picture(5) }}").faults(a=None)[0]


def test_pictures_that_are_none_or_too_large_are_refused(word):
    drawn = word("{{ a|picture(5) }}")
    assert "no PNG" in drawn.faults(a=b"GIF89a")[0]
    assert "60000" in drawn.faults(a=png(60000, 60000))[0]


def test_a_drawing_in_a_loop_gets_numbers_of_its_own(word):
    def pictured(paper):
        paper.add_paragraph("{% for x in xs %}")
        paper.add_paragraph().add_run().add_picture(io.BytesIO(png()))
        paper.add_paragraph("{% endfor %}")

    ids = re.findall(r'<wp:docPr id="(\d+)"', part(word(pictured).fill(xs=[1, 2, 3])))
    assert len(ids) == len(set(ids)) == 3


def test_bookmarks_in_a_loop_go_and_outside_stay(word):
    mark = '<w:bookmark{} xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" w:id="{}"{}/>'

    def bookmarked(paper):
        for number, text in enumerate(("外", "{% for x in xs %}", "内{{ x }}", "{% endfor %}")):
            line = paper.add_paragraph(text)
            if "{%" not in text:
                line._p.insert(0, parse_xml(mark.format("Start", number, f' w:name="m{number}"')))
                line._p.append(parse_xml(mark.format("End", number, "")))

    xml = part(word(bookmarked).fill(xs=[1, 2]))
    assert re.findall(r'bookmarkStart [^>]*w:name="(\w+)"', xml) == ["m0"] and xml.count("bookmarkEnd") == 1


def test_text_boxes_and_both_their_copies_are_filled(word):
    box = (
        '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml">'
        '<mc:AlternateContent><mc:Choice Requires="wps"><w:txbxContent><w:p><w:r><w:t>{{ a }}</w:t></w:r></w:p></w:txbxContent></mc:Choice>'
        "<mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>{{ a }}</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )

    def boxed(paper):
        paper.add_paragraph("正文{{ a }}")._p.append(parse_xml(box))

    xml = part(word(boxed).fill(a="甲"))
    assert xml.count("甲") == 3 and "{{" not in xml
    assert len(word(boxed).faults(b=1)) == 2


def test_only_what_is_filled_changes(word):
    drawn = word("无标记", [["a"]])
    document = drawn.fill()
    before, after = (zipfile.ZipFile(source) for source in (drawn.path, io.BytesIO(document)))
    assert before.namelist() == after.namelist()
    changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert changed == {"docProps/core.xml", "docProps/app.xml"}


def test_properties_are_those_of_the_paper(word):
    properties = word("x").word().core_properties
    assert (properties.author, properties.last_modified_by, properties.title, properties.revision) == (WHO.author, WHO.author, WHO.title, 1)
    assert properties.created.replace(tzinfo=None) == properties.modified.replace(tzinfo=None) == WHO.created
    assert "officefill" in part(word("x").fill(), "docProps/app.xml")


def test_a_table_of_contents_is_brought_up_to_date_on_opening(word):
    def with_contents(paper):
        line = paper.add_paragraph()
        space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        for inner in (
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText> TOC \\o "1-3" </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>目录</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        ):
            line._p.append(parse_xml(f"<w:r {space}>{inner}</w:r>"))

    assert "updateFields" in part(word(with_contents, "{{ a }}").fill(a="x"), "word/settings.xml")
    assert "updateFields" not in part(word("{{ a }}").fill(a="x"), "word/settings.xml")
    settings_xml = etree.fromstring(part(word(with_contents, "{{ a }}").fill(a="x"), "word/settings.xml").encode())
    order = [etree.QName(child).localname for child in settings_xml]
    assert order.index("updateFields") < order.index("compat")


def test_names_are_those_the_template_asks_for(word):
    drawn = word("{{ a }}{% for f in fs %}{{ f.b }}{{ c.d }}{% endfor %}")
    assert open_template(drawn.path, FILTERS).names == {"a", "fs", "c"}


def test_dates_need_a_filter_and_print_with_one(word):
    assert word("{{ d|date_cn }}").texts(d=date(2014, 6, 30)) == ["2014年6月30日"]
    assert "date without a form" in word("{{ d }}").faults(d=date(2014, 6, 30))[0]


def test_a_template_is_compiled_anew_when_its_file_changes_and_only_then(word):
    drawn = word("旧{{ a }}")
    assert open_template(drawn.path, FILTERS) is open_template(drawn.path, FILTERS)
    assert drawn.texts(a=1) == ["旧1"]
    assert word("新{{ a }}").texts(a=1) == ["新1"]


def test_filling_leaves_the_template_as_it_was(word):
    drawn = word("{{ a }}", "{{ p|picture(3) }}", [["{% for f in fs %}{{ f }}", "{% endfor %}"]])
    first = drawn.fill(a=1, p=png(), fs=[1, 2])
    drawn.fill(a=2, p=png(30), fs=[])
    assert drawn.fill(a=1, p=png(), fs=[1, 2]) == first
