"""A new document begins in the style of another, with nothing of that one's text, and can be checked, looked at and made at once."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from notebookrun.parameters import read_parameters
from PIL import Image
from postloan.cli.template import app
from postloan.errors import BadCommand, BadTemplate, CannotFile
from postloan.papers import document as document_module
from postloan.papers.document import all_documents
from postloan.papers.make import papers
from postloan.template_doctor import check_template
from postloan.template_doctor.new_document import new_document
from postloan.template_doctor.samples import sample_paper
from typer.testing import CliRunner

SOURCES = list(all_documents())


def _texts(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return "\n".join(archive.read(name).decode("utf-8") for name in archive.namelist() if name.endswith(".xml"))


@pytest.mark.parametrize("source", SOURCES)
def test_it_has_no_fault_and_nothing_of_the_other_documents_text(tmp_path, source):
    written = new_document("loan_watch", source, "贷款监测简报", tmp_path)
    like = all_documents()[source]
    assert {path.name for path in written} == {*like.templates, "document.yaml"}
    made = document_module.all_documents.__wrapped__(tmp_path)["loan_watch"]
    assert (made.title, made.per, made.due, made.templates) == ("贷款监测简报", like.per, like.due, like.templates)
    for path in written[:-1]:
        found = check_template(path)
        assert not found.faults and not found.warnings
        assert "贷款监测简报" in _texts(path) and like.title not in _texts(path)


@pytest.mark.parametrize("source", [SOURCES[0], *(pytest.param(one, marks=pytest.mark.soak) for one in SOURCES[1:])])
def test_a_look_shows_the_sample_quarter(tmp_path, source, branch2014):
    for path in new_document("loan_watch", source, "贷款监测简报", tmp_path)[:-1]:
        content = sample_paper(path)
        if path.suffix == ".docx":
            paper = docx.Document(io.BytesIO(content))
            text = "\n".join(paragraph.text for paragraph in paper.paragraphs)
            assert "2014年二季度贷款监测简报" in text and "户，贷款余额" in text and "{{" not in text
            assert len(paper.tables[0].rows) == 1 + len(branch2014.units())
        else:
            (sheet,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
            rows = list(sheet.iter_rows(values_only=True))
            assert "贷款监测简报" in rows[0][0]
            assert [row[0] for row in rows[3:-1]] == branch2014.units()
            assert float(rows[3][3]) == float(branch2014.figure("loan_balance", "unit", rows[3][0]))


def test_it_is_made_by_the_program_as_the_others_are(tmp_path, tiny, monkeypatch):
    templates, reports = tmp_path / "templates", tmp_path / "reports"
    for name in ("quarterly_brief",):
        shutil.copytree(all_documents()[name].folder, templates / name)
    shutil.copytree(document_module.notebooks_folder(), reports)
    monkeypatch.setattr("postloan.template_doctor.new_document.templates_folder", lambda: templates)
    monkeypatch.setattr("postloan.template_doctor.new_document.notebooks_folder", lambda: reports)
    new_document("loan_watch", title="贷款监测简报")
    made = document_module.all_documents.__wrapped__(templates)["loan_watch"]
    monkeypatch.setitem(all_documents(), "loan_watch", made)
    paths = ["loan_watch.docx", "loan_watch/002_甲部.docx", "loan_watch/003_乙部.docx"]
    assert [path for path, _ in papers(tiny, "loan_watch")] == paths
    assert "period" in read_parameters(reports / "loan_watch.ipynb")
    cells = json.loads((reports / "loan_watch.ipynb").read_text(encoding="utf-8"))["cells"]
    assert 'make_papers(book, "loan_watch"' in "".join(cells[-1]["source"]) and cells[0]["source"][0] == "# 贷款监测简报\n"


def test_the_same_beginning_gives_the_same_bytes(tmp_path):
    one, two = (new_document("loan_watch", "quarterly_report", "简报", tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


@pytest.mark.parametrize("name", ["", "Loan", "贷款", "a b", "../x", "9x", "con", "con/x"])
def test_a_name_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(BadCommand, match="no name of a document"):
        new_document(name, to=tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_never_written_over(tmp_path):
    new_document("loan_watch", to=tmp_path)
    with pytest.raises(BadCommand, match="one already"):
        new_document("loan_watch", to=tmp_path)
    with pytest.raises(BadCommand, match="quarterly_brief"):
        new_document("other", "quarterly_bref", to=tmp_path)


def test_the_commands_lead_from_a_new_document_to_a_look_at_it(tmp_path):
    run = CliRunner().invoke
    assert run(app, ["new", "loan_watch", "--title", "简报", "--to", str(tmp_path)]).exit_code == 0
    result = run(app, ["check", str(tmp_path / "loan_watch"), "--look", str(tmp_path / "look")])
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "look").iterdir()) == ["body.docx", "body.filled.docx"]


def test_a_template_with_faults_is_not_filled(tmp_path):
    paper = docx.Document()
    paper.add_paragraph("{{ npl_rato|percent }}")
    paper.save(str(tmp_path / "t.docx"))
    assert CliRunner().invoke(app, ["check", str(tmp_path / "t.docx"), "--look", str(tmp_path / "look")]).exit_code == 4
    assert not (tmp_path / "look").exists()
    with pytest.raises(BadTemplate):
        sample_paper(tmp_path / "t.docx")


def test_pictures_of_the_other_document_are_left_behind(tmp_path, monkeypatch):
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    paper = docx.Document()
    paper.add_paragraph("别的文种的话")
    paper.add_picture(io.BytesIO(picture.getvalue()))
    paper.sections[0].footer.paragraphs[0].text = "旧标题，内部资料"
    (tmp_path / "drawn").mkdir()
    paper.save(str(tmp_path / "drawn" / "body.docx"))
    drawn = document_module.Document("旧标题", ["bank"], "quarter", ["body.docx"], "drawn", tmp_path / "drawn")
    monkeypatch.setitem(all_documents(), "drawn", drawn)
    path = new_document("loan_watch", "drawn", "新标题", tmp_path)[0]
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "media" in name]
    assert docx.Document(str(path)).sections[0].footer.paragraphs[0].text == "新标题，内部资料"
    assert "别的文种的话" not in _texts(path) and "旧标题" not in _texts(path)
    assert not check_template(path).faults


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    source = all_documents()["quarterly_brief"].folder / "body.docx"
    (tmp_path / "file").write_bytes(b"")
    inside = tmp_path / "file" / "below"
    asked = ["new", "loan_watch", "--to", str(inside)], ["check", str(source), "--look", str(inside)]
    assert [type(CliRunner().invoke(app, words).exception) for words in asked] == [CannotFile, CannotFile]
