"""The fingerprint of everything a run's book rests on: input files, policy, calendar, period, last quarter's report texts, the program.

Which engine made the tallies is no part of it: figures, findings and rows are equal whichever, so a book made on a cluster serves every run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

import duckdb

from postloan.errors import BadFile
from postloan.file import LIBRARY, sha256_file
from postloan.language import tr
from postloan.policy import Policy

PROGRAM = (".py", ".sql", ".yaml", ".json")
"""Suffixes of the program's own files that decide what comes out."""


def book_key(data: Path, period: str, policy: Policy, calendar: Path | None, texts_kept: Path | None) -> str:
    """The key of the book of `period` from `data`."""
    said = {
        "data": data_hashes(data),
        "period": period,
        "policy": asdict(policy),
        "calendar": sha256_file(calendar) if calendar else "",
        "texts": sha256_file(texts_kept) if texts_kept and texts_kept.is_file() else "",
        "program": program_key(),
    }
    return digest(json.dumps(said, ensure_ascii=False, sort_keys=True, default=str))


@contextmanager
def steady(key: Callable[[], str], data: Path) -> Iterator[str]:
    """Gives the key, and sees that it is the same after the block, which reads what it is made of. Raises `BadFile`.

    A file that changes or goes away while it is read fails its readers in ways that say nothing of the cause.
    """
    changed = BadFile(tr("the data or the policy changed while they were read"), str(data), tr("run again when they are complete"))
    before, fault = _or_blank(key), None
    if not before:
        raise changed
    try:
        yield before
    except (OSError, duckdb.Error) as error:
        fault = error
    if _or_blank(key) != before:
        raise changed from fault
    if fault:
        raise fault


def _or_blank(key: Callable[[], str]) -> str:
    """The key; blank where a file goes away while it is read."""
    with suppress(FileNotFoundError):
        return key()
    return ""


def data_hashes(data: Path) -> list[tuple[str, str]]:
    """Every file of a package with its hash; office programs' lock files are none."""
    if data.is_file():
        return [(data.name, sha256_file(data))]
    found = (path for path in data.rglob("*") if path.is_file() and not path.name.startswith(("~$", ".")))
    return sorted((path.relative_to(data).as_posix(), sha256_file(path)) for path in found)


@cache
def program_key() -> str:
    """The fingerprint of the program."""
    return _of_files(path for path in LIBRARY.rglob("*") if path.suffix in PROGRAM and "data_samples" not in path.parts)


def folder_key(folder: Path) -> str:
    """The fingerprint of a document's folder."""
    return _of_files(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("~$"))


def made_by(folder: Path, notebook: Path) -> list[str]:
    """The fingerprints of what makes a document's papers: the program, the document's folder, its notebook."""
    return [program_key(), folder_key(folder), sha256_file(notebook)]


def _of_files(paths: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.name}\0".encode())
        whole.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()


def digest(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
