"""Figures and findings: from clean tables to a book."""

from __future__ import annotations

from pathlib import Path

SEALED = "book.json"
"""The file that says that a kept book is there whole."""


def kept_findings_file(folder: Path) -> Path | None:
    """Return the file with the findings of the book that lies whole in the folder of a period; None without one."""
    sealed = sorted(folder.glob(f"book/*/{SEALED}"))
    return sealed[0].parent / "now" / "book.json" if sealed else None
