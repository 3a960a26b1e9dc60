"""Periods: names, spans, and the quarter before."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.errors import BadCommand
from postloan.period import Period


@pytest.mark.parametrize(
    ("name", "first", "last", "before"),
    [
        ("2014Q2", date(2014, 4, 1), date(2014, 6, 30), "2014Q1"),
        ("2014Q1", date(2014, 1, 1), date(2014, 3, 31), "2013Q4"),
        ("2014H1", date(2014, 1, 1), date(2014, 6, 30), "2014Q1"),
        ("2014-05", date(2014, 5, 1), date(2014, 5, 31), "2014Q1"),
        ("2014-02", date(2014, 2, 1), date(2014, 2, 28), "2013Q4"),
        ("2014", date(2014, 1, 1), date(2014, 12, 31), "2014Q3"),
    ],
)
def test_spans_and_the_quarter_before(name, first, last, before):
    period = Period.parse(name)
    assert (period.first_day, period.as_of, period.previous_quarter.name) == (first, last, before)


@given(st.text(max_size=8))
def test_any_other_spelling_is_refused_in_words(text):
    try:
        assert Period.parse(text).name == text
    except BadCommand as fault:
        assert "2014Q2" in str(fault)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("2014Q2", ["2014Q2"]),
        ("2014-06", ["2014-06"]),
        ("2014H1", ["2014H1", "2014Q1", "2014Q2"]),
        ("2014", ["2014", "2014H1", "2014H2", *(f"2014Q{q}" for q in (1, 2, 3, 4))]),
    ],
)
def test_a_quarters_rows_are_its_own_and_a_years_are_its_quarters(name, parts):
    assert [p.name for p in Period.parse(name).parts()] == parts


@pytest.mark.parametrize(
    ("name", "before"),
    [("2014Q2", "2014Q1"), ("2014Q1", "2013Q4"), ("2014H1", "2013H2"), ("2014H2", "2014H1"), ("2014-01", "2013-12"), ("2014", "2013")],
)
def test_the_period_before_is_of_the_same_kind(name, before):
    assert Period.parse(name).before.name == before


def test_what_ends_with_a_month():
    ends = {text: [span.name for span in Period.parse(text).ending().values()] for text in ("2014-05", "2014-09", "2014-06", "2014-12")}
    assert ends == {
        "2014-05": ["2014-05"],
        "2014-09": ["2014-09", "2014Q3"],
        "2014-06": ["2014-06", "2014Q2", "2014H1"],
        "2014-12": ["2014-12", "2014Q4", "2014H2", "2014"],
    }
