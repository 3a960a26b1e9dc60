"""Running a rule over the rows of an example, in a database that has the tallies' columns and none of their rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
from postloan import themes
from postloan.data.relation import lay_down_table
from postloan.data.schema import all_tables
from postloan.errors import BadMeasure
from postloan.figures.book import Book
from postloan.figures.engine import InProcess, Tallied
from postloan.figures.find import find
from postloan.figures.finding import Finding
from postloan.figures.follow_up import Followed, lay_down
from postloan.figures.notices_sent import notices_table
from postloan.figures.rule import Rule, all_rules
from postloan.figures.tally import FOLDER, FOUND, NOTICES, all_tallies, make_tallies
from postloan.yaml_file import read_yaml

WHOSE = {"customer_id": "0001", "unit_id": "002"}
"""Whose a row is where an example does not say it."""


def examples(kind: str) -> dict[str, Any]:
    """Return the examples of measures, rules or sample rows: by name, of sample rows by theme."""
    found: dict[str, Any] = {}
    for theme, path in themes.files("examples.yaml", Path(FOLDER).parent):
        of_theme = read_yaml(path, BadMeasure).get(kind, {})
        found.update({theme: of_theme} if kind == "sample" and of_theme else of_theme)
    return found


def every_relation(book: Book) -> None:
    """Make every tally of every theme in a schema beside the book's: views over what is there, and empty tables for what is not."""
    con = book.clean.con
    con.execute("CREATE SCHEMA IF NOT EXISTS every_relation")
    for name in all_tables().keys() - book.clean.tables:
        columns = ", ".join(f"{field.name} {field.sql_type}" for field in all_tables()[name].fields.values())
        con.execute(f"CREATE TABLE IF NOT EXISTS every_relation.{name} ({columns})")
    con.execute(f"SET search_path = 'every_relation,{book.schema},main'")
    lay_down(con, Followed(book.period.before, [], [], timedelta()), [], {})
    lay_down_table(con, NOTICES, notices_table([]))
    filled = {name for tally in all_tallies().values() for name in tally.reads if "." in name}
    make_tallies(con, frozenset([*all_tables(), *FOUND, NOTICES, *filled]), dict.fromkeys(all_tallies(), 1))
    con.execute("SET search_path = 'main'")


def found(book: Book, rule: Rule, given: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of `rule` over the rows `given` by relation: its tally's, and tables that name people, and `asked` in part."""
    con = book.clean.con
    con.execute(f"DROP SCHEMA IF EXISTS given CASCADE; CREATE SCHEMA given; SET search_path = 'given,every_relation,{book.schema},main'")
    try:
        for relation, rows in given.items():
            _lay_down(con, relation, rows if isinstance(rows, list) else [rows])
        off = [name for name in all_rules() if name != rule.name]
        tallied = Tallied(
            InProcess(con), frozenset({rule.over}), frozenset(given) & all_tables().keys(), frozenset({"", *themes.all_themes()})
        )
        return find(tallied, replace(book.policy, rules_off=off), book.period)
    finally:
        con.execute("SET search_path = 'main'")


def _lay_down(con: duckdb.DuckDBPyConnection, relation: str, rows: list[dict[str, Any]]) -> None:
    """Make one relation with the columns that it has and the rows of an example; the rest of them is blank."""
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {relation}").fetchall()}
    con.execute(f"CREATE TABLE given.{relation} ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    for row in rows:
        values = {**{name: whose for name, whose in WHOSE.items() if name in types}, **row}
        places = ", ".join("?" for _ in values)
        con.execute(f"INSERT INTO given.{relation} ({', '.join(values)}) VALUES ({places})", list(values.values()))
