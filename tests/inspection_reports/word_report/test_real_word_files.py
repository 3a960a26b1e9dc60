"""Word files that nobody here made: read without an accident, no paragraph lost against python-docx."""

from pathlib import Path

import docx
import pytest
from places import SHARED, corpus
from postloan.inspection_reports.sections import Refused, read_reports
from postloan.inspection_reports.sections.section_reader import sections_of
from postloan.inspection_reports.word_text.final_text import final_text

FILES = sorted(path for path in SHARED.rglob("*") if path.suffix in (".docx", ".docm", ".dotx"))

pytestmark = pytest.mark.skipif(not FILES, reason="the folder of real data is not beside the project")


def plain_paragraphs(path: Path) -> list[str]:
    """The paragraphs python-docx sees in the body, those with tracked changes, fields or symbols left aside."""
    paper = docx.Document(str(path))
    odd = "|".join(
        f".//{tag}" for tag in ("w:ins", "w:del", "w:fldChar", "w:fldSimple", "w:sdt", "w:vanish", "w:sym", "w:moveFrom", "w:noBreakHyphen")
    )
    return [each.text for each in paper.paragraphs if each.text.strip() and not each._p.xpath(odd)]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("path", corpus(FILES))
def test_a_real_file_is_read_or_refused_and_loses_no_paragraph(path):
    try:
        blocks = final_text(path)
    except Refused:
        return
    assert final_text(path.read_bytes()) == blocks
    sections_of(blocks)
    try:
        expected = plain_paragraphs(path)
    except Exception:  # noqa: BLE001 - python-docx refuses some of these files in many ways
        return
    ours = squeezed("".join(block.text for block in blocks))
    assert [text for text in expected if squeezed(text) not in ours] == []


@pytest.mark.soak
def test_all_of_them_together_are_each_read_or_named():
    names = {path.name: str(path.relative_to(SHARED)) for path in FILES}
    problems = read_reports(SHARED, names).problems
    assert len({problem.file for problem in problems}) <= len(names)
    assert {problem.check for problem in problems} <= {"unreadable_report", "no_section"}
