"""Namespaces of Office files, and small steps on their trees."""

from __future__ import annotations

import re
from collections.abc import Collection

from lxml import etree

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
CX = "http://schemas.microsoft.com/office/drawing/2014/chartex"
XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
ARROW_ID = f"{{{R}}}id"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010fffd]")
"""Characters that no part may hold; marks are among them, so data never looks like one."""


def w(name: str) -> str:
    """Return the tag or attribute `name` of Word."""
    return f"{{{W}}}{name}"


def s(name: str) -> str:
    """Return the tag `name` of Excel."""
    return f"{{{S}}}{name}"


def prefix_of(node: etree._Element) -> str:
    """Return the prefix with its colon that a node is written with; blank for none."""
    return f"{node.prefix}:" if node.prefix else ""


def prefix_for(node: etree._Element, namespace: str) -> str:
    """Return the prefix with its colon that a node knows for a namespace; blank for none."""
    prefix = next((prefix for prefix, known in node.nsmap.items() if known == namespace), None)
    return f"{prefix}:" if prefix else ""


def copy_of(node: etree._Element) -> etree._Element:
    """Return a copy of a tree that belongs to no other."""
    return etree.fromstring(etree.tostring(node, with_tail=False))


def insert_before(parent: etree._Element, node: etree._Element, following: Collection[str]) -> None:
    """Put `node` before the first child with a tag among `following`, at the end where there is none."""
    after = next((child for child in parent if child.tag in following), None)
    parent.append(node) if after is None else after.addprevious(node)


def remove_where(root: etree._Element, attribute: str, values: Collection[str]) -> None:
    """Take out the children of which an attribute has one of these values."""
    for node in [node for node in root if node.get(attribute) in values]:
        root.remove(node)


def holds_tag(text: str) -> bool:
    """Return True where a text holds the beginning of a tag."""
    return "{{" in text or "{%" in text
