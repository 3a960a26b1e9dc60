"""Parts of a workbook: its sheets and shared texts, and parts that change or go as a whole before it is compiled."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from officefill.excel.cells import cell_texts, shared_texts
from officefill.language.tags import TAG
from officefill.ooxml.namespaces import ARROW_ID, s
from officefill.ooxml.package import TYPES, Package, part_bytes, relationships_name, write_xml


def worksheets(package: Package, workbook: str) -> Iterator[tuple[str, str]]:
    """Yield name and part of every sheet with cells, in the order of the workbook."""
    targets = {arrow.id: arrow.target for arrow in package.relationships(workbook) if arrow.kind == "worksheet"}
    for node in package.tree(workbook).iter(s("sheet")):
        part = targets.get(node.get(ARROW_ID, ""), "")
        if part in package.parts:
            yield node.get("name", ""), part


def shared_texts_of(package: Package, workbook: str) -> list[str]:
    """Return the shared texts of the workbook."""
    strings = package.first("sharedStrings", workbook)
    return shared_texts(package.tree(strings) if strings else None)


def without_tags(root: etree._Element) -> bytes:
    """Return the shared texts with those that are templates left blank: their cells have texts of their own now."""
    for node in root.iter(s("si")):
        if TAG.search("".join(node.itertext())):
            for child in list(node):
                node.remove(child)
            node.append(node.makeelement(s("t")))
    return part_bytes(write_xml(root))


def tables_to_ranges(package: Package) -> None:
    """Make each table whose head holds a tag a range, in the data sheet of a chart: Office puts a table there unasked."""
    workbook = package.main
    shared = shared_texts_of(package, workbook)
    for sheet in package.related("worksheet", workbook):
        tables = package.related("table", sheet)
        if tables and any(TAG.search(text) for text in cell_texts(package.tree(sheet), shared).values()):
            for table in tables:
                remove_part(package, sheet, table)
            root = package.tree(sheet)
            for node in root.findall(s("tableParts")):
                root.remove(node)
            package.save(sheet)


def remove_part(package: Package, source: str, name: str) -> None:
    """Take out a part, its declaration and the arrows to it."""
    del package.parts[name]
    for part, attribute in ((TYPES, "PartName"), (relationships_name(source), "Target")):
        root = package.tree(part)
        for node in list(root):
            if node.get(attribute, "").rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]:
                root.remove(node)
        package.save(part)
