"""Filling an Excel template with 100,000 rows of 20 cells: ours against hand-made sheet XML and XlsxWriter, interleaved, medians of CPU time.

    python scripts/bench_sheet.py [ROWS=100000] [ROUNDS=3]

The hand-made sheet knows everything beforehand, escapes its texts and writes one string a cell; it is packed as ours is, and at level 1.
Each way gets rows that are made already and gives the bytes of a file; the values are read back and compared before anything is timed.
"""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter
from officefill import Properties, open_template
from officefill.ooxml.package import level_of
from python_calamine import CalamineWorkbook

KINDS = ("int", "text", "text", "text", "date", "date", *["amount"] * 8, *["ratio"] * 2, *["text"] * 4)
NAMES = [f"f{at:02}" for at in range(len(KINDS))]
LETTERS = [chr(65 + at) for at in range(len(KINDS))]
WHO = Properties(title="明细", author="某某支行", created=datetime(2014, 6, 30))
EPOCH = date(1899, 12, 30)
Row = dict[str, Any]


def rows_of(how_many: int) -> list[Row]:
    """Loans as the annex of a report shows them: numbers of loans, names, days, amounts in fen, ratios."""

    def value(kind: str, number: int, at: int) -> Any:
        match kind:
            case "int":
                return number
            case "text":
                return f"客户{number * 7 % 9973}有限公司" if at % 2 else f"经营贷款 & {number % 12}"
            case "date":
                return date(2013, 1, 1) + timedelta(days=(number + at) % 700)
            case "amount":
                return Decimal((number * 37 + at) % 10**9).scaleb(-2)
        return Decimal((number + at) % 10_000).scaleb(-4)

    return [{name: value(kind, number, at) for at, (name, kind) in enumerate(zip(NAMES, KINDS, strict=True))} for number in range(how_many)]


def draw(path: Path) -> None:
    """The template: a head, one row that repeats, a total."""
    paper = openpyxl.Workbook()
    sheet = paper.active
    sheet.title = "明细"
    sheet.append(NAMES)
    tags = [f"{{{{ f.{name} }}}}" for name in NAMES]
    sheet.append(["{% for f in rows %}" + tags[0], *tags[1:-1], tags[-1] + "{% endfor %}"])
    for column, kind in zip(LETTERS, KINDS, strict=True):
        sheet[f"{column}2"].number_format = {"date": "yyyy-mm-dd", "amount": "#,##0.00", "ratio": "0.00%"}.get(kind, "General")
    sheet.append(["计", *[None] * 5, "=SUM(G2:G2)"])
    paper.save(path)


def hand_made(template: Path, rows: list[Row], level: int) -> bytes:
    """The template's other parts copied, its sheet written by hand."""
    styles = {"int": "", "text": "", "date": ' s="1"', "amount": ' s="2"', "ratio": ' s="3"'}
    lines = []
    for number, row in enumerate(rows, 2):
        cells = []
        for letter, kind, value in zip(LETTERS, KINDS, row.values(), strict=True):
            if kind == "text":
                cells.append(f'<c r="{letter}{number}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>')
            else:
                shown = (value - EPOCH).days if kind == "date" else value
                cells.append(f'<c r="{letter}{number}"{styles[kind]}><v>{shown}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    last = len(rows) + 1
    lines.append(f'<row r="{last + 1}"><c r="A{last + 1}" t="str"><v>计</v></c><c r="G{last + 1}"><f>SUM(G2:G{last})</f></c></row>')
    held = io.BytesIO()
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                before, _, rest = data.decode("utf-8").partition('<row r="2"')
                data = "".join((before, *lines, "</sheetData>", rest.partition("</sheetData>")[2])).encode("utf-8")
            archive.writestr(name, data)
    return held.getvalue()


def by_xlsxwriter(rows: list[Row]) -> bytes:
    """The same sheet laid out by XlsxWriter."""
    held = io.BytesIO()
    paper = xlsxwriter.Workbook(held, {"in_memory": True})
    sheet = paper.add_worksheet("明细")
    codes = {"date": "yyyy-mm-dd", "amount": "#,##0.00", "ratio": "0.00%"}
    forms = {kind: paper.add_format({"num_format": code}) for kind, code in codes.items()}
    sheet.write_row(0, 0, NAMES)
    for number, row in enumerate(rows, 1):
        for column, (kind, value) in enumerate(zip(KINDS, row.values(), strict=True)):
            if kind == "text":
                sheet.write_string(number, column, value)
            elif kind == "date":
                sheet.write_datetime(number, column, value, forms[kind])
            else:
                sheet.write_number(number, column, value, forms.get(kind))
    sheet.write_string(len(rows) + 1, 0, "计")
    sheet.write_formula(len(rows) + 1, 6, f"=SUM(G2:G{len(rows) + 1})")
    paper.close()
    return held.getvalue()


def values(data: bytes) -> list[list[Any]]:
    """The rows between head and total, as they are read back."""
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("明细").to_python()[1:]


def measure(competitors: dict[str, Callable[[], bytes]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each, taken in turn."""
    spent: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(rounds):
        for name, way in competitors.items():
            start = time.process_time()
            way()
            spent[name].append(time.process_time() - start)
    return spent


def main(how_many: int, rounds: int) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "book.xlsx"
        draw(path)
        rows, template = rows_of(how_many), open_template(path, {})
        level = level_of(len(zipfile.ZipFile(io.BytesIO(template.render({"rows": rows}, WHO))).read("xl/worksheets/sheet1.xml")))
        competitors = {
            "postloan": lambda: template.render({"rows": rows}, WHO),
            f"hand-made, level {level}, as ours": lambda: hand_made(path, rows, level),
            "hand-made, level 1": lambda: hand_made(path, rows, 1),
            "XlsxWriter": lambda: by_xlsxwriter(rows),
        }
        wanted = values(competitors["postloan"]())[:how_many]
        for name, way in competitors.items():
            if values(way())[:how_many] != wanted:
                raise SystemExit(f"{name}: the values differ")
        spent = measure(competitors, rounds)
    ours = statistics.median(spent["postloan"])
    for name, seconds in spent.items():
        middle = statistics.median(seconds)
        sys.stdout.write(f"{name:28} {middle:7.2f} s cpu [{min(seconds):.2f}-{max(seconds):.2f}]  ours is {ours / middle:5.2f}x\n")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(100_000, 3)[len(given) :])
