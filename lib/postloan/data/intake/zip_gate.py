"""The gate before an Excel file: is it a zip of honest size that only holds what it should? Nothing is parsed before that.

Sources: traps C1-C4, C9, C11, C18. A forged size is met by `zipfile`, which checks length and checksum while reading.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from postloan.data.intake.refused import Reason, Refused

MOST_BYTES = 1 << 30
"""All parts together, unpacked."""
MOST_MEMBERS = 5_000
RATIO_OF = (20 << 20, 250)
"""A part that unpacks to more bytes than the first may not shrink by more than the second: exports shrink 6 to 30 times."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCTYPES = ("<!DOCTYPE".encode("ascii"), "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_PROLOGUE = 64 << 10


def open_zip(path: Path) -> zipfile.ZipFile:
    """The workbook at `path` as an open zip. Raises `Refused` with what is wrong and what to do."""
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(_OLE):
            _refuse_ole(start + file.read(4 << 20))
    try:
        book = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as fault:
        raise Refused(Reason.DAMAGED) from fault
    for member in book.infolist():  # some programs write the separators of Windows
        book.NameToInfo[member.filename.replace("\\", "/")] = member
    _check_sizes(book)
    _check_names(book)
    _check_prologues(book)
    return book


def _refuse_ole(content: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Refused(Reason.PASSWORD)
    raise Refused(Reason.OLD_FORMAT)


def _check_sizes(book: zipfile.ZipFile) -> None:
    members = book.infolist()
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES or len(members) > MOST_MEMBERS:
        raise Refused(Reason.TOO_LARGE, size=total >> 20)
    least, ratio = RATIO_OF
    if any(m.file_size > least and m.file_size > ratio * max(1, m.compress_size) for m in members):
        raise Refused(Reason.TOO_LARGE, size=total >> 20)


def _check_names(book: zipfile.ZipFile) -> None:
    members = book.infolist()
    if len({member.filename.casefold() for member in members}) < len(members):
        raise Refused(Reason.PART_TWICE)
    if any(member.flag_bits & 1 for member in members):
        raise Refused(Reason.PASSWORD)


def _check_prologues(book: zipfile.ZipFile) -> None:
    for member in book.infolist():
        if member.filename.lower().endswith((".xml", ".rels", ".vml")):
            try:
                with book.open(member) as part:
                    start = part.read(_PROLOGUE)
            except Exception as fault:  # BadZipFile, zlib.error, LZMAError, NotImplementedError: each fault has its own
                raise Refused(Reason.DAMAGED) from fault
            if any(doctype in start for doctype in _DOCTYPES):
                raise Refused(Reason.DOCTYPE)
