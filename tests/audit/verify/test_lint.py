"""Every pattern of `lint.yaml` finds what it is for and leaves its like alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from postloan.audit.verify.lint import all_wordings, numbering_remarks, wording_remarks
from postloan.yaml_file import read_yaml

EXAMPLES = read_yaml(Path(__file__).parent / "lint_examples.yaml")
BAD = [(name, text) for name, said in EXAMPLES.items() for text in said["bad"]]
GOOD = [(name, text) for name, said in EXAMPLES.items() for text in said["good"]]


def found(text: str, year: int = 9999) -> list[str]:
    """Names of the patterns that match a line."""
    says = {(wording.en, wording.replaces): name for name, wording in all_wordings().items()}
    return [
        next(name for (en, replaces), name in says.items() if remark.slots["what"] == en and remark.slots["do"] in ("", f" → {replaces}"))
        for remark in wording_remarks("p", [(0, text)], year)
    ]


def test_every_pattern_has_examples_and_a_source() -> None:
    assert set(EXAMPLES) == set(all_wordings())
    assert all(wording.source and wording.zh and wording.en for wording in all_wordings().values())


@pytest.mark.parametrize(("name", "text"), BAD)
def test_a_wrong_sentence_is_found(name: str, text: str) -> None:
    wording = all_wordings()[name]
    assert any(match for match in wording.expression.finditer(text))
    assert found(text)


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_a_right_sentence_is_left_alone(name: str, text: str) -> None:
    assert list(wording_remarks("p", [(0, text)])) == []


def test_a_place_is_the_characters_of_its_line() -> None:
    remarks = list(wording_remarks("p", [(0, "第一行"), (1, "建立台帐和\n台帐"), (2, "完")]))
    assert [(remark.at, remark.span) for remark in remarks] == [(1, (2, 4)), (1, (6, 8))]


def test_an_outdated_name_is_none_in_a_paper_of_its_time() -> None:
    assert list(wording_remarks("p", [(0, "报送银监会。")], 2014)) == []
    assert len(list(wording_remarks("p", [(0, "报送银监会。")], 2026))) == 1


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        (["一、甲", "二、乙", "四、丁"], ["四、"]),
        (["1.甲", "2.乙", "3.丙", "1.丁"], ["1."]),
        (["（一）甲", "（三）丙"], ["（三）"]),
        (["一、甲", "（一）子", "1.丑", "2.寅", "（二）卯", "1.辰", "二、乙", "（一）巳"], []),
        (["十、甲", "十一、乙", "十二、丙"], []),
        (["一是及时。二是准确。四是完整。"], ["四是"]),
        (["一是及时。二是准确。", "一是完整；二是清楚"], []),
        (["1.5亿元", "3.2亿元"], []),
    ],
)
def test_broken_numbering_is_found(lines: list[str], broken: list[str]) -> None:
    assert [remark.slots["now"] for remark in numbering_remarks("p", list(enumerate(lines)))] == broken
