"""Splits the final text of a report into the text of each section.

Several layouts work side by side: headings by style, by a number in front, by a list that Word counts, or alone on a line; names with the
answer behind a colon; forms with the section's name in one cell and the answer beside, under or in it. Text belongs to the innermost
open section; a section found twice gets both texts.
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

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
from postloan.inspection_reports.sections.heading import SPLIT, Heading, ends_sections, heading
from postloan.inspection_reports.sections.heading_number import heading_number
from postloan.inspection_reports.sections.outline import Outline
from postloan.inspection_reports.sections.section_names import DoubtfulNames, SectionNames, may_be_a_name, section_names
from postloan.inspection_reports.word_text.table_grid import TableCell
from postloan.inspection_reports.word_text.text_block import TextBlock

NOTES = ("footnote", "endnote")
"""Kinds of notes: a note that begins with a number is no heading."""


class ReadSections(NamedTuple):
    """The text of each section found, blank for an empty one, and the parts in each section that are no text.

    `strange`: the headings beside those of sections that are none of a section, and none that a report is known to have besides.
    """

    texts: dict[str, str]
    unread: dict[str, list[str]]
    strange: list[str]


def sections_of(blocks: list[TextBlock], form: BlankForm = NO_FORM, names: SectionNames | None = None) -> dict[str, str]:
    """Return the text of each section found, without the words of `form`; blank for an empty section."""
    return read_sections(blocks, form, names).texts


def read_sections(blocks: list[TextBlock], form: BlankForm = NO_FORM, names: SectionNames | None = None) -> ReadSections:
    """Return the text of each section found, as `sections_of`, and what in it could not be read."""
    names = names or section_names()
    given = [block if block.given == block.text else block._replace(text=block.given) for block in blocks]
    filled = [block for block in given if block.text.strip() or block.cells or block.unread]
    found, unread, strange = _read(filled, form, names)
    # A section that no sure name has found may stand under a doubtful one. This adds texts, and takes none away.
    wanted = names.sections - found.keys()
    doubtful_names = DoubtfulNames(names, wanted)
    if wanted and any(
        doubtful_names.named(line, False) or doubtful_names.spoken_of(line) for block in filled for line in _first_words(block.text)
    ):
        doubtful = _read(filled, form, doubtful_names)
        found |= {section: text for section, text in doubtful.texts.items() if section in wanted}
        unread |= {section: parts for section, parts in doubtful.unread.items() if section in wanted}
        strange = doubtful.strange
    return ReadSections(found, unread, strange)


def _read(blocks: list[TextBlock], form: BlankForm, names: SectionNames) -> ReadSections:
    reader = _SectionReader(form, names)
    reader.read(blocks, 0)
    return ReadSections(
        {section: "\n".join(texts).strip() for section, texts in reader.found.items()}, reader.unread, reader.strange_headings()
    )


def _first_words(text: str) -> list[str]:
    """Return the parts of a line that may be a name: the line without its number, and its beginning up to a sign."""
    number = heading_number(text) if text else None
    line = text[number.end :] if number else text
    return [line, SPLIT.split(line.strip(), maxsplit=1)[0]]


class _SectionReader:
    """The reading of one report. `pending`: text behind the signatures; it counts only if a section follows."""

    def __init__(self, form: BlankForm, names: SectionNames) -> None:
        self.form, self.names = form, names
        self.found: dict[str, list[str]] = {}
        self.unread: dict[str, list[str]] = {}
        self.schemes: set[str] = set()
        self.strange: list[tuple[str, str]] = []
        self.outline = Outline()
        self.pending: list[tuple[tuple[str, ...], str]] | None = None

    def read(self, blocks: list[TextBlock], depth: int) -> None:
        """Read blocks that stand in `depth` tables."""
        for table, group in groupby(blocks, lambda block: block.cells[depth].table if len(block.cells) > depth else None):
            if table is None:
                for block in group:
                    self._paragraph(block)
            else:
                self._table(cells_of(list(group), depth), depth)

    def strange_headings(self) -> list[str]:
        """Return the headings counted like those of sections that are none of a section, nor one that a report has besides."""
        return [text for scheme, text in self.strange if scheme and scheme in self.schemes and self.names.is_strange(text)]

    def _paragraph(self, block: TextBlock) -> None:
        if block.unread:
            self._note(self.outline.sections, [block])
            return
        found = None if block.kind in NOTES else heading(block, self.names)
        if found and found.sections:
            self.schemes.add(found.mark.scheme)
            self._open(found)
            self._add(found.sections, self.form.written(block.text, found.rest))
            return
        if self.pending is None and self.outline.sections and ends_sections(block, self.names):
            self.pending = []
        if found:
            self.outline.enter(found)
            self.strange.append((found.mark.scheme, block.text.strip()))
        self._add(self.outline.sections, self.form.written(block.text))

    def _open(self, found: Heading) -> None:
        for sections, text in self.pending or ():
            self._put(sections, text)
        self.pending = None
        self.outline.enter(found)
        for section in found.sections:
            self.found.setdefault(section, [])

    def _note(self, sections: tuple[str, ...], blocks: list[TextBlock]) -> None:
        """Note the blocks that are no text."""
        for section in sections if self.pending is None else ():
            self.unread.setdefault(section, []).extend(block.unread for block in blocks if block.unread)

    def _add(self, sections: tuple[str, ...], text: str) -> None:
        if self.pending is None:
            self._put(sections, text)
        else:
            self.pending.append((sections, text))

    def _put(self, sections: tuple[str, ...], text: str) -> None:
        if text.strip():
            for section in sections:
                self.found.setdefault(section, []).append(text.strip())

    def _table(self, cells: Cells, depth: int) -> None:
        if alone := self._only_a_name(cells):
            self._open(alone)
            return
        open_sections = self.outline.sections
        labels = labels_of(cells, self.names)
        named = {section for label in labels for section in label.heading.sections}
        headed = any(len(blocks) > 1 and len(sections_headed(blocks, self.names)) > 1 for blocks in cells.values())
        # Under an open section a table is data of that section, unless it is a form of several sections.
        if open_sections and len(named) < 2 and not headed:
            self._add(open_sections, self._rows(cells, list(cells), depth))
            self._note(open_sections, [block for blocks in cells.values() for block in blocks])
            return
        claimed: set[TableCell] = set()
        for label in labels:
            claimed |= self._labelled(label, cells, labels, depth)
        for cell, blocks in cells.items():
            if cell not in claimed:
                self._apart(blocks, depth + 1)
        if labels and self._is_answered_below(labels[-1], cells, labels):
            self._open(labels[-1].heading)

    def _only_a_name(self, cells: Cells) -> Heading | None:
        """Return the name of a section where it is all that a table holds, and no cell is empty: a table drawn around a heading."""
        filled = [block for blocks in cells.values() for block in blocks if block.text.strip() or block.unread]
        text = "".join(block.text.strip() for block in filled)
        if not may_be_a_name(text) or any(not text_of(blocks) or any(block.unread for block in blocks) for blocks in cells.values()):
            return None
        found = heading(filled[0]._replace(text=text), self.names, marked=True)
        return found if found and found.sections and not found.rest else None

    def _labelled(self, label: Label, cells: Cells, labels: list[Label], depth: int) -> set[TableCell]:
        """Add the answer to a label. Returns the used cells."""
        rest = [block._replace(text=self.form.written(block.text)) for block in label.rest]
        answers = answer_cells(label._replace(rest=rest), cells, labels, self.names)
        for section in label.heading.sections:
            self.found.setdefault(section, [])
        self._put(label.heading.sections, text_of(rest))
        self._put(label.heading.sections, self._rows(cells, answers, depth))
        self._note(label.heading.sections, [block for cell in {label.cell, *answers} for block in cells[cell]])
        return {label.cell, *answers}

    def _is_answered_below(self, label: Label, cells: Cells, labels: list[Label]) -> bool:
        """Return True for a label with no room for an answer in its table: the text under the table is its answer."""
        return not text_of(label.rest) and not answer_cells(label, cells, labels, self.names) and label.cell == list(cells)[-1]

    def _apart(self, blocks: list[TextBlock], depth: int) -> None:
        """Read a cell by itself: sections opened in it end with it."""
        outer = self.outline, self.pending
        self.outline, self.pending = Outline(), None
        self.read(blocks, depth)
        self.outline, self.pending = outer

    def _rows(self, cells: Cells, wanted: list[TableCell], depth: int) -> str:
        """Return cells as lines of text: one line per row, a tab between cells."""
        lines: dict[int, list[str]] = {}
        for cell in wanted:
            lines.setdefault(cell.row, []).append(self._cell(cells[cell], depth + 1))
        return "\n".join(filter(None, ("\t".join(filter(None, line)) for line in lines.values())))

    def _cell(self, blocks: list[TextBlock], depth: int) -> str:
        """Return the text of a cell; a table in it line by line as well."""
        parts = []
        for table, group in groupby(blocks, lambda block: block.cells[depth].table if len(block.cells) > depth else None):
            inside = list(group)
            if table is None:
                parts += [self.form.written(block.text).strip() for block in inside]
            else:
                cells = cells_of(inside, depth)
                parts.append(self._rows(cells, list(cells), depth))
        return "\n".join(filter(None, parts))
