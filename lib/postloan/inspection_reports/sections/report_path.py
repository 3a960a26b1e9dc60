"""The path of a report's file in the package: never outside it, for any content of the cell (traps C18, F1)."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

from officefill.ooxml.zip_gate import Reason


def report_path(folder: Path, name: str) -> Path | Reason:
    """Return the file at the path `name` below `folder`, or the reason for its absence.

    Both separators are accepted. A name may differ in case or in the composition of characters (files from Windows and macOS), if only one
    file matches.
    """
    parts = PurePosixPath(name.strip().replace("\\", "/")).parts
    if ".." in parts or PureWindowsPath(name.strip()).anchor or any(":" in part for part in parts):
        return Reason.OUTSIDE
    try:
        found = _matching(folder.resolve(), parts)
        if found is None or not found.is_file():
            return Reason.MISSING
        found = found.resolve()
    except (OSError, ValueError):  # too long a name, or characters that no name has
        return Reason.MISSING
    return found if found.is_relative_to(folder.resolve()) else Reason.OUTSIDE


def _matching(at: Path, parts: tuple[str, ...]) -> Path | None:
    exact = at.joinpath(*parts)
    if exact.exists():
        return exact
    for part in parts:
        matches = [entry for entry in at.iterdir() if _same(entry.name) == _same(part)] if at.is_dir() else []
        if len(matches) != 1:
            return None
        at = matches[0]
    return at


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
