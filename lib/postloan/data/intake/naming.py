"""Which file or sheet is which table, by its name."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from postloan.data.intake.blanks import header_key
from postloan.data.schema import all_tables

TEXT, EXCEL, PARQUET = {".csv", ".tsv", ".txt"}, {".xlsx", ".xlsm", ".xls", ".et"}, {".parquet"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


_DATE = r"(?:19|20)\d\d[-_.年/]?(?:[01]?\d[-_.月]?(?:[0-3]?\d[日号]?)?(?:末|底)?|q[1-4]|h[12]|第?[1-4一二三四]季度?|[上下]半年)?|(?:19|20)\d\d年?度?"
_BEHIND = re.compile(
    rf"(?:{_DATE}|\(\d+\)|副本|copy|backup|[-_.·~ ()\[\]【】《》]+|v\d+(?:\.\d+)*|信息|数据|明细|清单|台账|情况|导出|查询|结果|报表|汇总|最新|最终|终版|定稿|"
    rf"(?:百万|千|万|亿)?元|单位:|export|final|new|table|list|data|表|簿)$"
)
"""A copy mark, a date or a word that people write behind the name of a table."""
_BEFORE = re.compile(rf"^(?:{_DATE}|副本|copyof|附件\d*|附表\d*|\d{{1,3}}[-_.、]|[-_.·、: ()\[\]【】《》]+|全行|各支行|分行|支行|信贷)")


def table_named(text: str) -> str | None:
    """The table whose name or title is `text`, whatever its case, width and blanks, a date, a copy mark or words such as 信息表 beside it."""
    known = {header_key(word): name for name, spec in all_tables().items() for word in (name, spec.title, *spec.titles)}
    wanted = header_key(text)
    while wanted:
        if wanted in known:
            return known[wanted]
        shorter = _BEFORE.sub("", _BEHIND.sub("", wanted))
        if shorter == wanted:
            return None
        wanted = shorter
    return None


def table_of(path: Path) -> str:
    """The table a file is named after, or blank."""
    return table_named(unicodedata.normalize("NFC", path.stem)) or ""


def is_markup(start: bytes) -> bool:
    """Return True where a file begins as HTML or XML does."""
    text = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return text.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta", b"<head", b"<style", b"<workbook"))


def kind_of(path: Path) -> str:
    """`text`, `excel`, `markup` (HTML or XML), `parquet`, or blank where the ending says none of them; a text that is named .xls is a text."""
    ending = path.suffix.lower()
    if ending in EXCEL:
        with path.open("rb") as file:
            start = file.read(64)
        if is_markup(start):
            return "markup"
        return "excel" if start.startswith((_ZIP, _OLE)) or not start or b"\0" in start else "text"
    return "text" if ending in TEXT else "parquet" if ending in PARQUET else ""


def files_in(data: Path) -> list[Path]:
    """The files of a package in order: those of a folder, then tables in its folders, or the one workbook; hidden files are no data."""
    if data.is_file():
        return [data]
    found = sorted(p for p in data.rglob("*") if p.is_file() and not p.name.startswith(("~$", ".")))
    inside = [
        p
        for p in found
        if p.parent != data and table_of(p) and kind_of(p) and not any(part.startswith(".") for part in p.relative_to(data).parts)
    ]
    return [*(p for p in found if p.parent == data), *inside]
