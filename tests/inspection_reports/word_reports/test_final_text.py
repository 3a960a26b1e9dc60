"""The final text of a Word file: nothing lost, nothing deleted taken, nothing twice."""

import io
import zipfile

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.inspection_reports.sections import Reason, Refused, TableCell, pictures
from postloan.inspection_reports.sections.section_reader import sections_of
from postloan.inspection_reports.word_text.final_text import final_text

from tests.inspection_reports.word_reports.drawn import SPACES, STYLES, p, r, sdt, styled, tbl, tc, tr, word, zipped

BOX = "<w:txbxContent>{}</w:txbxContent>"
DELETED_MARK = '<w:rPr><w:del w:id="1" w:author="a"/></w:rPr>'


def texts(*body: str, **kwargs) -> list[str]:
    return [block.text for block in final_text(word(*body, **kwargs))]


def refusal(source: bytes) -> Reason:
    with pytest.raises(Refused) as refused:
        final_text(source)
    return refused.value.reason


def test_insertions_are_taken_and_deletions_are_left_out():
    changed = (
        '<w:ins w:id="1" w:author="a">' + r("归行率80%") + "</w:ins>"
        '<w:del w:id="2" w:author="a"><w:r><w:delText>归行率60%</w:delText></w:r></w:del>'
        '<w:moveFrom w:id="3" w:author="a">' + r("别处") + "</w:moveFrom>"
        '<w:moveTo w:id="4" w:author="a">' + r("，移来") + "</w:moveTo>"
    )
    assert texts(p("本季", inside=changed)) == ["本季归行率80%，移来"]


def test_a_deletion_that_wrongly_holds_plain_text_is_left_out():
    assert texts(p("留下", inside='<w:del w:id="2" w:author="a">' + r("删去") + "</w:del>")) == ["留下"]


def test_a_paragraph_whose_mark_was_deleted_runs_on_in_the_next():
    assert texts(p("前半", DELETED_MARK), p("后半"), p("另一段")) == ["前半后半", "另一段"]


def test_a_deleted_mark_at_the_end_of_a_cell_loses_nothing():
    assert texts(tbl(tr(tc(p("甲", DELETED_MARK)), "乙"))) == ["甲", "乙"]


def test_deleted_rows_and_cells_are_left_out():
    deleted_cell = tc("旧格").replace("</w:tcPr>", '<w:cellDel w:id="1" w:author="a"/></w:tcPr>')
    assert texts(tbl(tr("旧行", properties='<w:del w:id="1" w:author="a"/>'), tr(deleted_cell, "新格"))) == ["新格"]


def test_comments_headers_and_instructions_of_fields_are_left_out():
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + r("内层") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + r("结果") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    comment = '<w:commentRangeStart w:id="0"/>' + r("正文") + '<w:r><w:commentReference w:id="0"/></w:r>'
    parts = {
        "word/comments.xml": f"<w:comments {SPACES}>{p('批注')}</w:comments>",
        "word/header1.xml": f"<w:hdr {SPACES}>{p('页眉')}</w:hdr>",
    }
    assert texts(p(inside=comment + field), p(inside='<w:fldSimple w:instr="DATE">' + r("六月") + "</w:fldSimple>"), parts=parts) == [
        "正文结果",
        "六月",
    ]


def test_a_field_that_is_never_closed_does_not_swallow_the_rest():
    assert texts(p("前", inside='<w:r><w:fldChar w:fldCharType="begin"/></w:r>'), p("后")) == ["前", "后"]


def test_a_text_box_drawn_twice_for_old_and_new_word_is_taken_once():
    new = f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{BOX.format(p('框内'))}</wps:txbx></w:drawing></mc:Choice>"
    old = f"<mc:Fallback><w:pict><v:textbox>{BOX.format(p('框内'))}</v:textbox></w:pict></mc:Fallback>"
    blocks = final_text(word(p("锚", inside=f"<w:r><mc:AlternateContent>{new}{old}</mc:AlternateContent></w:r>")))
    assert [(b.kind, b.text) for b in blocks] == [("paragraph", "锚"), ("textbox", "框内")]


def test_an_alternative_without_text_gives_way_to_the_one_with_text():
    old = f"<mc:Fallback><w:pict><v:textbox>{BOX.format(p('旧框'))}</v:textbox></w:pict></mc:Fallback>"
    assert texts(p(inside=f"<w:r><mc:AlternateContent><mc:Choice/>{old}</mc:AlternateContent></w:r>")) == ["旧框"]


def test_a_text_box_in_a_cell_stays_in_its_cell():
    box = f"<w:r><w:pict><v:textbox>{BOX.format(p('框内'))}</v:textbox></w:pict></w:r>"
    block = final_text(word(tbl(tr(tc(p(inside=box)), "右"))))[0]
    assert (block.kind, block.text, block.cells) == ("textbox", "框内", (TableCell(0, 0, 0),))


def test_footnotes_and_endnotes_stand_behind_the_paragraph_that_calls_them():
    notes = {
        f"word/{kind}s.xml": f'<w:{kind}s {SPACES}><w:{kind} w:id="0">{p("分隔")}</w:{kind}><w:{kind} w:id="2">{p(text)}</w:{kind}></w:{kind}s>'
        for kind, text in (("footnote", "脚注"), ("endnote", "尾注"))
    }
    call = '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:endnoteReference w:id="2"/></w:r>'
    blocks = final_text(word(p("正文", inside=call), p("下一段"), parts=notes))
    assert [(b.kind, b.text) for b in blocks] == [("paragraph", "正文"), ("footnote", "脚注"), ("endnote", "尾注"), ("paragraph", "下一段")]


def test_hidden_text_in_a_footnote_is_left_out():
    note = f'<w:footnotes {SPACES}><w:footnote w:id="2">{p("脚注", inside=r("隐藏", "<w:vanish/>"))}</w:footnote></w:footnotes>'
    assert texts(p("正文", inside='<w:r><w:footnoteReference w:id="2"/></w:r>'), parts={"word/footnotes.xml": note}) == ["正文", "脚注"]


def test_a_footnote_that_calls_itself_ends():
    call = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    note = f'<w:footnotes {SPACES}><w:footnote w:id="2">{p("脚注", inside=call)}</w:footnote></w:footnotes>'
    assert texts(p("正文", inside=call), parts={"word/footnotes.xml": note}) == ["正文", "脚注"]


def test_links_smart_tags_and_unknown_wrappers_are_read_through():
    inside = (
        f"<w:hyperlink>{r('链接')}</w:hyperlink><w:smartTag><w:smartTagPr/>{r('标记')}</w:smartTag><w:unheardOf>{r('未知')}</w:unheardOf>"
    )
    assert texts(p(inside=inside + "<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>")) == ["链接标记未知x=1"]


def test_tabs_breaks_hyphens_and_ruby():
    ruby = f"<w:r><w:ruby><w:rt>{r('hang')}</w:rt><w:rubyBase>{r('行')}</w:rubyBase></w:ruby></w:r>"
    assert texts(p("甲", inside="<w:r><w:tab/><w:t>乙</w:t><w:br/><w:t>丙</w:t><w:noBreakHyphen/></w:r>" + ruby)) == ["甲\t乙\n丙-行"]


def test_boxes_to_tick_are_characters():
    symbols = (
        '<w:r><w:sym w:font="Wingdings 2" w:char="F052"/><w:t>正常</w:t><w:sym w:font="Wingdings" w:char="F0A8"/><w:t>异常</w:t></w:r>'
    )
    ticked = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>'
    unticked = ticked.replace("<w:checked/>", "")
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    assert texts(p(inside=symbols), p(inside=ticked + end + r("是") + unticked + end + r("否"))) == ["☑正常□异常", "☑是☐否"]


def test_an_old_list_of_choices_gives_the_chosen_one():
    choices = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="正常"/><w:listEntry w:val="关注"/></w:ddList>'
    field = (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{choices}</w:ffData></w:fldChar></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert texts(p("分类：", inside=field)) == ["分类：关注"]


@pytest.mark.parametrize("properties", ["<w:vanish/>", '<w:rStyle w:val="secret"/>'])
def test_hidden_text_is_left_out(properties):
    styles = STYLES + '<w:style w:type="character" w:styleId="secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    assert texts(p("可见", inside=r("隐藏", properties) + r("也可见", '<w:vanish w:val="0"/>')), styles=styles) == ["可见也可见"]


def test_a_paragraph_of_a_hidden_style_is_left_out_but_not_what_it_shows():
    styles = STYLES + '<w:style w:type="paragraph" w:styleId="secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    assert texts(p("隐藏", '<w:pStyle w:val="secret"/>', r("显示", '<w:vanish w:val="false"/>')), p("正文"), styles=styles) == [
        "显示",
        "正文",
    ]


def test_what_a_control_shows_until_someone_writes_is_text_but_not_given():
    block = final_text(word(p("结论：", inside=sdt(r("单击此处输入文字"), "<w:showingPlcHdr/>")), sdt(p("已填写"))))[0]
    assert (block.text, block.given) == ("结论：单击此处输入文字", "结论：")


def test_a_placeholder_around_a_cell_is_not_given():
    blocks = final_text(word(tbl("<w:tr>" + sdt(tc("请输入"), "<w:showingPlcHdr/>") + tc("右") + "</w:tr>")))
    assert [(b.text, b.given) for b in blocks] == [("请输入", ""), ("右", "右")]


def test_cells_know_their_place_merged_ones_their_reach_and_blank_ones_are_there():
    rows = tr(tc("财务", merge="restart"), tc("左", span=2)), tr(tc("", merge="continue"), "甲", ""), tr("尾", tc("宽", span=2))
    assert [(b.text, b.cells[0][1:]) for b in final_text(word(tbl(*rows)))] == [
        ("财务", (0, 0, 2, 1)), ("左", (0, 1, 1, 2)), ("甲", (1, 1, 1, 1)), ("", (1, 2, 1, 1)), ("尾", (2, 0, 1, 1)), ("宽", (2, 1, 1, 2)),
    ]  # fmt: skip


def test_text_left_in_the_lower_part_of_a_merged_cell_is_not_lost():
    blocks = final_text(word(tbl(tr(tc("上", merge="restart"), "一"), tr(tc("下", merge="continue"), "二"))))
    assert [(b.text, b.cells[0].row, b.cells[0].rows) for b in blocks] == [("上", 0, 2), ("一", 0, 1), ("下", 0, 2), ("二", 1, 1)]


def test_a_nested_table_knows_both_its_cells():
    inner = tbl(tr("内"))
    blocks = final_text(word(tbl(tr(tc(p("外"), inner, p())))))
    assert [(b.text, len(b.cells), b.cells[-1].table) for b in blocks] == [("外", 1, 0), ("内", 2, 1)]


def test_rows_and_cells_inside_content_controls_are_read():
    assert texts(tbl(sdt(tr("甲")), "<w:tr>" + sdt(tc("乙")) + "</w:tr>")) == ["甲", "乙"]


def test_headings_are_known_by_style_by_inheritance_and_by_outline_level():
    blocks = final_text(word(styled("甲", "2"), styled("乙", "own"), p("丙", '<w:outlineLvl w:val="2"/>'), styled("丁", "none")))
    assert [(b.kind, b.level) for b in blocks] == [("heading", 2), ("heading", 1), ("heading", 3), ("paragraph", 0)]


def test_a_heading_style_is_known_by_its_chinese_name():
    styles = STYLES + '<w:style w:type="paragraph" w:styleId="x"><w:name w:val="二级标题"/></w:style>'
    assert final_text(word(styled("甲", "x"), styles=styles))[0].level == 2


def test_styles_that_are_based_on_each_other_end():
    round_ = "".join(
        f'<w:style w:type="paragraph" w:styleId="{a}"><w:name w:val="n"/><w:basedOn w:val="{b}"/></w:style>' for a, b in ("xy", "yx")
    )
    assert texts(styled("甲", "x"), styles=round_) == ["甲"]


def test_a_forged_span_and_fields_without_end_cost_nothing():
    cell = tc("甲", span=999_999_999)
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * 5_000
    assert texts(tbl(tr(cell, cell)), p(inside=begin), p("末")) == ["甲", "甲", "末"]


def test_a_table_in_a_text_box_is_read():
    assert texts(p("锚", inside=f"<w:r><w:pict>{BOX.format(tbl(tr('格')) + p())}</w:pict></w:r>")) == ["锚", "格"]


def test_a_heading_style_turned_off_in_the_paragraph_is_body_text():
    assert final_text(word(p("正文", '<w:pStyle w:val="1"/><w:outlineLvl w:val="9"/>')))[0].level == 0


def test_the_strict_form_of_the_file_is_read_alike():
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    body = styled("标题", "1"), tbl(tr(tc("左", merge="restart"), "右")), p("段", inside='<w:del w:id="1" w:author="a"/>')
    assert final_text(word(*body, space=strict)) == final_text(word(*body))


def test_utf_16_is_read_and_its_hidden_text_left_out():
    document = f"<?xml version='1.0' encoding='UTF-16'?><w:document {SPACES}><w:body>{p('可见', inside=r('隐藏', '<w:vanish/>'))}</w:body></w:document>"
    assert texts(parts={"word/document.xml": document.encode("utf-16")}) == ["可见"]


def test_macro_files_and_templates_are_read_like_documents():
    made = io.BytesIO()
    paper = docx.Document()
    paper.add_paragraph("正文")
    paper.save(made)
    source = zipfile.ZipFile(made)
    for kind in ("document.macroEnabled", "template"):
        contents = {name: source.read(name).replace(b"document.main", f"{kind}.main".encode()) for name in source.namelist()}
        assert [b.text for b in final_text(zipped(contents))] == ["正文"]


WHOLE = word(p("正文" * 500))
BOMB = f'<!DOCTYPE w:document [<!ENTITY a "正文">]><w:document {SPACES}><w:body>{p("引").replace("引", "&a;")}</w:body></w:document>'


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", Reason.EMPTY),
        (WHOLE[: len(WHOLE) // 2], Reason.DAMAGED),
        (b"{\\rtf1 text}", Reason.NO_OFFICE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Reason.OLD_FORMAT),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), Reason.PASSWORD),
        (zipped({"xl/workbook.xml": "<workbook/>"}), Reason.NO_OFFICE),
        (word(p()), Reason.NO_TEXT),
        (word(p(), parts={"word/media/image1.png": b"png"}), Reason.PICTURES_ONLY),
        (word(p(inside=sdt(r("请输入"), "<w:showingPlcHdr/>"))), Reason.NO_TEXT),
        (word(parts={"word/document.xml": "<w:document"}), Reason.DAMAGED),
        (word(parts={"word/document.xml": "<html>正文</html>"}), Reason.NO_OFFICE),
        (word(parts={"word/document.xml": BOMB}), Reason.DOCTYPE),
        (word(parts={"WORD/document.xml": "<w:document/>"}), Reason.PART_TWICE),
        (word(parts={"word/document.xml": bytes(70 << 20)}), Reason.TOO_LARGE),
        (word(parts={"word/document.xml": b"<a/>" + b" " * (20 << 20)}), Reason.TOO_DENSE),
    ],
)  # fmt: skip
def test_a_file_that_is_not_read_says_why(source, reason):
    assert refusal(source) is reason


def test_text_that_lies_in_an_embedded_file_is_said_so():
    relations = zipfile.ZipFile(io.BytesIO(word())).read("word/_rels/document.xml.rels").decode()
    relations = relations.replace("</Relationships>", '<Relationship Id="rA" Type="x/aFChunk" Target="chunk.mht"/></Relationships>')
    assert refusal(word('<w:altChunk r:id="rA"/>', parts={"word/_rels/document.xml.rels": relations})) is Reason.EMBEDDED


def test_an_entity_in_the_file_never_reads_another_file(tmp_path):
    (tmp_path / "secret.txt").write_text("机密", encoding="utf-8")
    declared = f'<!DOCTYPE d [<!ENTITY s SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    document = f"{declared}<w:document {SPACES}><w:body><w:p><w:r><w:t>&s;</w:t></w:r></w:p></w:body></w:document>"
    assert refusal(word(parts={"word/document.xml": document})) is Reason.DOCTYPE


def test_pictures_come_with_their_hash_and_the_same_picture_has_the_same():
    found = pictures(word(p(), parts={"word/media/b.png": b"one", "word/media/a.jpg": b"one", "word/media/c.png": b"two"}))
    assert [name for name, _, _ in found] == ["word/media/a.jpg", "word/media/b.png", "word/media/c.png"]
    assert found[0][1] == found[1][1] != found[2][1] and found[2][2] == b"two"


LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn")), min_size=1, max_size=8)


@given(st.lists(st.lists(LINES, min_size=1, max_size=3), min_size=1, max_size=5))
def test_every_text_of_any_table_is_found_once_and_in_order(rows):
    assert texts(tbl(*(tr(*map(tc, map(p, row))) for row in rows))) == [text for row in rows for text in row]


@given(st.binary(max_size=40), st.integers(0, len(WHOLE)), st.integers(0, 40))
def test_any_damage_is_refused_or_read_but_never_an_accident(noise, at, length):
    try:
        final_text(WHOLE[:at] + noise + WHOLE[at + length :])
    except Refused:
        pass


_LEAF = st.sampled_from(
    [p("段"), tbl(tr("格")), "<w:p/>", "<w:tbl/>", "<w:tr/>", '<w:r><w:fldChar w:fldCharType="end"/></w:r>', "<w:sdt/>"]
)
_TREE = st.recursive(
    _LEAF,
    lambda inner: st.builds(
        lambda name, parts: f"<w:{name}>{''.join(parts)}</w:{name}>",
        st.sampled_from(["p", "r", "tbl", "tr", "tc", "sdt", "sdtContent", "ins", "del", "txbxContent", "pPr", "fldChar", "ruby"]),
        st.lists(inner, max_size=3),
    ),
)


@given(_TREE)
def test_any_order_of_elements_is_read_and_what_follows_is_not_lost(tree):
    blocks = final_text(word(tree, p("末")))
    assert blocks[-1].text == "末"
    sections_of(blocks)
