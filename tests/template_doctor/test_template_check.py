"""The doctor finds every fault of a template at once, at its place, with the nearest name, and shows them as comments."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from chart_reading import parts_of
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from drawing import Drawn
from drawn_charts import chart_here, chart_xml, runs, series, sheet_bytes, with_charts
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font
from postloan.errors import BadCommand, BadTemplate
from postloan.papers.document import all_documents, templates_folder
from postloan.papers.fields.fields import all_fields
from postloan.papers.fields.template_tags import template_faults
from postloan.papers.make import papers
from postloan.template_doctor import Diagnosis, check_template, templates_in
from typer.testing import CliRunner

BODY = "word/document.xml"


def word(path: Path, *texts: str, draw: Callable[[Any], None] = lambda paper: None) -> Path:
    paper = docx.Document()
    for text in texts:
        paper.add_paragraph(text)
    draw(paper)
    paper.save(str(path))
    return path


def book(path: Path, draw: Callable[[Any], None] = lambda sheet: None, **cells: str) -> Path:
    made = openpyxl.Workbook()
    for cell, text in cells.items():
        made.active[cell] = text
    draw(made.active)
    made.save(path)
    return path


def one(diagnosis: Diagnosis) -> Any:
    assert len(diagnosis.faults) == 1, [str(fault) for fault in diagnosis.faults]
    return diagnosis.faults[0]


# One line a class of faults: what is written, what is said of it, what to do, and which characters it is about.
WRITTEN = [
    ("不良率{{ npl_rato|percent }}", "unknown name 'npl_rato'", "did you mean 'npl_ratio'?", (3, 25)),
    ("{{ 不良贷款率|percent }}", "unknown name '不良贷款率'", "did you mean 'npl_ratio'?", (0, 19)),
    ("{{ before.npl_rat|percent }}", "unknown name 'before.npl_rat'", "did you mean 'npl_ratio'?", (0, 28)),
    ("{{ rules.report_lat.count }}", "unknown name 'rules.report_lat'", "did you mean 'report_late'?", (0, 28)),
    ("{{ checklist.AB角制.count }}", "unknown name 'checklist.AB角制'", "did you mean 'AB角制度'?", (0, 26)),
    ("{% for u in units %}{{ u.nam }}{% endfor %}", "unknown name 'u.nam'", "did you mean 'name'?", (20, 31)),
    ("{% for f in findings %}{{ f.unti }}{% endfor %}", "unknown name 'f.unti'", "did you mean 'unit'?", (23, 35)),
    ("{{ units.name }}", "unknown name 'units.name'", "walk it with {% for … %}", (0, 16)),
    ("{{ as_of.year }}", "unknown name 'as_of.year'", "as_of is a date and has no fields", (0, 16)),
    ("{{ loan_balance|percent }}", "the filter percent is not for an amount of money", "filters that fit: yuan", (0, 26)),
    ("{{ npl_ratio|wan }}", "the filter wan is not for a ratio", "filters that fit: percent", (0, 19)),
    ("{{ change.npl_ratio|percent }}", "the filter percent is not for a difference of ratios", "filters that fit:", (0, 30)),
    ("{{ npl_ratio|points }}", "the filter points is not for a ratio", "filters that fit: percent", (0, 22)),
    ("{{ score|date_cn }}", "the filter date_cn is not for a number", "filters that fit: number", (0, 19)),
    ("{{ as_of|percent }}", "the filter percent is not for a date", "filters that fit: date_cn", (0, 19)),
    ("{{ npl_ratio|percent|percent }}", "the filter percent is not for a text", "filters that fit:", (0, 31)),
    ("{{ findings|percent }}", "the filter percent is not for a list", "filters that fit: length", (0, 22)),
    ('{{ units|join("、") }}', "only a list of texts can be joined", "walk it", (0, 21)),
    ("{{ npl_ratio }}", "is a ratio and has no filter", "filters that fit: percent", (0, 15)),
    ("{{ as_of }}", "is a date and has no filter", "filters that fit: date_cn", (0, 11)),
    ("{{ customers_in_scope }}", "is a count and has no filter", "filters that fit: whole", (0, 24)),
    ("{{ units }}", "is a list and has no filter", "walk it with {% for … %}", (0, 11)),
    ("{{ before }}", "is a group of fields and has no filter", "name one of its fields", (0, 12)),
    ("{% for r in rules %}{{ r.count }}{% endfor %}", "is no list but a group of fields", "only a list", (0, 20)),
    ('{% if as_of == "2014-06-30" %}一{% endif %}', "a date is compared with a text", "", (0, 30)),
    ("{% if findings > 0 %}一{% endif %}", "a list is compared with a count", "length", (0, 21)),
    ("｛｛ npl_ratio ｝｝", "'｛｛' is no tag", "half-width", (0, 2)),
    ("{{ checked|join(“、”) }}", "'“' inside the tag", "half-width and straight", (0, 23)),
    ("{{ npl_ratio|percnt }}", "unknown filter 'percnt'", "did you mean 'percent'?", (0, 22)),
    ("{{ npl_ratio|percent }", "without its other half", "", (0, 2)),
    ("{{ npl_ratio * 100 }}", "templates do not calculate", "ask for a measure", (0, 21)),
    ("{% for u in units %}{{ u.name }}", "{% for u in units %} has no end", "", (0, 20)),
    ("{% fore u in units %}", "unknown tag", "did you mean", (0, 21)),
]


@pytest.mark.parametrize("text, what, do, span", WRITTEN, ids=[line[0][:24] for line in WRITTEN])
def test_a_fault_is_told_at_its_characters_with_what_to_do(tmp_path, text, what, do, span):
    fault = one(check_template(word(tmp_path / "t.docx", "第一段", text)))
    assert what in fault.what and do in fault.do, str(fault)
    assert (fault.place.part, fault.place.at, fault.place.span) == (BODY, 1, span)
    assert "paragraph 2" in fault.where


def test_every_fault_is_told_at_once_in_the_order_of_the_file(tmp_path):
    path = word(tmp_path / "t.docx", "{{ npl_rato|percent }}", "{% for u in units %}", "{{ loan_balance|percent }}", "｛｛ x ｝｝")
    found = check_template(path)
    assert [fault.place.at for fault in found.faults] == [0, 1, 2, 3]


def test_a_loop_that_leaves_its_table_is_told_where_it_begins(tmp_path):
    def draw(paper: Any) -> None:
        paper.add_table(1, 1).cell(0, 0).text = "{% for u in units %}{{ u.name }}"
        paper.add_paragraph("{% endfor %}")

    fault = one(check_template(word(tmp_path / "t.docx", draw=draw)))
    assert "begins here and {% endfor %} is at" in fault.what and fault.place.at == 0


def test_names_are_known_inside_loops_in_loops_and_at_the_first_item_only(tmp_path):
    right = "{% for s in sections %}{% for f in s.findings %}{{ f.customer }}{{ loop.index }}{% endfor %}{{ s.title }}{% endfor %}"
    assert not check_template(word(tmp_path / "a.docx", right)).faults
    fault = one(check_template(word(tmp_path / "b.docx", "{% for u in units %}{{ u.name }}{% endfor %}{{ u.name }}")))
    assert "unknown name 'u'" in fault.what


def test_a_fault_of_a_book_is_at_its_cell_and_a_cell_of_its_own_needs_no_filter(tmp_path):
    path = book(tmp_path / "t.xlsx", A1="{{ npl_ratio }}", B2="比率{{ npl_ratio }}", C3="{{ as_of }}", D4="{{ units }}", E5="{{ x_y_z }}")
    found = {fault.place.at: fault.what for fault in check_template(path).faults}
    assert found.keys() == {"B2", "D4", "E5"}
    assert "has no filter" in found["B2"] and "is a list" in found["D4"] and "unknown name" in found["E5"]


def test_a_row_that_repeats_keeps_the_types_of_its_cells(tmp_path):
    path = book(tmp_path / "t.xlsx", A1="{% for u in units %}{{ u.loan_balance }}", B1="{{ u.npl_ratio }}{% endfor %}")
    assert not check_template(path).faults


FIELD = '<w:p {0}><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{1}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'


def _field(code: str) -> Callable[[Any], None]:
    return lambda paper: paper.element.body.insert(1, parse_xml(FIELD.format(nsdecls("w"), code)))


def test_a_field_that_runs_a_program_is_a_fault_at_its_paragraph(tmp_path):
    fault = one(check_template(word(tmp_path / "t.docx", "一", draw=_field("DDEAUTO c:\\\\windows\\\\calc.exe"))))
    assert "the field DDEAUTO" in fault.what and (fault.place.part, fault.place.at) == (BODY, 1)


def test_a_field_left_over_from_a_merge_is_a_warning_at_its_paragraph(tmp_path):
    found = check_template(word(tmp_path / "t.docx", "一", draw=_field("MERGEFIELD 客户名称")))
    assert not found.faults
    assert [(w.place.at, "MERGEFIELD" in w.what) for w in found.warnings] == [(1, True)]


def test_a_formula_that_reaches_out_is_a_fault_at_its_cell(tmp_path):
    found = check_template(book(tmp_path / "t.xlsx", B3="=cmd|'/c calc'!A0"))
    assert [(f.place.part, f.place.at) for f in found.faults if "reaches out" in f.what] == [("xl/worksheets/sheet1.xml", "B3")]
    assert "reaches out" in openpyxl.load_workbook(io.BytesIO(found.copy())).active["B3"].comment.text


def _with_relationship(path: Path, kind: str, target: str) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    rels = "word/_rels/document.xml.rels"
    arrow = f'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    parts[rels] = parts[rels].replace(b"</Relationships>", arrow.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "kind, says", [("attachedTemplate", "an attached template"), ("oleObject", "an embedded object"), ("vbaProject", "macros")]
)
def test_what_reaches_out_of_the_file_is_a_fault_beside_those_of_its_tags(tmp_path, kind, says):
    path = _with_relationship(word(tmp_path / "t.docx", "{{ npl_rato|percent }}"), kind, "http://elsewhere.example/x.dotm")
    found = [fault.what for fault in check_template(path).faults]
    assert len(found) == 2 and says in found[0] and "unknown name" in found[1]


def test_a_style_that_is_not_in_the_file_is_a_fault_where_it_is_used(tmp_path):
    def draw(paper: Any) -> None:
        paper.paragraphs[1]._p.get_or_add_pPr().append(parse_xml(f'<w:pStyle {nsdecls("w")} w:val="没有的样式"/>'))

    fault = one(check_template(word(tmp_path / "t.docx", "一", "二", draw=draw)))
    assert fault.what == "the style '没有的样式' is not in the file" and fault.place.at == 1


def test_fonts_an_office_machine_lacks_are_warnings_and_so_are_those_without_rare_characters(tmp_path):
    def draw(paper: Any) -> None:
        for paragraph, font in zip(paper.paragraphs, ("仿宋_GB2312", "Comic Neue", "仿宋", "方正小标宋简体"), strict=True):
            paragraph.runs[0].font.name = font
        used = paper.styles.add_style("标题甲", WD_STYLE_TYPE.PARAGRAPH)
        used.font.name, paper.paragraphs[3].style = "Lobster", used
        paper.styles.add_style("没用的", WD_STYLE_TYPE.PARAGRAPH).font.name = "Unused Sans"

    found = check_template(word(tmp_path / "t.docx", "一", "二", "三", "四", draw=draw))
    assert not found.faults
    assert [(w.place.at, w.what.split()[2], w.do) for w in found.warnings] == [
        (0, "仿宋_GB2312", "use 仿宋"),
        (1, "Comic", "use 宋体, 黑体, 仿宋 or 楷体, or see that it is installed"),
        (3, "Lobster", "use 宋体, 黑体, 仿宋 or 楷体, or see that it is installed"),
    ]


def test_fonts_of_a_book_are_warned_of_once(tmp_path):
    def draw(sheet: Any) -> None:
        sheet["A1"].font = sheet["A2"].font = Font(name="楷体_GB2312")

    found = check_template(book(tmp_path / "t.xlsx", draw, A1="一", A2="二"))
    assert [w.what.split()[2] for w in found.warnings] == ["楷体_GB2312"]


def test_a_ratio_held_against_a_percentage_is_a_warning(tmp_path):
    found = check_template(word(tmp_path / "t.docx", "{% if npl_ratio > 5 %}高{% endif %}"))
    assert not found.faults and "a ratio is between 0 and 1" in found.warnings[0].what


def test_a_limit_that_a_bank_may_add_is_a_warning(tmp_path):
    found = check_template(word(tmp_path / "t.docx", "{{ limits.deposit_flor|percent }}"))
    assert not found.faults and "deposit_floor" in found.warnings[0].do


def test_templates_of_the_house_have_neither_fault_nor_doubt():
    for path in templates_in(templates_folder()):
        found = check_template(path)
        assert not found.faults and not found.warnings, [str(fault) for fault in (*found.faults, *found.warnings)]


def test_a_file_that_is_none_is_told_in_one_line_and_has_no_copy(tmp_path):
    path = tmp_path / "t.docx"
    path.write_bytes(b"not a file of Word")
    found = check_template(path)
    assert "no Word or Excel file" in one(found).what
    with pytest.raises(BadTemplate):
        found.copy()


def test_the_copy_has_every_fault_at_its_place(tmp_path):
    found = check_template(word(tmp_path / "t.docx", "一", "{{ npl_rato|percent }}和{{ loan_balance|percent }}", "{{ as_of }}"))
    said = [comment.text for comment in docx.Document(io.BytesIO(found.copy())).comments]
    assert len(said) == 3
    assert said[0] == "unknown name 'npl_rato'\n→ did you mean 'npl_ratio'?"


NAMES = sorted(all_fields().shapes["figures"])


@given(st.sampled_from(NAMES), st.integers(0, 40), st.sampled_from("qxz"))
def test_one_letter_too_many_in_any_figure_leads_back_to_it(tmp_path_factory, name, where, letter):
    at = where % (len(name) + 1)
    wrong = name[:at] + letter + name[at:]
    path = word(tmp_path_factory.mktemp("t") / "t.docx", f"{{{{ before.{wrong}|exact }}}}")
    fault = one(check_template(path))
    assert fault.do == f"did you mean '{name}'?"


# While papers are made


def test_a_wrong_filter_stops_a_document_before_anything_is_rendered(tiny, tmp_path, monkeypatch):
    kind = all_documents()["quarterly_brief"]
    folder = tmp_path / "brief"
    folder.mkdir()
    word(folder / "body.docx", "{{ npl_ratio|wan }}", "{% if customers_in_scope == 0 %}{{ as_of }}{% endif %}")
    monkeypatch.setitem(all_documents(), "quarterly_brief", type(kind)(**{**vars(kind), "folder": folder}))
    with pytest.raises(BadTemplate) as bad:
        list(papers(tiny, "quarterly_brief"))
    assert [fault.place.at for fault in bad.value.faults] == [0, 1]


def test_a_template_is_not_read_again_while_its_bytes_are_the_same(tmp_path):
    path = word(tmp_path / "t.docx", "{{ npl_ratio|wan }}")
    assert template_faults(path, path.read_bytes()) is template_faults(path, path.read_bytes())


# The command line


def call(*arguments: str) -> Any:
    from postloan.cli.template import app

    return CliRunner().invoke(app, list(arguments))


def test_the_command_ends_with_4_and_files_a_copy_where_there_are_faults(tmp_path):
    path = word(tmp_path / "t.docx", "{{ npl_rato|percent }}")
    result = call("check", str(path), "--out", str(tmp_path / "copy.docx"))
    assert result.exit_code == 4
    assert "1 faults, 0 warnings" in result.stdout and "did you mean 'npl_ratio'" in result.stdout
    assert len(list(docx.Document(str(tmp_path / "copy.docx")).comments)) == 1


def test_the_command_ends_with_0_where_there_are_only_warnings(tmp_path):
    def draw(paper: Any) -> None:
        paper.paragraphs[0].runs[0].font.name = "仿宋_GB2312"

    result = call("check", str(word(tmp_path / "t.docx", "一", draw=draw)), "--out", str(tmp_path / "copy.docx"))
    assert result.exit_code == 0 and "0 faults, 1 warnings" in result.stdout and (tmp_path / "copy.docx").exists()


def test_a_folder_is_checked_whole_and_told_for_programs(tmp_path):
    (tmp_path / "in" / "a").mkdir(parents=True)
    word(tmp_path / "in" / "a" / "t.docx", "{{ npl_rato|percent }}")
    book(tmp_path / "in" / "b.xlsx", A1="一")
    result = call("check", str(tmp_path / "in"), "--json", "--out", str(tmp_path / "out"))
    told = json.loads(result.stdout)
    assert result.exit_code == 4 and len(told) == 3
    fault = told[str(tmp_path / "in" / "a" / "t.docx")]["faults"][0]
    assert (fault["part"], fault["at"], fault["span"]) == (BODY, 0, [0, 22])
    assert told["written"] == [str(tmp_path / "out" / "a" / "t.docx")]


def test_the_template_itself_is_never_written_over(tmp_path):
    path = word(tmp_path / "t.docx", "{{ npl_rato|percent }}")
    before = path.read_bytes()
    assert isinstance(call("check", str(path), "--out", str(path)).exception, BadCommand)
    assert path.read_bytes() == before


def test_a_document_there_is_not_and_a_folder_without_templates_are_refused(tmp_path):
    path = word(tmp_path / "t.docx", "一")
    assert isinstance(call("check", str(path), "--document", "quarterly_bref").exception, BadCommand)
    (tmp_path / "empty").mkdir()
    assert isinstance(call("check", str(tmp_path / "empty")).exception, BadCommand)
    assert isinstance(call("check", str(tmp_path / "nowhere")).exception, BadCommand)


def test_the_field_list_has_examples_of_the_sample_quarter(branch2014):
    lines = {line["path"]: line for line in json.loads(call("fields", "quarterly_brief", "--json").stdout)}
    figure = branch2014.figure("npl_ratio")
    assert lines["npl_ratio"]["example"] == f"{round(figure * 100, 2):.2f}%"
    assert lines["units[].loan_balance"]["type"] == "money" and lines["units[].loan_balance"]["unit"] == "元"
    assert lines["rules.*"]["same_as"] and "percent" in lines["npl_ratio"]["filters"]
    assert "npl_ratio" in call("fields").stdout


def test_the_doctor_reads_a_chart_where_it_is_drawn_also_in_a_loop(tmp_path):
    def in_a_loop(paper: Any) -> None:
        chart_here()(paper)
        paper.add_paragraph("{% endfor %}")

    drawn = with_charts(
        Drawn(word(tmp_path / "body.docx", "{% for u in units %}", draw=in_a_loop)),
        (
            chart_xml(series("Sheet1!$B$1", "Sheet1!$A$2", "Sheet1!$B$2"), title=runs("{{ u.nmae }}")),
            sheet_bytes([["行", "{{ u.name }}"], ["比", "{{ u.npl_raito }}"]]),
        ),
    )
    found = check_template(drawn.path, "quarterly_report")
    assert [str(fault).partition("\n")[0] for fault in found.faults] == [
        "body.docx, chart 1, Sheet1!B2 “{{ u.npl_raito }}”: unknown name 'u.npl_raito'",
        "body.docx, chart 1 “{{ u.nmae }}”: unknown name 'u.nmae'",
    ]
    assert {(fault.place.part, fault.place.at) for fault in found.faults} == {("word/document.xml", 1)}
    assert any(b"npl_raito" in data for name, data in parts_of(found.copy()).items() if name.startswith("word/comments"))
