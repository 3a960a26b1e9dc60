"""Forms: tables in which a cell names a section and the cells beside or under it hold the answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from postloan.inspection_reports.sections.heading import Heading, heading
from postloan.inspection_reports.sections.section_names import SectionNames, may_be_a_name
from postloan.inspection_reports.word_text.final_text import Block
from postloan.inspection_reports.word_text.table_grid import Cell

Cells = dict[Cell, list[Block]]

LONGEST_TITLE = 20
_NO_TITLE = re.compile(r"[\d,，。；;：:！？]")


class Label(NamedTuple):
    """A cell that names sections; `rest` is what else it holds: a note, or the answer itself."""

    cell: Cell
    heading: Heading
    rest: list[Block]


def cells_of(blocks: list[Block], depth: int) -> Cells:
    """The blocks of one table by cell, in order; `depth` is how many tables the table stands in."""
    cells: Cells = {}
    for block in blocks:
        cells.setdefault(block.cells[depth], []).append(block)
    return cells


def text_of(blocks: list[Block]) -> str:
    return "\n".join(block.text for block in blocks).strip()


def labels_of(cells: Cells, names: SectionNames) -> list[Label]:
    """The cells that name a section, in order."""
    found = [_label(cell, blocks, names) for cell, blocks in cells.items()]
    return [label for label in found if label]


def _label(cell: Cell, blocks: list[Block], names: SectionNames) -> Label | None:
    filled = [block for block in blocks if block.text.strip()] if len(blocks) > 1 else blocks
    # A narrow cell breaks its name into several paragraphs, at worst one for each character.
    whole = "".join(block.text.strip() for block in filled)
    if not names.may_name(whole):
        return None
    if may_be_a_name(whole):
        named = heading(filled[0]._replace(text=whole), names, marked=True)
        if named and named.sections and not named.rest:
            return Label(cell, named, [])
    first = heading(filled[0], names, marked=len(filled) > 1)
    if not first or not first.sections or len(sections_headed(filled, names)) > 1:
        return None
    return Label(cell, first, [filled[0]._replace(text=first.rest), *filled[1:]])


def sections_headed(blocks: list[Block], names: SectionNames) -> set[str]:
    """The sections that paragraphs among `blocks` are headings of."""
    headings = [heading(block, names) for block in blocks]
    return {section for found in headings if found for section in found.sections}


def answer_cells(label: Label, cells: Cells, labels: list[Label], names: SectionNames) -> list[Cell]:
    """The cells that hold the answer to a label: those right of it up to the next label, else those under it."""
    at = {other.cell for other in labels}
    right = _right(label.cell, cells, at)
    if right or text_of(label.rest):
        return right
    return _under(label, cells, at, names)


def _right(label: Cell, cells: Cells, labels: set[Cell]) -> list[Cell]:
    below, starts = label.below, {(cell.row, cell.column): cell for cell in cells}
    # People leave the cells under a label blank instead of merging them with it.
    while (under := starts.get((below, label.column))) and under.columns == label.columns and not text_of(cells[under]):
        if any(other.row == below for other in labels):
            break
        below = under.below
    ends = [other.column for other in labels if label.row <= other.row < below and other.column >= label.beyond]
    end = min(ends, default=None)
    beside = [cell for cell in cells if label.row <= cell.row < below and cell.column >= label.beyond]
    return [cell for cell in beside if end is None or cell.column < end]


def _under(label: Label, cells: Cells, labels: set[Cell], names: SectionNames) -> list[Cell]:
    found: list[Cell] = []
    overlapping = [cell for cell in cells if cell.column < label.cell.beyond and label.cell.column < cell.beyond]
    for row in sorted({cell.row for cell in overlapping if cell.row >= label.cell.below}):
        here = [cell for cell in overlapping if cell.row == row]
        if any(cell in labels or _is_beside(cells[cell], label, names) for cell in here):
            break
        if found and len(here) == 1 and here[0].columns == label.cell.columns and _is_title(cells[here[0]]):
            break
        found += here
    return found


def _is_beside(blocks: list[Block], label: Label, names: SectionNames) -> bool:
    """Whether a cell goes on with the label's numbers: 六、 under 五、."""
    mark, scheme = heading(blocks[0], names), label.heading.mark.scheme
    return bool(mark and scheme and mark.mark.scheme == scheme and mark.mark.number == label.heading.mark.number + 1)


def _is_title(blocks: list[Block]) -> bool:
    text = text_of(blocks)
    return 1 < len(text) <= LONGEST_TITLE and "\n" not in text and not _NO_TITLE.search(text)
