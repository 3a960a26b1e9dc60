"""The ranking of units: one measure after the other decides, equals share a place, and who has no score has none."""

from decimal import Decimal

from postloan.papers.ranking import ranked


def unit(name, score, closure=None, on_time=None):
    values = {"score": score, "closure_rate": closure, "on_time_rate": on_time}
    return {"name": name, **{key: None if value is None else Decimal(value) for key, value in values.items()}}


def test_units_are_ranked_and_equals_share_a_place():
    units = [
        unit("nothing checked", None, "1"),
        unit("last", "80", "1", "1"),
        unit("same score, less put right", "90", "0.5", "1"),
        unit("one of two", "90", "0.8", "0.9"),
        unit("other of two", "90", "0.8", "0.9"),
        unit("same score, nothing to put right", "90", None, "1"),
        unit("first", "100"),
    ]
    places = [(one["name"], one["place"]) for one in ranked(units)]
    assert places == [
        ("first", 1),
        ("one of two", 2),
        ("other of two", 2),
        ("same score, less put right", 4),
        ("same score, nothing to put right", 5),
        ("last", 6),
        ("nothing checked", None),
    ]
