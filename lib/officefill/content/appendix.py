"""Lines at the end of a file: paragraphs behind the last one of a Word file, cells of a sheet of their own in an Excel file."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lxml import etree

from officefill.comments.excel import is_excel
from officefill.comments.note import free_name
from officefill.excel.workbook_parts import worksheets
from officefill.ooxml.namespaces import ARROW_ID, SPACE, R, S, W, s, w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import PARAGRAPH, RUN, TEXT, text_of

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_WIDTH = "110"
# The document's default paragraph is large and indented in official papers.
_FORM = (
    f'<w:pPr xmlns:w="{W}"><w:keepLines/><w:spacing w:before="60" w:after="0" w:line="240" w:lineRule="auto"/>'
    '<w:ind w:left="0" w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="left"/></w:pPr>'
)
_LETTERS = f'<w:rPr xmlns:w="{W}"><w:sz w:val="21"/><w:szCs w:val="21"/></w:rPr>'


def replace_lines(package: Package, sheet: str, old: Collection[str], new: Sequence[str]) -> None:
    """Take the `old` lines out of the end of a file and put the `new` ones there; in Excel they are all that the sheet called `sheet` has."""
    if is_excel(package, package.main):
        _fill_sheet(package, sheet, new)
    else:
        _replace_paragraphs(package, old, new)


def _replace_paragraphs(package: Package, old: Collection[str], new: Sequence[str]) -> None:
    root = package.tree(package.main)
    body = root.find(w("body"))
    for paragraph in body.findall(PARAGRAPH):
        if text_of(paragraph) in old and paragraph.find(f"{w('pPr')}/{w('sectPr')}") is None:
            body.remove(paragraph)
    last = body.find(w("sectPr"))
    for text in new:
        paragraph = etree.fromstring(f'<w:p xmlns:w="{W}"/>')
        paragraph.append(etree.fromstring(_FORM))
        run = etree.SubElement(paragraph, RUN)
        run.append(etree.fromstring(_LETTERS))
        etree.SubElement(run, TEXT, {SPACE: "preserve"}).text = text
        if last is None:
            body.append(paragraph)
        else:
            last.addprevious(paragraph)
    package.save(package.main)


def _fill_sheet(package: Package, name: str, lines: Sequence[str]) -> None:
    part = dict(worksheets(package, package.main)).get(name) or _new_sheet(package, name)
    root = package.tree(part)
    data = root.find(s("sheetData"))
    for row in list(data):
        data.remove(row)
    for number, text in enumerate(lines, 1):
        cell = etree.SubElement(etree.SubElement(data, s("row"), {"r": str(number)}), s("c"), {"r": f"A{number}", "t": "inlineStr"})
        etree.SubElement(etree.SubElement(cell, s("is")), s("t"), {SPACE: "preserve"}).text = text
    package.save(part)


def _new_sheet(package: Package, name: str) -> str:
    """Add a blank sheet behind all others; return its part."""
    part = free_name(package, "xl/worksheets/sheet{number}.xml")
    columns = f'<cols><col min="1" max="1" width="{_WIDTH}" customWidth="1"/></cols>'
    package.parts[part] = f'<worksheet xmlns="{S}">{columns}<sheetData/></worksheet>'.encode()
    package.declare(_SHEET_TYPE, part=part)
    arrows = {node.get("Id") for node in package.arrows(package.main)}
    identifier = next(f"rIdSheet{number}" for number in range(1, len(arrows) + 2) if f"rIdSheet{number}" not in arrows)
    package.add_arrow(package.main, identifier, f"{R}/worksheet", f"/{part}")
    listed = package.tree(package.main).find(s("sheets"))
    highest = max((int(node.get("sheetId", "0")) for node in listed), default=0)
    etree.SubElement(listed, s("sheet"), {"name": name, "sheetId": str(highest + 1), ARROW_ID: identifier})
    package.save(package.main)
    return part
