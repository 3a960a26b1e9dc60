"""Edits that people make in a finished paper, and what is said of them."""

from __future__ import annotations

import copy
from datetime import date, datetime
from pathlib import Path

import docx
import pytest
from editing import (
    Change,
    S,
    W,
    bookmark,
    cell,
    checked,
    edited,
    errors,
    kinds,
    paragraph,
    paragraph_with,
    part_of_sheet,
    replaced,
    run,
    set_cell,
)  # fmt: skip
from lxml import etree
from officefill import Properties
from officefill.excel.references import read_formula
from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_changes import rows_of_paper
from postloan.errors import BadPaper
from postloan.figures.book import Book
from postloan.papers.context import context
from postloan.papers.paper_template import paper_template
from postloan.papers.record.finished_paper import open_paper
from postloan.papers.record.paper_text import word_part
from postloan.papers.record.record_writer import RecordWriter


def said(remarks: list[Remark], kind: str) -> list[str]:
    return [remark.says for remark in remarks if remark.kind == kind]


# Word: figures and numbers


def test_a_figure_changed_in_a_table_is_named_with_both_values_its_total_and_its_other_place(report: Path, tmp_path: Path) -> None:
    remarks = checked(edited(report, tmp_path / "a.docx", replaced("24,270.00", "24,271.00")))
    assert kinds(remarks) == ["figure_changed", "total_wrong"]
    assert "was made as 24,270.00, now 24,271.00" in remarks[0].says
    remarks = checked(edited(report, tmp_path / "b.docx", replaced("81,740.00", "81,741.00")))
    assert {"figure_changed", "figures_disagree"} <= set(kinds(remarks))


def test_a_figure_changed_everywhere_alike_disagrees_with_nothing(brief: Path, tmp_path: Path) -> None:
    def everywhere(root: etree._Element) -> None:
        for node in root.iter(f"{{{W}}}t"):
            node.text = (node.text or "").replace("8.89%", "9.89%")

    remarks = checked(edited(brief, tmp_path / "a.docx", everywhere))
    assert set(kinds(remarks)) == {"figure_changed"}
    assert len(remarks) > 1


def test_a_digit_typed_beside_a_figure_changes_the_figure(brief: Path, tmp_path: Path) -> None:
    def beside(root: etree._Element) -> None:
        bookmark(root, "98.75")[1].addnext(run("1"))

    assert said(checked(edited(brief, tmp_path / "a.docx", beside)), "figure_changed")[0].endswith("was made as 98.75, now 98.751")


def test_a_figure_retyped_without_its_bookmark_is_compared_all_the_same(brief: Path, tmp_path: Path) -> None:
    def retyped(text: str) -> Change:
        def change(root: etree._Element) -> None:
            start, end = bookmark(root, "75.86%")
            old = start.getnext()
            old.getparent().replace(old, run(text))
            for node in (start, end):
                node.getparent().remove(node)

        return change

    assert kinds(checked(edited(brief, tmp_path / "a.docx", retyped("75.86%")))) == []
    assert "figure_changed" in errors(checked(edited(brief, tmp_path / "b.docx", retyped("85.86%"))))
    assert "figure_gone" in errors(checked(edited(brief, tmp_path / "c.docx", retyped("较高"))))


def test_a_deleted_paragraph_loses_its_figures(brief: Path, tmp_path: Path) -> None:
    def delete(root: etree._Element) -> None:
        node = paragraph_with(root, "非标业务")
        node.getparent().remove(node)

    remarks = checked(edited(brief, tmp_path / "a.docx", delete))
    assert kinds(remarks).count("figure_gone") == 4
    assert "line_removed" in kinds(remarks)


def test_a_moved_paragraph_keeps_its_figures(brief: Path, tmp_path: Path) -> None:
    def move(root: etree._Element) -> None:
        node = paragraph_with(root, "非标业务")
        node.getparent().insert(1, node)

    remarks = checked(edited(brief, tmp_path / "a.docx", move))
    assert errors(remarks) == []
    assert kinds(remarks) == ["line_moved"]


@pytest.mark.parametrize("number", ["12", "３８", "三户", "百分之五", "1.5%", "伍拾元"])
def test_a_number_typed_into_a_sentence_is_one_that_nobody_computed(brief: Path, tmp_path: Path, number: str) -> None:
    remarks = checked(edited(brief, tmp_path / "a.docx", replaced("具体问题", f"具体问题{number}")))
    assert errors(remarks) == ["number_typed"]
    assert remarks[0].span == (4, 4 + len(number.rstrip("%")) if number != "三户" and number != "伍拾元" else 4 + len(number) - 1)


def test_a_figure_quoted_in_a_new_sentence_is_a_hint(brief: Path, tmp_path: Path) -> None:
    remarks = checked(edited(brief, tmp_path / "a.docx", replaced("具体问题", "具体问题（及时率75.86%）")))
    assert errors(remarks) == []
    assert kinds(remarks) == ["number_copied", "text_changed"]


def test_a_number_of_the_text_that_is_no_figure_is_watched_too(brief: Path, tmp_path: Path) -> None:
    remarks = checked(edited(brief, tmp_path / "a.docx", replaced("90天以上与", "60天以上与")))
    assert said(remarks, "number_changed") == ["number changed by hand: 90 was made, now 60"]


def test_words_changed_are_a_hint_with_both_texts_and_ask_no_more(brief: Path, tmp_path: Path) -> None:
    remarks = checked(edited(brief, tmp_path / "a.docx", replaced("进行了", "开展了")))
    assert [remark.severity for remark in remarks] == ["hint"]
    assert "进行了" in remarks[0].says and "开展了" in remarks[0].says


def test_a_new_paragraph_with_a_number_is_told_twice_as_new_and_as_not_computed(brief: Path, tmp_path: Path) -> None:
    def add(root: etree._Element) -> None:
        paragraph_with(root, "非标业务").addnext(paragraph("另有5户正在补报。"))

    remarks = checked(edited(brief, tmp_path / "a.docx", add))
    assert sorted(kinds(remarks)) == ["line_added", "number_typed"]


def test_a_row_added_to_a_table_makes_its_total_wrong(report: Path, tmp_path: Path) -> None:
    def add(root: etree._Element) -> None:
        row = next(paragraph_with(root, "24,270.00").iterancestors(f"{{{W}}}tr"))
        twin = copy.deepcopy(row)
        for node in list(twin.iter(f"{{{W}}}bookmarkStart", f"{{{W}}}bookmarkEnd")):
            node.getparent().remove(node)
        row.addnext(twin)

    remarks = checked(edited(report, tmp_path / "a.docx", add))
    assert "total_wrong" in errors(remarks)
    assert any("adds up to 70, the paper says 58" in remark.says for remark in remarks)


# Word: tracked changes


def tracked(root: etree._Element, old: str, new: str) -> None:
    """The figure `old` deleted and `new` put in its place, both tracked."""
    start, _ = bookmark(root, old)
    node = start.getnext()
    node.find(f"{{{W}}}t").tag = f"{{{W}}}delText"
    gone, come = etree.Element(f"{{{W}}}del"), etree.Element(f"{{{W}}}ins")
    node.addprevious(gone)
    gone.append(node)
    come.append(run(new))
    gone.addnext(come)


def test_tracked_changes_count_as_their_outcome(brief: Path, tmp_path: Path) -> None:
    remarks = checked(edited(brief, tmp_path / "a.docx", lambda root: tracked(root, "98.75", "95.75")))
    assert said(remarks, "figure_changed")[0].endswith("was made as 98.75, now 95.75")
    assert kinds(checked(edited(brief, tmp_path / "b.docx", lambda root: tracked(root, "98.75", "98.75")))) == []


def test_paragraphs_joined_by_a_tracked_deletion_of_the_mark_are_one_line() -> None:
    body = f'<w:document xmlns:w="{W}"><w:body><w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>前</w:t></w:r></w:p>'
    body += "<w:p><w:r><w:t>后</w:t></w:r></w:p></w:body></w:document>"
    assert [text for _, text in word_part(etree.fromstring(body)).lines] == ["前后", ""]


# Parts for people


@pytest.fixture
def with_regions(branch2014: Book, tmp_path: Path) -> Path:
    """A paper with a region for people: its document's last paragraph but one."""
    template = docx.Document()
    for text in (
        "不良贷款率{{ npl_ratio|percent }}。",
        "{% keep 意见 %}",
        "请填写",
        "{% endkeep %}",
        "共{{ customers_in_scope|whole }}户。",
    ):
        template.add_paragraph(text)
    template.save(str(tmp_path / "body.docx"))
    said = context(branch2014, date(2014, 6, 30))
    seal = RecordWriter(branch2014, "quarterly_brief", tmp_path / "body.docx", "", said, date(2014, 6, 30))
    made = paper_template(tmp_path / "body.docx", trace=True).render(said, Properties("", "", datetime(2014, 6, 30)), seal)
    path = tmp_path / "made.docx"
    path.write_bytes(made)
    return path


def test_numbers_in_a_part_for_people_are_hints_and_nothing_there_is_changed_by_hand(with_regions: Path, tmp_path: Path) -> None:
    assert kinds(checked(with_regions)) == []

    def typed(root: etree._Element) -> None:
        first = paragraph_with(root, "请填写")
        replaced("请填写", "不良率0.95%，另有87.31万元未到账。")(root)
        first.addnext(paragraph("客户已承诺还款。"))

    remarks = checked(edited(with_regions, tmp_path / "a.docx", typed))
    assert [(remark.kind, remark.slots["now"], remark.severity) for remark in remarks] == [("number_in_region", "87.31万元", "hint")]


def test_figures_around_a_part_for_people_are_still_watched(with_regions: Path, tmp_path: Path) -> None:
    def typed(root: etree._Element) -> None:
        paragraph_with(root, "请填写").addnext(paragraph("同意。"))
        replaced("58", "59")(root)

    remarks = checked(edited(with_regions, tmp_path / "a.docx", typed))
    assert kinds(remarks) == ["figure_changed"]
    assert remarks[0].at == 3


# Excel


def test_a_cell_overtyped_is_a_changed_figure(annex: Path, tmp_path: Path) -> None:
    part = part_of_sheet(open_paper(annex), "收回明细")
    remarks = checked(edited(annex, tmp_path / "a.xlsx", set_cell("I6", "6000001"), part))
    assert said(remarks, "figure_changed") == ["figure changed by hand: 收回本金（2014051500009） was made as 6000000.00, now 6000001"]
    assert "sum_wrong" in errors(remarks)


def test_a_filter_that_hides_rows_changes_the_sums_of_what_is_shown_only(annex: Path, tmp_path: Path) -> None:
    part = part_of_sheet(open_paper(annex), "收回明细")

    def hide(root: etree._Element) -> None:
        next(row for row in root.iter(f"{{{S}}}row") if row.get("r") == "6").set("hidden", "1")
        total = cell(root, "I3").find(f"{{{S}}}v")
        assert total is not None
        total.text = "100500000"

    assert kinds(checked(edited(annex, tmp_path / "a.xlsx", hide, part))) == []


def test_a_formula_overtyped_with_its_own_value_is_told(annex: Path, tmp_path: Path) -> None:
    paper = open_paper(annex)
    place = next(p for p, c in paper.parts["贷款收回"].cells.items() if c.text.startswith("=SUM("))
    change = set_cell(place, paper.parts["贷款收回"].cells[place].shown)
    assert "formula_changed" in errors(checked(edited(annex, tmp_path / "a.xlsx", change, part_of_sheet(paper, "贷款收回"))))


def with_row_at(root: etree._Element, at: int, cells: dict[str, str]) -> None:
    """Puts a row in as Excel does: rows below move, and formulas of the sheet with them."""
    data = root.find(f"{{{S}}}sheetData")
    assert data is not None
    for row in data:
        number = int(row.get("r", "0"))
        if number >= at:
            row.set("r", str(number + 1))
            for node in row:
                node.set("r", node.get("r", "").rstrip("0123456789") + str(number + 1))
    for node in data.iter(f"{{{S}}}f"):
        node.text = "".join(part if isinstance(part, str) else _moved(part, at) for part in read_formula(node.text or ""))
    new = etree.Element(f"{{{S}}}row", {"r": str(at)})
    for column, value in cells.items():
        node = etree.SubElement(new, f"{{{S}}}c", {"r": f"{column}{at}"})
        etree.SubElement(node, f"{{{S}}}v").text = value
    data.insert(next(n for n, row in enumerate(data) if int(row.get("r", "0")) > at), new)


def _moved(part: object, at: int) -> str:
    ends = [end.at(end.row + 1 if end.row >= at and not part.sheet else end.row) for end in (part.first, part.last) if end]  # type: ignore[attr-defined]
    return part.prefix + ":".join(ends)  # type: ignore[attr-defined]


def test_a_row_put_in_the_middle_moves_the_others_and_changes_none(annex: Path, tmp_path: Path) -> None:
    part = part_of_sheet(open_paper(annex), "问题清单")
    remarks = checked(edited(annex, tmp_path / "a.xlsx", lambda root: with_row_at(root, 20, {"K": "1"}), part))
    assert "figure_changed" not in kinds(remarks) and "formula_changed" not in kinds([r for r in remarks if r.part == "问题清单"])
    assert "number_typed" in errors(remarks)


def test_rows_that_people_sorted_are_the_same_rows(annex: Path, tmp_path: Path) -> None:
    paper = open_paper(annex)
    cells = paper.parts["收回明细"].cells
    rows = sorted({int(place[1:]) for place, c in cells.items() if place.startswith("I") and c.is_number and int(place[1:]) > 4})

    def sort(root: etree._Element) -> None:
        data = root.find(f"{{{S}}}sheetData")
        assert data is not None
        found = {int(row.get("r", "0")): row for row in data}
        for row, at in zip([found[n] for n in rows], reversed(rows), strict=True):
            row.set("r", str(at))
            for node in row:
                node.set("r", node.get("r", "").rstrip("0123456789") + str(at))
        data[:] = sorted(data, key=lambda row: int(row.get("r", "0")))

    assert len(rows) > 5
    assert kinds(checked(edited(annex, tmp_path / "a.xlsx", sort, part_of_sheet(paper, "收回明细")))) == []


def test_a_row_put_in_below_what_a_sum_sums_is_left_out_of_it(annex: Path, tmp_path: Path) -> None:
    paper = open_paper(annex)
    last = max(int(p[1:]) for p, c in paper.parts["问题清单"].cells.items() if p.startswith("K") and c.is_number)
    part = part_of_sheet(paper, "问题清单")

    def below(root: etree._Element) -> None:
        data = root.find(f"{{{S}}}sheetData")
        assert data is not None
        for row in [row for row in data if int(row.get("r", "0")) > last]:
            data.remove(row)
        new = etree.SubElement(data, f"{{{S}}}row", {"r": str(last + 1)})
        for column, value in (("A", "1"), ("K", "5")):
            etree.SubElement(etree.SubElement(new, f"{{{S}}}c", {"r": f"{column}{last + 1}"}), f"{{{S}}}v").text = value

    remarks = checked(edited(annex, tmp_path / "a.xlsx", below, part))
    assert said(remarks, "sum_leaves_out") == [f"the formula =SUBTOTAL(109,K5:K{last}) leaves out the number 5 in K{last + 1}"]


def test_a_sheet_deleted_or_renamed_is_told(annex: Path, tmp_path: Path) -> None:
    def rename(root: etree._Element) -> None:
        next(node for node in root.iter(f"{{{S}}}sheet") if node.get("name") == "指标与方法").set("name", "方法")

    def delete(root: etree._Element) -> None:
        node = next(node for node in root.iter(f"{{{S}}}sheet") if node.get("name") == "指标与方法")
        node.getparent().remove(node)

    assert kinds(checked(edited(annex, tmp_path / "a.xlsx", rename, "xl/workbook.xml"))) == ["sheet_renamed"]
    assert kinds(checked(edited(annex, tmp_path / "b.xlsx", delete, "xl/workbook.xml"))) == ["sheet_gone"]


def test_formulas_that_excel_keeps_once_for_many_cells_read_as_each_has_them(annex: Path, tmp_path: Path) -> None:
    paper = open_paper(annex)
    cells = paper.parts["问题汇总"].cells

    def share(root: etree._Element) -> None:
        places = [f"C{row}" for row in range(5, 11)]
        for place in places:
            node = cell(root, place).find(f"{{{S}}}f")
            node.attrib.update({"t": "shared", "si": "7"})
            if place != places[0]:
                node.text = None

    shared = edited(annex, tmp_path / "a.xlsx", share, part_of_sheet(paper, "问题汇总"))
    assert open_paper(shared).parts["问题汇总"].cells["C9"].text == cells["C9"].text
    assert kinds(checked(shared)) == []
    assert rows_of_paper(paper)["问题汇总"].now_at[9] == 9


# Names, years, and files that are none


def test_a_customer_misspelt_is_named_with_the_one_meant(brief: Path, tmp_path: Path) -> None:
    remarks = checked(edited(brief, tmp_path / "a.docx", replaced("澜州广视传媒集团有限责任公司", "澜州广市传媒集团有限责任公司")))
    assert said(remarks, "name_unknown") == ["unknown name '澜州广市传媒集团有限责任公司'; did you mean '澜州广视传媒集团有限责任公司'?"]


@pytest.mark.parametrize("words", ["各支行", "辖内分行", "本支行", "相关营业部", "某集团", "新设的分理处"])
def test_plain_words_are_no_names(brief: Path, tmp_path: Path, words: str) -> None:
    assert errors(checked(edited(brief, tmp_path / "a.docx", replaced("具体问题", f"{words}的具体问题")))) == []


def test_a_title_of_another_year_is_told(brief: Path, tmp_path: Path) -> None:
    assert "year_mismatch" in errors(checked(edited(brief, tmp_path / "a.docx", replaced("2014年二季度", "2013年二季度"))))


def test_a_file_without_a_record_is_no_paper(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "plain.docx"))
    (tmp_path / "broken.docx").write_bytes(b"PK\x03\x04 nothing")
    for name in ("plain.docx", "broken.docx", "absent.docx"):
        with pytest.raises(BadPaper):
            open_paper(tmp_path / name)
