"""A workbook for a table that people type: its headings, lists to choose from, formats, and the rows that are there already.

What it writes, intake reads: the headings are the fields' labels, a star marks what must be filled in, codes stand as their labels.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from postloan.data.relation import mappings
from postloan.data.schema import FieldSpec, TableSpec, all_tables
from postloan.data.screen import Clean

Row = Mapping[str, Any]
EMPTY_ROWS = 500
"""So many rows below the filled ones have their lists and formats."""
REFERENCES = "参照"
FLAGS = ("是", "否")
_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm", "money": "#,##0.00"}
_WIDE = 28
_HEAD = {"bold": True, "border": 1, "bg_color": "#DCE6F1", "text_wrap": True, "valign": "vcenter"}


def blank_workbook(spec: TableSpec, clean: Clean | None, rows: Sequence[Row] = (), notes: Sequence[str] = ()) -> bytes:
    """Return the workbook of one table.

    `clean` are the tables that ids are chosen from, `rows` stand filled in; `notes` explain rows, and hang on their first cells.
    """
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        sheet, fields = book.add_worksheet(spec.title), list(spec.fields.values())
        looks = {field.name: book.add_format({"num_format": _FORMATS.get(field.type, "@"), "valign": "top"}) for field in fields}
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(fields):
            head = book.add_format(_HEAD | ({"font_color": "#C00000"} if field.required else {}))
            sheet.write_string(0, column, field.label + ("*" if field.required else ""), head)
            wide = _WIDE if field.type == "text" else max(12, 2 * len(field.label) + 3)
            sheet.set_column(column, column, wide, looks[field.name])
        for line, row in enumerate(rows, 1):
            for column, field in enumerate(fields):
                _write(sheet, (line, column), shown(field, row.get(field.name)), looks[field.name])
        for line, note in enumerate(notes, 1):
            if note:
                sheet.write_comment(line, 0, note, {"x_scale": 3})
        _offer(book, sheet, fields, _choices(clean, fields), len(rows) + EMPTY_ROWS)
        sheet.autofilter(0, 0, len(rows) + EMPTY_ROWS, len(fields) - 1)
    return held.getvalue()


def rows_there(spec: TableSpec, clean: Clean) -> list[Row]:
    """Return the rows of the table in a package, none where it has no such table."""
    if spec.name not in clean.tables:
        return []
    return [*mappings(clean.con.execute(f"SELECT * FROM {spec.name} ORDER BY ALL"))]


def shown(field: FieldSpec, value: Any) -> Any:
    """A value as a person types it."""
    if isinstance(value, bool):
        return FLAGS[0] if value else FLAGS[1]
    return field.values.get(value, value) if field.values else value


def _write(sheet: Worksheet, at: tuple[int, int], value: Any, look: Format) -> None:
    match value:
        case None:
            sheet.write_blank(*at, None, look)
        case datetime() | date():
            sheet.write_datetime(*at, value, look)
        case str():
            sheet.write_string(*at, value, look)
        case _:
            sheet.write_number(*at, float(value), look)


def _choices(clean: Clean | None, fields: Iterable[FieldSpec]) -> dict[str, list[tuple[str, str]]]:
    """Return the ids that the fields may refer to, each with its name, by the table that they stand in."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table in dict.fromkeys(field.refers.partition(".")[0] for field in fields if field.refers):
        if clean and table in clean.tables:
            key, name = all_tables()[table].key[0], f"{table}_name"
            named = name if name in all_tables()[table].fields else "''"
            found[table] = clean.con.execute(f"SELECT {key}, {named} FROM {table} ORDER BY ALL").fetchall()
    return found


def _offer(
    book: xlsxwriter.Workbook, sheet: Worksheet, fields: Sequence[FieldSpec], choices: Mapping[str, list[tuple[str, str]]], last: int
) -> None:
    """Put the lists to choose from on the cells: codes, 是 and 否, ids of a sheet of references."""
    places = {}
    if choices:
        beside = book.add_worksheet(REFERENCES)
        for number, (table, ids) in enumerate(choices.items()):
            for line, (key, name) in enumerate(ids):
                beside.write_string(line, 3 * number, key)
                beside.write_string(line, 3 * number + 1, name or "")
            column = xlsxwriter.utility.xl_col_to_name(3 * number)
            places[table] = f"={REFERENCES}!${column}$1:${column}${max(1, len(ids))}"
            beside.set_column(3 * number, 3 * number + 1, 16)
    for column, field in enumerate(fields):
        source: Any = [*field.values.values()] or (list(FLAGS) if field.type == "flag" else places.get(field.refers.partition(".")[0]))
        if source:
            sheet.data_validation(1, column, last, column, {"validate": "list", "source": source, "error_type": "warning"})
