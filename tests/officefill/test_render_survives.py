"""What people draw around the tags is still there, whole and in its place, when the paper is filled."""

import io
import re
import zipfile

import docx
import pytest
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from drawing import png


def part(data, name="word/document.xml"):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode("utf-8")


def merges(table):
    """For each row, the text of its cells; ^ where a cell is a part of the one above."""
    found = []
    for row in table.rows:
        texts = []
        for cell in row._tr.tc_lst:
            merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            goes_on = merged is not None and merged.get(qn("w:val")) != "restart"
            texts.append("^" * goes_on + "".join(t.text for t in cell.iter(qn("w:t"))) + "v" * (merged is not None and not goes_on))
        found.append(texts)
    return found


def merged_table(rows, first, last, column=0):
    """Draws a table in which the cells of one column are merged from one row down to another."""

    def draw(paper):
        table = paper.add_table(len(rows), len(rows[0]))
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        text = table.cell(first, column).text
        table.cell(first, column).merge(table.cell(last, column)).text = text

    return draw


GROUPS = [
    {"name": "城东", "sum": 3, "loans": ["甲", "乙"]},
    {"name": "城西", "sum": 0, "loans": []},
    {"name": "城南", "sum": 1, "loans": ["丙"]},
]


def test_a_group_cell_is_one_cell_over_its_rows_and_subtotal(word):
    rows = [
        ["{% for g in gs %}", ""],
        ["{% for l in g.loans %}{{ g.name }}", "{{ l }}{% endfor %}"],
        ["", "小计{{ g.sum }}"],
        ["{% endfor %}", ""],
    ]
    table = word(merged_table(rows, 1, 2)).word(gs=GROUPS).tables[0]
    assert merges(table) == [["城东v", "甲"], ["^", "乙"], ["^", "小计3"], ["城西v", "小计0"], ["城南v", "丙"], ["^", "小计1"]]


def test_a_group_cell_drawn_down_to_the_end_of_its_group_needs_no_subtotal(word):
    rows = [["{% for g in gs %}", ""], ["{% for l in g.loans %}{{ g.name }}", "{{ l }}{% endfor %}"], ["", "{% endfor %}"], ["计", ""]]
    table = word(merged_table(rows, 1, 2)).word(gs=GROUPS).tables[0]
    assert merges(table) == [["城东v", "甲"], ["^", "乙"], ["城南v", "丙"], ["计", ""]]


def test_a_merged_cell_whose_rows_repeat_together_is_one_each_time(word):
    rows = [["{% for g in gs %}", ""], ["{{ g.name }}", "额"], ["", "{{ g.sum }}"], ["{% endfor %}", ""]]
    table = word(merged_table(rows, 1, 2)).word(gs=GROUPS[:2]).tables[0]
    assert merges(table) == [["城东v", "额"], ["^", "3"], ["城西v", "额"], ["^", "0"]]


def test_a_merged_cell_that_begins_above_a_loop_goes_over_all_of_it(word):
    rows = [["支行", "头"], ["{% for l in ls %}", "{{ l }}{% endfor %}"]]

    def side(paper):
        merged_table(rows, 0, 1, 0)(paper)

    def beside(paper):
        table = paper.add_table(2, 3)
        for cell, text in zip(table.rows[0].cells, ["{{ a }}", "头", ""], strict=True):
            cell.text = text
        table.cell(1, 1).text, table.cell(1, 2).text = "{% for l in ls %}{{ l }}", "{% endfor %}"
        table.cell(0, 0).merge(table.cell(1, 0))

    assert merges(word(beside).word(a="支行", ls=[1, 2, 3]).tables[0]) == [
        ["支行v", "头", ""], ["^", "1", ""], ["^", "2", ""], ["^", "3", ""],
    ]  # fmt: skip


def test_a_merged_cell_whose_first_row_is_left_out_begins_in_the_next(word):
    rows = [["头", "头"], ["{% if a %}甲", "1{% endif %}"], ["", "2"], ["", "3"]]
    drawn = word(merged_table(rows, 1, 3))
    assert merges(drawn.word(a=True).tables[0]) == [["头", "头"], ["甲v", "1"], ["^", "2"], ["^", "3"]]
    assert merges(drawn.word(a=False).tables[0]) == [["头", "头"], ["甲v", "2"], ["^", "3"]]


def test_a_merged_cell_drawn_over_the_rows_of_tags_begins_with_the_first_row_left(word):
    rows = [["", "{% for l in ls %}"], ["", "{{ l }}"], ["", "{% endfor %}"], ["", "尾"]]
    table = word(merged_table(rows, 0, 3)).word(ls=[1, 2]).tables[0]
    assert merges(table) == [["v", "1"], ["^", "2"], ["^", "尾"]]


def test_a_group_cell_that_speaks_of_its_rows_stays_blank_where_there_are_none(word):
    rows = [["{% for l in g.loans %}{{ l }}", "{{ l }}{% endfor %}"], ["", "小计"]]
    drawn = word(merged_table(rows, 0, 1))
    assert merges(drawn.word(g=GROUPS[0]).tables[0]) == [["甲v", "甲"], ["^", "乙"], ["^", "小计"]]
    assert merges(drawn.word(g=GROUPS[1]).tables[0]) == [["v", "小计"]]


# Fields: captions, contents, references


SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def field(paragraph, code, shown):
    """Adds a field as Word writes it, with the text it showed last."""
    for inner in (
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve"> {code} </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        f"<w:t>{shown}</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    ):
        paragraph._p.append(parse_xml(f"<w:r {SPACE}>{inner}</w:r>"))


def captions(*codes):
    def draw(paper):
        for number, code in enumerate(codes):
            paper.add_paragraph("{% for x in xs %}" if number == 1 else "")
            line = paper.add_paragraph("表 ")
            field(line, code, "1")
            line.add_run(" {{ a }}")
            paper.add_paragraph("{% endfor %}" if number == 1 else "")

    return draw


def test_captions_are_numbered_in_the_order_of_the_paper(word):
    codes = ["SEQ 表 \\* ARABIC", "SEQ 表 \\* ARABIC", "SEQ 表 \\* ARABIC \\* MERGEFORMAT"]
    drawn = word(captions(*codes))
    assert [t for t in drawn.texts(a="额", xs=[1, 2, 3]) if t] == [f"表 {n} 额" for n in range(1, 6)]
    assert [t for t in drawn.texts(a="额", xs=[]) if t] == ["表 1 额", "表 2 额"]
    assert "updateFields" not in part(drawn.fill(a="额", xs=[1]), "word/settings.xml")


def test_captions_count_by_name_again_and_from_a_number(word):
    codes = ["SEQ 图", "SEQ 表", "SEQ 图 \\c", "SEQ 图 \\r 7", "SEQ 图", "SEQ 图 \\n", "SEQ  FIG", "SEQ fig"]
    assert [t for t in word(captions(*codes)).texts(a="x", xs=[1, 2]) if t] == [f"表 {n} x" for n in (1, 1, 2, 1, 7, 8, 9, 1, 2)]


def test_a_caption_of_a_form_only_word_writes_is_left_to_word(word):
    drawn = word(captions("SEQ 表 \\* CHINESENUM3", "SEQ 表 \\s 1"))
    data = drawn.fill(a="额", xs=[1, 2])
    assert "updateFields" in part(data, "word/settings.xml") and [t for t in drawn.texts(a="x", xs=[1, 2]) if t] == ["表 1 x"] * 3


@pytest.mark.parametrize("code", ["PAGEREF _Ref1 \\h", "REF _Ref1 \\h", "NUMPAGES", 'TOC \\c "表"'])
def test_what_only_word_can_count_is_brought_up_to_date_on_opening(word, code):
    data = word("{{ a }}", lambda paper: field(paper.add_paragraph(), code, "1")).fill(a="x")
    assert "updateFields" in part(data, "word/settings.xml")


def test_pages_in_headers_and_footers_are_seen_to_by_word_itself(word):
    data = word("{{ a }}", lambda paper: field(paper.sections[0].footer.paragraphs[0], "PAGE", "1")).fill(a="x")
    assert "updateFields" not in part(data, "word/settings.xml") and " PAGE " in part(data, "word/footer1.xml")


def test_a_reference_to_a_place_in_a_loop_is_told(word):
    def referred(paper):
        paper.add_paragraph("{% for x in xs %}")
        line = paper.add_paragraph("表{{ x }}")
        line._p.insert(0, parse_xml(f'<w:bookmarkStart {SPACE} w:id="1" w:name="_Ref1"/>'))
        line._p.append(parse_xml(f'<w:bookmarkEnd {SPACE} w:id="1"/>'))
        paper.add_paragraph("{% endfor %}")
        field(paper.add_paragraph("见"), "REF _Ref1 \\h", "表1")

    assert "REF _Ref1" in word(referred).faults()[0]


# Sections


def annexes(tag_in_break):
    """A portrait text, a landscape annex for each unit, and a portrait end; each section with a header of its own."""

    def draw(paper):
        paper.add_paragraph("正文{{ a }}")
        if not tag_in_break:
            paper.add_paragraph("")
        first = paper.sections[0]
        first.header.paragraphs[0].text = "页眉{{ a }}"
        if tag_in_break:
            paper.add_paragraph("{% for u in us %}")
        annex = paper.add_section(WD_SECTION.NEW_PAGE)
        annex.orientation, annex.page_width, annex.page_height = WD_ORIENT.LANDSCAPE, first.page_height, first.page_width
        annex.header.is_linked_to_previous = False
        annex.header.paragraphs[0].text = "附件{{ a }}"
        if not tag_in_break:
            paper.add_paragraph("{% for u in us %}")
        paper.add_paragraph("附件：{{ u }}")
        end = paper.add_section(WD_SECTION.NEW_PAGE)
        end.orientation, end.page_width, end.page_height = WD_ORIENT.PORTRAIT, first.page_width, first.page_height
        paper.add_paragraph("{% endfor %}")
        paper.add_paragraph("尾")

    return draw


@pytest.mark.parametrize("tag_in_break", [False, True])
def test_a_landscape_section_repeats_with_its_header(word, tag_in_break):
    def in_break(paper):
        annexes(tag_in_break)(paper)
        if tag_in_break:  # Word keeps a break in the last paragraph of a section, which may be that of the tag
            tag = next(p for p in paper.paragraphs if "{% for" in p.text)._p
            following = tag.getnext()
            tag.insert(0, following.find(qn("w:pPr")))
            following.getparent().remove(following)

    paper = word(in_break).word(a="甲", us=["城东", "城西"])
    assert [s.orientation for s in paper.sections] == [0, 1, 1, 0]
    assert [s.header.paragraphs[0].text for s in paper.sections] == ["页眉甲", "附件甲", "附件甲", "附件甲"]
    assert [p.text for p in paper.paragraphs if p.text] == ["正文甲", "附件：城东", "附件：城西", "尾"]


def test_a_section_break_in_the_paragraph_of_the_end_of_a_loop_stays_once(word):
    def drawn(paper):
        paper.add_paragraph("{% for u in us %}")
        paper.add_paragraph("{{ u }}")
        paper.add_paragraph("{% endfor %}")
        paper.add_section(WD_SECTION.NEW_PAGE)
        tag = next(p for p in paper.paragraphs if "endfor" in p.text)._p
        tag.insert(0, tag.getnext().find(qn("w:pPr")))
        tag.getparent().remove(tag.getnext())
        paper.add_paragraph("尾")

    paper = word(drawn).word(us=["城东", "城西"])
    assert len(paper.sections) == 2 and [p.text for p in paper.paragraphs] == ["城东", "城西", "", "尾"]


def test_odd_and_even_headers_and_those_of_the_first_page_are_filled(word):
    def odd_and_even(paper):
        paper.settings.odd_and_even_pages_header_footer = True
        section = paper.sections[0]
        section.different_first_page_header_footer = True
        for part_of, text in ((section.header, "奇"), (section.even_page_header, "偶"), (section.first_page_header, "首")):
            part_of.paragraphs[0].text = text + "{{ a }}"
        field(section.even_page_footer.paragraphs[0], "PAGE", "2")

    section = word(odd_and_even).word(a="x").sections[0]
    found = [h.paragraphs[0].text for h in (section.header, section.even_page_header, section.first_page_header)]
    assert found == ["奇x", "偶x", "首x"] and "PAGE" in section.even_page_footer.paragraphs[0]._p.xml


def test_numbered_lists_repeat_in_their_list_and_links_stay(word):
    def listed(paper):
        paper.add_paragraph("{% for x in xs %}")
        paper.add_paragraph("{{ x }}", style="List Number")
        paper.add_paragraph("{% endfor %}")

    paper = word(listed).word(xs=["一", "二"])
    assert [(p.text, p.style.name) for p in paper.paragraphs] == [("一", "List Number"), ("二", "List Number")]


# Pictures and notes


def test_a_picture_stands_in_a_line_with_text_around_it(word):
    def line(paper):
        paragraph = paper.add_paragraph("图：{{ a|picture(1) }}，")
        paragraph.add_run("又{{ a|picture(2) }}。").bold = True

    data = word(line).fill(a=png())
    xml = part(data)
    assert re.findall(r"<w:r>(?:<w:rPr>.*?</w:rPr>)?<w:drawing|<w:t[^>]*>([^<]*)</w:t>", xml) == ["图：", "", "，", "又", "", "。"]
    assert len(docx.Document(io.BytesIO(data)).inline_shapes) == 2 and "}}" not in xml


def test_notes_are_filled_and_their_references_stay(word):
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    notes = "".join(
        f'<Relationship Id="n{n}" Type="{kind}{name}" Target="{name}.xml"/>' for n, name in enumerate(("footnotes", "endnotes"))
    )
    drawn = word("正文").replaced("word/_rels/document.xml.rels", "</Relationships>", notes + "</Relationships>")
    drawn.replaced("word/document.xml", "正文</w:t></w:r>", '正文</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>')
    text = '<w:{0}s {1}><w:{0} w:id="2"><w:p><w:r><w:t>注{{{{ a }}}}</w:t></w:r></w:p></w:{0}></w:{0}s>'
    drawn.with_parts({f"word/{name}s.xml": text.format(name, SPACE).encode() for name in ("footnote", "endnote")})
    data = drawn.fill(a="甲&乙")
    assert all("注甲&amp;乙" in part(data, f"word/{name}.xml") for name in ("footnotes", "endnotes"))
    assert '<w:footnoteReference w:id="2"/>' in part(data)
