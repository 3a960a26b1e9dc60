"""Reading Excel workbooks, in a child process: no file can take the program down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from officefill.ooxml.sandbox import Stopped, limited
from officefill.ooxml.zip_gate import Reason, Refused

from postloan.data.intake.csv_file import control_notes
from postloan.data.intake.excel_cells import SheetCells, read_cells
from postloan.data.intake.refused import sentence
from postloan.data.intake.source import Grid, OddCell, Unreadable, number_column, text_column


@dataclass(frozen=True)
class DataSheet:
    """A worksheet: its name, whether it is hidden (then its grid is empty), and its cells."""

    name: str
    hidden: bool
    grid: Grid


def read_book(path: Path) -> list[DataSheet]:
    """Return the sheets of the workbook at `path` in order, every cell as text. Raises `Unreadable`."""
    try:
        return [_sheet(cells) for cells in limited(read_cells, path)]
    except Refused as refused:
        raise Unreadable("unreadable_file", sentence(refused)) from refused
    except RuntimeError as fault:
        raise Unreadable("unreadable_file", sentence(Refused(Reason.DAMAGED))) from fault
    except Stopped as stopped:
        raise Unreadable("unreadable_file", sentence(Refused(Reason.TOO_LONG))) from stopped


def _sheet(cells: SheetCells) -> DataSheet:
    columns = [text_column(column) for column in cells.columns]
    rows = number_column(range(1, len(columns[0]) + 1 if columns else 1))
    table = pa.table([*columns, rows], [*(f"c{i}" for i in range(len(columns))), "_row"])
    rows_cleaned = sorted({row for row, _, check, _ in cells.odd if check == "control_character"})
    odd = [OddCell(*cell) for cell in cells.odd if cell[2] != "control_character"]
    return DataSheet(cells.name, cells.hidden, Grid(table, odd, control_notes(rows_cleaned), cells.merged))
