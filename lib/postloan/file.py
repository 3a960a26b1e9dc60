"""Writes files, whole or not at all.

A file is written beside its place under a temporary name, flushed to the disk, and moved over the old one in a single step. After a kill, a
full disk or a file open in Excel, either the old file or the new one is there, never half of one. Temporary files of a killed run begin
with `PREFIX`; the next run removes them.
"""

from __future__ import annotations

import codecs
import csv
import errno
import hashlib
import io
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from filelock import FileLock, Timeout
from notebookrun.files import append

from postloan.errors import BadCommand, CannotFile
from postloan.language import tr
from postloan.numbers import exact

PACKAGE = Path(__file__).parent
LIBRARY = PACKAGE.parent
"""The folder that holds this package and the engines beside it."""
PREFIX = ".~postloan-"
LOCK = ".postloan.lock"
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings of a text that Excel takes for a formula, or that break out of a cell."""

# Windows refuses to replace a file open in Excel, a virus scanner or a network share: access denied, sharing violation, lock
# violation. A scanner closes it within a second or two, a person does not.
_OPEN_ELSEWHERE = (5, 32, 33)
_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6)


def packaged(name: str) -> Path:
    """Return the folder `name` of the program: in the checkout, or inside the installed package."""
    return inside if (inside := PACKAGE / name).is_dir() else LIBRARY.parent / name


_URL = re.compile(r"[a-z][a-z0-9+.:-]+://", re.IGNORECASE)


def is_url(place: str) -> bool:
    """Return True for a place such as s3://bucket/out; `C:/out` is a folder."""
    return bool(_URL.match(place))


def extension(kind: str, name: str) -> Any:
    """Return the module that an installed package declares as `name` in the entry points `postloan.<kind>`. Raises `BadCommand`."""
    from importlib.metadata import entry_points  # imported here: few runs need it

    found = entry_points(group=f"postloan.{kind}", name=name)
    if not found:
        raise BadCommand(tr("no installed package offers '{name}' ({kind})", name=name, kind=kind), do="pip install -U postloan")
    return next(iter(found)).load()


def put(path: Path, content: bytes) -> str:
    """Write `content` to `path`, whole or not at all. Returns its SHA-256 in hex.

    A file with the same content is left alone, with its date. Raises `CannotFile`; then the old file is unchanged.
    """
    if not has_content(path, content):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_beside(path, content)
        except OSError as error:
            raise cannot(path, error) from error
    return hashlib.sha256(content).hexdigest()


def has_content(path: Path, content: bytes) -> bool:
    """Return True for an existing file with this content."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _write_beside(path: Path, content: bytes) -> None:
    temporary = _temporary_name(path.parent)
    try:
        _write(temporary, content)
        _replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    if os.name == "posix":
        _flush_folder(path.parent)


def _temporary_name(folder: Path) -> Path:
    return folder / (PREFIX + secrets.token_hex(8))


def _write(path: Path, content: bytes) -> None:
    # open() and not tempfile: a whole department reads the papers, and files of tempfile are for their owner only.
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(temporary: Path, path: Path) -> None:
    for wait in (*_WAITS, None):
        try:
            return os.replace(temporary, path)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _OPEN_ELSEWHERE:
                raise
            if wait is None:
                what = tr("the file is open in another program, or write-protected")
                raise CannotFile(what, str(path), tr("close it in Excel, WPS or Word and run again")) from error
            time.sleep(wait)


def _flush_folder(folder: Path) -> None:
    # The file is in its place already: a file system that cannot flush a folder is no reason to fail.
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file of lines, on the disk before this returns. Raises `CannotFile`."""
    try:
        append(path, line)
    except OSError as error:
        raise cannot(path, error) from error


def cannot(path: Path, error: OSError) -> CannotFile:
    """Return an error of the operating system as an error of this program."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        do = tr("choose another folder with --out, or ask for permission")
        return CannotFile(tr("there is no permission to write here"), str(path), do)
    what = tr("the file cannot be written ({why})", why=error.strerror or error)
    return CannotFile(what, str(path), tr("choose another folder with --out"))


def _disk_full(path: Path) -> CannotFile:
    return CannotFile(tr("the disk is full"), str(path), tr("free some space, or choose another folder with --out"))


def prepare(folder: Path, need_bytes: int) -> None:
    """Make `folder`, and check that it can be written and that its disk has `need_bytes` free. Raises `CannotFile`."""
    probe = _temporary_name(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(probe, b"?")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise cannot(folder, error) from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    if free < need_bytes:
        raise _disk_full(folder)


@contextmanager
def lock(folder: Path, patience: float = 0) -> Iterator[None]:
    """Keep other runs out of the existing `folder` while the block runs.

    Raises `CannotFile` if another run has the lock for `patience` seconds. The operating system frees the lock of a dead process.
    """
    folder_lock = FileLock(folder / LOCK)
    try:
        folder_lock.acquire(timeout=patience, blocking=patience > 0)
    except Timeout as error:
        do = tr("wait until it has ended, or choose another folder with --out")
        raise CannotFile(tr("another run is at work there"), str(folder), do) from error
    except OSError as error:
        raise cannot(folder / LOCK, error) from error
    try:
        yield
    finally:
        folder_lock.release()


def sweep(folder: Path, below: bool = True) -> None:
    """Remove the temporary files of killed runs in `folder` and `below`. Call it inside the lock: a living run has such files too."""
    for temporary in folder.rglob(PREFIX + "*") if below else folder.glob(PREFIX + "*"):
        with suppress(OSError):
            temporary.unlink()


# Names

_SEPARATORS = re.compile(r'[/\\:*?"<>|／＼∕⁄⧸⧹]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def safe_name(text: str, limit_bytes: int = 120) -> str:
    """Return `text` as a part of a file name, safe on Windows and Linux and for readers, in at most `limit_bytes` of UTF-8.

    Separators and similar characters become _. Control and direction marks are removed, and so are leading dots and ~ (hidden, owner's and
    temporary files) and trailing dots and spaces. A name of a Windows device gets a _ in front. 120 bytes are 40 hanzi; a file system
    allows 255.
    """
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    one_line = unicodedata.normalize("NFC", " ".join(visible.split()))
    name = _cut(_SEPARATORS.sub("_", one_line).lstrip(". ~"), limit_bytes)
    return _cut("_" + name, limit_bytes) if not name or _RESERVED.fullmatch(name) else name


def _cut(name: str, limit_bytes: int) -> str:
    return name.encode()[:limit_bytes].decode(errors="ignore").rstrip(". ")


def distinct_names(names: Mapping[str, str], limit_bytes: int = 120) -> dict[str, str]:
    """Return a safe name for every id of `names` (id → name); equal names get their ids behind them.

    Names that differ only in case are equal on Windows. Raises `CannotFile` if the ids are equal in the same way.
    """
    safe = {id_: safe_name(name, limit_bytes) for id_, name in names.items()}
    shared = Counter(map(_same, safe.values()))
    for id_, name in safe.items():
        if shared[_same(name)] > 1:
            tail = "_" + safe_name(id_, limit_bytes // 2)
            safe[id_] = safe_name(name, limit_bytes - len(tail.encode())) + tail
    owners: dict[str, str] = {}
    for id_, name in safe.items():
        other = owners.setdefault(_same(name), id_)
        if other != id_:
            raise CannotFile(
                tr("'{one}' and '{other}' would share the file name '{name}'", one=other, other=id_, name=name),
                do=tr("give them names or ids that differ in more than case and punctuation"),
            )
    return safe


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


# Content

_HASHES: dict[tuple[str, int, int, int, int], str] = {}
_COARSEST_CLOCK = 2_000_000_000


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hex. A file whose size and times are still the same is not read again."""
    now, state = time.time_ns(), path.stat()
    key = str(path.absolute()), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino
    # A file of this moment may be written again without another time: clocks of file systems are coarse, some by two seconds.
    if key not in _HASHES or now - state.st_mtime_ns < _COARSEST_CLOCK:
        with open(path, "rb") as file:
            _HASHES[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _HASHES[key]


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as CSV: UTF-8 with a mark, lines end in \n, quotes where needed, values as `numbers.exact`.

    A text that Excel would take for a formula gets an apostrophe before it; numbers stay numbers. Raises `ValueError` for a row of another
    width, and the errors of `exact`.
    """
    lines: list[str] = []
    # Written with \r\n, which is cut off again: before Python 3.13 a \r inside a cell is quoted only if it may end a line.
    write = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n").writerow
    write(columns)
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(tr("a row of {got} cells under {wanted} columns: {row}", got=len(row), wanted=len(columns), row=row))
        write([f"'{value}" if _looks_like_formula(value) else exact(value) for value in row])
    return codecs.BOM_UTF8 + "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()


def _looks_like_formula(value: object) -> bool:
    """Return True for such a text, also behind apostrophes: so each that is written can be told from each that was there."""
    return isinstance(value, str) and value.lstrip("'").startswith(FORMULA_BEGINS)


def csv_rows(content: bytes) -> list[list[str]]:
    """Return the rows of a table of `csv_bytes`, head included, with their texts as they were."""
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [[cell[1:] if cell[:1] == "'" and _looks_like_formula(cell) else cell for cell in row] for row in rows]
