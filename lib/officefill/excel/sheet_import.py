"""Sheets of one workbook put into another, with their styles, drawings and names: the cells look and say what they did."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from officefill.excel.cells import S
from officefill.excel.workbook_parts import worksheets
from officefill.ooxml.package import (
    TYPES,
    Package,
    declare,
    no_relationships,
    part_bytes,
    relationships_name,
    with_relationships,
    write_xml,
)

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ID = f"{{{_OFFICE}}}id"
_FIRST_OWN_FORMAT = 164
_LISTS = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}
_BEFORE_NAMES = {f"{{{S}}}{name}" for name in ("sheets", "functionGroups", "externalReferences")}


def import_sheets(book: Package, source: Package, before: str = "") -> None:
    """Put the sheets of `source` into `book`, in front of its sheet called `before`, or behind its last one.

    A sheet whose name `book` has already stays out. Raises `KeyError` where `book` has no sheet `before`.
    """
    workbook, other = book.related("officeDocument")[0], source.related("officeDocument")[0]
    sheets, theirs = (package.tree(main).find(f"{{{S}}}sheets") for package, main in ((book, workbook), (source, other)))
    names = [sheet.get("name") for sheet in sheets]
    if before and before not in names:
        raise KeyError(before)
    at = names.index(before) if before else len(names)
    parts = dict(worksheets(source, other))
    styles = _Styles(book, workbook, source, other)
    taken: dict[int, int] = {}
    for number, sheet in enumerate(theirs):
        name = sheet.get("name", "")
        if name in parts and name not in names:
            taken[number] = at + len(taken)
            _add(book, workbook, name, _copied(book, source, parts[name], styles), taken[number])
    styles.settle()
    _settle_names(book.tree(workbook), source.tree(other), taken, at)
    book.parts[workbook] = part_bytes(write_xml(book.tree(workbook)))


def _add(book: Package, workbook: str, name: str, part: str, place: int) -> None:
    """Name the sheet in the workbook, which points at its part from now on."""
    sheets = book.tree(workbook).find(f"{{{S}}}sheets")
    number = max((int(sheet.get("sheetId", "0")) for sheet in sheets), default=0) + 1
    arrow = f"ledger{number}"
    sheets.insert(place, sheets.makeelement(f"{{{S}}}sheet", {"name": name, "sheetId": str(number), _ID: arrow}))
    _point(book, workbook, {arrow: (f"{_OFFICE}/worksheet", f"/{part}")})


def _point(book: Package, part: str, arrows: dict[str, tuple[str, str]]) -> None:
    name = relationships_name(part)
    root = book.tree(name) if name in book.parts else no_relationships()
    book.parts[name] = with_relationships(root, arrows)
    book.trees[name] = root


def _copied(book: Package, source: Package, part: str, styles: _Styles) -> str:
    """Copy the part of a sheet, and all that it points at, under free names; returns its own."""
    tree = deepcopy(source.tree(part))
    _spell_out(tree, source)
    for node in tree.iter(f"{{{S}}}c", f"{{{S}}}row", f"{{{S}}}col"):
        for name in ("s", "style"):
            if node.get(name):
                node.set(name, styles.form(int(node.get(name))))
    for node in tree.iter():
        if node.get("dxfId"):
            node.set("dxfId", styles.difference(int(node.get("dxfId"))))
    for view in tree.iter(f"{{{S}}}sheetView"):
        view.attrib.pop("tabSelected", None)  # two selected sheets would both be typed into
    return _placed(book, source, part, part_bytes(write_xml(tree)))


def _placed(book: Package, source: Package, part: str, data: bytes) -> str:
    stem, suffix = posixpath.splitext(part)
    name = next(free for number in range(1, 100_000) if (free := f"{stem.rstrip('0123456789')}{number}{suffix}") not in book.parts)
    book.parts[name] = data
    declare(book.tree(TYPES), part=name, kind=source.content_type(part))
    book.parts[TYPES] = part_bytes(write_xml(book.tree(TYPES)))
    arrows = {
        arrow.id: (arrow.type, arrow.target if arrow.external else f"/{_placed(book, source, arrow.target, source.parts[arrow.target])}")
        for arrow in source.relationships(part)
        if arrow.external or arrow.target in source.parts
    }
    if arrows:
        _point(book, name, arrows)
    return name


def _spell_out(tree: etree._Element, source: Package) -> None:
    """Write the shared texts of a sheet into its cells."""
    strings = next(iter(source.related("sharedStrings", source.related("officeDocument")[0])), None)
    texts = list(source.tree(strings).iter(f"{{{S}}}si")) if strings else []
    for cell in tree.iter(f"{{{S}}}c"):
        value = cell.find(f"{{{S}}}v")
        if cell.get("t") == "s" and value is not None:
            inline = deepcopy(texts[int(value.text or "0")])
            inline.tag, inline.tail = f"{{{S}}}is", None
            cell.replace(value, inline)
            cell.set("t", "inlineStr")


class _Styles:
    """The styles of one workbook added to those of another, as they are asked for."""

    def __init__(self, book: Package, workbook: str, source: Package, other: str) -> None:
        self.book, self.part = book, book.related("styles", workbook)[0]
        self.ours, self.theirs = book.tree(self.part), source.tree(source.related("styles", other)[0])
        self.known: dict[tuple[str, int], str] = {}

    def form(self, number: int) -> str:
        """The number here of a form of cells there."""
        if ("cellXfs", number) not in self.known:
            added = deepcopy(self._list(self.theirs, "cellXfs")[number])
            added.set("xfId", "0")
            for key, name in _LISTS.items():
                added.set(key, self._take(name, int(added.get(key, "0"))))
            added.set("numFmtId", self._format(added.get("numFmtId", "0")))
            for what in ("NumberFormat", "Font", "Fill", "Border", "Alignment"):
                added.set(f"apply{what}", "1")
            self.known["cellXfs", number] = self._append("cellXfs", added)
        return self.known["cellXfs", number]

    def difference(self, number: int) -> str:
        """The number here of what a conditional format there changes."""
        return self._take("dxfs", number)

    def _take(self, name: str, number: int) -> str:
        if (name, number) not in self.known:
            self.known[name, number] = self._append(name, deepcopy(self._list(self.theirs, name)[number]))
        return self.known[name, number]

    def _append(self, name: str, node: etree._Element) -> str:
        into = self._list(self.ours, name)
        into.append(node)
        into.set("count", str(len(into)))
        return str(len(into) - 1)

    def _list(self, root: etree._Element, name: str) -> etree._Element:
        found = root.find(f"{{{S}}}{name}")
        if found is None:  # only differences may be wanting
            found = root.makeelement(f"{{{S}}}{name}")
            root.find(f"{{{S}}}cellStyles" if root.find(f"{{{S}}}cellStyles") is not None else f"{{{S}}}cellXfs").addnext(found)
        return found

    def _format(self, number: str) -> str:
        """The number here of a number format there: those of the bank's own are named by code, the rest are Excel's."""
        if int(number) < _FIRST_OWN_FORMAT:
            return number
        code = next(node.get("formatCode", "") for node in self.theirs.iter(f"{{{S}}}numFmt") if node.get("numFmtId") == number)
        ours = {node.get("formatCode"): node.get("numFmtId", "0") for node in self.ours.iter(f"{{{S}}}numFmt")}
        if code not in ours:
            ours[code] = str(max([_FIRST_OWN_FORMAT - 1, *map(int, ours.values())]) + 1)
            formats = self.ours.find(f"{{{S}}}numFmts")
            if formats is None:
                formats = self.ours.makeelement(f"{{{S}}}numFmts")
                self.ours.insert(0, formats)
            etree.SubElement(formats, f"{{{S}}}numFmt", numFmtId=ours[code], formatCode=code)
            formats.set("count", str(len(formats)))
        return ours[code]

    def settle(self) -> None:
        """Put the styles into their part."""
        self.book.parts[self.part] = part_bytes(write_xml(self.ours))


def _settle_names(ours: etree._Element, theirs: etree._Element, taken: dict[int, int], at: int) -> None:
    """Let the names of sheets and the tab in front speak of the sheets as they are counted now, and add those of the sheets `taken`."""
    for node in ours.iter(f"{{{S}}}definedName"):
        if node.get("localSheetId") and int(node.get("localSheetId")) >= at:
            node.set("localSheetId", str(int(node.get("localSheetId")) + len(taken)))
    for view in ours.iter(f"{{{S}}}workbookView"):
        for name in ("activeTab", "firstSheet"):
            if int(view.get(name, "0")) >= at:
                view.set(name, str(int(view.get(name, "0")) + len(taken)))
    added = list(_names_of(theirs, taken))
    names = ours.find(f"{{{S}}}definedNames")
    if added and names is None:
        names = ours.makeelement(f"{{{S}}}definedNames")
        [child for child in ours if child.tag in _BEFORE_NAMES][-1].addnext(names)
    for node in added:
        names.append(node)


def _names_of(theirs: etree._Element, taken: dict[int, int]) -> Iterator[etree._Element]:
    for node in theirs.iter(f"{{{S}}}definedName"):
        sheet = node.get("localSheetId")
        if sheet is not None and int(sheet) in taken:
            added = deepcopy(node)
            added.set("localSheetId", str(taken[int(sheet)]))
            yield added
