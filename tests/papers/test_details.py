"""Detail rows and findings of one unit are those of the bank that are the unit's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from postloan.audit.trace.calculations import Calculations
from postloan.audit.trace.figure_words import words_of
from postloan.figures.book import Book
from postloan.papers import lists as details
from postloan.papers.ledgers import all_ledgers
from postloan.papers.ledgers.rows import ledger_rows
from postloan.papers.lists import customer_rows, customers_listed, holder_names, term_sums
from postloan.papers.record.identity import identity


def recoveries(book: Book, unit: str = "") -> list[dict[str, Any]]:
    return ledger_rows(book, all_ledgers()["recoveries"], unit)


def maturities(book: Book, unit: str = "") -> list[dict[str, Any]]:
    return ledger_rows(book, all_ledgers()["maturities"], unit)


@pytest.mark.parametrize("rows", [customer_rows, recoveries, maturities])
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


def test_sums_of_a_unit_are_listed_as_the_units_and_not_as_a_customers(branch2014: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = customer_rows(branch2014)
    monkeypatch.setattr(details, "MOST_LISTED", len(whole))
    assert customers_listed(branch2014) == whole
    monkeypatch.setattr(details, "MOST_LISTED", len(whole) - 1)
    listed = customers_listed(branch2014)
    assert [row["unit_id"] for row in listed] == sorted({row["unit_id"] for row in whole}) and term_sums(listed) == term_sums(whole)
    for position, row in enumerate(listed):
        unit = row["unit_id"]
        assert term_sums([row]) == term_sums(customers_listed(branch2014, unit)), "a unit's own paper lists them one by one"
        for term in ("loan_balance", "sales_revenue"):
            of = identity(("customers", position, term), {"customers": listed}, branch2014.period, "")
            assert of.key == f"customers[unit:{unit}].{term}"
            if of.measure:
                assert (of.grain, of.subject) == ("unit", unit) and branch2014.figure(of.measure, of.grain, of.subject) == row[term]
            calculations = Calculations(branch2014, "")
            calculations.announce([of])
            made = calculations.of(of)
            assert made is not None and made.value == row[term] and all(part.proven for part in made.parts)
            assert f"机构{unit}" in words_of(of).title or of.measure
