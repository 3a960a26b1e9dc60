"""Which rules' topics a report speaks of."""

import pyarrow as pa
import pytest
from postloan.inspection_reports.analysis.followup import mentions, topics

EVERY_RULE = {rule for rules in topics().values() for rule in rules}


def spoken_of(text: str | None) -> set[str]:
    return {row["rule"] for row in mentions(["a"], [text]).to_pylist()}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("目前我行存款余额500万元，占授信额度的25%", "deposit_below_floor"),
        ("客户承诺季末前从他行调回156万元存款作为补充", "deposit_below_floor"),
        ("欠息已于5月结清", "class5_above_floor"),
        ("B角已更换", "ab_missing_b"),
        ("客户经理变更后已办理交接", "ab_left_bank"),
        ("本次由两名检查人员现场检查", "one_inspector"),
    ],
)
def test_a_topic_is_known_by_its_words(text: str, rule: str) -> None:
    assert rule in spoken_of(text)
    assert spoken_of(text) != EVERY_RULE


def test_last_quarters_problems_as_such_are_every_rules_topic() -> None:
    assert spoken_of("上季度检查发现的问题均已落实") == EVERY_RULE
    assert spoken_of("上次检查提出的整改要求已办结") == EVERY_RULE


@pytest.mark.parametrize(
    "text",
    ["归行率29.36%，企业回款正常", "与上季度相比变化不大，未见异常", "库存账实差异0.7%，已提示整改", "客户经理从网银导出明细", "", None],
)
def test_everyday_sentences_speak_of_no_topic(text: str | None) -> None:
    assert spoken_of(text) == set()


def test_every_section_of_a_report_counts_and_a_rule_is_said_once() -> None:
    found = mentions(pa.array(["b", "a", "a"]), pa.chunked_array([["无逾期", "逾期一天"], ["五级分类正常"]]))
    assert found.to_pylist() == [{"inspection_id": "a", "rule": "class5_above_floor"}, {"inspection_id": "b", "rule": "class5_above_floor"}]
    assert mentions([], []).num_rows == 0
