"""Random templates and contexts, filled by the engine and by a slow renderer that is plainly right. More of them: scripts/fuzz_render.py."""

import fuzzing
import pytest
from hypothesis import given
from hypothesis import strategies as st

DICE = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


@given(dice=DICE)
def test_random_word_templates_are_filled_as_the_rules_say(folder, dice):
    fuzzing.check_paper(dice, folder)


@given(dice=DICE)
def test_random_excel_templates_are_filled_as_the_rules_say(folder, dice):
    fuzzing.check_book(dice, folder)


@pytest.mark.parametrize("check", [fuzzing.check_paper, fuzzing.check_book])
def test_random_templates_are_mostly_such_that_something_comes_out(folder, check):
    from random import Random

    outcomes = [check(Random(seed), folder) for seed in range(30)]
    assert 10 < outcomes.count("filled") < 30
