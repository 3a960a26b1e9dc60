"""Parts of a workbook: its sheets and shared texts, and what changes or goes as a whole before it is compiled."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from officefill.excel.cells import S, cell_texts, shared_texts
from officefill.language.tags import TAG
from officefill.ooxml.package import TYPES, Package, part_bytes, relationships_name, write_xml

_ARROW_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def worksheets(package: Package, workbook: str) -> Iterator[tuple[str, str]]:
    """Name and part of every sheet with cells, in the order of the workbook."""
    targets = {arrow.id: arrow.target for arrow in package.relationships(workbook) if arrow.kind == "worksheet"}
    for node in package.tree(workbook).iter(f"{{{S}}}sheet"):
        part = targets.get(node.get(_ARROW_ID, ""), "")
        if part in package.parts:
            yield node.get("name", ""), part


def shared_texts_of(package: Package, workbook: str) -> list[str]:
    """The shared texts of the workbook."""
    strings = next(iter(package.related("sharedStrings", workbook)), None)
    return shared_texts(package.tree(strings) if strings else None)


def without_tags(root: etree._Element) -> bytes:
    """The shared texts with those that are templates left blank: their cells have texts of their own now."""
    for node in root.iter(f"{{{S}}}si"):
        if TAG.search("".join(node.itertext())):
            for child in list(node):
                node.remove(child)
            node.append(node.makeelement(f"{{{S}}}t"))
    return part_bytes(write_xml(root))


def tables_to_ranges(package: Package) -> None:
    """Makes each table whose head holds a tag a range, in the data sheet of a chart: Office puts a table there unasked."""
    workbook = package.related("officeDocument")[0]
    shared = shared_texts_of(package, workbook)
    for sheet in package.related("worksheet", workbook):
        tables = package.related("table", sheet)
        if tables and any(TAG.search(text) for text in cell_texts(package.tree(sheet), shared).values()):
            for table in tables:
                remove_part(package, sheet, table)
            root = package.tree(sheet)
            for node in root.findall(f"{{{S}}}tableParts"):
                root.remove(node)
            package.parts[sheet] = part_bytes(write_xml(root))


def remove_part(package: Package, source: str, name: str) -> None:
    """Takes a part out, and what declares and points at it."""
    del package.parts[name]
    for part, attribute in ((TYPES, "PartName"), (relationships_name(source), "Target")):
        root = package.tree(part)
        for node in list(root):
            if node.get(attribute, "").rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]:
                root.remove(node)
        package.parts[part] = part_bytes(write_xml(root))
