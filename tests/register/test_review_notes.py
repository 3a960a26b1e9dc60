"""Review notes stay in a paper that a run makes anew, with their answers and what is closed."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pytest
from officefill.ooxml.package import Package, package_bytes, read_package
from postloan.figures.book import Book
from postloan.papers.record.review_notes import ANSWERED, ASKED, CLOSED, NOTES_SHEET, review_notes
from postloan.papers.signing import Signing
from postloan.run import make_papers

W15 = "http://schemas.microsoft.com/office/word/2012/wordml"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"


def package_of(path: Path) -> Package:
    return read_package(path, path.read_bytes())


@pytest.fixture
def papers(tiny: Book, tmp_path: Path) -> tuple[Path, Path]:
    """The bank's working paper in Word and in Excel."""
    return tuple(make_papers(tiny, "monitoring_paper", tmp_path, ["全行"]))  # type: ignore[return-value]


def again(tiny: Book, tmp_path: Path) -> None:
    make_papers(tiny, "monitoring_paper", tmp_path, ["全行"], Signing(preparer="王芳"))


def test_comments_of_word_come_along(papers: tuple[Path, Path], tiny: Book, tmp_path: Path) -> None:
    paper = docx.Document(str(papers[0]))
    at = next(number for number, one in enumerate(paper.paragraphs) if "监测结论" in one.text)
    paper.add_comment(paper.paragraphs[at].runs, "依据何在？", author="李明")
    paper.add_comment(paper.paragraphs[at].runs, "见附件。", author="王芳")
    paper.add_comment(paper.paragraphs[at].runs, "已改。", author="李明")
    paper.save(str(papers[0]))
    answer_and_resolve(papers[0])
    wanted = [("李明", "依据何在？", "见附件。", ANSWERED), ("李明", "已改。", "", CLOSED)]
    for _ in range(2):
        assert [(one.asker, one.question, one.answer, one.state) for one in review_notes(package_of(papers[0]))] == wanted
        again(tiny, tmp_path)
    made = docx.Document(str(papers[0]))
    (commented,) = [one for one in made.paragraphs if one._p.findall(".//{*}commentReference")]
    assert "监测结论" in commented.text
    assert "王芳" in [cell.text for table in made.tables for row in table.rows for cell in row.cells]


def answer_and_resolve(path: Path) -> None:
    """Make the second comment an answer to the first, and resolve the third, as Word does."""
    package = package_of(path)
    part = package.first("comments", package.main)
    for number, node in enumerate(package.tree(part).iter("{*}comment")):
        node.findall("{*}p")[-1].set(f"{{{W14}}}paraId", f"0000000{number + 1}")
    package.save(part)
    lines = (
        'w15:paraId="00000001" w15:done="0"',
        'w15:paraId="00000002" w15:paraIdParent="00000001" w15:done="0"',
        'w15:paraId="00000003" w15:done="1"',
    )
    listed = "".join(f"<w15:commentEx {line}/>" for line in lines)
    package.parts["word/commentsExtended.xml"] = f'<w15:commentsEx xmlns:w15="{W15}">{listed}</w15:commentsEx>'.encode()
    package.declare("application/vnd.openxmlformats-officedocument.wordprocessingml.commentsExtended+xml", part="word/commentsExtended.xml")
    package.add_arrow(
        package.main, "rIdX", "http://schemas.microsoft.com/office/2011/relationships/commentsExtended", "/word/commentsExtended.xml"
    )
    path.write_bytes(package_bytes(package))


def test_notes_on_the_sheet_of_the_working_paper_come_along(papers: tuple[Path, Path], tiny: Book, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(papers[1])  # which loses the record, as people's programs may
    sheet = book[NOTES_SHEET]
    heads = [cell.value for cell in sheet[2]]
    for row, texts in (
        (3, {"位置": "E-001", "意见": "依据何在？", "提出人": "李明"}),
        (4, {"意见": "已改", "提出人": "李明", "关闭人": "李明"}),
    ):
        for head, text in texts.items():
            sheet.cell(row, heads.index(head) + 1).value = text
    book.save(papers[1])
    for _ in range(2):
        found = [(one.place, one.question, one.state) for one in review_notes(package_of(papers[1]))]
        assert found == [("E-001", "依据何在？", ASKED), ("", "已改", CLOSED)]
        again(tiny, tmp_path)
    made = openpyxl.load_workbook(papers[1])
    assert made[NOTES_SHEET]["C3"].value == "依据何在？"
    assert made[NOTES_SHEET]["C3"].border.left.style == openpyxl.load_workbook(papers[1])[NOTES_SHEET]["C5"].border.left.style


def test_a_paper_as_made_has_no_notes(papers: tuple[Path, Path]) -> None:
    assert all(review_notes(package_of(path)) == [] for path in papers)
