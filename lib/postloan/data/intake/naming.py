"""Which file or sheet is which table, by its name."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from postloan.data.intake.blanks import header_key
from postloan.data.schema import all_tables

TEXT, EXCEL, PARQUET = {".csv", ".tsv", ".txt"}, {".xlsx", ".xlsm", ".xls", ".et"}, {".parquet"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def table_named(text: str) -> str | None:
    """The table whose name or title is `text`, whatever its case, width and blanks."""
    wanted = header_key(text)
    return next((n for n, s in all_tables().items() if wanted in (header_key(n), header_key(s.title))), None)


def table_of(path: Path) -> str:
    """The table a file is named after, or blank."""
    return table_named(unicodedata.normalize("NFC", path.stem)) or ""


def kind_of(path: Path) -> str:
    """`text`, `excel`, `parquet`, or blank where the ending says none of them; a text that is named .xls is a text."""
    ending = path.suffix.lower()
    if ending in EXCEL:
        with path.open("rb") as file:
            start = file.read(8)
        return "excel" if start.startswith((_ZIP, _OLE)) or not start or b"\0" in start else "text"
    return "text" if ending in TEXT else "parquet" if ending in PARQUET else ""


def files_in(data: Path) -> list[Path]:
    """The files of a package in order: those of a folder, or the one workbook; owner files and hidden ones are no data."""
    if data.is_file():
        return [data]
    return sorted(p for p in data.iterdir() if p.is_file() and not p.name.startswith(("~$", ".")))
