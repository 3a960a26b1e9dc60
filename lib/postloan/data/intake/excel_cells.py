"""The cells of a workbook as texts. `read_cells` runs in a child process: a crash of the reader is the parent's to report."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import python_calamine
from officefill.ooxml.zip_gate import Limits, Reason, Refused, check_prologues, open_zip, parts_of

from postloan.data.intake.control_characters import holds_control, without_escaped_control
from postloan.data.intake.sheet_xml import glance, read_closely
from postloan.data.intake.workbook_xml import Part, read_workbook
from postloan.data.intake.zero_formats import widths_shown, zero_styles

LIMITS = Limits(whole=1 << 30, part=1 << 30, dense_from=20 << 20)
"""A part of more than 20 MB unpacks to no more than 250 times its size: exports shrink 6 to 30 times."""

Odd = list[tuple[int, int, str, str]]


class SheetCells(NamedTuple):
    """A sheet: the texts of each column joined by NUL, which no XML can hold, and the cells that are wrong as they stand."""

    name: str
    hidden: bool
    columns: list[bytes]
    odd: Odd
    merged: list[tuple[int, int, int, int]]


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


def _columns(cells: list[tuple[Any, ...]], odd: Odd, shown: dict[int, dict[int, int]]) -> list[bytes]:
    """The texts of each column joined by NUL. Cells in `odd` are blank; numbers that are too long are added to it."""
    wrong, columns = {(row, column) for row, column, *_ in odd}, []
    for number, values in enumerate(cells):
        texts = texts_of(values, number, odd)
        if widths := shown.get(number):
            texts = [text.zfill(widths.get(row, 0)) if text.isdigit() and text.isascii() else text for row, text in enumerate(texts)]
        if any(column == number for _, column in wrong):
            texts = ["" if (row, number) in wrong else text for row, text in enumerate(texts, 1)]
        columns.append(_joined(texts, number, odd))
    return columns


def _joined(texts: Sequence[str], column: int, odd: Odd) -> bytes:
    """The texts of a column joined by NUL, which none of them holds: control characters are taken out, and listed in `odd`."""
    whole = "\0".join(texts)
    joined = whole.encode("utf-8", "surrogatepass")
    if joined.count(b"\0") == len(texts) - 1 and not holds_control(joined.replace(b"\0", b"")) and "_x" not in whole:
        return joined
    clean = [without_escaped_control(text) for text in texts]
    odd.extend((row, column, "control_character", "") for row, (a, b) in enumerate(zip(texts, clean, strict=True), 1) if a != b)
    return "\0".join(clean).encode()


def _check_part(book: zipfile.ZipFile, part: Part, zeros_are_unknown: bool) -> tuple[int, Odd]:
    """The number of cells that hold a value, and the cells wrong as they stand. Raises `Refused`."""
    member = parts_of(book)[part.member.lower()]
    with book.open(member) as stream:
        seen = glance(stream, zeros_are_unknown)
    if not seen.suspicious:
        return seen.valued, []
    with book.open(member) as stream:
        return seen.valued, read_closely(stream, zeros_are_unknown).odd


def _sheet(book: zipfile.ZipFile, part: Part, load: Callable[[], python_calamine.CalamineSheet], zeros_are_unknown: bool) -> SheetCells:
    styles = zero_styles(book)
    valued, odd = _check_part(book, part, zeros_are_unknown)  # before calamine, which a far cell ends
    loaded = load()
    cells = list(zip(*loaded.to_python(skip_empty_area=False), strict=True))
    filled = sum(len(column) - column.count("") for column in cells)
    if filled != valued and not odd:
        with book.open(parts_of(book)[part.member.lower()]) as stream:
            read_closely(stream, zeros_are_unknown)
    merged = [(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in loaded.merged_cell_ranges or []]
    return SheetCells(part.name, part.hidden, _columns(cells, odd, widths_shown(book, part.member, styles)), odd, merged)


def read_cells(path: Path) -> list[SheetCells]:
    """Return the sheets of the workbook in order; hidden ones and charts without cells. Raises `Refused`."""
    try:
        return _read(path)
    except (Refused, MemoryError):
        raise
    except BaseException as fault:  # calamine panics with a BaseException of its own
        raise Refused(Reason.DAMAGED) from fault


def _read(path: Path) -> list[SheetCells]:
    book = open_zip(path, LIMITS)
    check_prologues(book)
    parts, zeros_are_unknown = read_workbook(book)
    reader = python_calamine.load_workbook(str(path))
    if reader.sheet_names != [part.name for part in parts]:
        raise Refused(Reason.DAMAGED)
    return [
        _sheet(book, part, partial(reader.get_sheet_by_index, number), zeros_are_unknown)
        if part.is_worksheet and not part.hidden
        else SheetCells(part.name, part.hidden, [], [], [])
        for number, part in enumerate(parts)
    ]
