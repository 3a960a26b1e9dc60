"""An Office file as a package of parts: read with care, written so that the same parts give the same bytes anywhere, at any time."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from officefill.errors import BadTemplate, Fault
from officefill.messages import tr
from officefill.ooxml.zip_gate import Limits, Reason, Refused, open_zip, parse_xml, read_part

LIMITS = Limits(whole=100 << 20, part=100 << 20, dense_from=1 << 20, times=200, plain_names=True)
LEVEL, LEVEL_OF_LARGE = 6, 4
LARGE = 2**23
TYPES = "[Content_Types].xml"
_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
_CT = "http://schemas.openxmlformats.org/package/2006/content-types"


def write_xml(root: etree._Element) -> str:
    """Return a part as text, without its declaration."""
    return etree.tostring(root, encoding="unicode")


DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def part_bytes(text: str) -> bytes:
    """Return the bytes of a part from its text."""
    return (DECLARATION + text).encode("utf-8")


@dataclass
class Relationship:
    """One arrow of a part: to another part (`target` resolved to its name) or out of the package."""

    id: str
    type: str
    target: str
    external: bool

    @property
    def kind(self) -> str:
        """The last word of its type: hyperlink, image, header…"""
        return self.type.rsplit("/", 1)[-1]


@dataclass
class Package:
    """Parts by name, in the order of the file."""

    path: Path
    parts: dict[str, bytes]
    trees: dict[str, etree._Element] = field(default_factory=dict)

    def tree(self, name: str) -> etree._Element:
        """Return the parsed part. Raises `Refused`."""
        if name not in self.trees:
            self.trees[name] = parse_xml(self.parts[name])
        return self.trees[name]

    def relationships(self, source: str = "") -> list[Relationship]:
        """Return the arrows of the part `source`, or of the package."""
        name = relationships_name(source)
        if name not in self.parts:
            return []
        folder = posixpath.dirname(source)
        found = []
        for node in self.tree(name).iter(f"{{{_REL}}}Relationship"):
            external = node.get("TargetMode") == "External"
            target = node.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found.append(Relationship(node.get("Id", ""), node.get("Type", ""), target, external))
        return found

    def related(self, kind: str, source: str = "") -> list[str]:
        """Return the names of the parts that `source` points to by arrows of `kind`, those that exist."""
        return [r.target for r in self.relationships(source) if r.kind == kind and not r.external and r.target in self.parts]

    def first(self, kind: str, source: str = "") -> str:
        """Return the first of these parts; blank where there is none."""
        return next(iter(self.related(kind, source)), "")

    @property
    def main(self) -> str:
        """The part that is the document or the workbook; blank where there is none."""
        return self.first("officeDocument")

    def save(self, name: str) -> None:
        """Write the tree of a part as its bytes."""
        self.parts[name] = part_bytes(write_xml(self.tree(name)))

    def declare(self, kind: str, *, part: str = "", extension: str = "") -> None:
        """Declare the type of an extension or a part, unless it is declared."""
        declare(self.tree(TYPES), extension=extension, part=part, kind=kind)
        self.save(TYPES)

    def arrows(self, source: str) -> etree._Element:
        """Return the tree of the relationships of `source`, an empty one where it has none."""
        name = relationships_name(source)
        if name not in self.parts:
            self.trees[name] = no_relationships()
        return self.tree(name)

    def add_arrow(self, source: str, identifier: str, kind: str, target: str) -> None:
        """Add an arrow of `kind` from `source` to `target`."""
        self.parts[relationships_name(source)] = with_relationships(self.arrows(source), {identifier: (kind, target)})

    def content_type(self, name: str) -> str:
        """Return the declared type of a part."""
        default = ""
        for node in self.tree(TYPES):
            if node.get("PartName", "").lstrip("/").lower() == name.lower():
                return node.get("ContentType", "")
            if node.get("Extension", "").lower() == name.rsplit(".", 1)[-1].lower():
                default = node.get("ContentType", "")
        return default


def relationships_name(source: str) -> str:
    """Return the name of the part with the relationships of a part."""
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def with_relationships(root: etree._Element, added: Mapping[str, tuple[str, str]]) -> bytes:
    """Return a relationships part with `added` ones: id → (type, target). A target with a scheme, https: or mailto:, leads out."""
    for identifier, (kind, target) in added.items():
        out = {"TargetMode": "External"} if ":" in target else {}
        etree.SubElement(root, f"{{{_REL}}}Relationship", {"Id": identifier, "Type": kind, "Target": target, **out})
    return part_bytes(write_xml(root))


def no_relationships() -> etree._Element:
    """Return an empty relationships part."""
    return etree.Element(f"{{{_REL}}}Relationships", nsmap={None: _REL})


def declare(types: etree._Element, *, extension: str = "", part: str = "", kind: str) -> None:
    """Declare the type of an extension or a part in the tree of `[Content_Types].xml`, unless it is declared."""
    if extension:
        if not any(node.get("Extension", "").lower() == extension for node in types):
            types.insert(0, types.makeelement(f"{{{_CT}}}Default", {"Extension": extension, "ContentType": kind}))
    elif not any(node.get("PartName") == f"/{part}" for node in types):
        etree.SubElement(types, f"{{{_CT}}}Override", PartName=f"/{part}", ContentType=kind)


def read_file(path: Path) -> bytes:
    """Return the bytes of a template. Raises `BadTemplate` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as fault:
        reason = fault.strerror or str(fault)
        what = (
            tr("there is no such file") if isinstance(fault, FileNotFoundError) else tr("the file cannot be read: {reason}", reason=reason)
        )
        raise BadTemplate(str(path), [Fault(what, path.name)]) from None


def read_package(path: Path, data: bytes) -> Package:
    """Return the parts of an Office file. Raises `BadTemplate` with one clear word for anything that is none, is locked or is a bomb."""
    try:
        with open_zip(data, LIMITS) as archive:
            parts = {info.filename: read_part(archive, info) for info in archive.infolist() if not info.is_dir()}
        if TYPES not in parts:
            raise Refused(Reason.NO_OFFICE)
    except Refused as refused:
        raise BadTemplate(str(path), [Fault(refused.what, path.name, refused.do)]) from None
    return Package(path, parts)


# Writing. zipfile would stamp the machine's system and cannot take what is packed already; the layout is PKWARE APPNOTE 4.3.


@dataclass(frozen=True)
class Packed:
    """A part as it lies in the file: packed once, used for every paper made from the template."""

    check: int
    size: int
    data: bytes


def level_of(size: int) -> int:
    """Return the level to pack so many bytes at: a large sheet costs half the time and takes a third more room."""
    return LEVEL if size < LARGE else LEVEL_OF_LARGE


def pack(data: bytes) -> Packed:
    """`data` deflated."""
    level = level_of(len(data))
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Packed(zlib.crc32(data), len(data), squeeze.compress(data) + squeeze.flush())


def package_bytes(package: Package) -> bytes:
    """Return the file of a package as its parts stand now."""
    return write_package({name: pack(data) for name, data in package.parts.items()})


_DAY_ONE = 0x21  # 1980-01-01, the first day a zip file knows; 00:00
_UTF8 = 0x800


def write_package(parts: Mapping[str, Packed]) -> bytes:
    """The file: parts in the given order, no times, no system, no extras."""
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name, part in parts.items():
        raw = name.encode("utf-8")
        flags = 0 if raw.isascii() else _UTF8
        about = (20, flags, zipfile.ZIP_DEFLATED, 0, _DAY_ONE, part.check, len(part.data), part.size, len(raw), 0)
        header = struct.pack("<4s5H3L2H", b"PK\x03\x04", *about) + raw
        directory.append(struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, *about, 0, 0, 0, 0, offset) + raw)
        body += header, part.data
        offset += len(header) + len(part.data)
    listed = b"".join(directory)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(parts), len(parts), len(listed), offset, 0)
    return b"".join((*body, listed, end))
