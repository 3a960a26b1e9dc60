"""Figures that moved more than the policy allows: what counts as moved, and what does not."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.figures.aggregate import BANK
from postloan.figures.measure import all_measures
from postloan.month_end.run_record import Variance
from postloan.month_end.variance import GONE, NEW, change_of, variances

UNIT = ("unit", "001")
D = Decimal


def moved(book, before, now):
    """What moved between two sets of figures by subject, under the policy of `book`."""
    earlier, later = (replace(book, results=replace(book.results, figures=figures)) for figures in (before, now))
    return variances(replace(later, earlier=lambda: earlier))


def with_limits(book, limits):
    return replace(book, settings=replace(book.settings, policy=replace(book.policy, limits=limits)))


def one(book, measure, before, now, subject=BANK):
    """The entry of one measure of one subject, None where it did not move."""
    found = moved(book, {BANK: {}, subject: {measure: before}}, {BANK: {}, subject: {measure: now}})
    return found[0] if found else None


@pytest.mark.parametrize(
    ("measure", "before", "now", "change"),
    [
        ("npl_ratio", "0.01", "0.06", None),  # five points are allowed
        ("npl_ratio", "0.01", "0.0601", "0.0501"),
        ("npl_ratio", "0.0601", "0.01", "-0.0501"),
        ("loan_balance", "100", "130", None),
        ("loan_balance", "100", "130.01", "0.3001"),
        ("customers_in_scope", "10", "6", "-0.4"),
        ("customers_in_scope", "10", "7", None),  # three of 户 are let pass, whatever share they are
        ("customers_late", "0", "4", ""),  # nothing before: a share of it cannot be said, but it moved
        ("customers_late", "0", "3", None),
        ("customers_late", "0", "0", None),
        ("customers_late", None, "1", ""),  # undefined before: however few, it can be said now
        ("deduction", "1", "3", None),
        ("npl_ratio_change", None, "0.5", None),  # it tells of a movement itself
        ("npl_ratio", None, None, None),
        ("npl_ratio", None, "0.01", ""),
        ("npl_ratio", "0.01", None, ""),
    ],
)
def test_a_figure_moved_when_it_changed_more_than_the_policy_allows(tiny, measure, before, now, change):
    found = one(tiny, measure, *(None if text is None else D(text) for text in (before, now)))
    assert (found.change if found else None) == change
    if found:
        assert found == Variance(
            *(measure, all_measures()[measure].title, "bank", "", "全行", all_measures()[measure].unit, before or "", now or "", change),
            "0.05" if measure == "npl_ratio" else "0.3",
        )


def test_a_unit_on_one_side_only_is_one_entry(tiny):
    figures = {"customers_in_scope": D(3), "loan_balance": D(100)}
    assert [(m.title, m.subject, m.measure) for m in moved(tiny, {BANK: {}}, {BANK: {}, UNIT: figures})] == [(NEW, "001", "")]
    assert [(m.title, m.subject, m.measure) for m in moved(tiny, {BANK: {}, UNIT: figures}, {BANK: {}})] == [(GONE, "001", "")]


def test_a_zero_beside_no_row_is_no_movement_and_an_amount_is(tiny):
    other = {"loan_balance": D(1)}
    assert moved(tiny, {BANK: {}, UNIT: other}, {BANK: {}, UNIT: {**other, "recovered_amount": D(0)}}) == []
    found = moved(tiny, {BANK: {}, UNIT: other}, {BANK: {}, UNIT: {**other, "recovered_amount": D(9)}})
    assert [(m.measure, m.before, m.now, m.name) for m in found] == [("recovered_amount", "", "9", tiny.unit_names["001"])]


def test_the_limits_are_the_policys_and_dated(tiny):
    def under(**values):
        limits = {
            name: replace(tiny.policy.limits[name], values=values.get(name, {})) for name in ("moved_ratio", "moved_share", "moved_count")
        }
        return with_limits(tiny, {**tiny.policy.limits, **limits})

    wide = under(moved_ratio={"1900-01-01": D("0.05"), "2014-04-01": D("0.10")})
    assert one(wide, "npl_ratio", D("0.01"), D("0.09")) is None
    assert one(under(moved_ratio={"2015-01-01": D(0)}), "npl_ratio", D("0.01"), D("0.99")) is None, "no limit was in force"
    assert one(under(), "loan_balance", D(1), D(99)) is None
    assert one(under(moved_share={"1900-01-01": D("0.3")}), "customers_late", D(1), D(2)).change == "1", "no count is let pass"
    without = with_limits(tiny, {})
    assert one(without, "loan_balance", D(1), D(99)) is None


def test_a_score_moves_by_points(tiny):
    assert one(tiny, "score", D(9), D(67)).change == "58" and one(tiny, "score", D(9), D(67)).allowed == "10"
    assert one(tiny, "score", D(80), D(90)) is None


def test_the_sample_quarter_is_compared_with_the_one_before_and_no_person_is_in_it(branch2014):
    found = variances(branch2014)
    assert {m.grain for m in found} <= {"bank", "unit"} and found
    for m in found:
        if m.measure:
            now, before = (book.figure(m.measure, m.grain, m.subject) for book in (branch2014, branch2014.before))
            assert (m.now, m.before) == tuple("" if v is None else format(v, "f") for v in (now, before))
            assert not m.change or abs(D(m.change)) > D(m.allowed)
    assert [m.grain for m in found] == sorted((m.grain for m in found), key=lambda grain: grain != "bank")


@given(*[st.decimals(-(10**9), 10**9, places=2, allow_nan=False)] * 2)
def test_a_change_is_zero_only_where_nothing_changed(before, now):
    for measure in (all_measures()["npl_ratio"], all_measures()["loan_balance"]):
        change = change_of(measure, before, now)
        assert change is None if measure.unit != "ratio" and not before else (change == 0) == (before == now)
