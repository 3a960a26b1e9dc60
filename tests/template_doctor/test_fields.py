"""The field dictionary is true: what every document's context offers has an entry, and values are of the type it declares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from officefill.language.expressions import PlainEnvironment
from postloan.errors import BadPolicy
from postloan.numbers import FILTERS
from postloan.papers.context import context
from postloan.papers.document import all_documents
from postloan.papers.fields.field_check import FITS, filters_for
from postloan.papers.fields.fields import all_fields
from postloan.papers.fields.shapes import ITEM, NUMBERS, Field, line_of
from postloan.papers.on_demand import with_asked
from postloan.papers.paths import to_send

TYPES = {
    "text": (str,),
    "date": (date,),
    "truth": (bool,),
    "picture": (bytes,),
    "list": (list,),
    "group": (dict,),
    "map": (dict,),
    **dict.fromkeys(NUMBERS, (Decimal, int)),
}


def _wrong(fields: Any, value: Any, path: tuple[str, ...], field: Field | None) -> list[str]:
    """Every path of a context that has no entry, or whose value is of another type."""
    name = ".".join(path).replace(f".{ITEM}", ITEM)
    if field is None:
        return [f"{name} has no line in fields.yaml"]
    if value is None:
        return []
    if not isinstance(value, TYPES[field.type]) or (isinstance(value, bool) and field.type != "truth"):
        return [f"{name} is {type(value).__name__}, and {field.type} in fields.yaml"]
    if isinstance(value, Decimal) and field.type == "count" and (field.bare or value != value.to_integral_value()):
        return [f"{name} is a decimal, so it is no count that prints as it is"]
    if isinstance(value, dict):
        return [w for key, held in value.items() for w in _wrong(fields, held, (*path, key), fields.inside(field, key))]
    if isinstance(value, list):
        return [w for held in value for w in _wrong(fields, held, (*path, ITEM), fields.inside(field, ITEM))]
    return []


@pytest.mark.parametrize("name", list(all_documents()))
@pytest.mark.parametrize("bank", ["tiny", pytest.param("branch2014", marks=pytest.mark.soak)])
def test_every_name_of_every_context_is_in_the_dictionary_with_its_type(request, bank, name):
    book, fields = request.getfixturevalue(bank), all_fields(name)
    asked = frozenset(fields.shapes["context"])
    units = ["", book.units()[0]] if "unit" in all_documents()[name].per else [""]
    for unit in units:
        said = with_asked(context(book, date(2014, 7, 10), unit), asked, book, unit)
        if all_documents()[name].tells:
            told = to_send(book, name)
            said |= next((told.says(paper, book, date(2014, 7, 10)) for paper in told.to_make() if paper.unit == unit), {})
        wrong = _wrong(fields, said, (), Field("group", "", of="context"))
        assert not wrong, "\n".join(sorted(set(wrong)))


def test_every_field_has_a_label_and_one_line_in_the_list():
    told = list(all_fields().walk())
    assert all(field.label for _, field, _ in told)
    assert len({path for path, *_ in told}) == len(told)


def test_paths_are_followed_through_lists_groups_and_rules():
    fields = all_fields()
    assert fields.at(("units", ITEM, "before", "npl_ratio")) == fields.at(("npl_ratio",))
    assert fields.at(("change", "npl_ratio")).type == "points"
    assert fields.at(("npl_ratio_change",)).type == "points"
    assert fields.at(("rules", "report_late", "examples", ITEM, "due_on")).type == "date"
    assert fields.at(("checked", ITEM)).type == "text"
    assert fields.at(("limits", "deposit_floor")).type == "ratio"
    assert fields.at(("units", "npl_ratio")) is None
    assert fields.at(("as_of", "year")) is None


def test_every_filter_of_papers_says_what_it_is_for():
    assert set(FILTERS) <= set(FITS)
    assert "percent" in filters_for("ratio") and "wan" not in filters_for("ratio")


@pytest.mark.parametrize("kind", ["ratio", "points", "money", "count", "number", "date", "truth"])
def test_filters_that_fit_do_print_a_value_of_the_type(kind):
    value = {"date": date(2014, 6, 30), "truth": True}.get(kind, Decimal(1))
    environment = PlainEnvironment(FILTERS)
    for name in filters_for(kind):
        assert isinstance(environment.filters[name](value), str), name


def test_a_line_that_cannot_be_read_is_told_with_what_is_near():
    with pytest.raises(BadPolicy, match="did you mean 'date'"):
        line_of("due", ["dat", "到期日"], set())
    with pytest.raises(BadPolicy, match="did you mean 'finding'"):
        line_of("due", ["list", "问题", "findin"], {"finding"})
    with pytest.raises(BadPolicy, match="write"):
        line_of("due", "date", set())
