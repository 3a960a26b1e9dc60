"""Walks `data_samples/broken`: every check is broken by one package, by nothing else, and says what to do."""

from __future__ import annotations

import csv
import importlib.util
from collections import defaultdict

import duckdb
import pytest
from places import ROOT, SAMPLES
from postloan.data.intake import open_package
from postloan.data.schema import all_tables
from postloan.data.screen import screen
from postloan.themes import all_themes
from postloan.yaml_file import read_yaml

BROKEN = SAMPLES / "broken"
MAKER = ROOT / "scripts" / "make_broken.py"

EXPECTED = defaultdict(list)
for line in csv.DictReader((BROKEN / "expected.csv").read_text(encoding="utf-8").splitlines()):
    EXPECTED[line.pop("folder")].append(tuple(line.values()))

BUILT_IN = {
    "unreadable_file", "broken_quotes", "table_twice", "which_sheet", "no_tables", "unknown_file", "unknown_sheet", "hidden_sheet",
    "no_final_line_break", "no_header", "missing_column", "column_twice", "unknown_column", "unsupported_type", "id_as_number",
    "bad_money", "bad_date", "bad_time", "bad_period", "bad_flag", "unknown_code", "id_beyond_15_digits", "error_cell",
    "formula_without_value", "required_blank", "total_row", "not_a_row", "too_many_fields", "too_few_fields", "duplicate_key",
    "dangling_reference", "reference_dropped", "reference_unchecked", "unreadable_line", "control_character", "dash_is_zero",
}  # fmt: skip
"""The checks of the program itself. `bad_count` is not among them: no table of the contract has a count."""

BASIC = {"", *(name for name, theme in all_themes().items() if theme.basic)}
ROW_CHECKS = [(spec.name, check) for spec in all_tables().values() for check in spec.checks if spec.theme in BASIC]
OF_THEMES = [(spec, check) for spec in all_tables().values() for check in spec.checks if spec.theme not in BASIC]


def maker():
    spec = importlib.util.spec_from_file_location("make_broken", MAKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("folder", EXPECTED)
def test_a_broken_package_gives_its_problems_and_no_others(folder):
    result = screen(open_package(BROKEN / folder))
    found = [
        (p.check, p.consequence, p.file, "" if p.row is None else str(p.row), p.field)
        for p in result.problems
        if p.check != "reference_unchecked" or folder == "reference_unchecked"
    ]
    assert sorted(found) == sorted(EXPECTED[folder])
    assert all(len(p.says) > 10 for p in result.problems)


def test_every_check_of_the_program_has_a_package():
    assert {check for lines in EXPECTED.values() for check, *_ in lines} >= BUILT_IN


@pytest.mark.parametrize(("table", "check"), ROW_CHECKS, ids=lambda x: getattr(x, "name", x))
def test_every_row_check_has_a_row_that_breaks_it_and_one_that_does_not(table, check):
    result = screen(open_package(BROKEN / f"{table}-{check.name}"))
    broken = {p.row for p in result.problems if p.check == check.name}
    rows = {row for (row,) in result.con.execute(f"SELECT _row FROM {table}").fetchall()}
    assert broken
    assert (rows | broken) - broken
    assert (broken <= rows) == (check.consequence == "note")


def test_the_packages_are_what_the_script_makes(tmp_path):
    maker().make(tmp_path / "again")
    for path in sorted((tmp_path / "again").rglob("*")):
        twin = BROKEN / path.relative_to(tmp_path / "again")
        assert twin.exists()
        if path.is_file() and path.suffix not in (".xlsx", ".parquet"):  # their bytes depend on zlib and pyarrow
            assert path.read_bytes() == twin.read_bytes()
    assert {p.name for p in BROKEN.iterdir()} == {p.name for p in (tmp_path / "again").iterdir()}


def test_the_packages_are_the_same_bytes_every_time(tmp_path):
    for name in ("one", "two"):
        maker().make(tmp_path / name)
    for path in sorted((tmp_path / "one").rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes(), path


@pytest.mark.parametrize(("spec", "check"), OF_THEMES, ids=lambda one: one.name)
def test_a_check_of_a_theme_has_an_example_that_breaks_it_and_one_that_does_not(spec, check):
    examples = read_yaml(all_themes()[spec.theme].folder / "examples.yaml")["checks"][spec.name][check.name]
    for name, must in (("broken", False), ("kept", True)):
        columns = ", ".join(f"CAST(${field} AS {spec.fields[field].sql_type}) AS {field}" for field in examples[name])
        row = {field: None if value is None else str(value) for field, value in examples[name].items()}
        assert duckdb.execute(f"SELECT {check.must} FROM (SELECT {columns})", row).fetchone() == (must,), name
