"""Files of the engine: written whole or not at all. A program with rules of its own gives its own functions instead."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path


def put(path: Path, content: bytes) -> None:
    """Write `content` beside `path` and move it there in one step. Raises `OSError`, and then the old file is as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".~{secrets.token_hex(8)}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def append(path: Path, line: bytes) -> None:
    """Add `line`, which ends in a line break, to a file of lines, on the disk before this returns. Raises `OSError`.

    Where a kill or a full disk has cut off the last line, the new one begins on a line of its own.
    """
    with open(path, "a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def is_still(path: Path, sha256: str) -> bool:
    """Tell if the file is there and has this hash."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
