"""Tables of figures: one unit, parts that add up as printed, and a template that still knows what its items have."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from officefill import Properties
from postloan.errors import BadTemplate
from postloan.numbers import parts_that_sum, rounded
from postloan.papers.fields.template_tags import template_faults
from postloan.papers.paper_template import paper_template
from postloan.papers.table_filters import in_unit, summing, table_unit

UNITS = {"元": 1, "万元": 10**4, "亿元": 10**8}
yuan = st.one_of(st.none(), st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False))


def rows(*values: Any) -> list[dict[str, Any]]:
    return [{"name": f"第{number}支行", "balance": value} for number, value in enumerate(values)]


@given(st.lists(yuan, max_size=30), st.sampled_from(sorted(UNITS)), st.integers(0, 4))
def test_printed_parts_add_up_to_the_printed_total_and_only_a_last_digit_moves(values, unit, places):
    printed = [in_unit(item["balance"], unit, places) for item in summing(rows(*values), "balance", unit, places)]
    defined = [(text, value) for text, value in zip(printed, values, strict=True) if value is not None]
    total = in_unit(sum((value for _, value in defined), Decimal(0)), unit, places)
    assert sum((Decimal(text) for text, _ in defined), Decimal(0)) == Decimal(total)
    for text, value in defined:
        assert abs(Decimal(text) - rounded(value / UNITS[unit], places)) <= Decimal(1).scaleb(-places)
    assert [text for text, value in zip(printed, values, strict=True) if value is None] == ["不适用"] * values.count(None)


def test_the_rule_for_the_last_digit_is_the_one_that_is_stated():
    third = Decimal("3333.33")
    assert [item["balance"] for item in summing(rows(third, third, third), "balance", "万元")] == [
        Decimal(3400),
        Decimal(3300),
        Decimal(3300),
    ]
    shares = [item["balance"] for item in summing(rows(*[Decimal(1) / 3] * 3), "balance", "%", 1)]
    assert [in_unit(share, "%", 1) for share in shares] == ["33.4", "33.3", "33.3"]


def test_nothing_but_the_field_of_the_copy_is_touched():
    before = rows(Decimal("0.005"), None)
    after = summing(before, "balance")
    assert before == rows(Decimal("0.005"), None)
    assert [item["name"] for item in after] == ["第0支行", "第1支行"] and after[1]["balance"] is None
    assert summing([], "balance", "万元") == []


def test_a_field_of_a_field_is_a_column_too():
    before = [{"name": name, "before": {"balance": Decimal("3333.33"), "n": 1}} for name in "甲乙丙"]
    after = summing(before, "before.balance", "万元")
    assert [item["before"] for item in after] == [{"balance": Decimal(value), "n": 1} for value in (3400, 3300, 3300)]
    assert before[0]["before"]["balance"] == Decimal("3333.33")
    assert table_unit(before, "before.balance") == "元"


@given(st.lists(yuan.filter(lambda value: value is not None), min_size=1, max_size=20))
def test_rounding_together_twice_changes_nothing(values):
    once = parts_that_sum(values, -2)
    assert parts_that_sum(once, -2) == once


@pytest.mark.parametrize(
    ("largest", "unit"),
    [
        (Decimal(0), "元"),
        (Decimal("999999.99"), "元"),
        (Decimal(-1000000), "万元"),
        (Decimal("9999999999.99"), "万元"),
        (Decimal(10000000000), "亿元"),
    ],
)
def test_a_table_has_one_unit_in_which_its_largest_figure_is_still_read_with_ease(largest, unit):
    assert table_unit(rows(Decimal(1), None, largest), "balance") == unit
    assert table_unit([{"a": Decimal(1), "b": largest}], "a", "b") == unit


def test_a_list_without_figures_has_a_unit_too():
    assert table_unit([], "balance") == table_unit(rows(None), "balance") == "元"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: summing(rows(Decimal(1)), "balanse"), "did you mean 'balance'"),
        (lambda: summing(rows(Decimal(1)), "name.balance"), "unknown name"),
        (lambda: summing(rows(Decimal(1)), "balance", "万"), "did you mean '万元'"),
        (lambda: in_unit(Decimal(1), "千元"), "no unit '千元'"),
        (lambda: table_unit(rows(0.5), "balance"), "no exact number"),
        (lambda: summing(rows("1"), "balance"), "no exact number"),
        (lambda: summing("units", "balance"), "columns"),
    ],
)
def test_what_cannot_be_is_said(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()


def filled(tmp_path: Path, loop: str, cell: str, **context: Any) -> list[list[str]]:
    paper = docx.Document()
    paper.add_paragraph('单位：{{ units|table_unit("balance") }}')
    table = paper.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = loop + "{{ u.name }}", cell + "{% endfor %}"
    paper.save(str(tmp_path / "body.docx"))
    who = Properties("表", "某某支行", datetime(2014, 6, 30))
    made = docx.Document(BytesIO(paper_template(tmp_path / "body.docx").render(context, who)))
    return [[made.paragraphs[0].text], *([c.text for c in row.cells] for row in made.tables[0].rows)]


def test_a_word_table_prints_parts_that_sum_under_its_unit(tmp_path):
    units = rows(Decimal("33333333.33"), Decimal("33333333.33"), Decimal("33333333.34"))
    loop = '{% for u in units|summing("balance", units|table_unit("balance")) %}'
    said = filled(tmp_path, loop, '{{ u.balance|in_unit(units|table_unit("balance")) }}', units=units)
    assert said == [["单位：万元"], ["第0支行", "3333.33"], ["第1支行", "3333.33"], ["第2支行", "3333.34"]]


def test_a_name_misspelt_inside_such_a_loop_is_still_found(tmp_path):
    with pytest.raises(BadTemplate, match="did you mean 'balance'"):
        filled(
            tmp_path,
            '{% for u in units|summing("balance")|summing("balance", "万元") %}',
            "{{ u.balanse|in_unit('元') }}",
            units=rows(Decimal(1)),
        )


def test_the_doctor_knows_the_items_behind_such_filters(tmp_path):
    paper = docx.Document()
    paper.add_paragraph('{% for u in units|summing("loan_balance", "万元") %}{{ u.loan_balanse|in_unit("万元") }}{% endfor %}')
    paper.save(str(tmp_path / "body.docx"))
    found = [str(fault) for fault in template_faults(tmp_path / "body.docx", (tmp_path / "body.docx").read_bytes(), "quarterly_brief")]
    assert len(found) == 1 and "loan_balance" in found[0]
