"""What is wrong with a template is told all at once, at its place, with what to do; nothing blank ever prints."""

from datetime import date
from decimal import Decimal

import pytest
from drawing import FILTERS, WHO
from officefill import open_template

PAYLOADS = [
    '{{ cycler.__init__.__globals__.os.popen("id").read() }}',
    "{{ ''.__class__ }}",
    "{{ x.__init__ }}",
    "{{ x._y }}",
    "{{ self._TemplateReference__context }}",
    "{{ x()}}",
    "{{ x['__class__'] }}",
    "{{ x|attr('__class__') }}",
    "{{ '%s'|format(x) }}",
    "{{ 'x' * 300000000 }}",
    "{{ range(99999)|length }}",
    "{{ x if y else z }}",
    "{{ x ~ y }}",
    "{% set a = 1 %}",
    "{% macro m() %}",
    "{% include 'a' %}",
    "{% import 'a' as b %}",
    "{% extends 'a' %}",
    "{% call x() %}",
    "{% filter upper %}",
    "{% raw %}",
    "{# note #}",
    "{% for a, b in x %}{% endfor %}",
    "{% for x in range(10) %}{% endfor %}",
    "{{ x is callable }}",
    "{{ " + "(" * 400 + "x" + ")" * 400 + " }}",
    "{{ x }}{{ " + "y" * 2000 + " }}",
]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("where", ["body", "header", "footer", "table"])
def test_nothing_but_the_small_language_is_taken(word, payload, where):
    def elsewhere(paper):
        if where in ("header", "footer"):
            getattr(paper.sections[0], where).paragraphs[0].text = payload

    drawn = word(payload if where == "body" else "文", [[payload if where == "table" else "格"]], elsewhere)
    assert drawn.faults(x={"y": 1}, y=1, z=1)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_but_the_small_language_is_taken_in_a_sheet(book, payload):
    assert book([["a", payload]]).faults(x={"y": 1}, y=1, z=1)


def test_tags_in_the_title_and_in_notes_are_refused(word):
    def titled(paper):
        paper.core_properties.title = PAYLOADS[0]

    assert "docProps/core.xml" in word("x", titled).faults()[0]


@pytest.mark.parametrize(
    "typo", ["｛｛ n ｝｝", "{｛ n }}", "｛% if n %｝", "｛％ if n ％｝", "{ { n }}", "{ % if n %}", "{{ n", "n }}", "{% if n", "{{ n }"]
)
def test_marks_that_are_no_tags_are_told(word, book, typo):
    for drawn in (word(f"金额{typo}元"), book([[f"金额{typo}元"]])):
        assert "金额" in drawn.faults()[0]


@pytest.mark.parametrize("tag", ["{{ n|or_dash(“无”) }}", "{{ n｜percent }}", "{% if a ＝ b %}{% endif %}"])
def test_wide_signs_inside_a_tag_are_told(word, tag):
    assert "half-width" in word(tag).faults()[0]


def test_every_unknown_name_is_told_with_place_and_nearest_name(word):
    def around(paper):
        paper.sections[0].footer.paragraphs[0].text = "{{ unti }}"

    drawn = word("不良率{{ npl_raito|percent }}", "{% for f in findings %}{{ f.wrods }}{% endfor %}", [["a", "{{ unit.nmae }}"]], around)
    faults = drawn.faults(npl_ratio=Decimal(1), findings=[{"words": "x"}], unit={"name": "y"})
    assert len(faults) == 4
    told = "\n".join(faults)
    for words in (
        "body.docx, paragraph 1 “不良率{{ npl_raito|perc…”: unknown name 'npl_raito'",
        "did you mean 'npl_ratio'?",
        "unknown name 'f.wrods'",
        "did you mean 'words'?",
        "table 1 row 1 cell 2 “{{ unit.nmae }}”: unknown name 'unit.nmae'",
        "footer 1, paragraph 1",
        "did you mean 'unit'?",
    ):
        assert words in told


def test_unknown_names_of_a_sheet_are_told_at_the_cell(book):
    faults = book({"明细": [["a"], [None, "{{ npl_raito }}"]]}).faults(npl_ratio=1)
    assert faults[0].startswith("book.xlsx, 明细!B2 “{{ npl_raito }}”: unknown name 'npl_raito'")


def test_a_name_missing_in_one_row_only_is_told_when_it_is_met(word):
    drawn = word("{% for f in fs %}{{ f.a }}{% endfor %}")
    assert "unknown name" in drawn.faults(fs=[{"a": "x"}, {"b": "y"}])[0]


@pytest.mark.parametrize("blank", [None, Decimal("NaN")])
def test_a_blank_number_never_prints(word, blank):
    faults = word("甲{{ a }}", "乙{{ d.a|percent }}{{ a }}").faults(a=blank, d={"a": Decimal(1)})
    assert len(faults) == 2 and all("{{ a }} is blank" in fault for fault in faults)
    assert word("{{ a|or_dash }}").texts(a=None) == ["—"]


def test_a_choice_among_cells_side_by_side_is_told_at_its_own_cell(book):
    drawn = book([["{% for f in fs %}{{ f.a }}", '{{ f.b is none and "不适用" or f.b }}', "{{ f.a or f.b }}{% endfor %}"]])
    assert drawn.cells(fs=[{"a": 1, "b": None}, {"a": 0, "b": 2}]) == [[1, "不适用", 1], [0, 2, 2]]
    faults = drawn.faults(fs=[{"a": 1, "b": 2}, {"a": 1}])
    assert len(faults) == 1 and faults[0].startswith("book.xlsx, Sheet!B1 “")


def test_a_filter_that_prints_a_figure_as_nothing_is_a_fault(word):
    assert "blank" in word("{{ a|nothing }}").faults(a=Decimal(1))[0]
    assert "blank" in word("{{ a|nothing }}").faults(a=None)[0]


@pytest.mark.parametrize(
    ("value", "words"),
    [(Decimal("0.3"), "without a form"), (True, "true or false"), ([1], "no text"), ({"a": 1}, "no text"), (b"x", "picture")],
)
def test_values_that_have_no_one_text_need_a_filter(word, value, words):
    assert words in word("{{ a }}").faults(a=value)[0]


def test_a_filter_that_cannot_is_told_at_every_place(word):
    faults = word("{{ a|date_cn }}", "{{ b|date_cn }}").faults(a="x", b=date(2014, 1, 1))
    assert len(faults) == 1 and "paragraph 1" in faults[0]
    assert len(word("{{ a|percent }}", "{{ a|percent|or_dash }}").faults(a="x")) == 2


def test_a_comparison_with_nothing_is_told_at_its_place(word):
    assert "paragraph 2" in word("x", "{% if a > 1 %}y{% endif %}").faults(a=None)[0]


def test_characters_no_document_can_hold_are_refused(word, book):
    for wrong in ("\x0b", "\x00", "\ud800", "\ufffe", "\U0010fffe0\U0010fffe"):
        assert "U+" in word("{{ a }}").faults(a="甲" + wrong)[0]
        assert "U+" in book([["{{ a }}", "x{{ a }}"]]).faults(a="甲" + wrong)[0]


def test_unknown_filters_tests_and_tags_are_told_with_the_nearest(word):
    told = "\n".join(word("{{ a|percnt }}", "{% iff a %}", "{% for f of fs %}", "{% endfor %}", "{%tr for f in fs %}").faults())
    for words in (
        "unknown filter 'percnt'",
        "did you mean 'percent'?",
        "did you mean 'if'?",
        "write {% for item in items %}",
        "no prefix is needed",
    ):
        assert words in told


def test_loops_that_begin_and_end_in_different_structures_are_told_with_both_places(word):
    faults = word("{% for f in fs %}", [["{{ f }}", "{% endfor %}x"]]).faults()
    assert len(faults) == 1 and "paragraph 1" in faults[0] and "table 1 row 1 cell 2" in faults[0]
    assert "has no end" in word("{% if a %}x").faults()[0]
    assert "has no beginning" in word("x{% endif %}").faults()[0]
    assert word("{% if a %}", "{% else %}", "{% elif b %}", "{% endif %}").faults()
    assert word("{% for a in b %}", "{% else %}", "{% endfor %}").faults()
    assert word("{% for a in b %}", "{% endif %}").faults()


def test_loop_fields_are_checked(word):
    assert "'loop' outside" in word("{{ loop.index }}").faults()[0]
    assert "did you mean 'index'?" in word("{% for a in b %}{{ loop.indx }}{% endfor %}").faults()[0]
    assert word("{% for a in b %}{{ loop.cycle }}{% endfor %}").faults()


@pytest.mark.parametrize("wrong", ["text", None, 3, {"a": 1}])
def test_only_lists_are_walked(word, wrong):
    assert word("{% for a in b %}{{ a }}{% endfor %}").faults(b=wrong)


def test_endless_nested_loops_stop(word):
    nested = "{% for a in xs %}{% for b in xs %}{% for c in xs %}{% for d in xs %}.{% endfor %}{% endfor %}{% endfor %}{% endfor %}"
    assert "go round more than" in word(nested).faults(xs=[1] * 3000)[0]


def test_too_many_controls_in_one_another_are_refused(word):
    assert word("{% if a %}" * 40 + "x" + "{% endif %}" * 40).faults()


@pytest.mark.parametrize("wrong", [1.5, (1,), {1}, object(), {"a": {1: 2}}, [0.5], type("S", (str,), {})("x")])
def test_anything_but_plain_values_is_a_type_error_that_names_the_key(word, wrong):
    with pytest.raises(TypeError, match="context.a"):
        open_template(word("{{ a }}").path, FILTERS).render({"a": wrong}, WHO)


def test_a_field_cut_in_half_and_a_note_in_a_loop_are_told(word):
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def cut(paper):
        line = paper.add_paragraph("a")
        line._p.append(parse_xml(f'<w:r {space}><w:fldChar w:fldCharType="begin"/></w:r>'))
        line._p.append(parse_xml(f"<w:r {space}><w:instrText>PAGE</w:instrText></w:r>"))
        line.add_run("{% if a %}")
        line._p.append(parse_xml(f'<w:r {space}><w:fldChar w:fldCharType="end"/></w:r>'))
        line.add_run("{% endif %}")

    def noted(paper):
        paper.add_paragraph("{% for x in xs %}{{ x }}")._p.append(parse_xml(f'<w:r {space}><w:footnoteReference w:id="2"/></w:r>'))
        paper.paragraphs[-1].add_run("{% endfor %}")

    assert "in half" in word(cut).faults()[0]
    assert "footnote" in word(noted).faults()[0]


@pytest.mark.parametrize("payload", PAYLOADS[:3])
def test_notes_are_checked_as_well(word, payload):
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    note = f'<w:footnotes xmlns:w="{space}"><w:footnote w:id="2"><w:p><w:r><w:t>注{{{{ a }}}}{payload}</w:t></w:r></w:p></w:footnote></w:footnotes>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    drawn = word("x").replaced(
        "word/_rels/document.xml.rels", "</Relationships>", f'<Relationship Id="n1" Type="{kind}" Target="footnotes.xml"/></Relationships>'
    )
    assert any("footnotes 1" in fault for fault in drawn.with_parts({"word/footnotes.xml": note.encode()}).faults(a=1))


def test_wide_letters_are_not_taken_for_others(word):
    assert "wide letters" in word("{{ x }}{{ ｘ }}").faults()[0]
    assert "wide letters" in word("{% for ｘ in xs %}{% endfor %}").faults()[0]
