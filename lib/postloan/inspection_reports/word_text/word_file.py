"""The package of a Word file: its checks, its parts, its pictures. Nothing is parsed before the checks.

Sources: traps C1-C4, C7, C9, C11, C18. Only the needed parts are unpacked; photographs stay packed.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree
from officefill.ooxml.zip_gate import Limits, Reason, Refused, check_part, open_zip, parse_xml, parts_of, read_part

LIMITS = Limits(whole=None, part=64 << 20, dense_from=8 << 20)
"""The limits of a part of text: a report of 100 pages has 2 MB, and Word packs 5 to 40 times."""
MOST_PICTURE = 64 << 20

_MEDIA = "/media/"
_LETTERHEAD = re.compile(r"(?P<folder>.+)/_rels/(?:header|footer)[^/]*\.rels")


class WordFile:
    """An open Word file. `main`: the name of the part with the text."""

    def __init__(self, source: bytes | Path) -> None:
        """Check and open the file. Raises `Refused` if `source` is not a sound zip of a Word file."""
        self._zip = open_zip(source, LIMITS)
        self._members = parts_of(self._zip)
        self.main = self._main_part()

    def close(self) -> None:
        self._zip.close()

    def has(self, name: str) -> bool:
        """Return True if the file has a part of this name, in any case."""
        return name.lower() in self._members

    def part(self, name: str) -> bytes:
        """Return the bytes of a part of text, checked by length and checksum. Raises `Refused`."""
        member = self._members[name.lower()]
        check_part(member, LIMITS)
        return read_part(self._zip, member)

    def related(self) -> dict[str, str]:
        """Return the parts beside the text by kind: `styles`, `footnotes`, `endnotes`, `aFChunk` …; the last of a kind."""
        folder, name = posixpath.split(self.main)
        return self._relations(f"{folder}/_rels/{name}.rels", folder)

    def by_id(self) -> dict[str, str]:
        """Return the parts that the text itself refers to, by the id of their relation."""
        folder, name = posixpath.split(self.main)
        rels = f"{folder}/_rels/{name}.rels"
        return {relation.id: _resolved(folder, relation.target) for relation in _targets(self.part(rels))} if self.has(rels) else {}

    def _relations(self, rels: str, folder: str) -> dict[str, str]:
        if not self.has(rels):
            return {}
        return {relation.kind: _resolved(folder, relation.target) for relation in _targets(self.part(rels))}

    def _main_part(self) -> str:
        main = self._relations("_rels/.rels", "").get("officeDocument", "word/document.xml")
        if not self.has(main):
            raise Refused(Reason.NO_OFFICE)
        return main

    def media(self) -> list[zipfile.ZipInfo]:
        """Return the pictures of the file, as members of the zip."""
        return [member for name, member in self._members.items() if _MEDIA in f"/{name}" and member.file_size]

    def letterhead(self) -> set[str]:
        """Return the names of the pictures in headers and footers: logos. Raises `Refused`."""
        found = filter(None, map(_LETTERHEAD.fullmatch, self._members))
        shown = [_resolved(rels["folder"], target).lower() for rels in found for _, _, target in _targets(self.part(rels[0]))]
        return {self._members[name].filename for name in shown if name in self._members}

    def picture(self, member: zipfile.ZipInfo) -> bytes:
        """Return the bytes of a picture. Raises `Refused`."""
        if member.file_size > MOST_PICTURE:
            raise Refused(Reason.TOO_LARGE)
        return read_part(self._zip, member)


def pictures(source: bytes | Path) -> list[tuple[str, str, bytes]]:
    """Return the pictures of a Word file in order of name: name of the part, SHA-256, bytes. Raises `Refused`."""
    file = WordFile(source)
    try:
        found = sorted((member.filename, file.picture(member)) for member in file.media())
    finally:
        file.close()
    return [(name, hashlib.sha256(content).hexdigest(), content) for name, content in found]


def _resolved(folder: str, target: str) -> str:
    """Return the name of the part at the target of a relation in `folder`."""
    return posixpath.normpath(posixpath.join("/", folder, target))[1:]


def parsed(part: bytes) -> etree._Element:
    """Return the root of a part, without comments. Raises `Refused`."""
    return parse_xml(part, with_comments=False)


class _Relation(NamedTuple):
    id: str
    kind: str
    target: str


@lru_cache(maxsize=64)
def _targets(rels: bytes) -> list[_Relation]:
    """Return the relations to parts inside the file; cached, since reports of one form share them."""
    inside = [relation for relation in parsed(rels) if relation.get("TargetMode") != "External"]
    return [_Relation(each.get("Id", ""), each.get("Type", "").rpartition("/")[2], each.get("Target", "")) for each in inside]
