"""Tables of HTML, and workbooks of XML as Excel 2003 wrote them, which systems call .xls."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lxml import etree, html
from officefill.ooxml.sandbox import Stopped, limited

from postloan.data.intake.control_characters import without_control
from postloan.data.intake.csv_file import control_notes
from postloan.data.intake.excel_file import DataSheet
from postloan.data.intake.source import Grid, Unreadable, grid_of_rows
from postloan.language import tr

MOST_CELLS = 5_000_000
_SHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"


class MarkupSheet(NamedTuple):
    """A table: its name, and its rows of texts."""

    name: str
    rows: list[list[str]]


def read_markup(path: Path) -> list[DataSheet]:
    """Return the tables of the file as sheets, every cell as text. Raises `Unreadable`."""
    says = tr("the file is called a workbook but is a web page or XML without a table; save it as .xlsx")
    try:
        sheets = limited(sheets_of, path)
    except (ValueError, RuntimeError, Stopped) as fault:
        raise Unreadable("unreadable_file", says) from fault
    if not sheets:
        raise Unreadable("unreadable_file", says)
    return [DataSheet(sheet.name, False, _grid(sheet)) for sheet in sheets]


def _grid(sheet: MarkupSheet) -> Grid:
    clean = [[without_control(text) for text in row] for row in sheet.rows]
    cleaned = [number for number, (a, b) in enumerate(zip(sheet.rows, clean, strict=True), 1) if a != b]
    return grid_of_rows(clean, control_notes(cleaned))


def sheets_of(path: Path) -> list[MarkupSheet]:
    """Return the tables of the file. Runs in a child process. Raises `ValueError` where it is no markup, or too large."""
    data = path.read_bytes()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in data[:4000]:
        found = _of_xml(data)
    else:
        found = _of_html(data)
    if sum(len(row) for sheet in found for row in sheet.rows) > MOST_CELLS:
        raise ValueError("too many cells")
    return [sheet for sheet in found if any(text for row in sheet.rows for text in row)]


def _of_xml(data: bytes) -> list[MarkupSheet]:
    if b"<!DOCTYPE" in data[:4000]:
        raise ValueError("a document type")
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as fault:
        raise ValueError(str(fault)) from fault
    sheets = []
    for sheet in root.iter(f"{_SHEET}Worksheet"):
        rows: list[list[str]] = []
        for row in sheet.iter(f"{_SHEET}Row"):
            at = int(row.get(f"{_SHEET}Index", len(rows) + 1))
            if not len(rows) < at <= MOST_CELLS:
                raise ValueError("rows out of order")
            rows += [[] for _ in range(at - 1 - len(rows))]
            rows.append(_xml_cells(row))
        sheets.append(MarkupSheet(sheet.get(f"{_SHEET}Name", ""), rows))
    return sheets


def _xml_cells(row: etree._Element) -> list[str]:
    cells: list[str] = []
    for cell in row.iterchildren(f"{_SHEET}Cell"):
        at = int(cell.get(f"{_SHEET}Index", len(cells) + 1))
        if not len(cells) < at <= 16384:
            raise ValueError("cells out of order")
        cells += [""] * (at - 1 - len(cells))
        data = cell.find(f"{_SHEET}Data")
        text = "" if data is None else "".join(data.itertext())
        if data is not None and data.get(f"{_SHEET}Type") == "DateTime":
            text = text.removesuffix("T00:00:00.000").replace("T", " ")
        cells += [text] * (1 + int(cell.get(f"{_SHEET}MergeAcross", 0)))
    return cells


def _of_html(data: bytes) -> list[MarkupSheet]:
    text = _decoded(data)
    try:
        root = html.document_fromstring(text, parser=html.HTMLParser(huge_tree=True))
    except (etree.ParserError, ValueError) as fault:
        raise ValueError(str(fault)) from fault
    tables = [table for table in root.iter("table") if table.find(".//table") is None]
    return [MarkupSheet(f"table{number}" if number > 1 else "", _html_rows(table)) for number, table in enumerate(tables, 1)]


def _html_rows(table: html.HtmlElement) -> list[list[str]]:
    rows: list[list[str]] = []
    below: dict[tuple[int, int], str] = {}
    for number, row in enumerate(table.iter("tr")):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            while (number, len(cells)) in below:
                cells.append(below.pop((number, len(cells))))
            text = " ".join(cell.text_content().split())
            across, down = (
                max(1, min(int(cell.get(name) or 1), 1000)) if (cell.get(name) or "1").isdigit() else 1 for name in ("colspan", "rowspan")
            )
            for under in range(1, down):
                below.update({(number + under, len(cells) + i): text for i in range(across)})
            cells += [text] * across
        while (number, len(cells)) in below:
            cells.append(below.pop((number, len(cells))))
        rows.append(cells)
    return rows


def _decoded(data: bytes) -> str:
    """The text of a web page: what its bytes are says more than what it says of them."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("gb18030", "replace")
