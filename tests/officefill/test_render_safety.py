"""Templates that carry programs, fetch from elsewhere, or are no Office files: one clear word, never another error."""

import io
import zipfile

import pytest
from docx.oxml import parse_xml
from drawing import FILTERS, Drawn
from officefill import open_template
from officefill.errors import BadTemplate
from officefill.ooxml.package import Packed, pack, write_package

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ARROW = '<Relationship Id="x1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}" TargetMode="External"/>'


@pytest.mark.parametrize("code", ["DDEAUTO c:\\\\cmd.exe", " dde excel x y", 'INCLUDEPICTURE "http://x/y.png"', "INCLUDETEXT a.docx"])
@pytest.mark.parametrize("split", [False, True])
def test_fields_that_fetch_or_run_are_refused(word, code, split):
    def field(paper):
        line = paper.add_paragraph("{{ a }}")
        pieces = [code[:3], code[3:]] if split else [code]
        for inner in (
            '<w:fldChar w:fldCharType="begin"/>',
            *(f"<w:instrText>{p}</w:instrText>" for p in pieces),
            '<w:fldChar w:fldCharType="end"/>',
        ):
            line._p.append(parse_xml(f"<w:r {SPACE}>{inner}</w:r>"))

    assert "is not allowed" in word(field).faults()[0]


def test_a_simple_field_and_a_field_named_by_another_are_refused(word):
    simple = word(lambda paper: paper.add_paragraph()._p.append(parse_xml(f'<w:fldSimple {SPACE} w:instr="DDE x y z"/>')))
    assert "is not allowed" in simple.faults()[0]

    def nested(paper):
        line = paper.add_paragraph()
        for kind in ("begin", "begin"):
            line._p.append(parse_xml(f'<w:r {SPACE}><w:fldChar w:fldCharType="{kind}"/></w:r>'))
        line._p.append(parse_xml(f"<w:r {SPACE}><w:instrText>QUOTE 68 68 69</w:instrText></w:r>"))
        for kind in ("end", "end"):
            line._p.append(parse_xml(f'<w:r {SPACE}><w:fldChar w:fldCharType="{kind}"/></w:r>'))

    assert "made by another field" in word(nested).faults()[0]


def with_field(code):
    return lambda paper: paper.add_paragraph("{{ a }}")._p.append(
        parse_xml(f'<w:fldSimple {SPACE} w:instr="{code}"><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    )


@pytest.mark.parametrize(
    "code",
    [
        "HYPERLINK &quot;file:///C:/Windows/system32/calc.exe&quot;",
        "HYPERLINK &quot;javascript:alert(1)&quot;",
        " hyperlink &quot;\\\\\\\\server\\\\share\\\\x.docx&quot; \\t &quot;_blank&quot;",
        "HYPERLINK other.docx",
        "EMBED Excel.Sheet.12",
        "CONTROL Forms.CommandButton.1",
        "ADDIN x",
    ],
)
def test_fields_that_lead_to_files_and_objects_are_refused(word, code):
    assert "is not allowed" in word(with_field(code)).faults()[0]


@pytest.mark.parametrize(
    "code",
    ["HYPERLINK &quot;https://example.com/&quot;", "HYPERLINK \\l &quot;_Toc1&quot;", "HYPERLINK mailto:a@b.cn", "PAGEREF _Toc1 \\h"],
)
def test_links_to_the_web_and_inside_the_paper_stay(word, code):
    assert "x" in word(with_field(code)).texts(a="x")[0]


@pytest.mark.parametrize(
    "formula",
    [
        '=IMAGE("http://x/y.png")', '=_xlfn.IMAGE("http://x/y.png")', '=DDE("excel","x","y")', '=SQL.REQUEST("x","y")', '=CUBEVALUE("c","m")',
        '=_xlfn._xlws.PY(0,1)', '=HYPERLINK("file:///c:/x.exe","点")', '=HYPERLINK("x.exe")', "=SUM('\\\\server\\share\\[b.xlsx]S'!A1)",
    ],
)  # fmt: skip
def test_formulas_that_fetch_or_lead_to_files_are_refused(book, formula):
    assert "reaches out of the workbook" in book([["{{ a }}", formula]]).faults()[0]


@pytest.mark.parametrize(
    "formula", ['=HYPERLINK("#\'明细\'!A1","明细")', '=HYPERLINK("https://x/","x")', "=COPY1+1", '=IF(A1>0,"IMAGE","x")']
)
def test_ordinary_formulas_stay(book, formula):
    assert book([["{{ a }}", formula]]).cells(a=1)[0][0] == 1


def test_harmless_fields_and_links_are_kept(word):
    def field(paper):
        line = paper.add_paragraph("{{ a }}")
        line._p.append(parse_xml(f'<w:fldSimple {SPACE} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'))
        paper.part.relate_to(
            "https://example.com/", "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink", is_external=True
        )

    assert word(field).texts(a="x") == ["x"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("attachedTemplate", "http://x/y.dotm"),
        ("image", "http://x/y.png"),
        ("hyperlink", "file:///c:/x"),
        ("hyperlink", "javascript:alert(1)"),
        ("oleObject", "\\\\server\\x"),
    ],
)
def test_arrows_out_of_the_template_are_refused(word, kind, target):
    drawn = word("x").replaced("word/_rels/document.xml.rels", "</Relationships>", ARROW.format(kind, target) + "</Relationships>")
    assert drawn.faults()


def test_macros_and_what_reaches_out_of_a_workbook_are_refused(word, book):
    types = "[Content_Types].xml"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert "macros" in word("x").replaced(types, main, "application/vnd.ms-word.document.macroEnabled.main+xml").faults()[0]
    override = '<Override PartName="/xl/{}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{}+xml"/></Types>'
    for part, kind, words in (
        ("externalLinks/externalLink1", "externalLink", "other workbooks"),
        ("connections", "connections", "outside data"),
    ):
        assert words in book([["x"]]).replaced(types, "</Types>", override.format(part, kind)).faults()[0]
    for formula in ("=[1]Sheet1!A1", "=cmd|'/c calc'!A0", '=WEBSERVICE("http://x")'):
        assert "out of the workbook" in book([[formula]]).faults()[0]


def test_declared_entities_are_refused_in_any_part(word):
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><w:settings {SPACE}>&b;</w:settings>'
    assert "document type" in word("x").with_parts({"word/settings.xml": bomb.encode()}).faults()[0]
    hidden = ('<?xml version="1.0" encoding="UTF-16"?>' + bomb).encode("utf-16")
    assert "document type" in word("x").with_parts({"word/settings.xml": hidden}).faults()[0]


def test_bombs_are_refused_before_anything_is_unpacked(word, tmp_path):
    assert "times its size" in word("x").with_parts({"word/media/a.bin": b"\0" * 20_000_000}).faults()[0]
    many = tmp_path / "many.docx"
    many.write_bytes(write_package({f"a{n}.xml": Packed(0, 0, b"\x03\x00") for n in range(6000)}))
    assert "more than" in Drawn(many).faults()[0]


def test_parts_twice_and_parts_outside_are_refused(word, tmp_path):
    drawn = word("x")
    with zipfile.ZipFile(drawn.path, "a") as archive:
        archive.writestr("WORD/document.xml", "<x/>")
    assert "twice" in drawn.faults()[0]
    assert "../x" in word("x").with_parts({"../x": b""}).faults()[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old kind"),
        (b"%PDF-1.4", "no Word or Excel file"),
        (b"", "no Word or Excel file"),
        (b"PK\x03\x04cut", "damaged"),
    ],
)
def test_files_of_other_kinds_are_named(tmp_path, data, words):
    path = tmp_path / "x.docx"
    path.write_bytes(data)
    assert words in Drawn(path).faults()[0]


def test_a_missing_file_and_a_zip_of_something_else_are_named(tmp_path):
    with pytest.raises(BadTemplate, match="no such file"):
        open_template(tmp_path / "none.docx", FILTERS)
    path = tmp_path / "x.docx"
    path.write_bytes(write_package({"a.txt": pack(b"a")}))
    assert "no Word or Excel file" in Drawn(path).faults()[0]


def test_strict_office_files_are_named(word):
    transitional, strict = (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert "Strict" in word("x").replaced("word/document.xml", transitional, strict).faults()[0]


@pytest.mark.parametrize("name", ["word/document.xml", "[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels"])
def test_every_part_cut_anywhere_is_a_clear_fault(word, name):
    whole = zipfile.ZipFile(word("{{ a }}").path).read(name)
    for cut in range(0, len(whole) - 1, max(1, len(whole) // 12)):
        assert word("{{ a }}").with_parts({name: whole[:cut]}).faults()


def test_what_is_written_is_a_sound_archive():
    parts = {"a.xml": pack(b"<a/>" * 1000), "目录/b.bin": pack(b"")}
    archive = zipfile.ZipFile(io.BytesIO(write_package(parts)))
    assert archive.testzip() is None and archive.namelist() == list(parts)
    assert archive.read("a.xml") == b"<a/>" * 1000
    assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
