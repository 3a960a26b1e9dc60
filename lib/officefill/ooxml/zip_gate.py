"""The gate before an Office file: a zip of honest size that only holds what it should. Nothing is parsed before it.

A forged size is met by `zipfile`, which checks length and checksum while reading. Sources: traps C1-C4, C9, C11, C18.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree

from officefill.messages import tr

_OLE = b"\xd0\xcf\x11\xe0"
_DIRECTORY = 4 << 20
"""Bytes at the beginning of an OLE file in which the mark of encryption is looked for."""
_DOCTYPES = ("<!DOCTYPE".encode("ascii"), "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_PROLOGUE = 64 << 10
_XML = (".xml", ".rels", ".vml")


class Reason(StrEnum):
    """Reasons for which a file is not read."""

    OUTSIDE = "outside"
    MISSING = "missing"
    EMPTY = "empty"
    PASSWORD = "password"
    OLD_FORMAT = "old_format"
    NO_OFFICE = "no_office"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_DENSE = "too_dense"
    TOO_LONG = "too_long"
    PART_TWICE = "part_twice"
    PART_NAME = "part_name"
    DOCTYPE = "doctype"
    CELL_TWICE = "cell_twice"
    FAR_CELL = "far_cell"
    EMBEDDED = "embedded"
    PICTURES_ONLY = "pictures_only"
    NO_TEXT = "no_text"
    UNFIT = "unfit"


class Refused(Exception):
    """A file that is not read: the reason with its details for programs, words for people.

    A program that knows the sender of the file says it in words of its own.
    """

    def __init__(self, reason: Reason, what: str = "", do: str = "", **details: object) -> None:
        super().__init__(reason, details)
        self.reason, self.details = reason, details
        self.what, self.do = (what, do) if what else _words(reason, details)

    def __str__(self) -> str:
        return self.what

    def __reduce__(self) -> tuple[Callable[..., Refused], tuple[()]]:
        """Pickle the refusal with its words and details."""
        return partial(Refused, self.reason, self.what, self.do, **self.details), ()


def _words(reason: Reason, details: dict[str, Any]) -> tuple[str, str]:
    match reason:
        case Reason.PASSWORD:
            return tr("the file is protected with a password"), tr("take the password off and save it again")
        case Reason.OLD_FORMAT:
            return tr("the file is of the old kind (.doc, .xls)"), tr("save it as .docx or .xlsx")
        case Reason.EMPTY | Reason.NO_OFFICE:
            return tr("this is no Word or Excel file"), tr("save it as .docx or .xlsx")
        case Reason.TOO_LARGE:
            return tr("the file unpacks to more than {most} MB", **details), ""
        case Reason.TOO_MANY_PARTS:
            return tr("the file holds more than {most} parts", **details), ""
        case Reason.TOO_DENSE:
            return tr("part {part} unpacks to {times} times its size", **details), ""
        case Reason.PART_TWICE:
            return tr("the file holds a part twice"), ""
        case Reason.PART_NAME:
            return tr("the file holds a part with the name {part}", **details), ""
        case Reason.DOCTYPE:
            return tr("a part declares a document type, which no Office program writes"), ""
        case Reason.DAMAGED if details:
            return tr("the file is damaged: {reason}", reason=details["fault"]), ""
        case _:
            return tr("the file is damaged"), ""


@dataclass(frozen=True)
class Limits:
    """Bytes that a file may unpack to: all parts together (None: parts are looked at as they are read), and one part.

    A part of more than `dense_from` bytes unpacks to no more than `times` its size. With `plain_names` the names of parts are those
    that Office itself writes.
    """

    whole: int | None
    part: int
    dense_from: int
    times: int = 250
    parts: int = 5_000
    plain_names: bool = False


def open_zip(source: bytes | Path, limits: Limits) -> zipfile.ZipFile:
    """Return the file as an open zip. Raises `Refused`."""
    _check_start(source)
    try:
        archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except Exception as fault:  # each damage has its own exception: BadZipFile, struct.error, UnicodeDecodeError …
        raise Refused(Reason.DAMAGED, fault=str(fault)) from fault
    members = archive.infolist()
    whole = sum(member.file_size for member in members)
    if len(members) > limits.parts:
        raise Refused(Reason.TOO_MANY_PARTS, size=whole >> 20, most=limits.parts)
    if limits.whole is not None and whole > limits.whole:
        raise Refused(Reason.TOO_LARGE, size=whole >> 20, most=limits.whole >> 20)
    if any(member.flag_bits & 1 for member in members):
        raise Refused(Reason.PASSWORD)
    if len(parts_of(archive)) < len(members):
        raise Refused(Reason.PART_TWICE)
    for member in members if limits.whole is not None else ():
        check_part(member, limits)
    return archive


def _check_start(source: bytes | Path) -> None:
    if isinstance(source, bytes):
        start = source[:_DIRECTORY]
    else:
        with source.open("rb") as file:
            start = file.read(8)
            start += file.read(_DIRECTORY) if start.startswith(_OLE) else b""
    if not start:
        raise Refused(Reason.EMPTY)
    if start.startswith(_OLE):
        raise Refused(Reason.PASSWORD if "EncryptedPackage".encode("utf-16-le") in start else Reason.OLD_FORMAT)
    if not start.startswith(b"PK"):
        raise Refused(Reason.NO_OFFICE)


def parts_of(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the parts by name in small letters: Office does not tell cases apart, and some programs write the separators of Windows."""
    return {member.filename.replace("\\", "/").lstrip("/").lower(): member for member in archive.infolist()}


def check_part(member: zipfile.ZipInfo, limits: Limits) -> None:
    """Raises `Refused` for a part that is too large, or has a name that Office does not write."""
    size, packed = member.file_size, max(1, member.compress_size)
    if size > limits.part:
        raise Refused(Reason.TOO_LARGE, size=size >> 20, most=limits.part >> 20)
    if size > limits.dense_from and size > limits.times * packed:
        raise Refused(Reason.TOO_DENSE, size=size >> 20, part=member.filename, times=size // packed)
    name = member.filename
    if limits.plain_names and (name.startswith("/") or "\\" in name or ".." in name.split("/")):
        raise Refused(Reason.PART_NAME, part=name)


def check_prologues(archive: zipfile.ZipFile) -> None:
    """Raises `Refused` where an XML part declares a document type: for parts that a parser of another's reads."""
    for member in archive.infolist():
        if member.filename.lower().endswith(_XML):
            with archive.open(member) as part:
                start = part.read(_PROLOGUE)
            if any(doctype in start for doctype in _DOCTYPES):
                raise Refused(Reason.DOCTYPE)


def read_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a part, checked by length and checksum. Raises `Refused`."""
    try:
        return archive.read(member)
    except Exception as fault:  # BadZipFile, zlib.error, LZMAError, NotImplementedError, EOFError …
        raise Refused(Reason.DAMAGED, fault=str(fault)) from fault


def parse_xml(data: bytes, *, with_comments: bool = True) -> etree._Element:
    """Return the root of a part. Entities are never expanded and nothing outside is ever read. Raises `Refused`."""
    # No identifiers are collected: Office has none, and the table of them costs a tenth of the time.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False,
        remove_comments=not with_comments, remove_pis=not with_comments,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        declares = any(doctype in data[:_PROLOGUE] for doctype in _DOCTYPES)
        raise Refused(Reason.DOCTYPE) if declares else Refused(Reason.DAMAGED, tr("a part is no XML: {reason}", reason=fault)) from fault
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(Reason.DOCTYPE)
    return root
