"""The package of a Word file: its checks, its parts, its pictures. Nothing is parsed before the checks.

Sources: traps C1-C4, C7, C9, C11, C18. Only the needed parts are unpacked; photographs stay packed.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import re
import zipfile
from functools import lru_cache
from pathlib import Path

from lxml import etree

from postloan.inspection_reports.word_text.unreadable import Unreadable, UnreadableReason

MOST_XML = 64 << 20
"""The most bytes of one part of text, unpacked; a report of 100 pages has 2 MB."""
RATIO_OF = (8 << 20, 250)
"""Bytes and ratio: a part of text with more bytes may not be packed tighter. Word packs 5 to 40 times."""
MOST_PICTURE = 64 << 20
MOST_MEMBERS = 5_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DIRECTORY = 4 << 20
"""The bytes of an OLE file that are searched for the mark of encryption."""
_MEDIA = "/media/"
_LETTERHEAD = re.compile(r"(?P<folder>.+)/_rels/(?:header|footer)[^/]*\.rels")


class WordFile:
    """An open Word file. `main`: the name of the part with the text."""

    def __init__(self, source: bytes | Path) -> None:
        """Check and open the file. Raises `Unreadable` if `source` is not a sound zip of a Word file."""
        _check_start(source)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
        except Exception as fault:  # each damage has its own exception: BadZipFile, struct.error, UnicodeDecodeError …
            raise Unreadable(UnreadableReason.DAMAGED) from fault
        self._members = _members_by_name(self._zip.infolist())
        self.main = self._main_part()

    def close(self) -> None:
        self._zip.close()

    def has(self, name: str) -> bool:
        """Return True if the file has a part of this name, in any case."""
        return name.lower() in self._members

    def part(self, name: str) -> bytes:
        """Return the bytes of a part of text, checked by length and checksum. Raises `Unreadable`."""
        member = self._members[name.lower()]
        least, ratio = RATIO_OF
        if member.file_size > MOST_XML or member.file_size > least and member.file_size > ratio * max(1, member.compress_size):
            raise Unreadable(UnreadableReason.TOO_LARGE)
        return self._bytes_of(member)

    def _bytes_of(self, member: zipfile.ZipInfo) -> bytes:
        try:
            return self._zip.read(member)
        except Exception as fault:  # BadZipFile, zlib.error, LZMAError, NotImplementedError, EOFError …
            raise Unreadable(UnreadableReason.DAMAGED) from fault

    def related(self) -> dict[str, str]:
        """Return the parts beside the text by kind: `styles`, `footnotes`, `endnotes`, `aFChunk` …; the last of a kind."""
        folder, name = posixpath.split(self.main)
        return self._relations(f"{folder}/_rels/{name}.rels", folder)

    def _relations(self, rels: str, folder: str) -> dict[str, str]:
        if not self.has(rels):
            return {}
        return {kind: _resolved(folder, target) for kind, target in _targets(self.part(rels))}

    def _main_part(self) -> str:
        main = self._relations("_rels/.rels", "").get("officeDocument", "word/document.xml")
        if not self.has(main):
            raise Unreadable(UnreadableReason.NO_WORD)
        return main

    def media(self) -> list[zipfile.ZipInfo]:
        """Return the pictures of the file, as members of the zip."""
        return [member for name, member in self._members.items() if _MEDIA in f"/{name}" and member.file_size]

    def letterhead(self) -> set[str]:
        """Return the names of the pictures in headers and footers: logos. Raises `Unreadable`."""
        found = filter(None, map(_LETTERHEAD.fullmatch, self._members))
        shown = [_resolved(rels["folder"], target).lower() for rels in found for _, target in _targets(self.part(rels[0]))]
        return {self._members[name].filename for name in shown if name in self._members}

    def picture(self, member: zipfile.ZipInfo) -> bytes:
        """Return the bytes of a picture. Raises `Unreadable`."""
        if member.file_size > MOST_PICTURE:
            raise Unreadable(UnreadableReason.TOO_LARGE)
        return self._bytes_of(member)


def pictures(source: bytes | Path) -> list[tuple[str, str, bytes]]:
    """Return the pictures of a Word file in order of name: name of the part, SHA-256, bytes. Raises `Unreadable`."""
    file = WordFile(source)
    try:
        found = sorted((member.filename, file.picture(member)) for member in file.media())
    finally:
        file.close()
    return [(name, hashlib.sha256(content).hexdigest(), content) for name, content in found]


def _check_start(source: bytes | Path) -> None:
    if isinstance(source, bytes):
        start = source[:_DIRECTORY] if source.startswith(_OLE) else source[:8]
    else:
        with source.open("rb") as file:
            start = file.read(8)
            start += file.read(_DIRECTORY) if start == _OLE else b""
    if not start:
        raise Unreadable(UnreadableReason.EMPTY)
    if start.startswith(_OLE):
        raise Unreadable(UnreadableReason.PASSWORD if "EncryptedPackage".encode("utf-16-le") in start else UnreadableReason.OLD_FORMAT)
    if not start.startswith(b"PK"):
        raise Unreadable(UnreadableReason.NO_WORD)


def _members_by_name(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(members) > MOST_MEMBERS:
        raise Unreadable(UnreadableReason.TOO_LARGE)
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable(UnreadableReason.PASSWORD)
    # Word ignores case, and some programs write the separators of Windows.
    named = {member.filename.replace("\\", "/").lstrip("/").lower(): member for member in members}
    if len(named) < len(members):
        raise Unreadable(UnreadableReason.PART_TWICE)
    return named


def _resolved(folder: str, target: str) -> str:
    """Return the name of the part at the target of a relation in `folder`."""
    return posixpath.normpath(posixpath.join("/", folder, target))[1:]


def parsed(part: bytes) -> etree._Element:
    """Return the root of a part. Entities are never expanded and never fetched. Raises `Unreadable`."""
    # Identifiers are not collected: Word has none, and their table takes a tenth of the time.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        root = etree.fromstring(part, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise Unreadable(UnreadableReason.DAMAGED) from fault
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable(UnreadableReason.DOCTYPE)
    return root


@lru_cache(maxsize=64)
def _targets(rels: bytes) -> list[tuple[str, str]]:
    """Return kind and target of each relation to a part inside the file; cached, since reports of one form share them."""
    inside = [relation for relation in parsed(rels) if relation.get("TargetMode") != "External"]
    return [(relation.get("Type", "").rpartition("/")[2], relation.get("Target", "")) for relation in inside]
