"""Reading Excel workbooks, in a child process: no file can take the program down."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from postloan.data.intake.child import run_child
from postloan.data.intake.refused import Reason, sentence
from postloan.data.intake.source import Grid, OddCell, Unreadable, number_column, text_column


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its name, whether it is hidden (then its grid is empty), and its cells."""

    name: str
    hidden: bool
    grid: Grid


def read_book(path: Path) -> list[Sheet]:
    """The sheets of the workbook at `path` in order, every cell as text. Raises `Unreadable`."""
    with tempfile.TemporaryDirectory(prefix="postloan-", ignore_cleanup_errors=True) as private:
        folder = Path(private)
        ended_well = run_child("postloan.data.intake.excel_child", str(path.resolve()), str(folder))
        refused, book = folder / "refused.json", folder / "book.json"
        if refused.exists():
            fault = json.loads(refused.read_text(encoding="utf-8"))
            raise Unreadable("unreadable_file", sentence(Reason(fault["reason"]), **fault["details"]))
        if not ended_well or not book.exists():
            raise Unreadable("unreadable_file", sentence(Reason.TOO_LONG))
        return [_sheet(folder, entry) for entry in json.loads(book.read_text(encoding="utf-8"))]


def _sheet(folder: Path, entry: dict) -> Sheet:
    columns = []
    if entry["file"]:
        with (folder / entry["file"]).open("rb") as file:
            columns = [text_column(file.read(size)) for size in entry["sizes"]]
    rows = number_column(range(1, len(columns[0]) + 1 if columns else 1))
    cells = pa.table([*columns, rows], [*(f"c{i}" for i in range(len(columns))), "_row"])
    return Sheet(entry["name"], entry["hidden"], Grid(cells, [OddCell(*cell) for cell in entry["odd"]]))
