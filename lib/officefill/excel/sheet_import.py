"""Sheets put into a workbook from another, with their styles, drawings and names, and sheets taken out of one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy

from lxml import etree

from officefill.excel.workbook_parts import worksheets
from officefill.ooxml.namespaces import ARROW_ID, R, s
from officefill.ooxml.package import TYPES, Package, part_bytes, relationships_name, write_xml

_FIRST_OWN_FORMAT = 164
_LISTS = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}
_BEFORE_NAMES = (s("sheets"), s("functionGroups"), s("externalReferences"))


def import_sheets(book: Package, source: Package, before: str = "") -> None:
    """Put the sheets of `source` into `book`, in front of its sheet called `before`, or behind its last one.

    A sheet whose name `book` has already stays out. Raises `KeyError` where `book` has no sheet `before`.
    """
    ours, theirs = book.tree(book.main), source.tree(source.main)
    names = [sheet.get("name") for sheet in ours.find(s("sheets"))]
    if before and before not in names:
        raise KeyError(before)
    at = names.index(before) if before else len(names)
    parts, styles = dict(worksheets(source, source.main)), _StyleImport(book, source)
    taken: dict[int, int] = {}
    for number, sheet in enumerate(theirs.find(s("sheets"))):
        name = sheet.get("name", "")
        if name in parts and name not in names:
            taken[number] = at + len(taken)
            _add(book, name, _copied(book, source, parts[name], styles), taken[number])
    book.save(styles.part)
    _settle_names(ours, theirs, taken, at)
    book.save(book.main)


def remove_sheets(book: Package, names: Collection[str]) -> None:
    """Take the sheets called `names` out of `book`, whose other sheets should not speak of them."""
    root, arrows = book.tree(book.main), relationships_name(book.main)
    sheets = list(root.find(s("sheets")))
    gone = {number for number, sheet in enumerate(sheets) if sheet.get("name") in names}
    targets = {arrow.id: arrow.target for arrow in book.relationships(book.main)}
    for number in sorted(gone):
        arrow = sheets[number].get(ARROW_ID, "")
        nodes = book.tree(arrows)
        nodes.remove(next(node for node in nodes if node.get("Id") == arrow))
        book.save(arrows)
        _drop(book, targets[arrow])
        sheets[number].getparent().remove(sheets[number])
    for node in list(root.iter(s("definedName"))):
        if node.get("localSheetId") and int(node.get("localSheetId")) in gone:
            node.getparent().remove(node)
    _count_anew(root, lambda number: number - sum(other < number for other in gone))
    book.save(book.main)


def _drop(book: Package, part: str) -> None:
    """Take out a part that nothing points at any more, and what it alone points at."""
    targets = [arrow.target for arrow in book.relationships(part) if not arrow.external]
    for name in (part, relationships_name(part)):
        book.parts.pop(name, None)
        book.trees.pop(name, None)
    types = book.tree(TYPES)
    for node in [node for node in types if node.get("PartName") == f"/{part}"]:
        types.remove(node)
    book.save(TYPES)
    for target in targets:
        if target in book.parts and not any(arrow.target == target for other in book.parts for arrow in book.relationships(other)):
            _drop(book, target)


def _count_anew(root: etree._Element, place: Callable[[int], int]) -> None:
    """Let local names and the tabs in front speak of the sheets where they are now."""
    nodes = [(node, "localSheetId") for node in root.iter(s("definedName"))]
    nodes += [(view, name) for view in root.iter(s("workbookView")) for name in ("activeTab", "firstSheet")]
    for node, name in nodes:
        if node.get(name):
            node.set(name, str(place(int(node.get(name)))))


def _add(book: Package, name: str, part: str, place: int) -> None:
    """Name the sheet in the workbook, which points at its part from now on."""
    sheets = book.tree(book.main).find(s("sheets"))
    number = max((int(sheet.get("sheetId", "0")) for sheet in sheets), default=0) + 1
    arrow = f"ledger{number}"
    sheets.insert(place, sheets.makeelement(s("sheet"), {"name": name, "sheetId": str(number), ARROW_ID: arrow}, nsmap={"r": R}))
    book.add_arrow(book.main, arrow, f"{R}/worksheet", f"/{part}")


def _copied(book: Package, source: Package, part: str, styles: _StyleImport) -> str:
    """Copy the part of a sheet, and all that it points at, under free names; return its own."""
    tree = deepcopy(source.tree(part))
    _spell_out(tree, source)
    for node in tree.iter(s("c"), s("row"), s("col")):
        for name in ("s", "style"):
            if node.get(name):
                node.set(name, styles.form(int(node.get(name))))
    for node in tree.iter():
        if node.get("dxfId"):
            node.set("dxfId", styles.take("dxfs", int(node.get("dxfId"))))
    for view in tree.iter(s("sheetView")):
        view.attrib.pop("tabSelected", None)  # two selected sheets would both be typed into
    return _placed(book, source, part, part_bytes(write_xml(tree)))


def _placed(book: Package, source: Package, part: str, data: bytes) -> str:
    stem, suffix = posixpath.splitext(part)
    name = next(free for number in range(1, 100_000) if (free := f"{stem.rstrip('0123456789')}{number}{suffix}") not in book.parts)
    book.parts[name] = data
    book.declare(source.content_type(part), part=name)
    arrows = [
        (arrow.id, arrow.type, arrow.target if arrow.external else f"/{_placed(book, source, arrow.target, source.parts[arrow.target])}")
        for arrow in source.relationships(part)
        if arrow.external or arrow.target in source.parts
    ]
    for arrow in arrows:
        book.add_arrow(name, *arrow)
    return name


def _spell_out(tree: etree._Element, source: Package) -> None:
    """Write the shared texts of a sheet into its cells."""
    strings = source.first("sharedStrings", source.main)
    texts = list(source.tree(strings).iter(s("si"))) if strings else []
    for cell in tree.iter(s("c")):
        value = cell.find(s("v"))
        if cell.get("t") == "s" and value is not None:
            inline = deepcopy(texts[int(value.text or "0")])
            inline.tag, inline.tail = s("is"), None
            cell.replace(value, inline)
            cell.set("t", "inlineStr")


class _StyleImport:
    """The styles of one workbook added to those of another, as they are asked for."""

    def __init__(self, book: Package, source: Package) -> None:
        self.part = book.first("styles", book.main)
        self.ours, self.theirs = book.tree(self.part), source.tree(source.first("styles", source.main))
        self.known: dict[tuple[str, int], str] = {}

    def form(self, number: int) -> str:
        """Return the number here of a form of cells there."""
        if ("cellXfs", number) not in self.known:
            added = deepcopy(self._list(self.theirs, "cellXfs")[number])
            added.set("xfId", "0")
            for key, name in _LISTS.items():
                added.set(key, self.take(name, int(added.get(key, "0"))))
            added.set("numFmtId", self._format(added.get("numFmtId", "0")))
            for what in ("NumberFormat", "Font", "Fill", "Border", "Alignment"):
                added.set(f"apply{what}", "1")
            self.known["cellXfs", number] = self._append("cellXfs", added)
        return self.known["cellXfs", number]

    def take(self, name: str, number: int) -> str:
        """Return the number here of an entry of a list there, such as `dxfs`, the changes of conditional formats."""
        if (name, number) not in self.known:
            self.known[name, number] = self._append(name, deepcopy(self._list(self.theirs, name)[number]))
        return self.known[name, number]

    def _append(self, name: str, node: etree._Element) -> str:
        into = self._list(self.ours, name)
        into.append(node)
        into.set("count", str(len(into)))
        return str(len(into) - 1)

    def _list(self, root: etree._Element, name: str) -> etree._Element:
        found = root.find(s(name))
        if found is None:  # only differences may be wanting
            found = root.makeelement(s(name))
            root.find(s("cellXfs") if root.find(s("cellStyles")) is None else s("cellStyles")).addnext(found)
        return found

    def _format(self, number: str) -> str:
        """Return the number here of a number format there: a workbook's own formats are named by code, the rest are Excel's."""
        if int(number) < _FIRST_OWN_FORMAT:
            return number
        code = next(node.get("formatCode", "") for node in self.theirs.iter(s("numFmt")) if node.get("numFmtId") == number)
        ours = {node.get("formatCode"): node.get("numFmtId", "0") for node in self.ours.iter(s("numFmt"))}
        if code not in ours:
            ours[code] = str(max([_FIRST_OWN_FORMAT - 1, *map(int, ours.values())]) + 1)
            formats = self.ours.find(s("numFmts"))
            if formats is None:
                formats = self.ours.makeelement(s("numFmts"))
                self.ours.insert(0, formats)
            etree.SubElement(formats, s("numFmt"), numFmtId=ours[code], formatCode=code)
            formats.set("count", str(len(formats)))
        return ours[code]


def _settle_names(ours: etree._Element, theirs: etree._Element, taken: dict[int, int], at: int) -> None:
    """Let the names of sheets and the tab in front speak of the sheets as they are counted now, and add those of the sheets `taken`."""
    _count_anew(ours, lambda number: number + len(taken) * (number >= at))
    added = list(_names_of(theirs, taken))
    names = ours.find(s("definedNames"))
    if added and names is None:
        names = ours.makeelement(s("definedNames"))
        [child for child in ours if child.tag in _BEFORE_NAMES][-1].addnext(names)
    for node in added:
        names.append(node)


def _names_of(theirs: etree._Element, taken: dict[int, int]) -> Iterator[etree._Element]:
    for node in theirs.iter(s("definedName")):
        sheet = node.get("localSheetId")
        if sheet is not None and int(sheet) in taken:
            added = deepcopy(node)
            added.set("localSheetId", str(taken[int(sheet)]))
            yield added
