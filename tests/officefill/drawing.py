"""Templates drawn in the tests, and the reading of what came out."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
from officefill import Properties, Settings, open_template
from officefill.errors import BadTemplate

WHO = Properties(title="季度贷后管理工作小结", author="某某支行", created=datetime(2014, 6, 30, 17, 0), subject="2014Q2", keywords="贷后")
Draw = Callable[[Any], None]


def _percent(value: Any, places: int = 2) -> str:
    return "不适用" if value is None else f"{value * 100:.{places}f}%"


def _or_dash(value: Any) -> Any:
    return "—" if value in (None, "") else value


def _day(value: Any) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


FILTERS = {"percent": _percent, "or_dash": _or_dash, "date_cn": _day, "nothing": lambda value: ""}
SETTINGS = Settings(undefined="不适用", suggested={"blank": "or_dash", "number": "percent", "date": "date_cn"})


class Drawn:
    """A template in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, **context: Any) -> bytes:
        return open_template(self.path, FILTERS, SETTINGS).render(context, WHO)

    def word(self, **context: Any) -> Any:
        return docx.Document(io.BytesIO(self.fill(**context)))

    def texts(self, **context: Any) -> list[str]:
        return [paragraph.text for paragraph in self.word(**context).paragraphs]

    def rows(self, table: int = 0, **context: Any) -> list[list[str]]:
        return [[cell.text for cell in row.cells] for row in self.word(**context).tables[table].rows]

    def book(self, **context: Any) -> Any:
        return openpyxl.load_workbook(io.BytesIO(self.fill(**context)))

    def cells(self, sheet: str = "Sheet", **context: Any) -> list[list[Any]]:
        return [[cell.value for cell in row] for row in self.book(**context)[sheet].iter_rows()]

    def faults(self, **context: Any) -> list[str]:
        """The faults of the template, or of its filling where it opens."""
        try:
            template = open_template(self.path, FILTERS, SETTINGS)
            if context:
                template.render(context, WHO)
        except BadTemplate as bad:
            return [str(fault) for fault in bad.faults]
        raise AssertionError("no fault")

    def replaced(self, part: str, old: str, new: str) -> Drawn:
        """The same file with a change in one part."""
        with zipfile.ZipFile(self.path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        text = parts[part].decode("utf-8")
        assert old in text
        return self.with_parts({part: text.replace(old, new).encode("utf-8")})

    def with_parts(self, changed: dict[str, bytes]) -> Drawn:
        with zipfile.ZipFile(self.path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()} | changed
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr(name, data)
        return self


def png(across: int = 20, down: int = 10) -> bytes:
    """A small PNG that says it is so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    head = struct.pack(">2L5B", across, down, 8, 0, 0, 0, 0)
    lines = zlib.compress(b"".join(b"\0" + b"\x80" * min(across, 99) for _ in range(min(down, 99))))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")
