"""Comments land on their paragraph or cell, and nothing else of the file changes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from officefill.comments import Note, commented
from officefill.errors import BadTemplate
from officefill.ooxml.safety import W
from officefill.word.paragraphs import PARAGRAPH, text_of
from openpyxl.comments import Comment

BODY = "word/document.xml"
TEMPLATES = [path for kind in ("docx", "xlsx") for path in sorted(Path(__file__).parents[2].glob(f"templates/*/*.{kind}"))]


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _saved(made) -> bytes:  # type: ignore[no-untyped-def]
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _paper(*texts: str) -> bytes:
    paper = docx.Document()
    for text in texts:
        paper.add_paragraph(text)
    return _saved(paper)


def _marked(data: bytes) -> dict[str, str]:
    """For each comment of a Word file, the text between its begin and its end."""
    inside: dict[str, str] = {}
    open_now: set[str] = set()
    for node in etree.fromstring(_parts(data)[BODY]).iter():
        if node.tag == f"{{{W}}}commentRangeStart":
            open_now.add(node.get(f"{{{W}}}id"))
        elif node.tag == f"{{{W}}}commentRangeEnd":
            open_now.discard(node.get(f"{{{W}}}id"))
        elif node.tag == f"{{{W}}}t":
            for number in open_now:
                inside[number] = inside.get(number, "") + (node.text or "")
    return inside


def _texts(data: bytes) -> list[str]:
    return [text_of(paragraph) for paragraph in etree.fromstring(_parts(data)[BODY]).iter(PARAGRAPH)]


def test_a_comment_encloses_the_characters_it_is_about():
    data = _paper("不良贷款率为{{ npl_rato|percent }}。", "第二段")
    copy = commented(data, [Note(BODY, 0, "未知名称 npl_rato", (6, 28)), Note(BODY, 1, "整段\n两行")])
    said = list(docx.Document(io.BytesIO(copy)).comments)
    assert [(c.comment_id, c.author, c.text) for c in said] == [(0, "officefill", "未知名称 npl_rato"), (1, "officefill", "整段\n两行")]
    assert _marked(copy) == {"0": "{{ npl_rato|percent }}", "1": "第二段"}
    assert _texts(copy) == _texts(data)


def test_a_tag_split_over_runs_keeps_the_form_of_every_run():
    paper = docx.Document()
    paragraph = paper.add_paragraph("前")
    for text, bold in (("{{ npl", True), ("_rato }", False), ("}后", True)):
        paragraph.add_run(text).bold = bold
    copy = commented(_saved(paper), [Note(BODY, 0, "错", (1, 17))])
    assert _marked(copy) == {"0": "{{ npl_rato }}后"}
    runs = docx.Document(io.BytesIO(copy)).paragraphs[0].runs
    assert [(run.text, run.bold) for run in runs if run.text] == [("前", None), ("{{ npl", True), ("_rato }", False), ("}后", True)]


def test_only_parts_that_carry_comments_change():
    data = _paper("一", "二")
    before, after = _parts(data), _parts(commented(data, [Note(BODY, 1, "看")]))
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {BODY, "word/comments1.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"}
    assert list(after)[: len(before)] == list(before)


def test_without_notes_the_file_is_given_back_as_it_is():
    data = _paper("一")
    assert commented(data, []) is data


def test_comments_that_are_there_stay():
    paper = docx.Document()
    paragraph = paper.add_paragraph("第一段")
    paper.add_comment(paragraph.runs, text="旧的", author="张三")
    copy = commented(_saved(paper), [Note(BODY, 0, "新的", (1, 2))])
    assert [(c.author, c.text) for c in docx.Document(io.BytesIO(copy)).comments] == [("张三", "旧的"), ("officefill", "新的")]
    assert _marked(copy) == {"0": "第一段", "1": "一"}


def test_what_is_said_of_a_header_stands_at_the_first_paragraph_with_the_place_in_words():
    paper = docx.Document()
    paper.add_paragraph("正文")
    paper.sections[0].header.paragraphs[0].text = "页眉{{ x }}"
    data = _saved(paper)
    part = next(name for name in _parts(data) if name.startswith("word/header"))
    copy = commented(data, [Note(part, 0, "错")])
    assert _marked(copy) == {"0": "正文"}
    (said,) = docx.Document(io.BytesIO(copy)).comments
    assert said.text.endswith("“页眉{{ x }}”: 错") and "1" in said.text


def test_a_file_without_a_paragraph_gets_one_for_its_comments():
    copy = commented(_saved(docx.Document()), [Note("docProps/core.xml", 0, "错")])
    (said,) = docx.Document(io.BytesIO(copy)).comments
    assert said.text == "docProps/core.xml: 错"


def test_a_comment_on_a_paragraph_of_a_table_is_in_its_cell():
    paper = docx.Document()
    table = paper.add_table(1, 2)
    table.cell(0, 1).text = "乙"
    copy = commented(_saved(paper), [Note(BODY, 1, "看这里")])
    assert _marked(copy) == {"0": "乙"}


def _book(**cells: str) -> bytes:
    book = openpyxl.Workbook()
    for cell, text in cells.items():
        book.active[cell] = text
    return _saved(book)


def _said(data: bytes, sheet: str = "Sheet") -> dict[str, str]:
    read = openpyxl.load_workbook(io.BytesIO(data))[sheet]
    return {cell.coordinate: cell.comment.text for row in read.iter_rows() for cell in row if cell.comment}


def test_a_comment_is_at_its_cell():
    copy = commented(
        _book(A1="一", C12="{{ x }}"), [Note("Sheet", "C12", "未知名称 _x000D_ <x> & 两行\n第二行"), Note("Sheet", "A1", "甲")]
    )
    assert _said(copy)["A1"] == "甲"
    assert _said(copy)["C12"].replace("_x005F_", "_").startswith("未知名称 _x000D_ <x> & 两行\n第二行")


def test_several_notes_of_one_cell_are_one_comment():
    assert _said(commented(_book(A1="一"), [Note("Sheet", "A1", "甲"), Note("Sheet", "$A$1", "乙")])) == {"A1": "甲\n\n乙"}


def test_comments_of_a_sheet_stay_and_those_of_the_same_cell_are_added_to():
    book = openpyxl.Workbook()
    book.active["B2"], book.active["C3"] = "一", "二"
    book.active["B2"].comment = Comment("旧的", "张三")
    copy = commented(_saved(book), [Note("Sheet", "B2", "新的"), Note("Sheet", "C3", "另一个")])
    assert _said(copy) == {"B2": "旧的\n\nofficefill: 新的", "C3": "另一个"}


def test_what_is_said_of_no_cell_stands_at_the_first_with_the_place_in_words():
    assert _said(commented(_book(A1="一"), [Note("xl/charts/chart1.xml", 0, "错")])) == {"A1": "xl/charts/chart1.xml: 错"}


def test_untouched_parts_of_a_book_stay():
    data = _book(A1="一")
    before, after = _parts(data), _parts(commented(data, [Note("Sheet", "A1", "错")]))
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"xl/worksheets/sheet1.xml", "[Content_Types].xml"}


def test_what_is_no_office_file_is_refused():
    with pytest.raises(BadTemplate):
        commented(b"PK\x03\x04", [Note(BODY, 0, "错")])


@given(st.lists(st.tuples(st.text("甲乙 a{}", max_size=6), st.booleans()), max_size=5), st.integers(0, 30), st.integers(0, 30))
def test_any_span_of_any_paragraph_is_enclosed_and_the_text_stays(pieces: list[tuple[str, bool]], start: int, length: int):
    paper = docx.Document()
    paragraph = paper.add_paragraph()
    for text, bold in pieces:
        paragraph.add_run(text).bold = bold
    data, whole = _saved(paper), "".join(text for text, _ in pieces)
    copy = commented(data, [Note(BODY, 0, "甲", (start, start + length)), Note(BODY, 0, "乙", (start + 1, start + 3))])
    assert _texts(copy) == [whole]
    assert _marked(copy).get("0", "") in (whole[start : start + length], whole if length == 0 or start >= len(whole) else None)
    assert copy == commented(data, [Note(BODY, 0, "甲", (start, start + length)), Note(BODY, 0, "乙", (start + 1, start + 3))])


def test_the_templates_of_the_house_take_comments():
    assert TEMPLATES
    for template in TEMPLATES:
        data = template.read_bytes()
        if template.suffix == ".docx":
            assert len(list(docx.Document(io.BytesIO(commented(data, [Note(BODY, 2, "看")]))).comments)) == 1
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(data)).sheetnames[-1]
            assert _said(commented(data, [Note(sheet, "B2", "看")]), sheet).popitem()[1] == "看"
