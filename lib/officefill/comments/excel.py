"""Comments in an Excel file: the classic kind, which every version shows, each with the small box it is shown in (VML)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import unescape

from lxml import etree

from officefill.comments.note import Note, free_name, new_arrow
from officefill.excel.cells import excel_text
from officefill.excel.references import Reference, column_name, column_number, read_range
from officefill.excel.workbook_parts import worksheets
from officefill.ooxml.namespaces import ARROW_ID, SPACE, S, insert_before, s
from officefill.ooxml.package import Package

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_AUTHORS, _AUTHOR, _LIST, _COMMENT, _TEXT, _RUN, _T = (
    s(name) for name in ("authors", "author", "commentList", "comment", "text", "r", "t")
)
_AFTER_BOXES = [s(name) for name in ("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems")]
_AFTER_BOXES += [s(name) for name in ("tableParts", "extLst")]
_THREADED = "tc="
"""The beginning of the author of a comment that only stands in for a conversation."""
_NAMESPACES = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
_SHEETS_OWN = 'xmlns:x="urn:schemas-microsoft-com:office:excel"'
_KIND_OF_BOX = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_DRAWING = (
    f'<xml {_NAMESPACES} {_SHEETS_OWN}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>{_KIND_OF_BOX}</xml>'
)
_BOX = (
    f"<v:shape {_NAMESPACES} {_SHEETS_OWN}"
    ' id="_x0000_s{number}" type="#_x0000_t202"'
    ' style="position:absolute;z-index:{number};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>'
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_ACROSS, _LINE = 4, 22
"""Columns a box is wide, and characters that fit in one of its lines."""


def is_excel(package: Package, main: str) -> bool:
    """Return True where the package is an Excel file of the transitional kind."""
    return main.endswith(".xml") and package.tree(main).tag == s("workbook")


def comment(package: Package, notes: Iterable[Note], author: str) -> None:
    """Add the notes to their cells; a cell has one comment, so several notes of a cell share it."""
    sheets = dict(worksheets(package, package.main))
    if not sheets:
        return
    first, names = next(iter(sheets)), {part: name for name, part in sheets.items()}
    by_sheet: dict[str, dict[str, list[str]]] = {}
    for note in notes:
        at, says = str(note.at).replace("$", ""), note.says
        name = names.get(note.part, note.part)
        if name not in sheets or not _CELL.fullmatch(at):
            at, says = "A1", f"{note.part}: {says}" if note.part else says
        name = name if name in sheets else first
        by_sheet.setdefault(name, {}).setdefault(at, []).append(says)
    for name, cells in by_sheet.items():
        _comment_sheet(package, sheets[name], {at: "\n\n".join(said) for at, said in cells.items()}, author)


def _comment_sheet(package: Package, sheet: str, cells: dict[str, str], author: str) -> None:
    part = package.first("comments", sheet)
    if not part:
        part = free_name(package, "xl/comments{number}.xml")
        package.parts[part] = b""
        package.trees[part] = etree.Element(s("comments"), nsmap={None: S})
        for tag in (_AUTHORS, _LIST):
            etree.SubElement(package.trees[part], tag)
        package.declare(_TYPE, part=part)
        new_arrow(package, sheet, "comments", part)
    root = package.tree(part)
    new: dict[str, str] = {}
    merged = [area for node in package.tree(sheet).iter(s("mergeCell")) if (area := read_range(node.get("ref", "")))]
    for cell, says in cells.items():
        new |= _add(root, _first_of_merged(cell, merged), says, author)
    package.save(part)
    if new:
        _draw(package, sheet, new)


def _first_of_merged(cell: str, merged: list[Reference]) -> str:
    """Return the cell that shows the comment of `cell`: the first one where it is merged with others."""
    column, row = _CELL.fullmatch(cell).groups()  # type: ignore[union-attr]
    for area in merged:
        last = area.last or area.first
        columns = column_number(area.first.column), column_number(column), column_number(last.column)
        if area.first.row <= int(row) <= last.row and columns[0] <= columns[1] <= columns[2]:
            return f"{area.first.column}{area.first.row}"
    return cell


def _add(root: etree._Element, cell: str, says: str, author: str) -> dict[str, str]:
    """Add the words to the comment of a cell, or a comment; return the cell where it is a new one and needs a box."""
    authors, listed = root.find(_AUTHORS), root.find(_LIST)
    there = {node.get("ref", ""): node for node in listed}
    while cell in there and _is_conversation(authors, there[cell]):
        column, row = _CELL.fullmatch(cell).groups()  # type: ignore[union-attr]
        following = f"{column_name(column_number(column) + 1)}{row}"
        cell, says = following, f"{cell}: {says}" if not says.startswith(f"{cell}: ") else says
    if cell in there:
        _write(there[cell].find(_TEXT), f"\n\n{author}: {says}")
        return {}
    names = [node.text or "" for node in authors]
    if author not in names:
        etree.SubElement(authors, _AUTHOR).text = author
        names.append(author)
    node = etree.SubElement(listed, _COMMENT, {"ref": cell, "authorId": str(names.index(author))})
    _write(etree.SubElement(node, _TEXT), says)
    return {cell: says}


def _is_conversation(authors: etree._Element, node: etree._Element) -> bool:
    number = int(node.get("authorId", "0"))
    return number < len(authors) and (authors[number].text or "").startswith(_THREADED)


def _write(node: etree._Element, says: str) -> None:
    """Add a run of text, which may follow a text without runs."""
    for bare in node.findall(_T):
        run = node.makeelement(_RUN)
        bare.addprevious(run)
        run.append(bare)
    text = etree.SubElement(etree.SubElement(node, _RUN), _T, {SPACE: "preserve"})
    text.text = unescape(excel_text(says))  # the tree escapes for XML itself


# Boxes


def _draw(package: Package, sheet: str, cells: dict[str, str]) -> None:
    """Add a box for each comment to the sheet's old kind of drawing, as text: Excel writes it so that no XML reader takes it."""
    part = _drawing(package, sheet)
    text = package.parts[part].decode("latin-1")  # bytes in, the same bytes out; what is added is ASCII
    number = max((int(found) for found in re.findall(r"_x0000_s(\d+)", text)), default=1024)
    kind = "" if '"_x0000_t202"' in text else _KIND_OF_BOX.replace("<v:shapetype", f"<v:shapetype {_NAMESPACES}")
    boxes = kind + "".join(_box(number + place, cell, says) for place, (cell, says) in enumerate(cells.items(), 1))
    end = text.rindex("</")
    package.parts[part] = (text[:end] + boxes + text[end:]).encode("latin-1")


def _drawing(package: Package, sheet: str) -> str:
    """Return the part of the sheet's boxes, made where there is none."""
    root = package.tree(sheet)
    node = root.find(s("legacyDrawing"))
    if node is not None:
        return next(arrow.target for arrow in package.relationships(sheet) if arrow.id == node.get(ARROW_ID))
    part = free_name(package, "xl/drawings/vmlDrawing{number}.vml")
    package.parts[part] = _DRAWING.encode("utf-8")
    package.declare(_VML_TYPE, extension="vml")
    insert_before(root, root.makeelement(s("legacyDrawing"), {ARROW_ID: new_arrow(package, sheet, "vmlDrawing", part)}), _AFTER_BOXES)
    package.save(sheet)
    return part


def _box(number: int, cell: str, says: str) -> str:
    name, row_name = _CELL.fullmatch(cell).groups()  # type: ignore[union-attr]
    column, row = column_number(name) - 1, int(row_name) - 1
    lines = sum(1 + len(line) // _LINE for line in says.splitlines())
    top = max(0, row - 1)
    anchor = f"{column + 1}, 15, {top}, 4, {column + 1 + _ACROSS}, 15, {top + max(4, lines + 1)}, 4"
    return _BOX.format(number=number, anchor=anchor, row=row, column=column)
