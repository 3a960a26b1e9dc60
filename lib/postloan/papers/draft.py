"""Marks in the header of every page: 草稿 on papers of data that would have stopped the run, and balance that was lost."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial
from xml.sax.saxutils import escape

from lxml import etree

from postloan.figures.book import Book

MARK = "草稿"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_HEADER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
_PART, _ID = "header_draft.xml", "rIdDraft"
_BEFORE_HEADER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios",
    "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations",
    "hyperlinks", "printOptions", "pageMargins", "pageSetup",
)  # fmt: skip
"""The elements of a worksheet that stand before its header."""


def is_draft(book: Book) -> bool:
    """Return True where the book is of data that would have stopped the run."""
    return any(problem.check == "draft" for problem in book.problems_found)


def mark_of(book: Book) -> str:
    """Return what the headers of the book's papers must say; blank for most."""
    lost = [p for p in book.problems_found if p.check == "lost_balance"]
    told = [p.says.split("；")[0] if "未采用" in p.says else f"未采用的余额{p.value}元" for p in lost]
    return "　".join([*([MARK] if is_draft(book) else []), *told])


def with_mark(paper: bytes, mark: str) -> bytes:
    """Return the template or paper with the mark in the header of each of its pages."""
    with zipfile.ZipFile(io.BytesIO(paper)) as old:
        parts = {info: old.read(info) for info in old.infolist()}
    names = {info.filename for info in parts}
    changes = (
        _word(names, mark)
        if "word/document.xml" in names
        else {name: partial(_sheet, mark=mark) for name in names if name.startswith("xl/worksheets/sheet")}
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info, content in parts.items():
            change = changes.get(info.filename)
            new.writestr(info, _changed(content, change) if change else content, info.compress_type)
        if "word/document.xml" in names:
            new.writestr(
                zipfile.ZipInfo(f"word/{_PART}", (1980, 1, 1, 0, 0, 0)), f'<w:hdr xmlns:w="{_W}">{_paragraph(mark)}</w:hdr>'.encode()
            )
    return out.getvalue()


Change = Callable[[etree._Element], None]


def _paragraph(mark: str) -> str:
    return f'<w:p xmlns:w="{_W}"><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>{escape(mark)}</w:t></w:r></w:p>'


def _changed(content: bytes, change: Change) -> bytes:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    change(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _word(names: set[str], mark: str) -> dict[str, Change]:
    headers: dict[str, Change] = {
        name: partial(_header, mark=mark) for name in names if name.startswith("word/header") and name.endswith(".xml")
    }
    return {**headers, "word/document.xml": _sections, "word/_rels/document.xml.rels": _relation, "[Content_Types].xml": _content_type}


def _header(root: etree._Element, mark: str) -> None:
    root.insert(0, etree.fromstring(_paragraph(mark)))


def _sections(root: etree._Element) -> None:
    """Give the draft's header to each section that has none of its own, and to none that takes over the one before."""
    sections = list(root.iter(f"{{{_W}}}sectPr"))
    kept: set[str] = set()
    for section in sections:
        own = {reference.get(f"{{{_W}}}type", "default") for reference in section.findall(f"{{{_W}}}headerReference")}
        wanted = {"default"} | ({"first"} if section.find(f"{{{_W}}}titlePg") is not None else set())
        for kind in sorted(wanted - own - kept):
            section.insert(0, etree.Element(f"{{{_W}}}headerReference", {f"{{{_W}}}type": kind, f"{{{_R}}}id": _ID}))
        kept |= own | wanted


def _relation(root: etree._Element) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/header"
    etree.SubElement(root, f"{{{_RELATIONS}}}Relationship", Id=_ID, Type=kind, Target=_PART)


def _content_type(root: etree._Element) -> None:
    etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/word/{_PART}", ContentType=_HEADER_TYPE)


def _sheet(root: etree._Element, mark: str) -> None:
    found = root.find(f"{{{_S}}}headerFooter")
    if found is None:
        found = etree.Element(f"{{{_S}}}headerFooter")
        before = [index for index, child in enumerate(root) if etree.QName(child).localname in _BEFORE_HEADER]
        root.insert(max(before, default=-1) + 1, found)
    for name in (
        "oddHeader",
        *(("evenHeader",) if found.get("differentOddEven") else ()),
        *(("firstHeader",) if found.get("differentFirst") else ()),
    ):
        header = found.find(f"{{{_S}}}{name}")
        if header is None:
            header = etree.Element(f"{{{_S}}}{name}")
            found.insert(0 if name == "oddHeader" else len(found), header)
        text = header.text or ""
        header.text = text.replace("&C", f"&C{mark} ", 1) if "&C" in text else f"{text}&C{mark}"
