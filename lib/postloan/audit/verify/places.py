"""The current places of figures and remarks in a finished paper, for programs and in words."""

from __future__ import annotations

from officefill.language.provenance import BOOKMARK
from officefill.word.paragraphs import PARAGRAPH, paragraphs

from postloan.audit.verify.remark import Position
from postloan.audit.verify.sheet_rows import SheetRows
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_record import Figure
from postloan.papers.record.paper_text import TextPart


def place_of(paper: FinishedPaper, figure: Figure, rows: dict[str, SheetRows]) -> Position:
    """Return the current place of a figure: in Word at its bookmark, else in its line as made. `rows`: the rows of the sheets."""
    if figure.cell:
        at = rows[figure.part].place(figure.cell) if figure.part in rows else None
        return figure.part, at or figure.cell, None
    part: TextPart | None = paper.parts.get(figure.part)
    span = part.spans.get(f"{BOOKMARK}{figure.number}") if part else None
    if span and span.pieces:
        line, start, end = span.pieces[0]
        return figure.part, line, (start, end)
    made = paper.record.lines.get(figure.part, [])
    text = made[figure.line][1] if 0 <= figure.line < len(made) else ""
    return figure.part, next((n for n, (_, line) in enumerate(part.lines if part else ()) if text and line == text), None), None


class PlaceNames:
    """The places of a paper in words; paragraphs are counted on first use."""

    def __init__(self, paper: FinishedPaper) -> None:
        self.paper, self.known = paper, dict[str, list[str]]()

    def words(self, position: Position) -> str:
        """Return a position in words: table 2 row 3 cell 1; 收回明细!I9."""
        part, at, _ = position
        if isinstance(at, str):
            return f"{part}!{at}"
        if not self.paper.is_word or at is None:
            return part
        lines = self._lines(part)
        return lines[at] if at < len(lines) else part

    def _lines(self, part: str) -> list[str]:
        if part not in self.known:
            root = self.paper.package.tree(part)
            named = dict(paragraphs(root if part != self.paper.main else root[0] if len(root) else root, _story(part, self.paper.main)))
            self.known[part] = [named.get(paragraph, part) for paragraph in root.iter(PARAGRAPH)]
        return self.known[part]


def _story(part: str, main: str) -> str:
    name = part.rsplit("/", 1)[-1].removesuffix(".xml").rstrip("0123456789")
    names = {"header": tr("header"), "footer": tr("footer"), "footnotes": tr("footnotes"), "endnotes": tr("endnotes")}
    return "" if part == main else names.get(name, part)
