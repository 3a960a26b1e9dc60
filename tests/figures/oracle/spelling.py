"""Writes typed rows the way senders do: any encoding, file format, header and spelling that the contract allows."""

from __future__ import annotations

import csv
import random
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from openpyxl.utils.datetime import CALENDAR_MAC_1904

Row = dict[str, Any]
Tables = dict[str, list[Row]]

ARROW = {"date": pa.date32(), "time": pa.timestamp("us"), "money": pa.decimal128(20, 2), "flag": pa.bool_()}


@cache
def contract() -> dict[str, dict[str, Any]]:
    """The literal copy of the contract's `tables.yaml` that lies beside this file."""
    return yaml.safe_load(Path(__file__).with_name("contract_tables.yaml").read_text(encoding="utf-8"))


def write_folder(tables: Tables, folder: Path, rng: random.Random) -> None:
    """Each table as one file of a random kind, named after the table or its title."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        name = rng.choice([table, contract()[table]["title"]])
        rng.choice([_write_csv, _write_xlsx, _write_parquet])(folder / name, table, rows, rng)


def write_workbook(tables: Tables, path: Path, rng: random.Random) -> None:
    """All tables as sheets of one workbook."""
    book = openpyxl.Workbook(write_only=True)
    if rng.random() < 0.5:
        book.epoch = CALENDAR_MAC_1904
    for table, rows in tables.items():
        sheet = book.create_sheet(rng.choice([table, contract()[table]["title"]]))
        for line in _lines(table, rows, rng, _excel_cell):
            sheet.append(line)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _write_csv(path: Path, table: str, rows: list[Row], rng: random.Random) -> None:
    encoding = rng.choice(["utf-8", "utf-8-sig", "gb18030"])
    with open(f"{path}.csv", "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator=rng.choice(["\n", "\r\n"]))
        writer.writerows(_lines(table, rows, rng, _text_cell))


def _write_xlsx(path: Path, table: str, rows: list[Row], rng: random.Random) -> None:
    book = openpyxl.Workbook(write_only=True)
    if rng.random() < 0.3:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.create_sheet(rng.choice([table, contract()[table]["title"]]))
    for line in _lines(table, rows, rng, _excel_cell):
        sheet.append(line)
    book.save(f"{path}.xlsx")


def _write_parquet(path: Path, table: str, rows: list[Row], rng: random.Random) -> None:
    typed = rng.random() < 0.6
    head, *body = _lines(table, rows, rng, _typed_cell if typed else _text_cell, keep_order=True)
    columns, names = [], []
    for place, (field, spec) in enumerate(contract()[table]["fields"].items()):
        kind = ARROW.get(spec["type"], pa.string()) if typed else pa.string()
        cells = [line[place] if line[place] != "" else None for line in body]
        columns.append(pa.array(cells, kind))
        names.append(head[place])
    order = rng.sample(range(len(names)), len(names))
    pq.write_table(pa.table([columns[i] for i in order], [names[i] for i in order]), f"{path}.parquet")


def _lines(table: str, rows: list[Row], rng: random.Random, cell: Any, keep_order: bool = False) -> list[list[Any]]:
    """Header and body, columns shuffled unless `keep_order`."""
    fields = contract()[table]["fields"]
    order = list(fields) if keep_order else rng.sample(list(fields), len(fields))
    head = [rng.choice([field, fields[field]["label"], *fields[field].get("aliases", [])]) for field in order]
    return [head, *([cell(row[field], fields[field], rng) for field in order] for row in rows)]


def _typed_cell(value: Any, spec: Row, rng: random.Random) -> Any:
    if value is not None and spec["type"] == "one_of":
        return rng.choice([value, spec["values"][value]])
    return value


def _excel_cell(value: Any, spec: Row, rng: random.Random) -> Any:
    native = spec["type"] in ("date", "time", "money", "flag") and rng.random() < 0.5
    if value is None:
        return None
    if not native:
        return _text_cell(value, spec, rng)
    return float(value) if isinstance(value, Decimal) else value


def _text_cell(value: Any, spec: Row, rng: random.Random) -> str:
    if value is None:
        return ""
    match spec["type"]:
        case "date":
            return _day(value, rng)
        case "time":
            return _moment(value, rng)
        case "money":
            return _money(value, rng)
        case "flag":
            return rng.choice([("否", "是"), ("N", "Y"), ("false", "true"), ("0", "1")])[value]
        case "one_of":
            return rng.choice([value, spec["values"][value]])
        case _:
            return value


def _day(day: date, rng: random.Random) -> str:
    y, m, d = day.year, day.month, day.day
    return rng.choice([f"{y}-{m:02}-{d:02}", f"{y}/{m}/{d}", f"{y}{m:02}{d:02}", f"{y}年{m}月{d}日"])


def _moment(moment: datetime, rng: random.Random) -> str:
    day = _day(moment.date(), rng)
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0) and rng.random() < 0.5:
        return day
    return f"{day} {moment:%H:%M:%S}" if moment.second or rng.random() < 0.5 else f"{day} {moment:%H:%M}"


def _money(amount: Decimal, rng: random.Random) -> str:
    if amount < 0:
        return rng.choice([f"{amount}", f"({-amount:,})", f"({-amount})"])
    return rng.choice([f"{amount}", f"{amount:,}"])
