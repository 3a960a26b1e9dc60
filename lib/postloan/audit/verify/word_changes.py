"""Finds changes made by hand in a Word paper, against its own record."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from officefill.content.alignment import align
from officefill.language.provenance import BOOKMARK

from postloan.audit.verify.line_changes import LineComparison, Range, added_remarks, known_numbers, line_remarks, region_remarks, short
from postloan.audit.verify.remark import Remark, figure_remark
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_record import Figure
from postloan.papers.record.paper_text import TextPart

CHARTS = "/charts/"
_DIGITS = re.compile(r"\d+(?=\.xml$)")


@dataclass(frozen=True)
class _Line:
    part: str
    at: int
    text: str


class _Story:
    """The body, or all headers, footers or notes together: Office programs number those parts as they like."""

    def __init__(self, paper: FinishedPaper, made: list[_Line], parts: Mapping[str, TextPart], printed: Mapping[str, Figure]) -> None:
        self.made, self.printed, self.parts = made, printed, parts
        self.now = [_Line(name, at, text) for name, part in parts.items() for at, (_, text) in enumerate(part.lines) if text.strip()]
        own = {(line.part, line.at) for line in made}
        self.figures: dict[tuple[str, int], list[Figure]] = {}
        for figure in paper.record.figures:
            if (figure.part, figure.line) in own:
                self.figures.setdefault((figure.part, figure.line), []).append(figure)
        self.marks = dict(self._marks())

    def _marks(self) -> Iterator[tuple[int, tuple[str, int, Range, str]]]:
        """Yield the number of each figure with the place and text of its bookmark now."""
        for name, part in self.parts.items():
            for bookmark, span in part.spans.items():
                number = bookmark.removeprefix(BOOKMARK)
                if number.isdecimal() and span.pieces:
                    line, start, end = span.pieces[0]
                    yield int(number), (name, line, (start, end), span.text)

    def pairs(self) -> list[tuple[_Line | None, _Line | None]]:
        """Return each line as made with the line now: lines with a bookmark are paired by it, others by their text."""
        owner = {figure.number: line for line in self.made for figure in self.figures.get((line.part, line.at), [])}
        first_mark: dict[tuple[str, int], int] = {}
        for number, (part, at, _, _) in sorted(self.marks.items()):
            first_mark.setdefault((part, at), number)
        anchors: dict[_Line, _Line] = {}
        for line in self.now:
            made = owner.get(first_mark.get((line.part, line.at), 0))
            if made is not None and made not in anchors:
                anchors[made] = line
        anchored = {now: line for line, now in anchors.items()}
        made_keys: list[Hashable] = [line if line in anchors else line.text for line in self.made]
        now_keys: list[Hashable] = [anchored.get(line, line.text) for line in self.now]
        pairs = align(made_keys, now_keys, lambda key: key.text if isinstance(key, _Line) else str(key))
        return [(None if i is None else self.made[i], None if j is None else self.now[j]) for i, j in pairs]

    def compared(self, made: _Line | None, now: _Line) -> LineComparison:
        figures = self.figures.get((made.part, made.at), []) if made else []
        marks = {number: place for number, (part, at, place, text) in self.marks.items() if (part, at) == (now.part, now.at) and text}
        places = [((figure.start, figure.start + len(figure.text)), figure) for figure in figures]
        here = [(place, figure) for place, figure in places if self.is_here(figure, now)]
        return LineComparison(now.part, now.at, made.text if made else "", now.text, here, marks, self.printed)

    def is_here(self, figure: Figure, line: _Line) -> bool:
        """Return True unless the figure's bookmark, with its text, went to another line."""
        mark = self.marks.get(figure.number)
        return mark is None or (mark[0], mark[1]) == (line.part, line.at) or mark[3] != figure.text


def word_remarks(paper: FinishedPaper) -> Iterator[Remark]:
    """Yield remarks on every figure, number, word and line changed by hand."""
    printed = {figure.text: figure for figure in paper.record.figures}
    for kind in dict.fromkeys(_kind(name) for name in [*paper.record.lines, *paper.parts] if CHARTS not in name):
        made = [
            _Line(name, at, text)
            for name, lines in paper.record.lines.items()
            if _kind(name) == kind
            for at, (_, text) in enumerate(lines)
            if text.strip()
        ]
        story = _Story(paper, made, {name: part for name, part in paper.parts.items() if _kind(name) == kind}, printed)
        yield from _story_remarks(story, repeats=kind != _kind(paper.main))
    known = known_numbers(paper.record)
    for name, part in paper.parts.items():
        for at, typed in part.typed.items():
            yield from region_remarks(name, at, typed, known)


def _kind(part: str) -> str:
    return _DIGITS.sub("", part)


def _story_remarks(story: _Story, *, repeats: bool) -> Iterator[Remark]:
    """Yield the remarks of a story. `repeats`: lines may occur more than once, since LibreOffice writes a footer for every section."""
    pairs = story.pairs()
    removed = [made for made, now in pairs if made and now is None]
    texts = {line.text for line in story.made}
    last: _Line | None = None
    for made, now in pairs:
        if now is None:
            continue
        last = now
        elsewhere = made is None and next((line for line in removed if line.text == now.text), None)
        if elsewhere:
            removed.remove(elsewhere)
            yield Remark("line_moved", now.part, now.at, None, {"now": short(now.text)})
        elif made is None and not (repeats and now.text in texts):
            yield from added_remarks(story.compared(None, now))
        elif made is not None and made.text != now.text:
            yield from line_remarks(story.compared(made, now))
    for line in removed:
        yield from _removed(story, line, _near(pairs, line) or last)


def _near(pairs: list[tuple[_Line | None, _Line | None]], line: _Line) -> _Line | None:
    """Return the line that now stands before the place of a removed one."""
    before: _Line | None = None
    for made, now in pairs:
        if made is line:
            return before
        before = now or before
    return before


def _removed(story: _Story, line: _Line, near: _Line | None) -> Iterator[Remark]:
    part, at = (near.part, near.at) if near else (line.part, None)
    for figure in story.figures.get((line.part, line.at), []):
        mark = story.marks.get(figure.number)
        if mark is None or not mark[3]:
            yield figure_remark("figure_gone", (part, at, None), figure)
        elif mark[3] != figure.text:
            yield figure_remark("figure_changed", mark[:3], figure, short(mark[3]))
    yield Remark("line_removed", part, at, None, {"was": short(line.text)})
