"""Detail rows and findings of one unit are those of the bank that are the unit's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from postloan.book import Book
from postloan.details import customer_rows, holder_names, maturity_rows, recovery_rows


@pytest.mark.parametrize("rows", [customer_rows, recovery_rows, maturity_rows])
def test_the_rows_of_a_unit_are_those_of_the_bank_that_are_its_own(rows: Callable[..., list[dict[str, Any]]], branch2014: Book) -> None:
    whole = rows(branch2014)
    assert len({row["unit_id"] for row in whole}) > 1
    for unit in branch2014.units():
        assert rows(branch2014, unit) == [row for row in whole if row["unit_id"] == unit]
    assert rows(branch2014, "no such unit") == []


def test_findings_of_a_unit_keep_their_order(branch2014: Book) -> None:
    for unit in branch2014.units():
        assert branch2014.findings_of(unit) == [f for f in branch2014.findings_made if f.unit_id == unit]
    assert branch2014.findings_of("") == branch2014.findings_made and branch2014.findings_of("no such unit") == []


def test_only_holders_of_the_customers_asked_for_are_named(branch2014: Book) -> None:
    held = {str(row["customer_id"]): row["staff_name"] for row in branch2014.rows("customer_holder", "customer_id")}
    asked = [*list(held)[:3], "nobody's"]
    assert holder_names(branch2014, asked) == {customer: held[customer] for customer in asked[:3]}
    assert holder_names(branch2014, []) == {}


def test_what_is_made_once_is_made_once(branch2014: Book) -> None:
    made: list[int] = []

    def count(book: Book) -> int:
        made.append(len(book.findings_made))
        return made[-1]

    assert branch2014.once(count) == branch2014.once(count) == len(branch2014.findings_made)
    assert len(made) == 1
