"""Finds changes made by hand in one line: figures, other numbers, words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from postloan.audit.verify.remark import Remark, figure_remark
from postloan.audit.verify.text_pieces import DATE, Piece, PieceBlock, blocks, in_half_width, pieces_of
from postloan.papers.record.finished_paper import figure_name
from postloan.papers.record.paper_record import Figure, PaperRecord

Range = tuple[int, int]
LONGEST_SHOWN = 60
AROUND = 8
"""The characters shown on either side of a change."""
LEAST_DIGITS = 3
"""The least digits of a number that equals a figure of the paper by more than chance."""
_CALENDAR = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?=\s*(?:年|[-—~～至]\s*(?:19|20)\d\d年))|(?<!\d)(?:1[0-2]|0?[1-9])(?=\s*月)|(?:第\s*)?[1-4一二三四](?=\s*季)"
)
"""Years, months and quarters: nobody computes them."""
_UNIT = re.compile("%|％|个百分点|亿元|万元|元")


@dataclass(frozen=True)
class LineComparison:
    """A line as made and as it is now.

    `figures`: its figures by place as made. `marks`: the current places of bookmarks of figures, by number. `printed`: every figure of the
    paper by its text.
    """

    part: str
    at: int | str
    made: str
    now: str
    figures: list[tuple[Range, Figure]] = field(default_factory=list)
    marks: Mapping[int, Range] = field(default_factory=dict)
    printed: Mapping[str, Figure] = field(default_factory=dict)


def line_remarks(line: LineComparison) -> Iterator[Remark]:
    """Yield a remark for each change made by hand in the line."""
    if line.made == line.now:
        return
    found = list(blocks(line.made, line.now))
    reported: list[Range] = []
    for place, figure in line.figures:
        yield from _figure(line, found, place, figure, reported)
    reported += line.marks.values()
    yield from _numbers(line, found, reported)
    if _words_differ(line, found):
        was, now, span = excerpts(line.made, line.now)
        yield Remark("text_changed", line.part, line.at, span, {"was": was, "now": now})


def excerpts(made: str, now: str) -> tuple[str, str, Range | None]:
    """Return the changed text as made and now, with some text around it, and its place now."""
    most = min(len(made), len(now))
    first = next((i for i in range(most) if made[i] != now[i]), most)
    last = next((i for i in range(most - first) if made[-1 - i] != now[-1 - i]), most - first)
    shown = []
    for text in (made, now):
        start, end = max(0, first - AROUND), min(len(text), len(text) - last + AROUND)
        shown.append(("…" if start else "") + short(text[start:end]) + ("…" if end < len(text) else ""))
    end = len(now) - last
    return shown[0], shown[1], (first, end) if first < end else None


def _figure(line: LineComparison, found: list[PieceBlock], place: Range, figure: Figure, reported: list[Range]) -> Iterator[Remark]:
    """Yield a remark on a figure that is missing or changed; the place of a changed one is added to `reported`."""
    if _is_unchanged(found, place):
        return
    mark = line.marks.get(figure.number) or _replaced(found, place)
    if mark is None:
        yield figure_remark("figure_gone", (line.part, line.at, None), figure)
        return
    mark = _whole_numbers(line.now, mark)
    reported.append(mark)
    now = line.now[slice(*mark)]
    if in_half_width(now) != in_half_width(figure.text):
        yield figure_remark("figure_changed", (line.part, line.at, mark), figure, short(now))


def _is_unchanged(found: list[PieceBlock], place: Range) -> bool:
    """Return True if all characters of the range are still there, side by side."""
    return any(block.same and block.made[0].start <= place[0] and place[1] <= block.made[-1].end for block in found)


def _replaced(found: list[PieceBlock], place: Range) -> Range | None:
    """Return the current place of the number that replaced the one in the range."""
    for block in found:
        if not block.same and block.made and block.now and block.made[0].start < place[1] and place[0] < block.made[-1].end:
            numbers = [piece for piece in block.now if piece.is_number]
            if numbers:
                before = sum(piece.is_number and piece.end <= place[0] for piece in block.made)
                chosen = numbers[min(before, len(numbers) - 1)]
                return chosen.start, chosen.end
    return None


def _whole_numbers(text: str, place: Range) -> Range:
    """Return the range extended to whole numbers: a digit typed beside a figure makes another number of it."""
    touched = [piece for piece in pieces_of(text) if piece.is_number and piece.start < place[1] and place[0] < piece.end]
    return min([place[0], *(p.start for p in touched)]), max([place[1], *(p.end for p in touched)])


def _numbers(line: LineComparison, found: list[PieceBlock], reported: list[Range]) -> Iterator[Remark]:
    """Yield remarks on new numbers that are no figures."""
    removed = Counter(
        piece.text
        for block in found
        for piece in block.made
        if not block.same and piece.is_number and not _within(piece, [place for place, _ in line.figures])
    )
    for block in found:
        if block.same:
            continue
        olds = [p for p in block.made if p.is_number and not _within(p, [place for place, _ in line.figures])]
        for piece in block.now:
            if not piece.is_number or _within(piece, reported):
                continue
            if removed[piece.text] > 0:
                removed[piece.text] -= 1
                continue
            if olds or not _is_calendar(line.now, piece):
                yield _number(line, piece, olds.pop(0) if olds else None)


def _number(line: LineComparison, piece: Piece, old: Piece | None) -> Remark:
    now = line.now[piece.start : piece.end] + (unit[0] if (unit := _UNIT.match(line.now, piece.end)) else "")
    slots: dict[str, object] = {"now": now}
    kind = "number_typed"
    like = line.printed.get(in_half_width(now)) if sum(c.isdigit() for c in now) >= LEAST_DIGITS else None
    if old is not None:
        kind, slots = "number_changed", slots | {"was": old.text}
    elif not line.made and (date := DATE.search(line.now)) and date.start() <= piece.start < date.end():
        kind = "date_typed"
    elif like:
        kind = "number_copied"
    if like:
        slots["figure"] = figure_name(like)
    return Remark(kind, line.part, line.at, (piece.start, piece.end), slots)


def _is_calendar(text: str, piece: Piece) -> bool:
    """Return True for a year, month or quarter outside a full date, which is told as one filled in by hand."""
    if any(date.start() <= piece.start < date.end() for date in DATE.finditer(text)):
        return False
    return any(found.start() <= piece.start and piece.end <= found.end() for found in _CALENDAR.finditer(text))


def _within(piece: Piece, places: list[Range]) -> bool:
    return any(piece.start < end and start < piece.end for start, end in places)


def _words_differ(line: LineComparison, found: list[PieceBlock]) -> bool:
    """Return True if words were changed too, not only one number for another, blanks and people's regions."""
    made, now = [p for block in found if not block.same for p in block.made], [p for block in found if not block.same for p in block.now]
    return sum(p.is_number for p in made) > sum(p.is_number for p in now) or _words(made) != _words(now)


def _words(pieces: list[Piece]) -> str:
    return "".join("".join(piece.text for piece in pieces if not piece.is_number).split())


def added_remarks(line: LineComparison) -> Iterator[Remark]:
    """Yield remarks on the numbers of a new line, and on the line itself."""
    yield from (_number(line, piece, None) for piece in pieces_of(line.now) if piece.is_number and not _is_calendar(line.now, piece))
    yield Remark("line_added", line.part, line.at, None, {"now": short(line.now)})


def region_remarks(part: str, at: int | str, typed: str, known: frozenset[str]) -> Iterator[Remark]:
    """Yield remarks on numbers typed into a region that are not among the paper's `known` ones."""
    for piece in pieces_of(typed):
        if piece.is_number and piece.text not in known and not _is_calendar(typed, piece):
            unit = _UNIT.match(typed, piece.end)
            yield Remark("number_in_region", part, at, None, {"now": piece.text + (unit[0] if unit else "")})


def known_numbers(record: PaperRecord) -> frozenset[str]:
    """Return the numbers of all figures of a paper, and of its regions as made."""
    texts = [*(figure.text for figure in record.figures), *(region.made for region in record.regions)]
    return frozenset(piece.text for text in texts for piece in pieces_of(text) if piece.is_number)


def short(text: str) -> str:
    """Return a text on one line, shortened for a list."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST_SHOWN else one_line[: LONGEST_SHOWN - 1] + "…"
