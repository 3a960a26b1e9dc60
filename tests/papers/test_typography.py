"""GB/T 9704-2012 as LibreOffice lays it out: 22 lines of 28 characters, the type area 156 mm × 225 mm, page numbers outside it."""

import copy
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from postloan.errors import CannotFile
from postloan.month_end import pdf
from postloan.month_end.preview_fonts import installed_faces
from postloan.papers.document import templates_folder

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFFICIAL = ("quarterly_brief", "quarterly_report")
"""Documents laid out as official papers; the working paper is none (domain.md 7.10: internal work papers need not)."""
LINES, CHARACTERS = 22, 28
FANG, RARE = "一国家标准规定每面排二十二行每行排二十八个字并撑满版心", "喆"
POINTS_PER_MM = 72 / 25.4

try:
    pdf.find_office()
    HAS_ALL = bool(installed_faces()) and shutil.which("pdftotext") is not None
except CannotFile:
    HAS_ALL = False
needs_office = pytest.mark.skipif(not HAS_ALL, reason="LibreOffice, fontconfig or poppler is not installed")


def long_paper(name: str, text: str, path: Path) -> Path:
    """The document's template with nothing in its text but `text` in the body style, under its own styles and first section."""
    with zipfile.ZipFile(templates_folder() / name / "body.docx") as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    root = etree.fromstring(parts["word/document.xml"])
    body = root.find(f"{W}body")
    section = copy.deepcopy(next(root.iter(f"{W}sectPr")))
    for child in list(body):
        body.remove(child)
    run = etree.SubElement(etree.SubElement(body, f"{W}p"), f"{W}r")
    etree.SubElement(run, f"{W}t").text = text
    body.append(section)
    parts["word/document.xml"] = etree.tostring(root)
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    path.write_bytes(made.getvalue())
    return path


Line = tuple[str, float, float, float, float]
"""A line of a page: text, left, top, right and bottom edge in mm."""


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[list[Line]]]:
    """For each document, without and with rare characters, its pages as lines from the top; all papers in one go."""
    room = tmp_path_factory.mktemp("papers")
    texts = {rare: (FANG + rare) * (LINES * CHARACTERS * 3 // len(FANG)) for rare in ("", RARE)}
    papers = {(name, rare): long_paper(name, texts[rare], room / f"{name}{rare}.docx") for name in OFFICIAL for rare in texts}
    return {key: pages(shown, room) for key, shown in zip(papers, pdf.previews([*papers.values()]), strict=True)}


def pages(shown: pdf.Preview, room: Path) -> list[list[Line]]:
    assert shown.pdf, shown.reason
    (room / "paper.pdf").write_bytes(shown.pdf)
    told = subprocess.run(["pdftotext", "-bbox-layout", room / "paper.pdf", "-"], capture_output=True, check=True).stdout
    tree = etree.fromstring(told, etree.XMLParser(recover=True))
    return [sorted(_lines(page), key=lambda line: line[2]) for page in tree.iter("{*}page")]


def _lines(page: etree._Element) -> Iterator[Line]:
    for line in page.iter("{*}line"):
        edges = (float(line.get(edge)) / POINTS_PER_MM for edge in ("xMin", "yMin", "xMax", "yMax"))
        yield ("".join(word.text for word in line.iter("{*}word")), *edges)


@needs_office
@pytest.mark.parametrize("name", OFFICIAL)
@pytest.mark.parametrize("rare", ["", RARE], ids=["in FangSong", "in the face that has rare characters"])
def test_a_full_page_has_22_lines_of_28_characters(name, rare, laid_out):
    first, second, *_ = laid_out[name, rare]
    for page in (first, second):
        *lines, number = page
        assert len(lines) == LINES
        assert number[0].strip("—- ").isdecimal()
        assert [len(line) for line, *_ in lines[1:]] == [CHARACTERS] * (LINES - 1)
    assert len(first[0][0]) == CHARACTERS - 2, "the first line is indented by two characters"


@needs_office
@pytest.mark.parametrize("name", OFFICIAL)
def test_the_text_fills_the_type_area_and_the_page_number_stands_below_it(name, laid_out):
    first, second, *_ = laid_out[name, ""]
    for page, odd in ((first, True), (second, False)):
        *lines, number = page
        full = lines[1:]
        assert all(abs(left - 28) < 1 and abs(right - 184) < 1 for _, left, _, right, _ in full), "28 mm at the left, 26 mm at the right"
        assert lines[0][2] > 36 and lines[-1][4] < 297 - 34, "37 mm above, 35 mm below"
        assert number[2] > 297 - 35, "the page number is below the type area"
        assert (number[1] > 105) is odd, "odd pages right, even pages left"
