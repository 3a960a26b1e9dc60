"""Sources of measures, rules and limits: words for people, never an item number of ours."""

import re

import pytest
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules
from postloan.policy import policy_names, read_policy

OURS = re.compile(r"\b[STM]\d+\b|contract|seed|domain \d")


@pytest.mark.parametrize("name", policy_names())
def test_limits_name_their_source_in_words(name):
    policy = read_policy(name)
    sources = [policy.scope.source, *(limit.source for limit in policy.limits.values())]
    assert all(sources) and not [text for text in sources if OURS.search(text)]


def test_measures_and_rules_name_their_source_in_words():
    sources = {m.name: m.part("Source") for m in all_measures().values()} | {r.name: r.source for r in all_rules().values()}
    assert not {name: text for name, text in sources.items() if not text or OURS.search(text)}
