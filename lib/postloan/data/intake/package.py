"""Opening a package: a folder of tables or one workbook becomes one source per table, and problems."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

from postloan.data.intake import fast
from postloan.data.intake.amounts import UNITS
from postloan.data.intake.csv_file import first_lines, read_csv
from postloan.data.intake.excel_file import DataSheet, read_book
from postloan.data.intake.grid_repair import foot_of, with_merged_filled, without_repeated_headings, without_second_heads
from postloan.data.intake.header import (
    SEARCHED_ROWS,
    find_header,
    header_problems,
    named_columns,
    no_header,
    tables_by_heads,
)
from postloan.data.intake.heading import units_stated
from postloan.data.intake.markup_file import read_markup
from postloan.data.intake.naming import files_in, kind_of, table_named, table_of
from postloan.data.intake.parquet_file import parquet_columns
from postloan.data.intake.source import DataPackage, Grid, TableSource, Unreadable
from postloan.data.intake.units import CONTRADICT, units_of
from postloan.data.schema import all_tables
from postloan.errors import BadFile
from postloan.file import sha256_file
from postloan.language import tr
from postloan.problem import NOTE, STOP, Problem


def open_package(data: Path) -> DataPackage:
    """The tables found in `data`, a folder of files or one workbook, with every problem of files, sheets and headers.

    Raises `BadFile` where `data` is not there. See the contract (`tables.yaml`) for what a package may hold.
    """
    data = Path(data)
    if not data.exists():
        raise BadFile(tr("there is no such folder or file"), str(data), tr("give the folder that holds the tables"))
    package = DataPackage(data)
    for path in files_in(data):
        _take_file(package, path)
    _take_by_heads(package)
    if not package.sources and not any(p.consequence == STOP for p in package.problems):
        says = tr("no table was found; name each file or sheet after its table, such as loan.csv or 借据.xlsx")
        package.problems.append(Problem("no_tables", STOP, data.name, "", None, "", "", says))
    return package


def _take_file(package: DataPackage, path: Path) -> None:
    file = unicodedata.normalize("NFC", path.relative_to(package.data).as_posix() if package.data.is_dir() else path.name)
    table, kind = table_of(path), kind_of(path)
    if kind in ("text", "parquet") and not table and _wait_for_heads(package, path, file, kind):
        return
    if not kind or not table and kind not in ("excel", "markup"):
        if path.suffix.lower() not in (".docx", ".doc"):
            says = tr("the file is no table; if it is one, name it after the table, as CSV, Excel (.xlsx) or Parquet")
            package.problems.append(Problem("unknown_file", NOTE, file, "", None, "", "", says))
        return
    try:
        if kind in ("excel", "markup"):
            _take_book(package, read_markup(path) if kind == "markup" else read_book(path), file, table)
        elif kind == "parquet":
            _take_parquet(package, path, file, table)
        else:
            _take_grid(package, table, file, "", read_csv(path, all_tables()[table]))
    except Unreadable as fault:
        package.problems.append(Problem(fault.check, STOP, file, "", fault.row, "", "", fault.says))
        package.unusable |= {table} - {""}
    package.inputs[file] = sha256_file(path)


def _wait_for_heads(package: DataPackage, path: Path, file: str, kind: str) -> bool:
    """Put a text file that no table is named after aside, for its headings to be looked at; False where it has none."""
    if kind != "text":
        return False
    for name in tables_by_heads(first_lines(path)):
        package.nameless.append((file, "", read_csv(path, all_tables()[name])))
        package.inputs[file] = sha256_file(path)
        return True
    return False


def _take_by_heads(package: DataPackage) -> None:
    """Take sheets and files that are named otherwise for the one table that their headings leave."""
    for file, sheet, grid in package.nameless:
        fitting = tables_by_heads(grid.head(SEARCHED_ROWS))
        if len(fitting) == 1 and fitting[0] not in package.sources.keys() | package.unusable:
            _take_grid(package, fitting[0], file, sheet, grid)
        else:
            says = tr("the sheet is no table; if it is one, name it after the table")
            package.problems.append(Problem("unknown_sheet", NOTE, file, sheet, None, "", "", says))


def _taken_twice(package: DataPackage, table: str, file: str, sheet: str) -> bool:
    """Return True where the table was found before; then both places are named and neither is used."""
    first = package.sources.get(table)
    if first is None and table not in package.unusable:
        return False
    elsewhere = f"{first.file} {first.sheet}".strip() if first else tr("another file")
    says = tr("the table '{table}' is here and in {elsewhere}; keep one", table=all_tables()[table].title, elsewhere=elsewhere)
    package.problems.append(Problem("table_twice", STOP, file, sheet, None, "", "", says))
    package.sources.pop(table, None)
    package.unusable.add(table)
    return True


def _place(package: DataPackage, source: TableSource, problems: list[Problem]) -> None:
    package.problems += problems
    if any(p.consequence == STOP for p in problems):
        package.unusable.add(source.table)
    else:
        package.sources[source.table] = source


def _take_grid(package: DataPackage, table: str, file: str, sheet: str, grid: Grid) -> None:
    if _taken_twice(package, table, file, sheet):
        return
    spec = all_tables()[table]
    header = find_header(grid.head(SEARCHED_ROWS), spec)
    if header is None:
        package.problems.append(Problem("no_header", STOP, file, sheet, None, "", "", no_header(spec)))
        package.unusable.add(table)
        return
    row = grid.cells.column("_row")[header.index].as_py()
    below, labels, second = without_second_heads(grid.from_row(row + 1), header.labels)
    header = replace(header, labels=labels)
    body, merged = with_merged_filled(below, header.columns)
    body, again = without_repeated_headings(body, header.columns, header.words(spec))
    above = [text for line in grid.head(header.index) for text in line if text]
    stated = units_stated([*above, *foot_of(body)]) | units_stated([sheet, Path(file).stem], title=True)
    stated = stated or ({UNITS[spec.unit]} if spec.unit else set())
    problems = header_problems(header, spec, file, sheet, row) + _nameless_columns(body, header.labels, file, sheet, row)
    units, of_units = units_of(header, spec, stated)
    said = [*grid.notes, *_repaired(merged, [*second, *again]), *of_units, *_no_rows(body)]
    problems += [Problem(check, STOP if check == CONTRADICT else NOTE, file, sheet, None, "", "", says) for check, says in said]
    cells = {name: f"nullif(c{column}, '')" for name, column in header.columns.items()}
    _place(package, TableSource(table, file, sheet, header.columns, cells, body, units=units), problems)


def _repaired(merged: int, again: list[int]) -> list[tuple[str, str]]:
    notes = []
    if merged:
        notes.append(("merged_filled", tr("{count} merged areas were filled: each of their cells holds the value", count=merged)))
    if again:
        says = tr("{count} rows repeat the headings, the first is row {row}; they were left out", count=len(again), row=again[0])
        notes.append(("heading_repeated", says))
    return notes


def _no_rows(body: Grid) -> list[tuple[str, str]]:
    says = tr("the table has a heading and no row; if that is not so, send it again")
    return [] if body.cells.num_rows else [("table_empty", says)]


def _nameless_columns(body: Grid, labels: list[str], file: str, sheet: str, row: int) -> list[Problem]:
    says = tr("the column has values but no header; give it one or clear it")
    nameless = [column for column, label in enumerate(labels) if not label and body.has_text(column)]
    return [Problem("unknown_column", NOTE, file, sheet, row, "", tr("column {number}", number=c + 1), says) for c in nameless]


def _take_parquet(package: DataPackage, path: Path, file: str, table: str) -> None:
    if _taken_twice(package, table, file, ""):
        return
    spec, columns = all_tables()[table], parquet_columns(path)
    header = named_columns([column.label for column in columns], spec)
    problems = header_problems(header, spec, file, "", None)
    if not header.columns:
        problems = [Problem("no_header", STOP, file, "", None, "", "", no_header(spec))]
    used = {name: columns[index] for name, index in header.columns.items()}
    for name, column in used.items():
        if column.unsupported:
            problems.append(Problem("unsupported_type", STOP, file, "", None, name, column.type, column.unsupported))
        elif spec.fields[name].type == "id" and column.is_number:
            says = tr("the ids are stored as numbers, leading zeros are lost; write them as text")
            problems.append(Problem("id_as_number", NOTE, file, "", None, name, column.type, says))
    units, of_units = units_of(header, spec, units_stated([Path(file).stem], title=True))
    problems += [Problem(check, STOP if check == CONTRADICT else NOTE, file, "", None, "", "", says) for check, says in of_units]
    counted = spec.counted_in(units)
    types = {name: fast.native_type(counted.fields[name], column.type) for name, column in used.items()}
    cells = {name: column.cell(types[name]) for name, column in used.items()}
    _place(package, TableSource(table, file, "", header.columns, cells, path, types, units), problems)


def _take_book(package: DataPackage, sheets: list[DataSheet], file: str, table: str) -> None:
    for sheet in sheets:
        if sheet.hidden:
            says = tr("the sheet is hidden and was not read; unhide it if it is meant")
            package.problems.append(Problem("hidden_sheet", NOTE, file, sheet.name, None, "", "", says))
    visible = [sheet for sheet in sheets if not sheet.hidden and not sheet.grid.is_blank()]
    named = {sheet.name: table_named(sheet.name) for sheet in visible}
    if table and table not in named.values():
        _name_one_sheet(package, visible, named, file, table)
    for sheet in visible:
        if found := named[sheet.name]:
            _take_grid(package, found, file, sheet.name, sheet.grid)
        elif table not in package.unusable:
            package.nameless.append((file, sheet.name, sheet.grid))


def _name_one_sheet(package: DataPackage, visible: list[DataSheet], named: dict[str, str | None], file: str, table: str) -> None:
    """Decide which sheet of a workbook that is named after a table holds it: the only one, or the only one with its header."""
    spec = all_tables()[table]
    nameless = [sheet for sheet in visible if named[sheet.name] is None]
    fitting = [sheet for sheet in nameless if find_header(sheet.grid.head(SEARCHED_ROWS), spec)]
    candidates = fitting or nameless
    if len(candidates) == 1:
        named[candidates[0].name] = table
        return
    if candidates:
        names = "、".join(sheet.name for sheet in candidates)
        says = tr("several sheets may be the table ({names}); name one of them '{table}'", names=names, table=spec.title)
    else:
        says = tr("no visible sheet holds cells; put the table on a visible sheet")
    package.problems.append(Problem("which_sheet", STOP, file, "", None, "", "", says))
    package.unusable.add(table)
