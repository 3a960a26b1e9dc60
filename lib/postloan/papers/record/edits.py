"""The list of places that people edited by hand and that were not taken over: `edited/<document>.csv` in the period's folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from postloan.file import csv_rows

FOLDER = "edited"
"""The folder of edited papers, below the period's folder."""


def edits_listed(folder: Path, document: str, papers: Collection[str]) -> int:
    """Return the number of listed edits in these papers of `document`."""
    return sum(row[0] in papers for row in listed_rows(list_path(folder, document)))


def list_path(folder: Path, document: str) -> Path:
    """Return the path of the list of a document."""
    return folder / FOLDER / f"{document}.csv"


def listed_rows(path: Path) -> list[list[str]]:
    """Return the rows of a list, without its head; none where there is no list."""
    return csv_rows(path.read_bytes())[1:] if path.is_file() else []
