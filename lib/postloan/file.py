"""Filing: bytes become files, whole or not at all.

A file is written beside its place under a name nobody reads, flushed to the disk, and moved over the old one in a single step.
Whatever happens in between (a kill, a full disk, the old file open in Excel), the old file or the new one is there, never half
of one. What a killed run leaves behind starts with `PREFIX`, and the next run sweeps it away.
"""

from __future__ import annotations

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

import pyarrow as pa
import pyarrow.parquet as pq
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

# Windows refuses to replace a file that Excel, a virus scanner or a network share holds: access denied, sharing violation,
# lock violation. Scanners let go within a second or two, people do not.
_HELD_OPEN = (5, 32, 33)
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
    from importlib.metadata import entry_points  # late: few runs ask, and it costs each of them

    found = entry_points(group=f"postloan.{kind}", name=name)
    if not found:
        raise BadCommand(tr("no installed package offers '{name}' ({kind})", name=name, kind=kind), do="pip install -U postloan")
    return next(iter(found)).load()


def put(path: Path, content: bytes) -> str:
    """File `content` as `path`, whole or not at all; gives its SHA-256 in hex.

    A file that already holds just this is left alone, with its date. Raises `CannotFile`, and then the old file is as it was.
    """
    if not holds(path, content):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_beside(path, content)
        except OSError as error:
            raise cannot(path, error) from error
    return hashlib.sha256(content).hexdigest()


def holds(path: Path, content: bytes) -> bool:
    """Return True where the file is there and holds just this."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _write_beside(path: Path, content: bytes) -> None:
    temporary = _new_stray(path.parent)
    try:
        _write(temporary, content)
        _replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    if os.name == "posix":
        _flush_folder(path.parent)


def _new_stray(folder: Path) -> Path:
    return folder / (PREFIX + secrets.token_hex(8))


def _write(path: Path, content: bytes) -> None:
    # open() and not tempfile, whose files only their owner may read: papers lie in folders a department shares.
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(temporary: Path, path: Path) -> None:
    for wait in (*_WAITS, None):
        try:
            return os.replace(temporary, path)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _HELD_OPEN:
                raise
            if wait is None:
                raise CannotFile(
                    tr("the file is open in another program, or write-protected"),
                    str(path),
                    tr("close it in Excel, WPS or Word and run again"),
                ) from error
            time.sleep(wait)


def _flush_folder(folder: Path) -> None:
    # The file is in its place already; a file system that cannot flush a folder is no reason to fail.
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
    """The error of the operating system in the words of this program."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return CannotFile(
            tr("there is no permission to write here"), str(path), tr("choose another folder with --out, or ask for permission")
        )
    return CannotFile(
        tr("the file cannot be written ({why})", why=error.strerror or error), str(path), tr("choose another folder with --out")
    )


def _disk_full(path: Path) -> CannotFile:
    return CannotFile(tr("the disk is full"), str(path), tr("free some space, or choose another folder with --out"))


def prepare(folder: Path, need_bytes: int) -> None:
    """Make `folder`, and make sure before the work that it takes files and that its disk has `need_bytes` free.

    Raises `CannotFile`.
    """
    probe = _new_stray(folder)
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
    """Keep other runs out of `folder`, which must be there, while the block runs.

    Raises `CannotFile` where another run holds it, at once or after `patience` seconds. The operating system frees the lock of a process
    that dies.
    """
    held = FileLock(folder / LOCK)
    try:
        held.acquire(timeout=patience, blocking=patience > 0)
    except Timeout as error:
        raise CannotFile(
            tr("another run is at work there"), str(folder), tr("wait until it has ended, or choose another folder with --out")
        ) from error
    except OSError as error:
        raise cannot(folder / LOCK, error) from error
    try:
        yield
    finally:
        held.release()


def sweep(folder: Path, below: bool = True) -> None:
    """Remove what killed runs left in `folder` and `below`. Call it with the lock held: a living run has such files too."""
    for stray in folder.rglob(PREFIX + "*") if below else folder.glob(PREFIX + "*"):
        with suppress(OSError):
            stray.unlink()


# Names

_SEPARATORS = re.compile(r'[/\\:*?"<>|／＼∕⁄⧸⧹]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def safe_name(text: str, limit_bytes: int = 120) -> str:
    """`text` as a part of a file name that Windows, Linux and a reader take for what it is, in at most `limit_bytes` of UTF-8.

    Separators and their look-alikes become _, control and direction marks go, so do leading dots and ~ (hidden files, owner
    files of Office, strays) and trailing dots and spaces; names that Windows keeps for devices get a _ in front.
    120 bytes are 40 hanzi and leave room below the 255 a file system takes.
    """
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    one_line = unicodedata.normalize("NFC", " ".join(visible.split()))
    name = _cut(_SEPARATORS.sub("_", one_line).lstrip(". ~"), limit_bytes)
    return _cut("_" + name, limit_bytes) if not name or _RESERVED.fullmatch(name) else name


def _cut(name: str, limit_bytes: int) -> str:
    return name.encode()[:limit_bytes].decode(errors="ignore").rstrip(". ")


def distinct_names(names: Mapping[str, str], limit_bytes: int = 120) -> dict[str, str]:
    """A safe name for every id of `names` (id → name); those that would share one get their id behind it.

    Names that differ in upper and lower case only are the same on Windows. Raises `CannotFile` where even the ids do not tell
    two apart.
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


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table for programs as CSV: UTF-8 without a mark, lines end in \\n, quotes where needed, values as `numbers.exact`.

    Texts that start with = + - @ stay as they are: a program that reads the file must get what was in the data, and people
    get workbooks, whose cells are typed. Raises `ValueError` for a row of another width, else as `exact` does.
    """
    lines: list[str] = []
    # Written with \r\n and cut after, since before Python 3.13 a \r inside a cell is quoted only if it may end a line.
    write = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n").writerow
    write(columns)
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(tr("a row of {got} cells under {wanted} columns: {row}", got=len(row), wanted=len(columns), row=row))
        write([exact(value) for value in row])
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()
