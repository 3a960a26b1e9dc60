"""Parts, their types and their arrows added to an open package."""

from __future__ import annotations

from lxml import etree

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

OFFICE_ARROWS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ARROW_ID = f"{{{OFFICE_ARROWS}}}id"


def save(package: Package, name: str, root: etree._Element) -> None:
    """The tree of a part as the part's bytes."""
    package.parts[name] = part_bytes(write_xml(root))
    package.trees[name] = root


def add_part(package: Package, source: str, name: str, kind: str, arrow: str, *, extension: str = "") -> str:
    """Declares part `name` and an arrow to it from `source`; gives the arrow's id. A type is told by `extension` where given."""
    types = package.tree(TYPES)
    declare(types, extension=extension, part="" if extension else name, kind=kind)
    save(package, TYPES, types)
    arrows = relationships_name(source)
    tree = package.tree(arrows) if arrows in package.parts else no_relationships()
    taken = {node.get("Id") for node in tree}
    identifier = next(f"rIdNote{number}" for number in range(1, len(taken) + 2) if f"rIdNote{number}" not in taken)
    package.parts[arrows] = with_relationships(tree, {identifier: (f"{OFFICE_ARROWS}/{arrow}", f"/{name}")})
    package.trees[arrows] = tree
    return identifier


def free_name(package: Package, pattern: str) -> str:
    """The first part name of `pattern` (with a place for a number) that is not taken, whatever the case of its letters."""
    taken = {name.lower() for name in package.parts}
    return next(name for number in range(1, len(taken) + 2) if (name := pattern.format(number=number)).lower() not in taken)
