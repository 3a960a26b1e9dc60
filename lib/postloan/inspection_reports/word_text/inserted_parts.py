"""The content of what people insert into a report: workbooks, other documents, web pages, charts, diagrams.

Each function returns rows of texts, one text for a paragraph and several for the cells of a table's row, or None for what cannot be read.
"""

from __future__ import annotations

import email
import email.policy
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

from lxml import etree, html
from officefill.ooxml.zip_gate import Limits, Refused, check_prologues, open_zip

from postloan.inspection_reports.word_text.word_file import parsed

Rows = list[list[str]]

MOST_BYTES = 16 << 20
MOST_ROWS = 2_000
"""The largest inserted part that is read, and its most rows: a table in a report has some dozens."""
_BOOK = Limits(whole=MOST_BYTES * 4, part=MOST_BYTES * 2, dense_from=8 << 20)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_LINES = frozenset(
    ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "pre", "dt", "dd", "blockquote", "table", "ul", "ol", "body")
)
_UNSEEN = frozenset(("script", "style", "head", "title", "template"))


def workbook_rows(content: bytes) -> Rows | None:
    """Return the filled rows of the visible sheets of a workbook (.xlsx, .xls, or an old object of Excel)."""
    import python_calamine  # most reports have no workbook

    with suppress(Exception):  # each damage has its own exception, and a workbook must not cost its report
        if content.startswith(b"PK"):
            with open_zip(content, _BOOK) as archive:
                check_prologues(archive)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [each.name for each in book.sheets_metadata if each.visible == python_calamine.SheetVisibleEnum.Visible]
        rows = [row for name in visible for row in _filled(book.get_sheet_by_name(name))]
        return rows[:MOST_ROWS] or None
    return None


def _filled(sheet: Any) -> Iterator[list[str]]:
    if sheet.total_height > 100 * MOST_ROWS or sheet.total_width > 1_000:
        return
    for row in sheet.to_python(skip_empty_area=True, nrows=MOST_ROWS):
        cells = [_text(cell) for cell in row]
        if any(cells):
            yield cells


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.10f}".rstrip("0").rstrip(".")
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


def page_rows(content: bytes) -> Rows | None:
    """Return the lines of a web page, a saved page (.mht) or a plain text; None for a text of formatting instructions (.rtf)."""
    with suppress(Exception):
        if content.lstrip()[:5] == b"{\\rtf":
            return None
        if re.match(rb"\s*(?:MIME-Version|From|Content-Type):", content, re.IGNORECASE):
            message = email.message_from_bytes(content, policy=email.policy.default)
            part = message.get_body(("html", "plain"))
            return None if part is None else _page(part.get_content())
        return _page(_decoded(content))
    return None


def _decoded(content: bytes) -> str:
    named = _CHARSET.search(content[:2048])
    for encoding in (named[1].decode("ascii") if named else "", "utf-8-sig", "gb18030"):
        with suppress(LookupError, UnicodeDecodeError):
            return content.decode(encoding)
    return content.decode("utf-16", "replace")


def _page(text: str) -> Rows | None:
    if not re.search(r"<\s*(?:html|body|p|div|table|span|h\d)\b", text[:20_000], re.IGNORECASE):
        return [[line.strip()] for line in text.splitlines() if line.strip()] or None
    root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), html.HTMLParser(no_network=True, huge_tree=False))
    return [row for row in _lines(root) if any(row)][:MOST_ROWS] or None


def _lines(node: etree._Element) -> Iterator[list[str]]:
    """Yield the lines of a page: a row of a table with its cells, every other block with its text."""
    line = [node.text or ""]
    for child in node:
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag == "tr":
            yield from _line(line)
            yield ["".join("".join(cell.itertext()).split()) for cell in child if cell.tag in ("td", "th")]
        elif tag in _LINES or (tag and tag not in _UNSEEN and any(each.tag in _LINES for each in child.iter())):
            yield from _line(line)
            yield from _lines(child)
        elif tag == "br":
            yield from _line(line)
        elif tag not in _UNSEEN and tag:
            line.append("".join(child.itertext()))
        line.append(child.tail or "")
    yield from _line(line)


def _line(pieces: list[str]) -> Iterator[list[str]]:
    text = " ".join("".join(pieces).split())
    pieces.clear()
    if text:
        yield [text]


def chart_rows(content: bytes) -> Rows | None:
    """Return the categories of a chart with the values of its series."""
    with suppress(Refused):
        series = list(parsed(content).iter("{*}ser"))
        names = ["".join(text.text or "" for text in one.iterfind("{*}tx//{*}v")) for one in series]
        rows = {"": [*names]} if any(names) else dict[str, list[str]]()
        for one in series:
            labels = [text.text or "" for text in one.iterfind("{*}cat//{*}v")] + [
                text.text or "" for text in one.iterfind("{*}xVal//{*}v")
            ]
            values = [text.text or "" for text in one.iterfind("{*}val//{*}v")] + [
                text.text or "" for text in one.iterfind("{*}yVal//{*}v")
            ]
            for place, value in enumerate(values):
                rows.setdefault(labels[place] if place < len(labels) else str(place + 1), []).append(value)
        return [[label, *values] for label, values in rows.items()] or None
    return None


def diagram_rows(content: bytes) -> Rows | None:
    """Return the texts of a diagram (SmartArt)."""
    with suppress(Refused):
        texts = ["".join(text.text or "" for text in point.iter("{*}t")) for point in parsed(content).iter("{*}pt")]
        return [[text] for text in texts if text.strip()] or None
    return None
