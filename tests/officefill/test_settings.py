"""A program's own names stand in its papers, and messages are in its language."""

import io
import zipfile
from pathlib import Path

import pytest
from drawing import FILTERS, WHO
from officefill import Settings, messages, open_template
from officefill.errors import BadTemplate
from officefill.language.provenance import record_part
from officefill.ooxml.package import read_package

BRANCH = Settings("branch", "urn:branch:paper:1", "无", suggested={"blank": "or_dash"})


def test_names_in_papers_are_those_of_the_program(word, book):
    template = open_template(word("{{ n }}").path, FILTERS, BRANCH, trace=True)
    data = template.render({"n": 1}, WHO, lambda traced: b'<paper xmlns="urn:branch:paper:1"/>')
    package = read_package(Path("body.docx"), data)
    assert b"<Application>branch</Application>" in package.parts["docProps/app.xml"]
    assert record_part(package, "urn:branch:paper:1") and record_part(package, "urn:officefill:paper:1") is None
    made = open_template(book([["{{ a|formula('1+1') }}"]]).path, FILTERS, BRANCH).render({"a": None}, WHO)
    assert "无" in zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml").decode()


def test_a_value_that_prints_with_none_names_the_filters_of_the_program(word):
    with pytest.raises(BadTemplate) as bad:
        open_template(word("{{ a }}，{{ b }}").path, FILTERS, BRANCH).render({"a": None, "b": True}, WHO)
    said = str(bad.value)
    assert "print instead, such as or_dash" in said and "use {% if … %} or a filter" in said and "filter, such" not in said


def test_messages_are_translated_slots_and_all(word):
    words = {"unknown name '{name}'": "没有名称“{name}”", "did you mean '{near}'?": "是不是“{near}”？"}
    messages.speak(lambda message: words.get(message, message))
    assert word("{{ nmae }}").faults(name="{甲}") == ["body.docx, paragraph 1 “{{ nmae }}”: 没有名称“nmae”\n  → 是不是“name”？"]
