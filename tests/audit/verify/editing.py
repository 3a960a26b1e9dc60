"""Edits of finished papers as Office programs and people make them, in the XML itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from lxml import etree
from postloan.audit.verify import remarks_of
from postloan.audit.verify.remark import ERROR, Remark
from postloan.papers.record.finished_paper import FinishedPaper, open_paper

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BODY = "word/document.xml"
Change = Callable[[etree._Element], None]


def rewritten(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A package with some parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return out.getvalue()


def edited(path: Path, to: Path, change: Change, part: str = BODY) -> Path:
    """A copy of the paper with one part's tree changed."""
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        root = etree.fromstring(package.read(part))
    change(root)
    to.write_bytes(rewritten(data, {part: etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)}))
    return to


def texts(root: etree._Element) -> list[etree._Element]:
    return list(root.iter(f"{{{W}}}t"))


def replaced(old: str, new: str) -> Change:
    """Replaces the first text run that holds `old`."""

    def change(root: etree._Element) -> None:
        node = next(node for node in texts(root) if old in (node.text or ""))
        node.text = node.text.replace(old, new, 1)

    return change


def paragraph_with(root: etree._Element, text: str) -> etree._Element:
    return next(p for p in root.iter(f"{{{W}}}p") if text in "".join(t.text or "" for t in p.iter(f"{{{W}}}t")))


def run(text: str) -> etree._Element:
    node = etree.Element(f"{{{W}}}r")
    etree.SubElement(node, f"{{{W}}}t").text = text
    return node


def paragraph(text: str) -> etree._Element:
    node = etree.Element(f"{{{W}}}p")
    node.append(run(text))
    return node


def bookmark(root: etree._Element, text: str) -> tuple[etree._Element, etree._Element]:
    """The ends of the first figure's bookmark whose run says `text`."""
    for start in root.iter(f"{{{W}}}bookmarkStart"):
        if start.get(f"{{{W}}}name", "").startswith("_pl_") and "".join(start.getnext().itertext()) == text:
            return start, start.getnext().getnext()
    raise LookupError(text)


def cell(root: etree._Element, place: str) -> etree._Element:
    return next(c for c in root.iter(f"{{{S}}}c") if c.get("r") == place)


def set_cell(place: str, value: str) -> Change:
    """Puts a number into a cell as Excel does."""

    def change(root: etree._Element) -> None:
        node = cell(root, place)
        for child in list(node):
            node.remove(child)
        node.attrib.pop("t", None)
        etree.SubElement(node, f"{{{S}}}v").text = value

    return change


def checked(path: Path) -> list[Remark]:
    return remarks_of(open_paper(path))


def kinds(remarks: list[Remark]) -> list[str]:
    return [remark.kind for remark in remarks]


def errors(remarks: list[Remark]) -> list[str]:
    return [remark.kind for remark in remarks if remark.severity == ERROR]


def part_of_sheet(paper: FinishedPaper, sheet: str) -> str:
    """The part of a sheet."""
    from officefill.excel.workbook_parts import worksheets

    return dict(worksheets(paper.package, paper.main))[sheet]
