"""Where things stand in a finished paper now, for programs and in words."""

from __future__ import annotations

from officefill.language.provenance import BOOKMARK
from officefill.word.paragraphs import PARAGRAPH, paragraphs

from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_rows import Rows
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.paper_record import Figure
from postloan.papers.record.paper_text import TextPart

Place = tuple[str, int | str | None, tuple[int, int] | None]
"""TextPart or sheet, line or cell, characters."""


def place_of(paper: FinishedPaper, figure: Figure, rows: dict[str, Rows]) -> Place:
    """Where a figure stands now: in Word at its bookmark, or in its line as made where that is lost; `rows` are those of the sheets."""
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


class Places:
    """The places of a paper in words; paragraphs are counted only once somebody asks."""

    def __init__(self, paper: FinishedPaper) -> None:
        self.paper, self.known = paper, dict[str, list[str]]()

    def words(self, remark: Remark) -> str:
        """table 2 row 3 cell 1; 收回明细!I9."""
        if isinstance(remark.at, str):
            return f"{remark.part}!{remark.at}"
        if not self.paper.is_word or remark.at is None:
            return remark.part
        lines = self._lines(remark.part)
        return lines[remark.at] if remark.at < len(lines) else remark.part

    def _lines(self, part: str) -> list[str]:
        if part not in self.known:
            root = self.paper.package.tree(part)
            named = dict(paragraphs(root if part != self.paper.main else root[0] if len(root) else root, _story(part, self.paper.main)))
            self.known[part] = [named.get(paragraph, part) for paragraph in root.iter(PARAGRAPH)]
        return self.known[part]


def _story(part: str, main: str) -> str:
    name = part.rsplit("/", 1)[-1].removesuffix(".xml").rstrip("0123456789")
    said = {"header": tr("header"), "footer": tr("footer"), "footnotes": tr("footnotes"), "endnotes": tr("endnotes")}
    return "" if part == main else said.get(name, part)
