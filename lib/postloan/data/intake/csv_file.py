"""Reading CSV: UTF-8 with or without a byte-order mark, GB18030, UTF-16 with one; every record with its line number."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

import pyarrow as pa

from postloan.data.intake.blanks import BLANKS
from postloan.data.intake.control_characters import holds_control
from postloan.data.intake.damaged_csv import DamagedCsv, decodes
from postloan.data.intake.header import SEARCHED_ROWS, find_header, no_header
from postloan.data.intake.source import Grid, OddCell, Unreadable, number_column, text_column
from postloan.data.schema import TableSpec
from postloan.language import tr

Record = tuple[int, list[str]]
"""The line on which a record starts, and its fields."""

_CHUNK = 1 << 20
_ROWS = 20_000
_LONGEST_FIELD = 1_000_000
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def encoding_of(path: Path) -> str:
    """The encoding of a text file. Strict UTF-8 first: half of all short UTF-8 texts pass as GB18030, hardly any the other way round.

    Blank where the file is no text in any of them from end to end, or holds control characters.
    """
    with path.open("rb") as file:
        start = file.read(4)
    marked = [name for mark, name in _MARKS.items() if start.startswith(mark)]
    for encoding in marked or ["utf-8", "gb18030"]:
        if _is_clean(path, encoding):
            return "" if encoding == "gb18030" and _is_mostly_utf8(path) else encoding
    return ""


def _is_mostly_utf8(path: Path) -> bool:
    """Return True where most lines beyond ASCII are UTF-8: then GB18030 would read them, as nonsense."""
    with path.open("rb") as file:
        lines = [line for line in file.read(_CHUNK).split(b"\n") if not line.isascii()]
    return 2 * sum(decodes(line, "utf-8") for line in lines) > len(lines)


def _is_clean(path: Path, encoding: str) -> bool:
    """Return True where the whole file is text in the encoding, without control characters."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if holds_control(decoder.decode(chunk).encode()):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def records(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    """The records of a CSV file that are not empty lines. Raises `Unreadable` at a quote that is not closed."""
    csv.field_size_limit(_LONGEST_FIELD)
    start = 1
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for fields in reader:
                if fields:
                    yield start, fields
                start = reader.line_num + 1
        except csv.Error as fault:
            says = tr("a quotation mark is not closed or stands inside a field; double it or remove it")
            raise Unreadable("broken_quotes", says, start) from fault


def read_csv(path: Path, spec: TableSpec) -> Grid:
    """The cells of a CSV file from its header row on; the delimiter is the one under which a header is found.

    Lines that cannot be read, and rows with too many or too few fields, are listed in `odd`. Raises `Unreadable`.
    """
    encoding = encoding_of(path)
    try:
        if encoding:
            return _read(path, spec, partial(records, path, encoding))
    except Unreadable as fault:
        if fault.check != "broken_quotes":
            raise
    damaged = DamagedCsv.read(path)
    grid = _read(path, spec, damaged.records)
    seen = {cell.row for cell in damaged.odd}
    odd = [*dict.fromkeys(damaged.odd), *(cell for cell in grid.odd if cell.row not in seen)]
    return Grid(grid.cells, odd, [*grid.notes, *control_notes(damaged.cleaned)])


def first_lines(path: Path) -> list[list[str]]:
    """The cells of the first lines of a text file, by the delimiter that gives most of them; none where it is no text."""
    encoding = encoding_of(path)
    found: list[list[str]] = []
    for delimiter in ",\t;|" if encoding else "":
        with suppress(Unreadable):
            rows = [fields for _, fields in islice(records(path, encoding, delimiter), SEARCHED_ROWS)]
            found = max(found, rows, key=lambda rows: max(map(len, rows), default=0))
    return found


def control_notes(rows: Sequence[int]) -> list[tuple[str, str]]:
    """The note on control characters taken out of cells of these rows; none where there are none."""
    if not rows:
        return []
    says = tr("control characters were taken out of {count} rows, the first is row {row}", count=len(rows), row=rows[0])
    return [("control_character", says)]


def _read(path: Path, spec: TableSpec, records_by: Callable[[str], Iterator[Record]]) -> Grid:
    first_fault: Unreadable | None = None
    for delimiter in ",\t;|":
        try:
            head = list(islice(records_by(delimiter), SEARCHED_ROWS))
        except Unreadable as fault:
            first_fault = first_fault or fault
            continue
        if found := find_header([fields for _, fields in head], spec):
            row = head[found.index][0]
            body = (record for record in records_by(delimiter) if record[0] > row)
            return _grid(head[: found.index + 1], body, len(found.labels), path)
    raise first_fault or Unreadable("no_header", no_header(spec))


def _grid(head: list[Record], body: Iterator[Record], width: int, path: Path) -> Grid:
    odd: list[OddCell] = []
    batches = [_batch([(row, _fitted(fields, width)) for row, fields in head], width)]
    while rows := list(islice(body, _ROWS)):
        straight = [(row, f if len(f) == width else _ragged(row, f, width, odd)) for row, f in rows]
        batches.append(_batch(straight, width))
    says = tr("the last line does not end with a line break; make sure that the file is whole")
    notes = [] if _ends_with_a_line_break(path) else [("no_final_line_break", says)]
    return Grid(pa.Table.from_batches(batches), odd, notes)


def _fitted(fields: list[str], width: int) -> list[str]:
    return [*fields[:width], *[""] * (width - len(fields))]


def _ragged(row: int, fields: list[str], width: int, odd: list[OddCell]) -> list[str]:
    extra = [text for text in fields[width:] if text.strip(BLANKS)]
    if extra:
        odd.append(OddCell(row, None, "too_many_fields", extra[0]))
    elif len(fields) < width:
        odd.append(OddCell(row, None, "too_few_fields", fields[-1]))
    return _fitted(fields, width)


def _batch(rows: list[Record], width: int) -> pa.RecordBatch:
    columns = zip(*(fields for _, fields in rows), strict=True)
    arrays = [text_column("\0".join(column).encode()) for column in columns]
    arrays.append(number_column([row for row, _ in rows]))
    return pa.RecordBatch.from_arrays(arrays, [*(f"c{i}" for i in range(width)), "_row"])


def _ends_with_a_line_break(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2))
        return file.read().strip(b"\0").endswith((b"\n", b"\r"))
