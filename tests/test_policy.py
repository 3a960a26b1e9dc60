"""Policies: differences over another policy, dated limits, and what is refused with a suggestion."""

from datetime import date
from decimal import Decimal

import pytest
from postloan.errors import BadPolicy
from postloan.figures.rule import all_rules
from postloan.period import Period
from postloan.policy import policy_names, read_policy
from postloan.workdays import Calendar


def own(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", policy_names())
def test_every_policy_reads_and_says_its_sources(name):
    policy = read_policy(name)
    assert policy.source and policy.scope.source and policy.report_deadline.source
    assert all(limit.source for limit in policy.limits.values())
    assert set(policy.scorecard) <= set(all_rules())


def test_a_banks_own_file_holds_differences_only(tmp_path):
    policy = read_policy(
        own(tmp_path, 'based_on: branch2014\nreport_deadline: {day: 15}\nlimits:\n  deposit_floor: {values: {"2014-04-01": 0.25}}\n')
    )
    assert policy.report_deadline.day == 15 and policy.report_deadline.roll == "none"
    assert policy.limit("deposit_floor", date(2014, 6, 30)) == Decimal("0.25")
    assert policy.limit("deposit_floor", date(2014, 3, 31)) == Decimal("0.20")
    assert policy.name == "own" and policy.scope == read_policy("branch2014").scope


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("based_on: branch2014\nscop: {}\n", "scope"),
        ("based_on: branch2014\nscope: {segments: [corporat]}\n", "corporate"),
        ("based_on: branch2014\nscorecard: {report_lat: {points: 1, cap: 1}}\n", "report_late"),
        ("based_on: branch2014\nreport_deadline: {rol: none}\n", "roll"),
        ("based_on: branch2041\n", "branch2014"),
        ("based_on: branch2014\ntitle: a\ntitle: b\n", "title"),
        ('based_on: branch2014\nlimits: {deposit_floor: {values: {"2014-13-01": 1}}}\n', "2014-13-01"),
        ('based_on: branch2014\nlimits: {deposit_floor: {values: {"2014-01-01": 010}}}\n', "010"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_nearest_word(tmp_path, text, says):
    with pytest.raises(BadPolicy) as fault:
        read_policy(own(tmp_path, text))
    assert says in str(fault.value)


def test_yaml_words_stay_what_they_look_like(tmp_path):
    assert read_policy(own(tmp_path, "based_on: branch2014\nversion: 010\n")).version == "010"
    assert read_policy(own(tmp_path, "based_on: branch2014\nversion: no\n")).version == "no"


@pytest.mark.parametrize(
    ("roll", "day"), [("none", date(2026, 6, 20)), ("next_workday", date(2026, 6, 22)), ("previous_workday", date(2026, 6, 18))]
)
def test_a_deadline_on_a_day_off_rolls_as_the_policy_says(tmp_path, roll, day):
    policy = read_policy(own(tmp_path, f"based_on: branch2014\nreport_deadline: {{roll: {roll}}}\n"))
    assert policy.deadline(Period.parse("2026Q2"), Calendar.load("china")) == day


def test_bands_name_the_score():
    policy = read_policy("branch2014")
    assert [policy.band(Decimal(s)) for s in ("100", "90", "89.99", "80", "60", "59.5", "0")] == [
        "优秀",
        "优秀",
        "良好",
        "良好",
        "合格",
        "不合格",
        "不合格",
    ]
