"""From the final text of a report to the text of each section.

Several layouts at once: headings by style, by a number in front, by a list that Word counts, or alone on a line; names with the answer
running on behind a colon; forms whose cells name a section, with the answer beside, under or in the same cell. Text belongs to the
innermost section that is open; a section found twice holds both texts.
"""

from __future__ import annotations

from itertools import groupby

from postloan.inspection_reports.sections.blank_form import NO_FORM, BlankForm
from postloan.inspection_reports.sections.form import (
    Cells,
    Label,
    answer_cells,
    cells_of,
    labels_of,
    sections_headed,
    text_of,
)
from postloan.inspection_reports.sections.heading import Heading, ends_sections, heading
from postloan.inspection_reports.sections.outline import Outline
from postloan.inspection_reports.sections.section_names import SectionNames, section_names
from postloan.inspection_reports.word_text.final_text import Block
from postloan.inspection_reports.word_text.table_grid import Cell

NOTES = ("footnote", "endnote")
"""A note that begins with a number is no heading."""


def sections_of(blocks: list[Block], form: BlankForm = NO_FORM, names: SectionNames | None = None) -> dict[str, str]:
    """The text of each section found, without what is `form`'s; blank where the section is there and nobody wrote in it."""
    reading = _Reading(form, names or section_names())
    given = [block if block.given == block.text else block._replace(text=block.given) for block in blocks]
    reading.read([block for block in given if block.text.strip() or block.cells], 0)
    return {section: "\n".join(texts).strip() for section, texts in reading.found.items()}


class _Reading:
    """One reading of one report. `held` is text behind the signatures: it counts only if a section follows."""

    def __init__(self, form: BlankForm, names: SectionNames) -> None:
        self.form, self.names = form, names
        self.found: dict[str, list[str]] = {}
        self.outline = Outline()
        self.held: list[tuple[tuple[str, ...], str]] | None = None

    def read(self, blocks: list[Block], depth: int) -> None:
        """Read blocks that stand in `depth` tables."""
        for table, group in groupby(blocks, lambda block: block.cells[depth].table if len(block.cells) > depth else None):
            if table is None:
                for block in group:
                    self._paragraph(block)
            else:
                self._table(cells_of(list(group), depth), depth)

    def _paragraph(self, block: Block) -> None:
        found = None if block.kind in NOTES else heading(block, self.names)
        if found and found.sections:
            self._open(found)
            self._add(found.sections, self.form.written(block.text, found.rest))
            return
        if self.held is None and self.outline.sections and ends_sections(block, self.names):
            self.held = []
        if found:
            self.outline.enter(found)
        self._add(self.outline.sections, self.form.written(block.text))

    def _open(self, found: Heading) -> None:
        for sections, text in self.held or ():
            self._put(sections, text)
        self.held = None
        self.outline.enter(found)
        for section in found.sections:
            self.found.setdefault(section, [])

    def _add(self, sections: tuple[str, ...], text: str) -> None:
        if self.held is None:
            self._put(sections, text)
        else:
            self.held.append((sections, text))

    def _put(self, sections: tuple[str, ...], text: str) -> None:
        if text.strip():
            for section in sections:
                self.found.setdefault(section, []).append(text.strip())

    def _table(self, cells: Cells, depth: int) -> None:
        open_sections = self.outline.sections
        labels = labels_of(cells, self.names)
        named = {section for label in labels for section in label.heading.sections}
        headed = any(len(blocks) > 1 and len(sections_headed(blocks, self.names)) > 1 for blocks in cells.values())
        # Under an open section a table is data of that section, unless it is a form of several.
        if open_sections and len(named) < 2 and not headed:
            self._add(open_sections, self._rows(cells, list(cells)))
            return
        claimed: set[Cell] = set()
        for label in labels:
            claimed |= self._labelled(label, cells, labels)
        for cell, blocks in cells.items():
            if cell not in claimed:
                self._apart(blocks, depth + 1)

    def _labelled(self, label: Label, cells: Cells, labels: list[Label]) -> set[Cell]:
        """Take the answer to a label; the cells it used."""
        rest = [block._replace(text=self.form.written(block.text)) for block in label.rest]
        answers = answer_cells(label._replace(rest=rest), cells, labels, self.names)
        for section in label.heading.sections:
            self.found.setdefault(section, [])
        self._put(label.heading.sections, text_of(rest))
        self._put(label.heading.sections, self._rows(cells, answers))
        return {label.cell, *answers}

    def _apart(self, blocks: list[Block], depth: int) -> None:
        """Read a cell by itself: headings in it open sections that end with it."""
        outer = self.outline, self.held
        self.outline, self.held = Outline(), None
        self.read(blocks, depth)
        self.outline, self.held = outer

    def _rows(self, cells: Cells, wanted: list[Cell]) -> str:
        """Cells as lines of text: one line a row, a tab between cells."""
        lines: dict[int, list[str]] = {}
        for cell in wanted:
            written = [self.form.written(block.text).strip() for block in cells[cell]]
            lines.setdefault(cell.row, []).append("\n".join(filter(None, written)))
        return "\n".join(filter(None, ("\t".join(filter(None, line)) for line in lines.values())))
