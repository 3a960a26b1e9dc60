"""Reading a CSV file that is damaged in places: what is wrong costs its line, not the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from postloan.data.intake.control_characters import CONTROL_BYTES, without_control
from postloan.data.intake.source import OddCell, Unreadable
from postloan.language import tr

MOST_BAD = 0.5
"""The largest part of lines that are no text in the encoding of a file; with more it is written in another."""
MOST_BROKEN = 1000
"""So many records with a broken quotation mark are passed over; beyond them the file is no CSV."""


@dataclass
class DamagedCsv:
    """The lines of the file as texts without control characters; `odd` are the lines that are lost, `cleaned` those that held one."""

    lines: list[str]
    odd: list[OddCell] = field(default_factory=list)
    cleaned: list[int] = field(default_factory=list)

    @staticmethod
    def read(path: Path) -> DamagedCsv:
        """Return the file in the encoding in which most of its lines are text. Raises `Unreadable` where that is none."""
        whole = path.read_bytes()
        if whole.startswith((b"\xff\xfe", b"\xfe\xff")):
            return DamagedCsv._cleaned(whole.decode("utf-16", "surrogatepass" if len(whole) % 2 == 0 else "replace").split("\n"), set())
        if _is_no_text(whole):
            raise Unreadable("unreadable_file", tr("the file is no text in UTF-8 or GB18030; save it again as 'CSV UTF-8'"))
        lines = whole.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        wrong = {encoding: {i for i, line in enumerate(lines, 1) if not decodes(line, encoding)} for encoding in ("utf-8", "gb18030")}
        foreign = sum(not line.isascii() for line in lines)
        encoding = "utf-8" if len(wrong["utf-8"]) <= foreign / 2 else "gb18030"  # half of all short UTF-8 texts pass as GB18030
        if len(wrong[encoding]) > MOST_BAD * len(lines):
            raise Unreadable("unreadable_file", tr("the file is no text in UTF-8 or GB18030; save it again as 'CSV UTF-8'"))
        errors = [("replace" if i in wrong[encoding] else "surrogatepass") for i in range(1, len(lines) + 1)]
        errors = errors if encoding == "utf-8" else ["replace"] * len(lines)
        return DamagedCsv._cleaned([line.decode(encoding, how) for line, how in zip(lines, errors, strict=True)], wrong[encoding])

    @staticmethod
    def _cleaned(lines: list[str], wrong: set[int]) -> DamagedCsv:
        texts = [without_control(line) for line in lines]
        cleaned = [i for i, (line, text) in enumerate(zip(lines, texts, strict=True), 1) if len(line) != len(text) and i not in wrong]
        odd = [OddCell(i, None, "unreadable_line", texts[i - 1].strip()) for i in sorted(wrong)]
        return DamagedCsv(texts, odd, cleaned)

    def records(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the records that are not empty with their lines; one with a broken quotation mark is listed in `odd` and given as it is."""
        first, broken = 0, 0
        while first < len(self.lines):
            reader = csv.reader((f"{line}\n" for line in self.lines[first:]), delimiter=delimiter, strict=True)
            start = first
            try:
                for fields in reader:
                    if fields and fields != [""]:
                        yield start + 1, fields
                    start = first + reader.line_num
                return
            except csv.Error as fault:
                broken += 1
                if broken > MOST_BROKEN:
                    says = tr("a quotation mark is not closed or stands inside a field; double it or remove it")
                    raise Unreadable("broken_quotes", says, start + 1) from fault
                self.odd.append(OddCell(start + 1, None, "broken_quotes", self.lines[start].strip()))
                yield start + 1, self.lines[start].replace('"', "").rstrip("\r").split(delimiter)
                first = start + 1


def _is_no_text(whole: bytes) -> bool:
    """Return True of a picture, a program, or UTF-16 without its mark: of such a file every tenth byte is no character, padding aside."""
    packed = re.sub(rb"\0{2,}", b"", whole)
    return len(packed.translate(None, CONTROL_BYTES)) < 0.9 * len(packed)


def decodes(line: bytes, encoding: str) -> bool:
    """Return True where a line is text in the encoding."""
    try:
        line.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError:
        return False
    return True
