"""Where in the package the file of a report is: never outside it, whatever the cell says (traps C18, F1)."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

from postloan.inspection_reports.word_text.refused import Reason


def place(folder: Path, name: str) -> Path | Reason:
    """The file that `name` names from `folder`, or the reason why there is none.

    Both separators are taken, and a name that differs only in case or in how its characters are composed (files from Windows and
    macOS) where just one file has it.
    """
    parts = PurePosixPath(name.strip().replace("\\", "/")).parts
    if ".." in parts or PureWindowsPath(name.strip()).anchor or any(":" in part for part in parts):
        return Reason.OUTSIDE
    try:
        found = _go(folder.resolve(), parts)
        if found is None or not found.is_file():
            return Reason.MISSING
        found = found.resolve()
    except (OSError, ValueError):  # a name too long, or with characters no name has
        return Reason.MISSING
    return found if found.is_relative_to(folder.resolve()) else Reason.OUTSIDE


def _go(at: Path, parts: tuple[str, ...]) -> Path | None:
    exact = at.joinpath(*parts)
    if exact.exists():
        return exact
    for part in parts:
        alike = [entry for entry in at.iterdir() if _same(entry.name) == _same(part)] if at.is_dir() else []
        if len(alike) != 1:
            return None
        at = alike[0]
    return at


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
