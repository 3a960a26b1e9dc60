"""Writing tables the way clerks and systems send them: CSV in two encodings, a workbook, Parquet; the same bytes every time."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
import yaml

Row = dict[str, Any]

PACKAGE = Path(__file__).parents[2] / "lib" / "postloan"
TABLES = {path.stem: path for folder in ("data/tables", "themes/*/tables") for path in PACKAGE.glob(f"{folder}/*.yaml")}
ARROW = {"id": pa.string(), "text": pa.string(), "name": pa.string(), "date": pa.date32(), "money": pa.decimal128(18, 2)}

NOT_SENT = {"loan": ("issue_type",)}
"""Fields that the invented bank does not record."""


def table_spec(table: str) -> dict[str, Any]:
    """Title and fields of a table, as the program's own `tables/<table>.yaml` states them."""
    spec: dict[str, Any] = yaml.safe_load(TABLES[table].read_text(encoding="utf-8"))
    return spec


def spelling(value: Any, values: dict[str, str], day: str, thousands: bool) -> str:
    """One cell as text: codes become their labels, flags 是/否, dates follow the pattern `day`, a blank stays blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{day.format(value)} {value:%H:%M}"
    if isinstance(value, date):
        return day.format(value)
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if thousands else f"{value:.2f}"
    return values.get(value, str(value))


def write_csv(
    folder: Path,
    table: str,
    rows: Sequence[Row],
    *,
    encoding: str = "utf-8",
    day: str = "{:%Y-%m-%d}",
    thousands: bool = False,
    titles: dict[str, str] | None = None,
) -> None:
    """Write `<Chinese title>.csv` with the labels as header; `titles` puts other names (aliases) over some columns."""
    spec = table_spec(table)
    fields = {name: field for name, field in spec["fields"].items() if name not in NOT_SENT.get(table, ())}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([(titles or {}).get(name, field["label"]) for name, field in fields.items()])
    for row in rows:
        writer.writerow([spelling(row.get(name), field.get("values", {}), day, thousands) for name, field in fields.items()])
    (folder / f"{spec['title']}.csv").write_bytes(out.getvalue().encode(encoding))


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Row]], preamble: str) -> None:
    """Write tables as sheets named by title: a line of preamble, the header, the rows; ids and names are text cells."""
    book = xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2014, 7, 1, 9, 0), "author": "公司部"})
    day, money = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "#,##0.00"})
    for table, rows in sheets.items():
        spec = table_spec(table)
        sheet = book.add_worksheet(spec["title"])
        sheet.write_string(0, 0, preamble.format(title=spec["title"]))
        for column, (name, field) in enumerate(spec["fields"].items()):
            sheet.write_string(1, column, field["label"])
            for line, row in enumerate(rows, start=2):
                value = row.get(name)
                if isinstance(value, date):
                    sheet.write_datetime(line, column, value, day)
                elif isinstance(value, Decimal):
                    sheet.write_number(line, column, float(value), money)
                elif value is not None:
                    sheet.write_string(line, column, value)
        sheet.set_column(0, len(spec["fields"]) - 1, 16)
    book.close()


def write_parquet(folder: Path, table: str, rows: Sequence[Row]) -> None:
    """Write `<table>.parquet` with field names and typed columns, as a data warehouse would hand it over."""
    fields = table_spec(table)["fields"]
    schema = pa.schema([(name, ARROW.get(field["type"], pa.string())) for name, field in fields.items()])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), folder / f"{table}.parquet", compression="zstd")
