"""Checks on single cells: texts that cannot be read as their type, cells that were wrong before they were read, cells that must not be blank."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from postloan.data.intake.cells import CellFault, Noted, Parsed, beyond_15_digits, error_cell, parse
from postloan.data.intake.fast import literal, name
from postloan.data.intake.source import Grid
from postloan.data.schema import FieldSpec
from postloan.data.screen.table import ScreenedTable, cell
from postloan.language import tr
from postloan.problem import NOTE


def text_of(raw: Any) -> str:
    """A cell of Parquet as a person writes it: a number with its 15 sure digits, and with an exponent only beyond them."""
    if not isinstance(raw, float):
        return str(raw)
    return f"{Decimal(f'{raw:.15g}'):f}" if abs(raw) < 1e15 else f"{raw:.15G}"


def read_odd_cells(table: ScreenedTable) -> None:
    """Send every distinct value that SQL did not take through `cells.py`; list the cells that it does not take either."""
    for n in table.readings:
        if table.proof.odd.get(n) or table.proof.missed.get(n):
            table.looked_at.add(n)
            _create_mapping(table, n)
            table.insert(
                f"""SELECT r._row, {literal(n)}, CAST({cell(n)} AS VARCHAR), m."check", m.consequence, m.says
                    FROM {table.raw} r JOIN {table.mapping(n)} m ON m.raw = {cell(n)} WHERE m."check" IS NOT NULL"""
            )


def _parsed(raw: Any, spec: FieldSpec) -> Parsed:
    if isinstance(raw, float) and abs(raw) >= 1e15 and spec.type == "money":
        return CellFault("bad_money", beyond_15_digits().says)
    return parse(text_of(raw), spec)


def _create_mapping(table: ScreenedTable, n: str) -> None:
    con, spec = table.con, table.spec.fields[n]
    odd = f"SELECT DISTINCT {cell(n)} AS raw FROM {table.raw} r WHERE {table.readings[n].odd}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE odd_values AS SELECT raw, row_number() OVER () - 1 AS n FROM ({odd})")
    raws = con.execute("SELECT raw FROM odd_values ORDER BY n").fetchall()
    parsed = [_parsed(raw, spec) for (raw,) in raws]
    wrong = {CellFault: table.consequence(n), Noted: NOTE}
    values = [p.value if isinstance(p, Noted) else None if isinstance(p, CellFault) else p for p in parsed]
    checks, says = ([getattr(p, part, None) if type(p) in wrong else None for p in parsed] for part in CellFault._fields)
    answers = """SELECT unnest($n::BIGINT[]) AS n, unnest($value::VARCHAR[]) AS value,
                 unnest($check::VARCHAR[]) AS "check", unnest($says::VARCHAR[]) AS says, unnest($consequence::VARCHAR[]) AS consequence"""
    con.execute(
        f"""CREATE TABLE {table.mapping(n)} AS SELECT raw, CAST(value AS {spec.sql_type}) AS value, "check", says, consequence
            FROM odd_values JOIN ({answers}) USING (n)""",
        {
            "n": list(range(len(raws))),
            "value": [None if value is None else str(value) for value in values],
            "check": checks,
            "says": says,
            "consequence": [wrong.get(type(p)) for p in parsed],
        },
    )


def list_wrong_cells(table: ScreenedTable) -> None:
    """The cells and rows that intake found wrong: errors of Excel, formulas without a value, numbers cut short, ragged rows."""
    if not isinstance(table.source.data, Grid) or not table.source.data.odd:
        return
    fields = {column: n for n, column in table.source.columns.items()}
    rows = []
    for row, column, check, value in table.source.data.odd:
        n = "" if column is None else fields.get(column)
        if n is not None:
            rows.append((row, n, value, *_named(check, table.spec.fields.get(n)), table.consequence(n)))
    if rows:
        columns = dict(zip(("row", "field", "value", "check", "says", "consequence"), map(list, zip(*rows, strict=True)), strict=True))
        table.insert(
            """SELECT unnest($row::BIGINT[]), unnest($field::VARCHAR[]), unnest($value::VARCHAR[]), unnest($check::VARCHAR[]),
               unnest($consequence::VARCHAR[]), unnest($says::VARCHAR[])""",
            columns,
        )


def _named(check: str, spec: FieldSpec | None) -> CellFault:
    says = {
        "error_cell": error_cell().says,
        "formula_without_value": tr("the formula has no stored value; open the file in Excel, calculate and save it"),
        "unreadable_line": tr("the line is no text in the encoding of the file; write it again, the others were read"),
        "broken_quotes": tr("a quotation mark is not closed or stands inside a field; double it or remove it"),
        "too_many_fields": tr("the row has more fields than the header; a comma inside a text needs quotation marks around the text"),
        "too_few_fields": tr("the row has fewer fields than the header; the file may be cut, or a delimiter is missing"),
    }
    if check in says:
        return CellFault(check, says[check])
    if spec is None or spec.type in ("id", "text", "name"):
        return beyond_15_digits()
    return CellFault("unknown_code" if spec.type == "one_of" else f"bad_{spec.type}", beyond_15_digits().says)


def list_blank_cells(table: ScreenedTable) -> None:
    """Required fields that are blank; a cell that is wrong already is not blank as well."""
    for n, spec in table.spec.fields.items():
        if spec.required and (table.proof.blank.get(n) or n in table.looked_at and _has_blanks(table, n)):
            says = tr("'{label}' may not be blank; fill it in", label=spec.label)
            table.insert(
                f"""SELECT _row, {literal(n)}, '', 'required_blank', 'drop', {literal(says)} FROM {table.typed} t
                    WHERE {name(n)} IS NULL AND NOT EXISTS
                    (SELECT 1 FROM {table.faults} f WHERE f._row = t._row AND f.field = {literal(n)})"""
            )


def _has_blanks(table: ScreenedTable, n: str) -> bool:
    blanks = f"""SELECT count(*) FROM {table.mapping(n)} WHERE value IS NULL AND "check" IS NULL"""
    return table.con.execute(blanks).fetchall()[0][0] > 0


_GAP = "[\\s\\x{3000}]*"
_TOTAL = f"(?i)(?:本[页年月季日]|全行|各行)?(?:[合总小累共]{_GAP}计)(?:数|金额|户数|{_GAP}[:：（(].{{0,8}})?{_GAP}|(?:sub|grand)?{_GAP}total{_GAP}[:：]?"
_NOTE = "(?:制表|填表|编制|经办|复核|审核|审批|负责人|主管|单位|日期|打印|导出|备注|说明|注)[^0-9A-Za-z]*.*[:：].*|(?:备注|说明|注|以下空白)[:：]?.*"


def name_rows_that_are_none(table: ScreenedTable) -> None:
    """Blank rows are skipped; total rows and notes below the table get one problem that says so instead of one per cell."""
    if not table.con.execute(f"SELECT count(*) FROM {table.faults}").fetchall()[0][0]:
        return
    one_note = "f.blank AND (r._filled = 1 AND strlen(r._first) > length(r._first) OR regexp_full_match(r._first, $note))"
    kind = f"""CASE WHEN r._filled = 0 THEN 'skip' WHEN f.total OR regexp_full_match(r._first, $total) THEN 'total_row'
               WHEN {one_note} THEN 'not_a_row' WHEN f.ragged THEN 'ragged' END"""
    faulty = f"""SELECT _row, bool_or("check" = 'required_blank') AS blank, bool_or("check" = 'total_row') AS total,
                 bool_or(field = '') AS ragged FROM {table.faults} GROUP BY _row"""
    table.con.execute(
        f"CREATE OR REPLACE TEMP TABLE odd_rows AS SELECT r._row, r._first, {kind} AS kind FROM ({table.lines()}) r JOIN ({faulty}) f USING (_row)",
        {"note": _NOTE, "total": _TOTAL},
    )
    table.con.execute(
        f"""DELETE FROM {table.faults} f WHERE EXISTS (SELECT 1 FROM odd_rows o WHERE o._row = f._row
            AND (o.kind IN ('skip', 'total_row', 'not_a_row') OR o.kind = 'ragged' AND f.field <> ''))"""
    )
    says = {
        "total_row": tr("a total row is no data; it was left out"),
        "not_a_row": tr("this is a note, not a row of the table; it was left out"),
        "skip": "",
    }
    for what, sentence in says.items():
        consequence = "skip" if what == "skip" else "drop"
        table.insert(
            f"""SELECT _row, '', coalesce(_first, ''), {literal(what)}, {literal(consequence)}, {literal(sentence)}
                FROM odd_rows WHERE kind = {literal(what)}"""
        )
