"""Every rule there is: of the contract, with a source, points, and a sentence that reads."""

import re
from decimal import Decimal

import pytest
from oracle.packages import make_package
from postloan.cli.explain import explain
from postloan.data.schema import all_tables
from postloan.figures.aggregate import rules_run
from postloan.figures.compute import make_book
from postloan.figures.rule import all_rules, dimensions
from postloan.figures.tally import FOUND, NOTICES
from postloan.policy import read_policy
from postloan.themes import EVERYWHERE, all_themes
from rule_examples import every_relation, examples, found

CONTRACT = [
    "report_late",
    "report_missing",
    "report_not_reviewed",
    "ab_missing_a",
    "ab_missing_b",
    "ab_same_person",
    "ab_not_corporate_rm",
    "ab_left_bank",
    "ab_other_unit",
    "ab_overlap",
    "report_signed_by_others",
    "one_inspector",
    "deposit_below_floor",
    "meeting_missing",
    "meeting_materials_late",
    "class5_above_floor",
    "matured_unpaid",
]
RULES = all_rules()
EVERYTHING, ON = frozenset([*all_tables(), *FOUND, NOTICES]), frozenset([EVERYWHERE, *all_themes()])
EXAMPLES = examples("rules")


@pytest.fixture(scope="module")
def findings(tmp_path_factory, branch2014):
    """Findings of a bank in which the contract's rules are broken, and of the sample's first quarter, by rule."""
    folder = tmp_path_factory.mktemp("bank") / "package"
    make_package(folder, 3, "2014Q2", 200)
    by_rule = {}
    for finding in [*make_book(folder, "2014Q2").findings_made, *branch2014.before.findings_made]:
        by_rule.setdefault(finding.rule.name, []).append(finding)
    return by_rule


@pytest.fixture(scope="module")
def book(branch2014):
    every_relation(branch2014)
    return branch2014


def test_every_rule_of_the_contract_is_there():
    assert set(RULES) >= set(CONTRACT)


@pytest.mark.parametrize("name", RULES)
def test_it_has_a_source_a_section_and_points_in_every_policy(name):
    rule = RULES[name]
    assert rule.source and rule.dimension in dimensions()
    for policy in ("branch2014", "county_branch", "annual_credit"):
        assert name in read_policy(policy).scorecard
    assert rule.title in explain(name, read_policy("branch2014"))


def test_every_rule_has_its_examples_and_no_other_has():
    assert EXAMPLES.keys() == RULES.keys()
    kinds = {name: {"broken", "just_not_broken"} | ({"not_judged"} if rule.absence else set()) for name, rule in RULES.items()}
    assert {name: set(EXAMPLES[name]) for name in RULES} == kinds


@pytest.mark.parametrize("name", RULES)
def test_the_broken_example_is_found_in_its_words(book, name):
    example = EXAMPLES[name]["broken"]
    (finding,) = found(book, RULES[name], example["given"])
    assert finding.words == example["says"]
    assert finding.evidence == example.get("evidence", finding.evidence)
    for sentence in (finding.words, finding.evidence):
        assert sentence.endswith("。") and not re.search(r"None|\{|\}|  |，。|：。|、。", sentence), sentence
    if RULES[name].limit:
        assert finding.limit and finding.value


@pytest.mark.parametrize("name", RULES)
def test_what_is_just_not_broken_is_not_found(book, name):
    assert found(book, RULES[name], EXAMPLES[name]["just_not_broken"]["given"]) == []


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.absence])
def test_nothing_is_found_absent_where_nobody_looked(book, name):
    """An example says without which table the rule does not run, or which rows it then finds nothing in."""
    example = EXAMPLES[name]["not_judged"]
    if "without" in example:
        assert name in rules_run(EVERYTHING, ON) and name not in rules_run(EVERYTHING - {example["without"]}, ON)
    else:
        assert found(book, RULES[name], example["given"]) == []


def test_sentences_of_banks_read_and_hold_no_blank(findings):
    assert len(findings) > len(CONTRACT)
    for finding in (one for of_rule in findings.values() for one in of_rule):
        for sentence in (finding.words, finding.evidence):
            assert sentence.endswith("。") and not re.search(r"None|\{|\}|  |，。|：。|、。", sentence), sentence
        assert finding.limit or not finding.rule.limit


def test_index_numbers_count_up_by_unit_and_section(findings):
    numbers = sorted(f.index_no for of in findings.values() for f in of)
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r".+-2014Q[12]-[A-F]-\d{3,}", number) for number in numbers)


def test_points_are_capped_by_rule_and_unit_and_waived_findings_cost_nothing(branch2014):
    # of 市场一部: late 8, roles 2 x 2, no numbers 1, below the floor 8 x 0.5
    assert branch2014.figure("deduction", "unit", "0121") == 17
    assert branch2014.figure("deduction") == Decimal("44.5")
    assert branch2014.figure("score") == Decimal(10577) / 116
    assert all(f.deduction == 0 for f in branch2014.findings_made if f.waived)
    assert branch2014.figure("findings") == 67


def test_the_three_defects_of_the_seed_are_found_in_its_own_words(branch2014):
    said = {(f.unit_name, f.customer_name): f.words for f in branch2014.findings_made if f.rule.dimension == "报告质量"}
    assert said["市场一部", "澜州龙舟实业有限责任公司"] == "销售资金归行分析缺少具体数据。"
    assert said["营业部", "澜州鸿欣装饰装潢有限公司"] == "贷后检查报告无客户财务数据分析。"
    simple = next(f for f in branch2014.findings_made if f.rule.name == "report_too_simple")
    assert simple.unit_name == "市场四部" and simple.words == "贷后检查报告过于简单，无客户上下游交易对手分析及企业现金流分析。"
    assert branch2014.figure("report_defects") == 3
