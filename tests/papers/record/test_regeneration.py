"""Making a paper again over one that people have worked on."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pytest
from lxml import etree
from officefill.excel.cells import S
from officefill.ooxml.package import package_bytes, read_package
from places import BRANCH
from postloan.figures.book import Book
from postloan.papers.paths import WHOLE_BANK
from postloan.papers.record.paper_record import read_record
from postloan.run import compute, make_papers, take_in

UNIT = "0121"


@pytest.fixture(scope="module")
def made_once(branch2014: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_papers(branch2014, "monitoring_paper", folder, [UNIT])
    return folder


@pytest.fixture
def out(made_once: Path, tmp_path: Path) -> Path:
    """An output folder with a working paper that nobody has touched."""
    return Path(shutil.copytree(made_once, tmp_path / "out"))


def paper(out: Path, suffix: str) -> Path:
    return next((out / "2014Q2" / "monitoring_paper").glob(f"{UNIT}_*{suffix}"))


def type_cells(path: Path, **cells: str | int) -> None:
    """Types into cells of the first sheet as Excel would store it; openpyxl would lose the record, which Excel keeps."""
    package = read_package(path, path.read_bytes())
    name = "xl/worksheets/sheet1.xml"
    root = package.tree(name)
    for node in root.iter("{*}c"):
        if node.get("r") in cells:
            value = cells[node.get("r")]
            for child in list(node):
                node.remove(child)
            node.attrib.pop("t", None)
            if isinstance(value, str):
                node.set("t", "str")
            etree.SubElement(node, f"{{{S}}}v").text = str(value)
    package.parts[name] = etree.tostring(root)
    path.write_bytes(package_bytes(package))


def edits(out: Path) -> list[dict[str, str]]:
    path = out / "2014Q2" / "edited" / "monitoring_paper.csv"
    return list(csv.DictReader(path.open(encoding="utf-8-sig"))) if path.is_file() else []


def region_cell(out: Path, name: str) -> str:
    return next(region.cell for region in read_record(paper(out, ".xlsx")).regions if region.name == name)


def test_a_paper_nobody_touched_is_written_over(out: Path, branch2014: Book) -> None:
    before = [paper(out, suffix).read_bytes() for suffix in (".docx", ".xlsx")]
    make_papers(branch2014, "monitoring_paper", out, [UNIT])
    assert [paper(out, suffix).read_bytes() for suffix in (".docx", ".xlsx")] == before
    assert edits(out) == []


def test_what_inspectors_typed_survives_word_for_word(out: Path, branch2014: Book) -> None:
    path = paper(out, ".docx")
    typed = docx.Document(str(path))
    judgement = next(p for p in typed.paragraphs if p.text.startswith("（检查人对系统发现"))
    judgement.text = "经核实，系统发现均属实；已约谈客户经理。"
    typed.save(str(path))
    sheet_path, judged, reviewed = paper(out, ".xlsx"), region_cell(out, "检查人判断"), region_cell(out, "总体复核意见")
    type_cells(sheet_path, **{judged: "属实", reviewed: "同意。\n下季度跟踪。"})
    make_papers(branch2014, "monitoring_paper", out, [UNIT])
    assert any(p.text == "经核实，系统发现均属实；已约谈客户经理。" for p in docx.Document(str(path)).paragraphs)
    again = openpyxl.load_workbook(sheet_path)["底稿"]
    assert (again[judged].value, again[reviewed].value) == ("属实", "同意。\n下季度跟踪。")
    assert edits(out) == []
    make_papers(branch2014, "monitoring_paper", out, [UNIT])
    assert openpyxl.load_workbook(sheet_path)["底稿"][judged].value == "属实"


def test_a_sentence_of_the_machine_edited_by_hand_is_told_with_both_texts_and_the_file_kept(out: Path, branch2014: Book) -> None:
    path = paper(out, ".docx")
    typed = docx.Document(str(path))
    sentence = next(p for p in typed.paragraphs if "本期发现问题" in p.text)
    as_made = sentence.text
    sentence.add_run("另有一项待核。")
    typed.save(str(path))
    by_hand = path.read_bytes()
    make_papers(branch2014, "monitoring_paper", out, [UNIT])
    [edit] = edits(out)
    assert (edit["as_made"], edit["by_hand"], edit["made_now"]) == (as_made, as_made + "另有一项待核。", as_made)
    assert edit["place"].startswith("paragraph ")
    assert (out / "2014Q2" / edit["copy"]).read_bytes() == by_hand
    assert as_made in [p.text for p in docx.Document(str(path)).paragraphs]


def test_a_cell_edited_by_hand_is_told(out: Path, branch2014: Book) -> None:
    path = paper(out, ".xlsx")
    type_cells(path, K8=99)
    make_papers(branch2014, "monitoring_paper", out, [UNIT])
    [edit] = edits(out)
    assert (edit["place"], edit["by_hand"]) == ("底稿!K8", "99")
    assert openpyxl.load_workbook(path)["底稿"]["K8"].value != 99


def test_two_edits_one_after_the_other_are_both_kept(out: Path, branch2014: Book) -> None:
    for text in ("一", "二"):
        typed = docx.Document(str(paper(out, ".docx")))
        typed.paragraphs[0].add_run(text)
        typed.save(str(paper(out, ".docx")))
        make_papers(branch2014, "monitoring_paper", out, [UNIT])
    assert [edit["by_hand"][-1] for edit in edits(out)] == ["一", "二"]
    assert len({edit["copy"] for edit in edits(out)}) == 2


def test_typed_text_that_finds_no_place_any_more_is_told(out: Path, branch2014: Book, tmp_path: Path) -> None:
    path, judged = paper(out, ".xlsx"), region_cell(out, "检查人判断")
    type_cells(path, **{judged: "属实"})
    data = tmp_path / "data"
    shutil.copytree(BRANCH, data)
    (data / "AB角.csv").unlink()
    for inspections in data.glob("贷后检查*"):
        inspections.unlink()
    make_papers(compute(take_in(data), "2014Q2"), "monitoring_paper", out, [UNIT])
    assert [(edit["by_hand"], edit["place"].split()[0]) for edit in edits(out) if edit["by_hand"] == "属实"] == [("属实", "检查人判断")]


def test_a_file_that_is_no_paper_is_kept_too(out: Path, branch2014: Book) -> None:
    path = paper(out, ".docx")
    docx.Document().save(str(path))
    strange = path.read_bytes()
    make_papers(branch2014, "monitoring_paper", out, [UNIT])
    [edit] = edits(out)
    assert (out / "2014Q2" / edit["copy"]).read_bytes() == strange
    assert read_record(path).about["unit"] == UNIT


def test_saving_in_libreoffice_loses_no_region(out: Path, branch2014: Book, converted: Callable[..., list[Path]], tmp_path: Path) -> None:
    path = paper(out, ".docx")
    typed = docx.Document(str(path))
    next(p for p in typed.paragraphs if p.text.startswith("（检查人对系统发现")).text = "经核实属实。"
    typed.save(str(path))
    shutil.copy(*converted("docx", tmp_path / "saved", path), path)
    make_papers(branch2014, "monitoring_paper", out, [UNIT])
    assert any(p.text == "经核实属实。" for p in docx.Document(str(path)).paragraphs)


# Charts


def annex_edits(out: Path) -> list[dict[str, str]]:
    path = out / "2014Q2" / "edited" / "quarterly_report.csv"
    return list(csv.DictReader(path.open(encoding="utf-8-sig"))) if path.is_file() else []


def test_a_paper_with_a_chart_is_written_over_and_a_number_changed_in_its_chart_is_told(branch2014: Book, tmp_path: Path) -> None:
    for _ in range(2):
        make_papers(branch2014, "quarterly_report", tmp_path, [WHOLE_BANK])
    assert annex_edits(tmp_path) == []
    path = tmp_path / "2014Q2" / "quarterly_report.docx"
    package = read_package(path, path.read_bytes())
    name = next(name for name in package.parts if name.startswith("word/charts/chart"))
    root = package.tree(name)
    point = next(root.iter("{*}numCache")).find("{*}pt/{*}v")
    was, point.text = point.text, "987654"
    package.parts[name] = etree.tostring(root)
    path.write_bytes(package_bytes(package))
    make_papers(branch2014, "quarterly_report", tmp_path, [WHOLE_BANK])
    [edit] = annex_edits(tmp_path)
    assert edit["by_hand"] == "987654" and float(edit["as_made"]) == float(edit["made_now"]) == float(was)
