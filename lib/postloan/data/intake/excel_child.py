"""The child process that reads one workbook: `python -m postloan.data.intake.excel_child BOOK FOLDER`.

Writes into FOLDER one file per visible sheet, every cell as text, and `book.json`, which names the sheets and the
cells that are wrong as they stand. A crash, a limit reached or a `refused.json` is the parent's to report.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import python_calamine
from notebookrun.process_limits import die_with_parent

from postloan.data.intake.refused import Reason, Refused
from postloan.data.intake.sheet_xml import glance, read_closely
from postloan.data.intake.workbook_xml import Part, read_workbook
from postloan.data.intake.zip_gate import open_zip

MEMORY = 2 << 30
SECONDS = 120

Odd = list[tuple[int, int, str, str]]


def limit_this_process(memory: int = MEMORY, seconds: int = SECONDS) -> None:
    """Bound address space and CPU time where the system can (not on Windows; there the parent's clock remains)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _number(cell: float) -> str | None:
    """A number with the 15 digits Excel keeps, without an exponent; None where it has more before the point."""
    text = f"{cell:.15g}"
    if "e" not in text:
        return text
    return f"{Decimal(text):f}" if abs(cell) < 1 else None


def _moment(cell: datetime) -> str:
    # Excel's days are binary fractions: half past three is stored as 15:29:59.9999995.
    return (cell + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")


_TEXT: dict[type, Callable[[Any], str | None]] = {
    str: str, float: _number, int: _number, bool: lambda cell: "TRUE" if cell else "FALSE",
    date: date.isoformat, datetime: _moment, time: time.isoformat, timedelta: str,
}  # fmt: skip


def texts_of(cells: tuple[Any, ...], column: int, odd: Odd) -> Sequence[str]:
    """The cells of one column as texts; a number beyond 15 digits becomes blank and is listed in `odd`."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return cells
    if kinds <= {str, date}:
        known = {cell: str(cell) for cell in set(cells)}
        return [known[cell] for cell in cells]
    if kinds <= {str, float}:
        numbers = [cell for cell in cells if type(cell) is float]
        texts = [f"{cell:.15g}" if type(cell) is float else cell for cell in cells]
        if -1e15 < min(numbers) and max(numbers) < 1e15 and "e-" not in "".join(texts):
            return texts
    texts = [_TEXT[type(cell)](cell) for cell in cells]
    for index, text in enumerate(texts):
        if text is None:
            odd.append((index + 1, column, "number_beyond_15_digits", f"{cells[index]:.15G}"))
    return [text or "" for text in texts]


def write_sheet(sheet: python_calamine.CalamineSheet, path: Path, odd: Odd) -> tuple[int, list[int]]:
    """Write the columns of a sheet one after the other, their texts joined by NUL, which no XML can hold.

    Returns how many cells are not blank and the bytes of each column. Cells in `odd` are written blank.
    """
    columns = list(zip(*sheet.to_python(skip_empty_area=False), strict=True))
    filled, sizes, wrong = sum(len(column) - column.count("") for column in columns), [], {(row, c) for row, c, *_ in odd}
    with path.open("wb") as file:
        for number, cells in enumerate(columns):
            texts = texts_of(cells, number, odd)
            if any(column == number for _, column in wrong):
                texts = ["" if (row, number) in wrong else text for row, text in enumerate(texts, 1)]
            sizes.append(file.write("\0".join(texts).encode("utf-8", "replace")))
    return filled, sizes


def _check_part(book: zipfile.ZipFile, part: Part, zeros_are_unknown: bool) -> tuple[int, Odd]:
    """How many cells of a sheet hold a value, and the cells wrong as they stand. Raises `Refused`."""
    with book.open(part.member) as stream:
        seen = glance(stream, zeros_are_unknown)
    if not seen.suspicious:
        return seen.valued, []
    with book.open(part.member) as stream:
        return seen.valued, read_closely(stream, zeros_are_unknown).odd


def read_book(path: Path, folder: Path) -> None:
    """Read the workbook at `path` into `folder`. Raises `Refused`."""
    book = open_zip(path)
    parts, zeros_are_unknown = read_workbook(book)
    reader = python_calamine.load_workbook(str(path))
    if reader.sheet_names != [part.name for part in parts]:
        raise Refused(Reason.DAMAGED)
    sheets = []
    for number, part in enumerate(parts):
        entry = {"name": part.name, "hidden": part.hidden, "file": "", "odd": []}
        sheets.append(entry)
        if part.hidden or not part.is_worksheet:
            continue
        valued, odd = _check_part(book, part, zeros_are_unknown)
        file = f"{number}.texts"
        filled, sizes = write_sheet(reader.get_sheet_by_index(number), folder / file, odd)
        entry |= {"file": file, "odd": odd, "sizes": sizes}
        if filled != valued and not odd:
            with book.open(part.member) as stream:
                read_closely(stream, zeros_are_unknown)
    (folder / "book.json").write_text(json.dumps(sheets), encoding="utf-8")


def main(path: str, folder: str) -> None:
    die_with_parent()
    limit_this_process()
    refused = _refusal(Path(path), Path(folder))
    if refused:
        fault = {"reason": refused.reason.value, "details": refused.details}
        (Path(folder) / "refused.json").write_text(json.dumps(fault), encoding="utf-8")


def _refusal(path: Path, folder: Path) -> Refused | None:
    try:
        read_book(path, folder)
    except Refused as refused:
        return refused
    except MemoryError:
        return Refused(Reason.TOO_LONG)
    except BaseException:  # noqa: BLE001 - calamine panics with a BaseException of its own
        return Refused(Reason.DAMAGED)
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
