"""Sample rows of themes with tables of their own: added to the package `tiny`, they give what the theme says they give."""

import csv
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from places import TINY
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.figures.compute import compute, make_book
from postloan.figures.measure import all_measures
from postloan.figures.notices_sent import NoticeItem
from postloan.papers.ledgers import all_ledgers
from postloan.papers.ledgers.rows import ledger_rows
from postloan.themes import all_themes
from rule_examples import examples

SAMPLES = examples("sample")


def add_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    """Add rows to a table of a package; a column or table that is not there yet comes with them."""
    held = list(csv.DictReader(file.open(encoding="utf-8"))) if file.is_file() else []
    columns = dict.fromkeys(name for row in [*held, *rows] for name in row)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(columns))
        writer.writeheader()
        writer.writerows([*held, *rows])


def item(row: dict[str, str]) -> NoticeItem:
    """An item of a notice that went out, from texts."""
    days = {name for name, kind in NoticeItem.__annotations__.items() if "date" in kind}
    return NoticeItem(**{name: date.fromisoformat(text) if name in days else text for name, text in row.items()})


@pytest.mark.parametrize("theme", SAMPLES)
def test_its_rows_give_the_measures_and_findings_it_says(theme, tmp_path):
    sample = dict(SAMPLES[theme])
    gives, told = sample.pop("gives"), [item(row) for row in sample.pop("told", [])]
    folder = tmp_path / "package"
    shutil.copytree(TINY, folder)
    for table, rows in sample.items():
        add_rows(folder / f"{table}.csv", rows)
    settings = replace(make_book(folder, "2014Q2").settings, notices=told)
    book = compute(screen(open_package(folder)), settings)
    grains = {"bank": ("bank", ""), **{unit: ("unit", unit) for unit in book.unit_names}}
    made = {
        name: {subject: str(book.figure(name, *grains.get(subject, ("customer", subject)))) for subject in wanted}
        for name, wanted in gives["measures"].items()
    }
    assert made == gives["measures"]
    for rule, subjects in gives.get("findings", {}).items():
        assert sorted(finding.subject for finding in book.findings_made if finding.rule.name == rule) == sorted(subjects), rule
    for ledger in (one for one in all_ledgers().values() if one.theme == theme and one.tally):
        rows = ledger_rows(book, ledger)
        for column in (column for column in ledger.columns.values() if column.total in all_measures()):
            assert sum(row[column.name] for row in rows) == book.figure(column.total), (ledger.name, column.name)


def test_every_theme_with_tables_of_its_own_has_sample_rows():
    assert {name for name, theme in all_themes().items() if theme.tables} <= SAMPLES.keys()
