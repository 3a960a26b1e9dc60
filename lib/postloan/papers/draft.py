"""Marks in the header of every page: 草稿 on papers of data that would have stopped the run, and balance that was lost."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree
from officefill.ooxml.namespaces import R, W, insert_before, s, w
from officefill.ooxml.package import Package, package_bytes, read_package
from officefill.ooxml.zip_gate import parse_xml

from postloan.figures.book import Book
from postloan.papers.record.paper_record import DRAFT as MARK

_HEADER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
_PART, _ID = "header_draft.xml", "rIdDraft"
_AFTER_HEADER = [
    s(name)
    for name in (
        "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
        "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    )
]  # fmt: skip
"""The elements of a worksheet that stand behind its header."""
_MOST_KEPT = 16


def is_draft(book: Book) -> bool:
    """Return True where the book is of data that would have stopped the run."""
    return any(problem.check == "draft" for problem in book.problems_found)


def mark_of(book: Book) -> str:
    """Return what the headers of the book's papers must say; blank for most."""
    lost = [p for p in book.problems_found if p.check == "lost_balance"]
    told = [p.says.split("；")[0] if "未采用" in p.says else f"未采用的余额{p.value}元" for p in lost]
    return "　".join([*([MARK] if is_draft(book) else []), *told])


@lru_cache(_MOST_KEPT)
def with_mark(template: bytes, mark: str) -> bytes:
    """Return the template with the mark in the header of each of its pages."""
    package = read_package(Path(MARK), template)
    for part in package.related("header", package.main):
        package.tree(part).insert(0, parse_xml(_paragraph(mark)))
        package.save(part)
    for part in package.related("worksheet", package.main):
        _mark_sheet(package.tree(part), mark)
        package.save(part)
    if package.main.startswith("word/"):
        _add_header(package, mark)
    return package_bytes(package)


def _paragraph(mark: str) -> bytes:
    paragraph = f'<w:p xmlns:w="{W}"><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>{escape(mark)}</w:t></w:r></w:p>'
    return paragraph.encode()


def _add_header(package: Package, mark: str) -> None:
    """Give a header of its own to each section that has none, and to none that takes over the one before."""
    document = package.tree(package.main)
    settings = package.first("settings", package.main)
    even = {"even"} if settings and package.tree(settings).find(w("evenAndOddHeaders")) is not None else set()
    kept: set[str] = set()
    for section in document.iter(w("sectPr")):
        own = {reference.get(w("type"), "default") for reference in section.findall(w("headerReference"))}
        wanted = {"default"} | even | ({"first"} if section.find(w("titlePg")) is not None else set())
        for kind in sorted(wanted - own - kept):
            section.insert(0, etree.Element(w("headerReference"), {w("type"): kind, f"{{{R}}}id": _ID}))
        kept |= own | wanted
    package.save(package.main)
    package.parts[f"word/{_PART}"] = f'<w:hdr xmlns:w="{W}">'.encode() + _paragraph(mark) + b"</w:hdr>"
    package.declare(_HEADER_TYPE, part=f"word/{_PART}")
    package.add_arrow(package.main, _ID, f"{R}/header", _PART)


def _mark_sheet(root: etree._Element, mark: str) -> None:
    found = root.find(s("headerFooter"))
    if found is None:
        found = etree.Element(s("headerFooter"))
        insert_before(root, found, _AFTER_HEADER)
    for name in (
        "oddHeader",
        *(("evenHeader",) if found.get("differentOddEven") else ()),
        *(("firstHeader",) if found.get("differentFirst") else ()),
    ):
        header = found.find(s(name))
        if header is None:
            header = etree.Element(s(name))
            found.insert(0 if name == "oddHeader" else len(found), header)
        text = header.text or ""
        header.text = text.replace("&C", f"&C{mark} ", 1) if "&C" in text else f"{text}&C{mark}"
