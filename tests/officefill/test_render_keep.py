"""Regions for people: where they may stand, and that what was typed there comes back word for word."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from drawing import FILTERS, WHO, Drawn
from officefill import Traced, open_template
from officefill.excel.regions import kept_in_sheets
from officefill.language.regions import Kept, Region
from officefill.ooxml.package import read_package
from officefill.word.regions import kept_in_word
from postloan.papers.record.paper_text import word_part
from postloan.papers.record.record_writer import lines_of_package, regions_of

UNITS = [{"id": "a", "name": "甲"}, {"id": "b", "name": "乙"}]


def made(drawn: Drawn, kept: dict[tuple[str, str], Kept] | None = None, **context: Any) -> tuple[bytes, list[Region]]:
    regions: list[Region] = []

    def seal(traced: Traced) -> bytes:
        regions.extend(regions_of(traced))
        return b'<paper xmlns="urn:officefill:paper:1"/>'

    return open_template(drawn.path, FILTERS, trace=True).render(context, WHO, seal, kept or {}), regions


def word_kept(drawn: Drawn, edited: Any, regions: list[Region]) -> dict[tuple[str, str], Kept]:
    room = io.BytesIO()
    edited.save(room)
    template = read_package(drawn.path, drawn.path.read_bytes())
    return kept_in_word(read_package(Path("edited.docx"), room.getvalue()), regions, template)


def texts(data: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]


def test_paragraphs_between_two_tags_belong_to_people(word: Callable[..., Drawn]) -> None:
    drawn = word("机器{{ n }}", "{% keep 意见 %}", "请填写", "{% endkeep %}", "之后")
    data, regions = made(drawn, n=1)
    assert texts(data) == ["机器1", "请填写", "之后"]
    edited = docx.Document(io.BytesIO(data))
    edited.paragraphs[1].text = "核实无误 <&>"
    added = edited.paragraphs[1].insert_paragraph_before("第一段")
    added.add_run("，加粗").bold = True
    kept = word_kept(drawn, edited, regions)
    assert kept["意见", ""].text == "第一段，加粗\n核实无误 <&>"
    again, _ = made(drawn, kept, n=2)
    assert texts(again) == ["机器2", "第一段，加粗", "核实无误 <&>", "之后"]
    assert docx.Document(io.BytesIO(again)).paragraphs[1].runs[-1].bold


def test_the_rest_of_a_line_and_words_in_a_line_belong_to_people(word: Callable[..., Drawn]) -> None:
    drawn = word("意见：{% keep 意见 %}{% endkeep %}", "经{% keep 谁 %}张三{% endkeep %}核实{{ n }}。")
    data, regions = made(drawn, n=1)
    assert texts(data) == ["意见：", "经张三核实1。"]
    assert [(region.name, region.kind, region.made) for region in regions] == [("意见", "rest", ""), ("谁", "words", "张三")]
    edited = docx.Document(io.BytesIO(data))
    edited.paragraphs[0].add_run("同意")
    next(run for run in edited.paragraphs[1].runs if run.text == "张三").text = "李四、王五"
    again, _ = made(drawn, word_kept(drawn, edited, regions), n=2)
    assert texts(again) == ["意见：同意", "经李四、王五核实2。"]


def test_a_cell_of_a_repeated_row_belongs_to_the_one_its_key_names(word: Callable[..., Drawn]) -> None:
    drawn = word([["{% for u in units %}{{ u.name }}", "{% keep 判断 of u.id %}{% endkeep %}", "{{ u.name }}{% endfor %}"]])
    data, regions = made(drawn, units=UNITS)
    edited = docx.Document(io.BytesIO(data))
    edited.tables[0].cell(1, 1).text = "属实"
    edited.tables[0].cell(1, 1).add_paragraph("已整改")
    kept = word_kept(drawn, edited, regions)
    again, _ = made(drawn, kept, units=[UNITS[1], {"id": "c", "name": "丙"}])
    table = docx.Document(io.BytesIO(again)).tables[0]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["乙", "属实\n已整改", "乙"], ["丙", "", "丙"]]


def test_figures_that_people_wrote_over_are_not_in_the_record(word: Callable[..., Drawn]) -> None:
    drawn = word("{% keep 意见 %}", "共{{ n }}户", "{% endkeep %}", "{{ n }}")
    shown: list[str] = []

    def seal(traced: Traced) -> bytes:
        shown[:] = [figure.text for figure in traced.shown]
        return b'<paper xmlns="urn:officefill:paper:1"/>'

    open_template(drawn.path, FILTERS, trace=True).render({"n": 5}, WHO, seal)
    assert shown == ["5", "5"]
    kept = {("意见", ""): Kept("无", '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>')}
    open_template(drawn.path, FILTERS, trace=True).render({"n": 5}, WHO, seal, kept)
    assert shown == ["5"]


def test_what_people_type_is_not_among_the_lines_of_the_machine(word: Callable[..., Drawn]) -> None:
    drawn = word(
        "甲", "{% keep 意见 %}", "请填写", "{% endkeep %}", "乙{% keep 丙 %}丁{% endkeep %}", [["{% keep 戊 %}{% endkeep %}", "己"]]
    )
    data, regions = made(drawn)
    root = read_package(drawn.path, data).tree("word/document.xml")
    assert [text for _, text in word_part(root, regions).lines if text] == ["甲", "乙", "己"]


def test_a_picture_a_link_and_a_note_of_people_come_along(word: Callable[..., Drawn], tmp_path: Path) -> None:
    from drawing import png

    drawn = word("{% keep 意见 %}", "请填写", "{% endkeep %}")
    data, regions = made(drawn)
    picture = tmp_path / "p.png"
    picture.write_bytes(png(3, 2))
    edited = docx.Document(io.BytesIO(data))
    edited.paragraphs[0].add_run().add_picture(str(picture))
    again, _ = made(drawn, word_kept(drawn, edited, regions))
    paper = docx.Document(io.BytesIO(again))
    blip = next(paper.element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}blip"))
    embedded = blip.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed")
    assert paper.part.related_parts[embedded].blob == picture.read_bytes()


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        (("{% keep 意见 %}", "{% endkeep %}"), "holds no paragraph"),
        (("甲{% keep 意见 %}{% endkeep %}乙",), "nothing can be typed"),
        (("{% keep 意见 %}",), "has no end"),
        (("{% keep %}甲{% endkeep %}",), "write {% keep name %}"),
        (("{% for u in units %}{% keep 意见 %}甲{% endkeep %}{% endfor %}",), "does not say whose"),
    ],
)
def test_a_region_where_nobody_could_type_is_a_fault(word: Callable[..., Drawn], blocks: tuple[str, ...], says: str) -> None:
    with pytest.raises(Exception, match=says):
        made(word(*blocks), units=UNITS)


def test_cells_for_people_follow_their_row_when_people_sort_and_insert(book: Callable[..., Drawn]) -> None:
    drawn = book(
        [["机构", "判断"], ["{% for u in units %}{{ u.name }}", "{% keep 判断 of u.id %}{% endkeep %}{% endfor %}"], ["合计", None]]
    )
    data, regions = made(drawn, units=UNITS)
    as_made = lines_of_package(read_package(drawn.path, data), regions)
    edited = openpyxl.load_workbook(io.BytesIO(data))
    sheet = edited["Sheet"]
    sheet["A2"], sheet["B2"], sheet["A3"], sheet["B3"] = "乙", "=不是公式", "甲", 12.5
    sheet["B2"].data_type = "s"
    sheet.insert_rows(1)
    room = io.BytesIO()
    edited.save(room)
    kept = kept_in_sheets(read_package(Path("edited.xlsx"), room.getvalue()), regions, as_made)
    again, _ = made(drawn, kept, units=UNITS)
    cells = openpyxl.load_workbook(io.BytesIO(again))["Sheet"]
    assert [cells["B2"].value, cells["B3"].value, cells["B3"].data_type] == [12.5, "=不是公式", "s"]


def test_a_judgement_whose_row_cannot_be_told_is_not_put_beside_another(book: Callable[..., Drawn]) -> None:
    drawn = book([["{% for u in units %}{{ u.name }}", "{% keep 判断 of u.id %}{% endkeep %}{% endfor %}"]])
    data, regions = made(drawn, units=UNITS)
    as_made = lines_of_package(read_package(drawn.path, data), regions)
    edited = openpyxl.load_workbook(io.BytesIO(data))
    edited["Sheet"]["A1"], edited["Sheet"]["B1"], edited["Sheet"]["B2"] = "改名", "属实", "不属实"
    room = io.BytesIO()
    edited.save(room)
    kept = kept_in_sheets(read_package(Path("edited.xlsx"), room.getvalue()), regions, as_made)
    assert list(kept) == [("判断", "b")]


def test_a_cell_for_people_holds_nothing_else(book: Callable[..., Drawn]) -> None:
    assert "a region for people is a whole cell" in book([["意见：{% keep 意见 %}{% endkeep %}"]]).faults()[0]
