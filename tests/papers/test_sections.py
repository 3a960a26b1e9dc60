"""Named conditions, lists and words of papers: each holds where its examples say, and a wrong one is told with file and key."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jinja2 import nodes
from officefill.language.expressions import BadTag
from officefill.ooxml.package import read_file, read_package
from postloan import themes
from postloan.errors import BadSection
from postloan.papers import sections
from postloan.papers.condition import expression, truth, value_of
from postloan.papers.document import all_documents
from postloan.papers.fields import fields, section_check
from postloan.papers.fields.template_tags import tags_in
from postloan.papers.sections import all_sections, section_values, with_conditions
from postloan.yaml_file import read_yaml

LONGEST, WORDS_BEFORE = 60, re.compile(r"(if|elif|for \w+ in|keep \w+ of) ")
"""Characters of a tag's expression, and what stands before one."""
EXAMPLES = [
    (name, number, example)
    for _, path in themes.files("examples.yaml", sections.FILE.parent)
    for name, examples in read_yaml(path, BadSection).get("sections", {}).items()
    for number, example in enumerate(examples, 1)
]
PACKAGED = [kind.folder / file for kind in all_documents().values() for file in kind.templates if file.endswith(".docx")]


def nested(given: dict[str, Any]) -> dict[str, Any]:
    """A context from names with dots: `rules.report_late.count: 3`."""
    context: dict[str, Any] = {}
    for path, value in given.items():
        *groups, last = path.split(".")
        inside = context
        for group in groups:
            inside = inside.setdefault(group, {})
        inside[last] = value
    return context


@pytest.mark.parametrize(("name", "number", "example"), EXAMPLES, ids=[f"{name} {number}" for name, number, _ in EXAMPLES])
def test_a_named_value_is_what_its_examples_say(name, number, example):
    value = all_sections()[name]
    given = nested(example.get("given", {}))
    found = with_conditions(value.of, given)[name] if value.of else section_values(given, frozenset({"", value.theme}))[name]
    assert found == example["gives"]


def test_every_condition_and_choice_has_an_example_of_each_kind():
    given = {name: {str(example["gives"]) for other, _, example in EXAMPLES if other == name} for name, *_ in EXAMPLES}
    conditions = [name for name, value in all_sections().items() if value.when]
    assert [name for name in conditions if given.get(name) != {"True", "False"}] == []
    assert [name for name, value in all_sections().items() if value.items and name not in given] == []


def test_what_papers_name_is_known_and_every_condition_over_an_undefined_figure_is_false():
    section_check.check_sections()
    nothing = section_values({}, frozenset(["", *themes.all_themes()]))
    asks_none = {name for name, value in all_sections().items() if "is none" in value.when}
    assert {name for name, value in nothing.items() if value} <= asks_none


def test_of_a_theme_that_is_off_conditions_are_false_and_lists_are_empty():
    for name, value in section_values({"deposit_balance": Decimal(10**9), "nonstandard": [{}]}, frozenset()).items():
        assert value in (False, [], ""), name


@pytest.mark.parametrize(
    ("text", "names", "holds"),
    [
        ("a > 0", {"a": 1}, True),
        ("a > 0", {"a": 0}, False),
        ("a > 0", {}, None),
        ("not (a > 0)", {}, None),
        ("a > 0 or b > 0", {"b": 1}, True),
        ("a > 0 or b > 0", {"b": 0}, None),
        ("a > 0 and b > 0", {"b": 0}, False),
        ("a is none", {}, True),
        ("a is not none and a < 0.2", {"a": Decimal("0.19")}, True),
        ("a is none or a < 0.2", {"a": Decimal("0.2")}, False),
        ("0 < a <= 3", {"a": 3}, True),
        ("0 < a <= 3", {"a": 4}, False),
        ("a.b.c == 1", {"a": {"b": {"c": 1}}}, True),
        ("a.b.c == 1", {"a": None}, None),
        ("a|length > 1", {"a": [1, 2]}, True),
        ("a|length > 1", {}, None),
        ('a == ""', {"a": ""}, True),
        ("a", {"a": []}, False),
        ("not a", {"a": 0}, True),
    ],
)
def test_conditions_have_three_values(text, names, holds):
    assert truth(value_of(expression(text))(names)) is holds


@pytest.mark.parametrize("text", ["a +", "a + 1", "f(1)", "a|percent", "a in b", "a if b else c", "a[0]", "a is even", "__class__", "[a]"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(BadTag):
        value_of(expression(text))


FAULTS = {
    "a: {title: 甲, wenn: b}": ("a", "unknown key 'wenn'"),
    "a: {title: 甲}": ("a", "exactly one of these keys"),
    "a: {title: 甲, when: npl_ratio > 0, items: units}": ("a", "exactly one of these keys"),
    "a: {when: npl_ratio > 0}": ("a", "missing: title"),
    "a: 甲": ("a", "keys and values"),
    "a b: {title: 甲, when: npl_ratio > 0}": ("a b", "is no name"),
    "a: {title: 甲, when: npl_ratio >}": ("a: when", "cannot be read"),
    "a: {title: 甲, when: npl_ratio + 1 > 0}": ("a: when", "do not calculate"),
    "a: {title: 甲, when: npl_ratio|percent}": ("a: when", "unknown filter"),
    "a: {title: 甲, when: npl_rato > 0}": ("a: when", "unknown name 'npl_rato'"),
    "a: {title: 甲, when: limits.deposit_flor > 0}": ("a: when", "deposit_floor"),
    "a: {title: 甲, when: period > 0}": ("a: when", "is compared with"),
    "a: {title: 甲, when: 3}": ("a: when", "a text is expected"),
    "npl_ratio: {title: 甲, when: score > 0}": ("npl_ratio", "is taken"),
    "a: {title: 甲, items: npl_ratio}": ("a: items", "is no list"),
    "a: {title: 甲, items: managers, where: nam > 0}": ("a: where", "unknown name 'nam'"),
    "a: {title: 甲, items: managers, order: [nam]}": ("a: order", "did you mean 'name'"),
    "a: {title: 甲, items: managers, most: two}": ("a: most", "a whole number"),
    "a: {title: 甲, of: rle, when: count > 1}": ("a: of", "did you mean 'rule'"),
    "a: {title: 甲, of: rule, when: npl_ratio > 1}": ("a: when", "unknown name"),
    "count: {title: 甲, of: rule, when: waived > 1}": ("count", "is taken"),
    "a: {title: 甲, part_of: [plan], when: score > 1}": ("a: part_of", "did you mean 'plans'"),
    "a: {title: 甲, parts: all}": ("a: parts", "unknown: 'all'"),
    "a: {title: 甲, case: [{say: 甲, wenn: score > 1}]}": ("a: case", "unknown key 'wenn'"),
    "a: {title: 甲, case: [{say: 甲, when: scor > 1}]}": ("a: case 1", "did you mean 'score'"),
    "a: {title: 甲, chart: {drawing: pie, by_unit: [score]}}": ("a: chart", "a chart has"),
    "a: {title: 甲, chart: {drawing: timeliness, by_unit: [scor]}}": ("a: chart", "did you mean 'score'"),
    "a: {title: 甲, when: b}\nb: {title: 乙, when: a}": ("a", "in a circle"),
    "plans: {title: 甲, when: score > 1}": ("plans", "is named already"),
    "a: [": ("sections.yaml:1", "cannot be read"),
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes the sections of a theme that stands beside the real ones."""
    caches = (all_sections, sections.members, sections._of_items, fields.all_fields, section_check.check_sections)
    real = themes.files

    def write(text: str) -> None:
        path = tmp_path / "sections.yaml"
        path.write_text(text, encoding="utf-8")

        def files(pattern: str, everywhere: Path | None = None) -> Any:
            return [*real(pattern, everywhere), *([("portfolio", path)] if pattern == "sections.yaml" else [])]

        monkeypatch.setattr(themes, "files", files)
        for cached in caches:
            cached.cache_clear()

    yield write
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("text", list(FAULTS))
def test_a_fault_is_told_with_file_and_key(written, text):
    written(text)
    key, says = FAULTS[text]
    with pytest.raises(BadSection) as told:
        section_check.check_sections()
    assert key in told.value.where and "sections.yaml" in told.value.where and says in f"{told.value.what} {told.value.do}"


def test_words_and_lists_come_from_the_first_case_and_in_order(written):
    written(
        "grade: {title: 评语, case: [{when: score >= 90, say: 好}, {when: score is none, say: 未评}, {say: 一般}]}\n"
        "worst: {title: 最低的, items: managers, where: report_score < 90, order: [report_score, -customers], most: 2}\n"
    )
    section_check.check_sections()
    managers = [{"id": n, "report_score": score, "customers": n} for n, score in enumerate([80, 95, 70, 80])]
    of = [section_values({"score": score, "managers": managers}, frozenset({"portfolio"})) for score in (95, None, 10)]
    assert [said["grade"] for said in of] == ["好", "未评", "一般"]
    assert [manager["id"] for manager in of[0]["worst"]] == [2, 3]


@pytest.mark.parametrize("path", PACKAGED, ids=[f"{path.parent.name}/{path.name}" for path in PACKAGED])
def test_templates_compare_nothing_and_their_tags_are_short(path):
    for tags in tags_in(read_package(path, read_file(path))):
        for tag, _ in tags:
            assert len(WORDS_BEFORE.sub("", tag.source.strip("{%} "))) <= LONGEST, tag.source
            inside = [tag.expression, *tag.expression.find_all(nodes.Compare)] if tag.expression is not None else []
            assert not any(isinstance(node, nodes.Compare) for node in inside), f"{tag.place}: {tag.source}"
