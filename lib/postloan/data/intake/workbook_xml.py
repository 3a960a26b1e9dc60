"""The sheets of a workbook as its own list has them: name, part, whether hidden; and whether it was ever calculated."""

from __future__ import annotations

import posixpath
import zipfile
from typing import NamedTuple

from lxml import etree
from officefill.ooxml.zip_gate import Reason, Refused, parse_xml, parts_of, read_part

_MOST = 8 << 20


class Part(NamedTuple):
    """One sheet: `member` is its part in the zip; a chart sheet is no worksheet."""

    name: str
    member: str
    hidden: bool
    is_worksheet: bool


def _parse(book: zipfile.ZipFile, name: str) -> etree._Element:
    member = parts_of(book).get(name.lower())
    if member is None or member.file_size > _MOST:
        raise Refused(Reason.DAMAGED)
    return parse_xml(read_part(book, member), with_comments=False)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _targets(book: zipfile.ZipFile, source: str) -> dict[str, tuple[str, str]]:
    """Kind and part of every relation of the part `source`, by id."""
    folder, name = posixpath.split(source)
    found = {}
    for relation in _parse(book, posixpath.join(folder, "_rels", f"{name}.rels")):
        member = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], member)
    return found


def read_workbook(book: zipfile.ZipFile) -> tuple[list[Part], bool]:
    """The sheets in order, and whether the book asks to be calculated on opening: then a formula's 0 is no value.

    XlsxWriter writes 0 under every formula and that request; Excel clears the request when it saves (traps D12).
    """
    main = [member for kind, member in _targets(book, "").values() if kind == "officeDocument"]
    if not main or main[0].endswith(".bin"):
        raise Refused(Reason.UNFIT)
    root, relations, parts = _parse(book, main[0]), _targets(book, main[0]), []
    if _local(root.tag) != "workbook":
        raise Refused(Reason.UNFIT)
    for sheet in root.iter():
        if _local(sheet.tag) == "sheet":
            identity = next((value for key, value in sheet.attrib.items() if _local(key) == "id" and key != "id"), "")
            kind, member = relations.get(identity, ("", ""))
            parts.append(Part(sheet.get("name", ""), member, sheet.get("state", "visible") != "visible", kind == "worksheet"))
    calculations = [element for element in root.iter() if _local(element.tag) == "calcPr"]
    return parts, any(c.get("fullCalcOnLoad") in ("1", "true") for c in calculations)
