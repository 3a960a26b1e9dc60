"""The file that holds an input table, as people typed it: its rows are read, and values are added to it in its own form."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from officefill.ooxml.sandbox import limited
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from postloan.data.blank_workbook import blank_workbook, shown
from postloan.data.intake import open_package
from postloan.data.intake.cells import CellFault, Noted, parse
from postloan.data.intake.csv_file import encoding_of, records
from postloan.data.intake.excel_file import read_book
from postloan.data.intake.header import SEARCHED_ROWS, Header, find_header
from postloan.data.intake.naming import kind_of
from postloan.data.intake.source import Grid, Unreadable
from postloan.data.schema import FieldSpec, TableSpec
from postloan.data.screen import Clean
from postloan.errors import BadFile, CannotFile
from postloan.file import FORMULA_BEGINS
from postloan.language import tr
from postloan.problem import STOP

Change = tuple[int | None, Mapping[str, Any]]
"""Values for a row of the file by its number there, or, without one, for a new row."""
_DAY = "yyyy-mm-dd"


class TypedRow(NamedTuple):
    """A row that is there: its number in the file (None while it is new), and its values by field; a text that cannot be read stands as it is."""

    number: int | None
    values: dict[str, Any]


class _Cell(NamedTuple):
    """A cell to write: row (None: the count of the new row, from 0), column from 0, value."""

    row: int | None
    new: int
    column: int
    value: Any


@dataclass(frozen=True)
class TableFile:
    """The file of one table: `path` is where it stands or, while there is none, will stand; `sheet` is blank for a text file and `header` None for a new one."""

    spec: TableSpec
    path: Path
    sheet: str
    header: Header | None
    header_row: int
    rows: list[TypedRow]

    def with_changes(self, changes: Sequence[Change], clean: Clean) -> bytes:
        """Return the content of the file with `changes`; of a new one, a workbook that people can go on with. Raises `CannotFile`."""
        if self.header is None:
            return blank_workbook(self.spec, clean, [values for _, values in changes])
        heads, cells = self._cells(self.header, changes)
        if kind_of(self.path) == "text":
            return _with_text_cells(self, heads, cells)
        try:
            return limited(_with_sheet_cells, self.path, (self.sheet, self.header_row), heads, cells)
        except Exception as fault:  # whatever openpyxl makes of a workbook that it does not know
            raise _cannot_add(self.path) from fault

    def _cells(self, header: Header, changes: Iterable[Change]) -> tuple[dict[int, str], list[_Cell]]:
        """Return the heads of columns to be added, and the cells to write."""
        columns, heads, cells, new = dict(header.columns), dict[int, str](), list[_Cell](), 0
        for number, values in changes:
            for name, value in values.items():
                if name not in columns and value is not None:
                    columns[name] = max([len(header.labels) - 1, *columns.values()]) + 1
                    heads[columns[name]] = self.spec.fields[name].label
                if value is not None:
                    cells.append(_Cell(number, new, columns[name], shown(self.spec.fields[name], value)))
            new += number is None
        return heads, cells


def table_file(data: Path, spec: TableSpec) -> TableFile:
    """Return the file of a table in a package, or where a new one will stand. Raises `BadFile` where it is there and cannot be used."""
    package = open_package(data)
    source = package.sources.get(spec.name)
    if source is None:
        stops = [p for p in package.problems if p.consequence == STOP]
        if spec.name in package.unusable and stops:
            raise BadFile(stops[0].says, stops[0].file, tr("mend the table and collect again"), stops)
        if data.is_file():
            raise CannotFile(
                tr("the workbook has no sheet '{title}'", title=spec.title), str(data), tr("add one with the headings of `postloan blank`")
            )
        return TableFile(spec, data / f"{spec.title}.xlsx", "", None, 1, [])
    path = data / source.file if data.is_dir() else data
    if not isinstance(source.data, Grid) or kind_of(path) not in ("text", "excel") or path.suffix.lower() in (".xls", ".et", ".xlsm"):
        raise _cannot_add(path)
    header, row = _header(path, source.sheet, spec)
    return TableFile(spec, path, source.sheet, header, row, list(_typed(source.data, source.columns, spec)))


def _cannot_add(path: Path) -> CannotFile:
    return CannotFile(tr("nothing can be added to a file of this kind"), str(path), tr("save it as .xlsx or .csv"))


def _header(path: Path, sheet: str, spec: TableSpec) -> tuple[Header, int]:
    if not sheet:
        head = _records(path, spec)[1][:SEARCHED_ROWS]
    else:
        grid = next(one.grid for one in read_book(path) if one.name == sheet)
        head = list(zip(grid.cells.column("_row").slice(0, SEARCHED_ROWS).to_pylist(), grid.head(SEARCHED_ROWS), strict=True))
    found = find_header([fields for _, fields in head], spec)
    if found is None:
        raise _cannot_add(path)
    return found, head[found.index][0]


def _typed(grid: Grid, columns: Mapping[str, int], spec: TableSpec) -> Iterable[TypedRow]:
    numbers = grid.cells.column("_row").to_pylist()
    texts = {name: grid.cells.column(column).to_pylist() for name, column in columns.items()}
    for at, number in enumerate(numbers):
        values = {name: typed_value(column[at] or "", spec.fields[name]) for name, column in texts.items()}
        if any(value is not None for value in values.values()):
            yield TypedRow(number, values)


def typed_value(text: str, spec: FieldSpec) -> Any:
    """Return the value of a cell that people typed; the text itself where it cannot be read."""
    if text.startswith("'") and text.lstrip("'").startswith(FORMULA_BEGINS):
        text = text[1:]
    read = parse(text, spec)
    return text.strip() if isinstance(read, CellFault) else read.value if isinstance(read, Noted) else read


# Text files


def _records(path: Path, spec: TableSpec) -> tuple[str, list[tuple[int, list[str]]]]:
    """Return the delimiter of a text file, and its records with the lines on which they begin. Raises `CannotFile`."""
    encoding = encoding_of(path)
    for delimiter in ",\t;|" if encoding else "":
        with suppress(Unreadable):
            found = list(records(path, encoding, delimiter))
            if find_header([fields for _, fields in islice(found, SEARCHED_ROWS)], spec):
                return delimiter, found
    raise _cannot_add(path)


def _with_text_cells(file: TableFile, heads: Mapping[int, str], cells: Sequence[_Cell]) -> bytes:
    delimiter, found = _records(file.path, file.spec)
    by_line = {line: fields for line, fields in found}
    rows = [fields for _, fields in found]
    added: dict[int, list[str]] = {}
    for row, new, column, value in cells:
        _set(by_line[row] if row is not None else added.setdefault(new, []), column, _as_text(value))
    for column, label in heads.items():
        _set(by_line[file.header_row], column, label)
    held = io.StringIO()
    start, encoding = file.path.read_bytes(), encoding_of(file.path)
    width = len(by_line[file.header_row])
    ends = "\r\n" if b"\r\n" in start else "\n"
    below = [fields for line, fields in found if line > file.header_row] if heads else []
    for fields in (*below, *added.values()):
        fields.extend([""] * (width - len(fields)))
    csv.writer(held, delimiter=delimiter, lineterminator=ends).writerows([*rows, *added.values()])
    return held.getvalue().encode("utf-8" if encoding == "utf-8-sig" and not start.startswith(b"\xef\xbb\xbf") else encoding)


def _set(fields: list[str], column: int, text: str) -> None:
    fields.extend([""] * (column + 1 - len(fields)))
    fields[column] = text


def _as_text(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) else str(value)
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text


# Workbooks


def _with_sheet_cells(path: Path, place: tuple[str, int], heads: Mapping[int, str], cells: Sequence[_Cell]) -> bytes:
    """Return a workbook with cells written. Runs in a child process: openpyxl holds the whole workbook."""
    book = load_workbook(path)
    sheet, header_row = book[place[0]], place[1]
    below = _last_row(sheet, header_row) + 1
    for column, label in heads.items():
        sheet.cell(header_row, column + 1, label)
    for row, new, column, value in cells:
        cell = sheet.cell(below + new if row is None else row, column + 1)
        cell.value = value
        if isinstance(value, date):
            cell.number_format = _DAY
        else:
            cell.data_type, cell.number_format = "s", "@"
    book.save(copy := io.BytesIO())
    return copy.getvalue()


def _last_row(sheet: Worksheet, least: int) -> int:
    filled = (row[0].row for row in sheet.iter_rows(min_row=least) if any(cell.value not in (None, "") for cell in row))
    return max(filled, default=least)
