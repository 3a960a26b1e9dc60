"""The manifest of a run: the hash of every file that decides what the run makes. It alone says what is unchanged.

A file is hashed once in a run, and again only where its size or times differ (`sha256_file`). The engine that makes the tallies is no part
of it: figures, findings and rows are equal, so a book made on a cluster serves every run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from postloan.errors import BadFile
from postloan.file import LIBRARY, sha256_file
from postloan.language import tr
from postloan.month_end.plan import Plan
from postloan.papers.document import REGISTER, document, notebook_of

PROGRAM = (".py", ".sql", ".yaml", ".json")
"""Suffixes of the program's own files that decide what comes out."""
NOT_DECIDING = ("data", "out", "workers", "only_failed", "deadline", "kernel", "cluster", "engine")
"""Options of a request that decide nothing about what is made."""
T = TypeVar("T")


class Manifest(NamedTuple):
    """The hashes of the files that a book is made from: by name the data, the bank's own policy and calendar; the texts and the findings kept before."""

    data: dict[str, str]
    settings: dict[str, str]
    texts: str
    findings: list[str]


def manifest_of(plan: Plan) -> Manifest:
    """Return the manifest of the files as they are now. Raises `FileNotFoundError` where one goes away meanwhile."""
    texts = plan.texts_before
    settings = {str(path): sha256_file(path) for path in plan.settings_files}
    return Manifest(
        data_hashes(plan.data),
        settings,
        sha256_file(texts) if texts and texts.is_file() else "",
        list(map(sha256_file, plan.findings_before)),
    )


def book_key(plan: Plan, manifest: Manifest) -> str:
    """Return the key of the book: equal keys, equal books."""
    profile = manifest.settings.get(str(Path(plan.request.profile)), plan.request.profile)
    policy, calendar = asdict(plan.settings.policy), manifest.settings.get(str(Path(plan.request.calendar)), "")
    due, notices = sorted(map(str, plan.settings.due.items())), list(map(asdict, plan.settings.notices))
    return digest(
        *(manifest.data, plan.period.name, policy, calendar, manifest.texts, manifest.findings),
        *(program_key(), plan.request.draft, profile, due, notices),
    )


def run_key(plan: Plan) -> str:
    """Return the key of everything that the run makes but the register of notices, by the files as they are now; blank where one is gone."""
    options = {name: value for name, value in asdict(plan.request).items() if name not in NOT_DECIDING}
    with suppress(FileNotFoundError):
        manifest, documents = manifest_of(plan), {name: document_key(name) for name in plan.documents}
        return digest(options, documents, manifest.data, list(manifest.settings.values()), manifest.texts, manifest.findings)
    return ""


def document_key(name: str) -> str:
    """Return the key of what makes a document's papers: the program, its folder of templates, its notebook."""
    templates = (path for path in document(name).folder.iterdir() if path.is_file() and not path.name.startswith("~$"))
    return digest(program_key(), _hash_of(templates), sha256_file(notebook_of(name)))


def register_hash(plan: Plan) -> str:
    """Return the hash of the register of notices; blank where there is none."""
    path = Path(plan.request.out) / REGISTER
    return sha256_file(path) if path.is_file() else ""


def data_hashes(data: Path) -> dict[str, str]:
    """Return the hash of every file of a package by name; lock files of Office programs are none."""
    if data.is_file():
        return {data.name: sha256_file(data)}
    found = (path for path in data.rglob("*") if path.is_file() and not path.name.startswith(("~$", ".")))
    return dict(sorted((path.relative_to(data).as_posix(), sha256_file(path)) for path in found))


@cache
def program_key() -> str:
    """Return the key of the program."""
    return _hash_of(path for path in LIBRARY.rglob("*") if path.suffix in PROGRAM and "data_samples" not in path.parts)


def _hash_of(paths: Iterable[Path]) -> str:
    """Return one hash of several files, the same for both kinds of line ends."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.name}\0".encode())
        whole.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()


def digest(*values: Any) -> str:
    """Return the SHA-256 of plain values, in hex."""
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def unchanged_while(read: Callable[[], T], data: Path, faults: tuple[type[Exception], ...] = (OSError,)) -> Iterator[T]:
    """Give what `read` returns, and make sure that it returns the same after the block. Raises `BadFile`.

    A file that changes or goes away while it is read fails its readers with `faults` that say nothing of the cause.
    """
    changed = BadFile(tr("the data or the policy changed while they were read"), str(data), tr("run again when they are complete"))
    before, fault = _or_none(read), None
    if before is None:
        raise changed
    try:
        yield before
    except faults as error:
        fault = error
    if _or_none(read) != before:
        raise changed from fault
    if fault:
        raise fault


def _or_none(read: Callable[[], T]) -> T | None:
    with suppress(FileNotFoundError):
        return read()
    return None
