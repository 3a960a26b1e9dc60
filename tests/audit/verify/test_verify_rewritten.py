"""What Office programs rewrite by themselves is no change."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

from editing import S, W, checked, edited, errors, kinds, part_of_sheet, replaced, run, texts
from lxml import etree
from officefill.word.regions import kept_in_word
from postloan.papers.record.finished_paper import open_paper


def test_papers_as_made_have_nothing_to_say(made: Path) -> None:
    papers = sorted(path for path in made.rglob("*") if path.suffix in (".docx", ".xlsx"))
    assert len(papers) >= 5
    assert {path.name: [remark.says for remark in checked(path)] for path in papers} == {path.name: [] for path in papers}


def test_papers_saved_by_libreoffice_have_nothing_to_say(made: Path, converted: Callable[..., list[Path]], tmp_path: Path) -> None:
    paths = [made / "quarterly_report.docx", made / "quarterly_report.xlsx", *(made / "monitoring_paper").glob("*.docx")]
    assert len(paths) == 3
    words, sheets = ([path for path in paths if path.suffix == suffix] for suffix in (".docx", ".xlsx"))
    for saved in [*converted("docx", tmp_path, *words), *converted("xlsx", tmp_path, *sheets)]:
        assert [remark.says for remark in checked(saved)] == []


def test_runs_cut_into_single_letters_are_no_change(brief: Path, tmp_path: Path) -> None:
    def cut(root: etree._Element) -> None:
        for node in texts(root):
            run = node.getparent()
            if run.tag != f"{{{W}}}r" or len(node.text or "") < 2:
                continue
            for letter in reversed(node.text[1:]):
                twin = copy.deepcopy(run)
                for t in twin.iter(f"{{{W}}}t"):
                    t.text = letter
                run.addnext(twin)
                etree.SubElement(run.getparent(), f"{{{W}}}proofErr", {f"{{{W}}}type": "spellStart"})
            node.text = node.text[0]

    assert kinds(checked(edited(brief, tmp_path / "cut.docx", cut))) == []


def test_renumbered_bookmarks_and_page_numbers_are_no_change(brief: Path, tmp_path: Path) -> None:
    def renumber(root: etree._Element) -> None:
        for node in root.iter(f"{{{W}}}bookmarkStart", f"{{{W}}}bookmarkEnd"):
            node.set(f"{{{W}}}id", str(int(node.get(f"{{{W}}}id", "0")) + 5000))

    path = edited(brief, tmp_path / "a.docx", renumber)
    assert kinds(checked(edited(path, tmp_path / "b.docx", replaced("1", "17"), "word/footer1.xml"))) == []


def test_a_field_that_is_never_closed_hides_no_number(brief: Path, tmp_path: Path) -> None:
    def open_field(root: etree._Element) -> None:
        first = next(root.iter(f"{{{W}}}p"))
        for kind, code in (("begin", ""), ("", "TOC"), ("separate", "")):
            run = etree.SubElement(first, f"{{{W}}}r")
            if kind:
                etree.SubElement(run, f"{{{W}}}fldChar", {f"{{{W}}}fldCharType": kind})
            else:
                etree.SubElement(run, f"{{{W}}}instrText").text = code
        replaced("98.75", "99.75")(root)

    assert "figure_changed" in errors(checked(edited(brief, tmp_path / "open.docx", open_field)))


def test_bookmarks_lost_on_the_way_lose_no_figure(brief: Path, tmp_path: Path) -> None:
    def lose(root: etree._Element) -> None:
        for node in list(root.iter(f"{{{W}}}bookmarkStart", f"{{{W}}}bookmarkEnd")):
            node.getparent().remove(node)

    path = edited(brief, tmp_path / "lost.docx", lose)
    assert kinds(checked(path)) == []
    assert errors(checked(edited(path, tmp_path / "lost2.docx", replaced("1.065", "1.165")))) == ["figure_changed"]


def test_numbers_written_as_excel_writes_them_are_no_change(annex: Path, tmp_path: Path) -> None:
    part = part_of_sheet(open_paper(annex), "收回明细")

    def as_floats(root: etree._Element) -> None:
        for node in root.iter(f"{{{S}}}v"):
            if node.getparent().get("t", "n") == "n":
                node.text = repr(float(node.text or "0"))

    assert kinds(checked(edited(annex, tmp_path / "floats.xlsx", as_floats, part))) == []


def test_a_cell_s_bookmark_that_libreoffice_moved_into_the_cell_before_makes_no_text_people_s(made: Path, tmp_path: Path) -> None:
    def move(root: etree._Element) -> None:
        start = next(node for node in root.iter(f"{{{W}}}bookmarkStart") if node.get(f"{{{W}}}name", "").startswith("_pk_cell"))
        end = start.getnext()
        last = start.getparent().getprevious().findall(f"{{{W}}}p")[-1]
        last.extend([start, end])
        cell = last.getparent().getnext()
        cell.find(f"{{{W}}}p").append(run("2014-07-02"))

    path = edited(next((made / "monitoring_paper").glob("*.docx")), tmp_path / "moved.docx", move)
    remarks = checked(path)
    assert errors(remarks) == []
    assert "line_removed" not in kinds(remarks)
    regions = open_paper(path).record.regions
    package = open_paper(path).package
    assert "2014-07-02" in [kept.text for kept in kept_in_word(package, regions, package).values()]
