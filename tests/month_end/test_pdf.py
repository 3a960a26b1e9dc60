"""PDF previews: one LibreOffice for all, a file that is looked at, rare characters in the face of their line, and what to do without."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import docx
import openpyxl
import pytest
from command_line import postloan
from docx.oxml.ns import qn
from places import ROOT, TINY
from postloan.errors import CannotFile
from postloan.month_end import pdf
from postloan.month_end.preview_fonts import STAND_INS, fontconfig, installed_faces, preview_fonts
from postloan.run import Request, run

RARE = "客户经理王喆、李赟、张珺、陈镕于二〇一四年检查了120㎡厂房"
PLAIN = "客户经理王哲、李明于二零一四年检查了厂房"

try:
    pdf.find_office()
    HAS_OFFICE = True
except CannotFile:
    HAS_OFFICE = False
office = pytest.mark.skipif(not HAS_OFFICE, reason="LibreOffice is not installed")
fonts = pytest.mark.skipif(not installed_faces() or not shutil.which("pdffonts"), reason="fontconfig or poppler is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="the office played here is a shell script")


def word(path: Path, *texts: str, face: str = "仿宋") -> Path:
    paper = docx.Document()
    for text in texts:
        run_ = paper.add_paragraph().add_run(text)
        run_.font.name = face
        run_._element.rPr.rFonts.set(qn("w:eastAsia"), face)
    paper.save(str(path))
    return path


def book(path: Path, text: str) -> Path:
    paper = openpyxl.Workbook()
    paper.active["A1"] = text
    paper.save(path)
    return path


def faces(data: bytes, path: Path) -> set[str]:
    """The faces in a PDF, without the tag of the subset."""
    path.write_bytes(data)
    told = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    return {line.split()[0].split("+")[-1] for line in told}


# LibreOffice


@office
def test_papers_become_pdf_in_order_whatever_some_of_them_are(tmp_path):
    (tmp_path / "坏.docx").write_bytes(b"PK no package")
    papers = [
        word(tmp_path / "全行.docx", PLAIN),
        tmp_path / "坏.docx",
        book(tmp_path / "全行.xlsx", PLAIN),
        tmp_path / "没有.docx",
        ROOT / "README.md",
    ]
    shown = pdf.previews(papers)
    assert [view.paper for view in shown] == papers
    assert [bool(view.pdf) for view in shown] == [True, False, True, False, False]
    assert all(pdf.page_count(view.pdf) == 1 for view in shown if view.pdf)
    assert ["damaged" in shown[1].reason, "cannot be read" in shown[3].reason, "only .docx" in shown[4].reason] == [True] * 3
    assert {path.name for path in tmp_path.iterdir()} == {"全行.docx", "坏.docx", "全行.xlsx"}, "nothing is left beside the papers"


@office
def test_the_same_papers_give_the_same_bytes_and_no_hour(tmp_path):
    papers = [word(tmp_path / "a.docx", PLAIN), book(tmp_path / "a.xlsx", PLAIN)]
    first, second = pdf.previews(papers), pdf.previews(papers)
    assert [view.pdf for view in first] == [view.pdf for view in second]
    assert all(b"D:19800101000000" in view.pdf for view in first)


def play_office(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """An office that does what `script`, lines of Python, says for each `paper`, and notes its start."""
    program = folder / "soffice"
    program.write_text(
        f"#!{sys.executable}\nimport os, sys, time\nfrom pathlib import Path\n"
        f"open({str(folder / 'starts')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "out = Path(sys.argv[sys.argv.index('--outdir') + 1]); out.mkdir(exist_ok=True)\n"
        "for paper in map(Path, sys.argv[sys.argv.index('--outdir') + 2:]):\n"
        "    body = paper.read_bytes(); made = out / (paper.stem + '.pdf')\n"
        "    good = b'%PDF-1.6\\n1 0 obj<</Type/Page>>\\ntrailer<<>>\\n%%EOF\\n'\n" + script,
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv(pdf.OFFICE, str(program))
    return folder / "starts"


SIZES = "    if len(body) % 2: "
"""What the played office does with the second paper only."""


@posix
@pytest.mark.parametrize(
    ("fault", "reason", "starts"),
    [
        ("os.system('sleep 60 &'); time.sleep(60)", "in time", 2),
        ("os._exit(77)", "made no PDF", 2),
        ("os.kill(os.getpid(), 9)", "made no PDF", 2),
        ("continue", "made no PDF", 1),
        ("made.write_bytes(b''); continue", "made no PDF", 1),
        ("made.write_bytes(b'<html>'); continue", "no PDF with a page", 1),
        ("made.write_bytes(good[:-9]); continue", "no PDF with a page", 1),
        ("made.write_bytes(good.replace(b'/Page', b'/Pages')); continue", "no PDF with a page", 1),
    ],
)
def test_a_paper_that_fails_is_named_and_the_others_are_made(tmp_path, monkeypatch, fault, reason, starts):
    papers = [word(tmp_path / f"{n}.docx", PLAIN) for n in range(3)]
    for paper in papers:
        data = paper.read_bytes()
        # A zip may have anything in front of its end record's comment: an odd length marks the paper that fails.
        odd = paper.name == "1.docx"
        paper.write_bytes(data if len(data) % 2 == odd else data[:-2] + b"\x01\x00" + b"x")
    started = play_office(tmp_path, monkeypatch, f"{SIZES}{fault}\n    made.write_bytes(good)\n")
    shown = pdf.previews(papers, seconds=1)
    assert [bool(view.pdf) for view in shown] == [True, False, True]
    assert reason in shown[1].reason
    assert len(started.read_text().split()) == starts


@posix
def test_a_hanging_office_is_killed_with_what_it_started(tmp_path, monkeypatch):
    started = play_office(
        tmp_path, monkeypatch, f"    child = os.fork()\n    open({str(tmp_path / 'starts')!r}, 'a').write('')\n    time.sleep(60)\n"
    )
    pdf.previews([word(tmp_path / "a.docx", PLAIN)], seconds=0.5)
    group = int(started.read_text().split()[0])
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.killpg(group, 0)
            subprocess.run(["sleep", "0.05"], check=True)


def test_without_libreoffice_the_user_hears_what_to_do_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "_USUAL", {})
    monkeypatch.delenv(pdf.OFFICE, raising=False)
    with pytest.raises(CannotFile, match="install LibreOffice"):
        run(Request(str(TINY), "2014Q2", str(tmp_path / "out"), pdf=True))
    assert not (tmp_path / "out").exists()
    monkeypatch.setenv(pdf.OFFICE, str(tmp_path / "nowhere"))
    with pytest.raises(CannotFile, match="POSTLOAN_SOFFICE"):
        pdf.find_office()


# Faces


@pytest.mark.soak
@office
@fonts
def test_rare_characters_stay_in_the_face_of_their_line(tmp_path):
    of = ("仿宋", "楷体", "黑体", "宋体", "方正小标宋简体")
    for face, shown in zip(of, pdf.previews([word(tmp_path / f"{face}.docx", RARE * 4, face=face) for face in of]), strict=True):
        assert len(faces(shown.pdf, tmp_path / "rare.pdf")) == 1, face


@pytest.mark.soak
@office
@fonts
def test_another_papers_rare_character_does_not_change_a_papers_face(tmp_path):
    plain, rare = word(tmp_path / "plain.docx", PLAIN), word(tmp_path / "rare.docx", RARE)
    together = pdf.previews([plain, rare])[0]
    assert faces(together.pdf, tmp_path / "a.pdf") == faces(pdf.previews([plain])[0].pdf, tmp_path / "b.pdf")


@office
@fonts
def test_a_character_no_face_has_is_named_with_its_paper_and_no_pdf_is_made(tmp_path):
    shown = pdf.previews([word(tmp_path / "a.docx", "客户\U0001f600公司"), word(tmp_path / "b.docx", PLAIN)])
    assert shown[0].pdf is None and "U+1F600" in shown[0].reason and shown[0].paper.name == "a.docx"
    assert shown[1].pdf


def test_a_face_is_replaced_as_a_whole_by_the_likest_that_lacks_nothing():
    def codes(text: str) -> frozenset[int]:
        return frozenset(map(ord, text))

    installed = {"FandolFang": codes("王哲"), "Noto Serif CJK SC": codes("王哲喆"), "Noto Sans CJK SC": codes("王哲喆")}

    def family(text: str) -> str:
        return dict(preview_fonts(text, installed).families)["仿宋"]

    assert family("王哲") == "FandolFang"
    assert family("王喆") == "Noto Serif CJK SC"
    assert preview_fonts("王喆", installed).lacking == ()
    assert preview_fonts("王𠮷", installed).lacking == ("𠮷",)
    assert dict(preview_fonts("王", installed | {"仿宋": codes("王")}).families)["仿宋_GB2312"] == "仿宋"
    assert preview_fonts("王", {}).families == () and preview_fonts("王", {}).lacking == ()


def test_the_fonts_file_names_every_face_once_and_is_xml():
    from lxml import etree

    chosen = preview_fonts("王", {"Noto Sans SC": frozenset({ord("王")})})
    tree = etree.fromstring(fontconfig(chosen).encode())
    assert [node.text for node in tree.iterfind("match/test/string")] == [name for names in STAND_INS for name in names]


# The run and the command


@posix
def test_a_run_files_a_pdf_beside_every_paper_and_records_it(tmp_path, monkeypatch):
    play_office(tmp_path, monkeypatch, "    if paper.suffix == '.xlsx': continue\n    made.write_bytes(good)\n")
    request = Request(str(TINY), "2014Q2", str(tmp_path / "out"), ["quarterly_report"], ["全行"], pdf=True)
    record = run(request)
    outcome = record.documents["quarterly_report"]
    assert outcome["state"] == "made" and outcome["previews"] == ["quarterly_report.docx.pdf"]
    assert list(outcome["previews_failed"]) == ["quarterly_report.xlsx"]
    assert record.exit_code == 1
    written = json.loads((request.folder / "run.json").read_text(encoding="utf-8"))
    assert "quarterly_report.docx.pdf" in written["outputs"] and written["parameters"]["pdf"] is True
    shown = request.folder / "quarterly_report.docx.pdf"
    assert shown.read_bytes().startswith(b"%PDF")
    again = run(Request(request.data, request.period, request.out, ["quarterly_report"], ["全行"], prepared_on="2014-07-10"))
    assert again.exit_code == 0 and not shown.exists(), "an old preview of a newer paper is gone"


@posix
def test_the_command_puts_pdfs_where_it_is_told_and_never_one_over_another(tmp_path, monkeypatch):
    play_office(tmp_path, monkeypatch, "    made.write_bytes(good)\n")
    (tmp_path / "一").mkdir()
    (tmp_path / "二").mkdir()
    papers = [str(word(tmp_path / folder / "底稿.docx", PLAIN)) for folder in ("一", "二")]
    told = postloan("pdf", *papers, "--out", str(tmp_path / "out"), "--json")
    assert told.code == 1
    answer = json.loads(told.output)
    assert list(answer["filed"]) == papers[:1] and list(answer["failed"]) == papers[1:]
    assert postloan("pdf", papers[1]).code == 0
    assert (tmp_path / "二" / "底稿.docx.pdf").exists()
