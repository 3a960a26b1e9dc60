"""Every paper, and a sample of random ones, is a sound Office file: by our own checks, and by the schemas where a validator is installed."""

import io
import zipfile
from pathlib import Path
from random import Random

import pytest
import random_books
import random_papers
from drawing import Drawn
from postloan.errors import BadTemplate
from postloan.papers.document import all_documents
from wellformed import faults

DOCUMENT = "word/document.xml"
KNOWN = (
    # openpyxl, with which the templates were drawn, writes the parts of a font in an order of its own; Excel takes any order.
    ("xl/styles.xml", "Unexpected element"),
    # A text in its cell instead of among the shared ones: Excel reads it, and moves it when the file is next saved.
    ("xl/worksheets/", "inline-string cell(s)"),
    # The random templates are packages of a few parts: no styles, no theme.
    ("", "A required relationship type"),
)
"""Deviations that are known: part and words."""


@pytest.fixture(scope="module")
def made(sample_run):
    """The papers of the sample quarter: all of the bank's, one unit's."""
    folder = sample_run / "2014Q2"
    paths = [
        path
        for name in all_documents()
        for path in (*folder.glob(f"{name}.*x"), *folder.glob(f"{name}/全行.*"), *folder.glob(f"{name}/012[12]_*"))
    ]
    assert {path.parent.name for path in paths} >= {
        name for name, kind in all_documents().items() if kind.per == ["unit"] and not kind.over
    } - {"signal_form", "management_opinion"}, "of which the sample quarter has nothing to tell"
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def random_files(folder, how_many=12):
    """A sample of random templates filled, those that are refused left out."""
    for seed in range(how_many):
        for kind, name in ((random_papers, "body.docx"), (random_books, "book.xlsx")):
            dice = Random(seed)
            (folder / name).write_bytes(kind.written(kind.template(dice), dice))
            try:
                yield f"{seed} {name}", Drawn(folder / name).fill(**random_papers.context_of(dice))
            except BadTemplate:
                continue


def test_every_paper_is_a_sound_package(made):
    assert {Path(path).suffix for path in made} == {".docx", ".xlsx"}
    assert {path: found for path, data in made.items() if (found := faults(data))} == {}


def test_random_papers_are_sound_packages(tmp_path):
    filled = dict(random_files(tmp_path))
    assert len(filled) > 8
    assert {name: found for name, data in filled.items() if (found := faults(data))} == {}


def changed(data, change):
    """The file with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = change({name: archive.read(name) for name in archive.namelist()})
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return held.getvalue()


@pytest.mark.parametrize(
    ("told", "change"),
    [
        ("is not there", lambda parts: {name: part for name, part in parts.items() if name != "word/styles.xml"}),
        ("undeclared", lambda parts: parts | {"word/extra.odd": b""}),
        ("in pPr", lambda parts: parts | {DOCUMENT: parts[DOCUMENT].replace(b"<w:pPr>", b"<w:pPr><w:jc w:val='left'/>", 1)}),
        ("no arrow", lambda parts: parts | {DOCUMENT: parts[DOCUMENT].replace(b'r:embed="', b'r:embed="lost')}),
        (
            "ends with no paragraph",
            lambda parts: parts | {DOCUMENT: parts[DOCUMENT].replace(b"</w:tc>", b"<w:tbl><w:tr/></w:tbl></w:tc>", 1)},
        ),
    ],
)
def test_what_is_unsound_is_found(made, told, change):
    assert any(told in fault for fault in faults(changed(made["quarterly_report.docx"], change)))


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["one of a kind", "all"])
def test_papers_hold_to_the_schemas_but_for_known_deviations(made, every, tmp_path):
    audit = pytest.importorskip("openxml_audit", reason="the validator openxml-audit is not installed")
    validator = audit.OpenXmlValidator(file_format=audit.FileFormat.OFFICE_2019, max_errors=1000)
    kinds = {path.partition("/")[0].partition(".")[0] + Path(path).suffix: path for path in made}
    papers, told = [(path, made[path]) for path in (made if every else kinds.values())], []
    for number, (path, data) in enumerate([*papers, *random_files(tmp_path, 12 if every else 6)]):
        file = tmp_path / f"{number}{Path(path.rpartition(' ')[2]).suffix}"
        file.write_bytes(data)
        told += [(path, error.part_uri, error.description) for error in validator.validate(file).errors]
    assert [fault for fault in told if not any(part in str(fault[1]) and words in fault[2] for part, words in KNOWN)] == []
