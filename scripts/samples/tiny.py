"""The sample `tiny`: a dozen loans in two units that one can check by hand."""

from __future__ import annotations

from pathlib import Path

from samples.bank import read


def make(folder: Path) -> None:
    """Write each table of tiny.yaml as `<table>.csv`, word for word."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, text in read("tiny").items():
        (folder / f"{table}.csv").write_bytes(text.encode("utf-8"))
