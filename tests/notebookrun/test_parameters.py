"""Parameters of a notebook: what is refused before anything runs.

The case ids (A5 …) are those of the traps this engine was written against.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebookrun.errors import BadNotebook, BadParameters
from notebookrun.notebook_file import assignments
from notebookrun.parameters import check_parameters, read_parameters
from notebooks import GIVEN, written


def test_parameters_are_read_with_type_default_and_explanation(tmp_path):
    found = read_parameters(written(tmp_path))
    assert [(p.name, p.type, p.default, p.says) for p in found.values()] == [
        ("branch", "str", "001", "支行"),
        ("rows", "int", 3, ""),
        ("whole", "bool", False, ""),
        ("units", "list[str]", [], "机构"),
    ]


def test_a_misspelt_parameter_is_refused_with_the_near_one_named_A16(tmp_path):
    with pytest.raises(BadParameters, match="'brnch'.*did you mean 'branch'"):
        check_parameters(written(tmp_path), GIVEN | {"brnch": "1"})


def test_everything_wrong_is_named_at_once(tmp_path):
    with pytest.raises(BadParameters) as refused:
        check_parameters(written(tmp_path), {"brnch": "1", "rows": "3", "whole": 1, "units": [1]})
    for word in ("brnch", "'branch' is missing", "'rows' wants int", "'whole' wants bool", "'units' wants list[str]"):
        assert word in str(refused.value)


def test_a_parameter_with_an_empty_default_may_be_left_out(tmp_path):
    assert check_parameters(written(tmp_path), GIVEN)["units"] == []


@pytest.mark.parametrize("value", [1.0, None, b"1", ("1",), {"a": "1"}, Path("x"), True])
def test_only_the_very_type_is_taken_B7(tmp_path, value):
    for name in ("branch", "rows"):
        with pytest.raises(BadParameters):
            check_parameters(written(tmp_path), GIVEN | {name: value})


def test_a_name_that_is_code_is_refused_B6(tmp_path):
    with pytest.raises(BadParameters, match="unknown parameter"):
        check_parameters(written(tmp_path), GIVEN | {"x=open('f','w').write('!'); n": 1})


def test_digits_stay_text_B17(tmp_path):
    for text in ("00123", "1E5", "１２３", "True", ""):
        assert check_parameters(written(tmp_path), GIVEN | {"branch": text, "units": [text]})["branch"] == text


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('fn: str = f"loan_{1}.xlsx"', "derived"),
        ('a: str = "x"\nb: str = a', "derived"),
        ('a: str = "x" + "y"', "derived"),
        ("a: str = str(1)", "derived"),
        ('a = "x"', "no parameter"),
        ("a: str", "no parameter"),
        ("import os", "no parameter"),
        ("a: float = 1.0", "unknown type"),
        ("a: str = 1", "1 is no str"),
        ("a: int = True", "True is no int"),
        ("a: list[str] = [1]", "no list"),
    ],
)
def test_a_parameters_cell_holds_plain_values_only_A17(tmp_path, cell, says):
    with pytest.raises(BadNotebook, match=says):
        read_parameters(written(tmp_path, parameters=cell))


def test_a_notebook_without_a_parameters_cell_is_refused_A16(tmp_path):
    with pytest.raises(BadNotebook, match="0 cells are tagged"):
        read_parameters(written(tmp_path, "1", parameters=None))


@pytest.mark.parametrize("cell", ["branch = '9'", "for branch in '12': pass", "branch += 'x'", "del branch"])
def test_a_later_cell_that_sets_a_parameter_anew_is_refused_A17(tmp_path, cell):
    with pytest.raises(BadNotebook, match="'branch' anew"):
        read_parameters(written(tmp_path, cell))


@pytest.mark.parametrize("cell", ["!false", "!exit 3", "%cd /", "1 +"])
def test_a_line_whose_failure_would_go_unnoticed_is_refused_A5(tmp_path, cell):
    with pytest.raises(BadNotebook, match="code cell 2: the cell is not plain Python"):
        read_parameters(written(tmp_path, cell))


@pytest.mark.parametrize("content", ["", "{}", '{"cells": 1}', "not json", "[]"])
def test_what_is_no_notebook_is_said(tmp_path, content):
    (tmp_path / "x.ipynb").write_text(content, encoding="utf-8")
    with pytest.raises(BadNotebook, match="no notebook"):
        read_parameters(tmp_path / "x.ipynb")


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.text() | st.integers() | st.booleans() | st.lists(st.text())))
def test_what_is_put_into_the_notebook_is_what_was_given(values):
    found: dict = {}
    exec(assignments(values), found)  # noqa: S102 - it is what a notebook does
    assert {name: found[name] for name in values} == values
