"""Forms: tables with a section's name in one cell and the answer in the cells beside or under it."""

from __future__ import annotations

import re
from typing import NamedTuple

from postloan.inspection_reports.sections.heading import Heading, heading
from postloan.inspection_reports.sections.section_names import SectionNames, may_be_a_name
from postloan.inspection_reports.word_text.table_grid import TableCell
from postloan.inspection_reports.word_text.text_block import TextBlock

Cells = dict[TableCell, list[TextBlock]]

LONGEST_TITLE = 20
_NO_TITLE = re.compile(r"[\d,，。；;：:！？]")


class Label(NamedTuple):
    """A cell with the names of sections; `rest` is its other text: a note, or the answer."""

    cell: TableCell
    heading: Heading
    rest: list[TextBlock]


def cells_of(blocks: list[TextBlock], depth: int) -> Cells:
    """Return the blocks of one table by cell, in order; `depth` is the number of tables around the table."""
    cells: Cells = {}
    for block in blocks:
        cells.setdefault(block.cells[depth], []).append(block)
    return cells


def text_of(blocks: list[TextBlock]) -> str:
    return "\n".join(block.text for block in blocks).strip()


def labels_of(cells: Cells, names: SectionNames) -> list[Label]:
    """Return the cells with the name of a section, in order."""
    found = [_label(cell, blocks, names) for cell, blocks in cells.items()]
    return [label for label in found if label]


def _label(cell: TableCell, blocks: list[TextBlock], names: SectionNames) -> Label | None:
    filled = [block for block in blocks if block.text.strip()] if len(blocks) > 1 else blocks
    # A narrow cell splits its name into several paragraphs, down to single characters.
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


def sections_headed(blocks: list[TextBlock], names: SectionNames) -> set[str]:
    """Return the sections named by headings among `blocks`."""
    headings = [heading(block, names) for block in blocks]
    return {section for found in headings if found for section in found.sections}


def answer_cells(label: Label, cells: Cells, labels: list[Label], names: SectionNames) -> list[TableCell]:
    """Return the cells with the answer to a label: those on its right up to the next label, else those under it."""
    at = {other.cell for other in labels}
    right = _right(label.cell, cells, at)
    if right or text_of(label.rest):
        return right
    return _under(label, cells, at, names)


def _right(label: TableCell, cells: Cells, labels: set[TableCell]) -> list[TableCell]:
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


def _under(label: Label, cells: Cells, labels: set[TableCell], names: SectionNames) -> list[TableCell]:
    found: list[TableCell] = []
    overlapping = [cell for cell in cells if cell.column < label.cell.beyond and label.cell.column < cell.beyond]
    for row in sorted({cell.row for cell in overlapping if cell.row >= label.cell.below}):
        here = [cell for cell in overlapping if cell.row == row]
        if any(cell in labels or _is_beside(cells[cell], label, names) for cell in here):
            break
        if found and len(here) == 1 and here[0].columns == label.cell.columns and _is_title(cells[here[0]]):
            break
        found += here
    return found


def _is_beside(blocks: list[TextBlock], label: Label, names: SectionNames) -> bool:
    """Return True if a cell has the number after the label's: 六、 under 五、."""
    mark, scheme = heading(blocks[0], names), label.heading.mark.scheme
    return bool(mark and scheme and mark.mark.scheme == scheme and mark.mark.number == label.heading.mark.number + 1)


def _is_title(blocks: list[TextBlock]) -> bool:
    text = text_of(blocks)
    return 1 < len(text) <= LONGEST_TITLE and "\n" not in text and not _NO_TITLE.search(text)
