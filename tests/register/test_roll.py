"""Roll-forward: what people wrote last quarter comes over into this quarter's working paper, marked, and is no judgement of this quarter."""

import json
import shutil
from pathlib import Path

import docx
import openpyxl
import pytest
from command_line import Said, postloan
from lxml import etree
from officefill.excel.cells import S
from officefill.excel.workbook_parts import worksheets
from officefill.language.regions import Kept, Region
from officefill.ooxml.namespaces import W
from officefill.ooxml.package import package_bytes, read_package
from places import TINY
from postloan.papers.record.carried_over import marked
from postloan.papers.record.paper_record import record_of
from postloan.papers.record.review_notes import ANSWERED, review_notes
from test_review_notes import answer_and_resolve

PAPER = Path("monitoring_paper/003_乙部.xlsx")
MARK = "承上季（2014Q1）："


def regions(path: Path) -> dict[tuple[str, str], Region]:
    found = record_of(read_package(path, path.read_bytes())).regions
    return {(one.name, one.key): one for one in found}


def cell(path: Path, name: str, key: str) -> str | None:
    region = regions(path)[name, key]
    return openpyxl.load_workbook(path)[region.part][region.cell].value


def write(path: Path, texts: dict[tuple[str, str], str]) -> None:
    """Type into regions as Excel would store it; openpyxl would lose the record, which Excel keeps."""
    package, there = read_package(path, path.read_bytes()), regions(path)
    sheets = dict(worksheets(package, package.main))
    for name, text in texts.items():
        root = package.tree(sheets[there[name].part])
        node = next(node for node in root.iter("{*}c") if node.get("r") == there[name].cell)
        node[:] = []
        node.set("t", "str")
        etree.SubElement(node, f"{{{S}}}v").text = text
        package.save(sheets[there[name].part])
    path.write_bytes(package_bytes(package))


ITEM = "report_missing/003/0004/0004"
JUDGED, REVIEWED = ("检查人判断", ITEM), ("复核意见", ITEM)
TYPED = {
    JUDGED: "不属实，客户已结清",
    REVIEWED: "同意",
    ("标识", ITEM): "√",
    ("状态", ITEM): "已整改",
    ("检查人判断", "meeting_missing/003/003"): "属实",
    ("监测结论", ""): "本季工作尚可",
    ("复核意见", "1"): "依据请补",
    ("复核关闭人", "1"): "郑甲",
    ("复核位置", "2"): "B8",
    ("复核意见", "2"): "金额请核对",
    ("复核提出人", "2"): "郑甲",
}


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two quarters of one bank: papers of the first that people wrote into, rolled into the second."""
    folder = tmp_path_factory.mktemp("rolled")
    shutil.copytree(TINY, folder / "data")
    assert quarter(folder, "run", "2014Q1").code == 0
    write(folder / "out/2014Q1" / PAPER, TYPED)
    word = folder / "out/2014Q1" / PAPER.with_suffix(".docx")
    paper = docx.Document(str(word))
    for text in ("结论请补依据", "已补", "已改好"):
        paper.add_comment(paper.paragraphs[-2].runs, text, author="郑甲")
    paper.save(str(word))
    answer_and_resolve(word)
    done = quarter(folder, "roll", "2014Q2")
    assert done.code == 0, done
    return folder


def quarter(folder: Path, command: str, period: str) -> Said:
    words = ("--data", folder / "data", "--out", folder / "out", "--prepared-on", "2014-07-05")
    return postloan(command, "monitoring_paper", "--period", period, *words)


def test_texts_on_the_same_item_come_over_with_their_mark_and_nothing_else_does(rolled: Path) -> None:
    paper = rolled / "out/2014Q2" / PAPER
    assert cell(paper, *JUDGED) == MARK + "不属实，客户已结清" and cell(paper, *REVIEWED) == MARK + "同意"
    assert [cell(paper, name, ITEM) or "" for name in ("标识", "状态")] == [regions(paper)[name, ITEM].made for name in ("标识", "状态")]
    assert cell(paper, "状态", ITEM) == "待整改" and not cell(paper, "监测结论", "")
    others = [of for of in regions(paper) if of[0] in ("检查人判断", "复核意见") and "/" in of[1] and of[1] != ITEM]
    assert others and not any(cell(paper, *of) for of in others)


def test_notes_that_nobody_closed_come_over(rolled: Path) -> None:
    paper = rolled / "out/2014Q2" / PAPER
    assert [cell(paper, name, "1") for name in ("复核位置", "复核意见", "复核提出人")] == ["B8", MARK + "金额请核对", "郑甲"]
    assert not cell(paper, "复核意见", "2") and not cell(paper, "复核关闭人", "1")
    word = paper.with_suffix(".docx")
    (note,) = review_notes(read_package(word, word.read_bytes()))
    assert (note.question, note.answer, note.state) == (MARK + "结论请补依据", "已补", ANSWERED)
    assert postloan("verify", paper, word).code == 0


def test_a_text_of_last_quarter_is_no_judgement_until_somebody_takes_its_mark_away(rolled: Path, tmp_path: Path) -> None:
    shutil.copytree(rolled, tmp_path / "bank")
    paper, words = tmp_path / "bank/out/2014Q2" / PAPER, ("--data", tmp_path / "bank/data", "--out", tmp_path / "bank/out", "--json")
    assert not json.loads(postloan("collect", paper, *words).output)["cells"]
    write(paper, {of: TYPED[of] for of in (JUDGED, REVIEWED)})
    cells = json.loads(postloan("collect", paper, *words).output)["cells"]
    assert {one["text"] for one in cells} >= {TYPED[JUDGED], TYPED[REVIEWED]}


def test_a_run_and_a_second_roll_keep_what_is_there(rolled: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(rolled, tmp_path / "bank"))
    paper = folder / "out/2014Q2" / PAPER
    write(paper, {JUDGED: "属实"})
    for command in ("run", "roll"):
        assert quarter(folder, command, "2014Q2").code == 0
        assert cell(paper, *JUDGED) == "属实" and cell(paper, *REVIEWED) == MARK + "同意", command
        assert cell(paper, "复核意见", "1") == MARK + "金额请核对"
    word = paper.with_suffix(".docx")
    assert len(review_notes(read_package(word, word.read_bytes()))) == 1


def test_what_cannot_be_rolled_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    words = ("--period", "2014Q2", "--data", TINY, "--out", tmp_path / "out")
    none, notices = postloan("roll", *words), postloan("roll", "rectification_notice", *words)
    assert none.code == notices.code == 2 and "2014Q1" in none.errors and "rectification_notice" in notices.errors
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["", '<w:pPr><w:jc w:val="center"/></w:pPr>'])
def test_the_mark_stands_at_the_beginning_of_a_text_of_word_and_only_once(form: str) -> None:
    kept = Kept("甲\n乙", f'<w:p xmlns:w="{W}">{form}<w:r><w:t>甲</w:t></w:r></w:p><w:p xmlns:w="{W}"><w:r><w:t>乙</w:t></w:r></w:p>')
    once = marked(kept, "2014Q1")
    assert marked(once, "2014Q2") == once and once.text == MARK + kept.text
    paragraphs = etree.fromstring(f"<all>{once.xml}</all>")
    assert ["".join(one.itertext()) for one in paragraphs] == [MARK + "甲", "乙"]
    assert [etree.QName(node).localname for node in paragraphs[0]] == ["pPr", "r", "r"][not form :]
