"""The pieces of a report's text."""

from __future__ import annotations

from typing import NamedTuple

from postloan.inspection_reports.word_text.table_grid import TableCell


class TextBlock(NamedTuple):
    """One paragraph of the final text, or an empty cell.

    `kind`: paragraph, heading, cell, textbox, footnote or endnote. `given`: the text without placeholders. `level`: of a heading, from 1;
    else 0. `numbering`: list and depth of a paragraph that Word counts. `cells`: the cells around it, the outermost first.
    `stands_out`: a short paragraph all in bold, or in the middle of its line. `unread`: the name of a
    part that is no text: a picture, or an object that could not be read.
    """

    kind: str
    text: str
    given: str
    level: int = 0
    numbering: tuple[str, str] | None = None
    cells: tuple[TableCell, ...] = ()
    stands_out: bool = False
    unread: str = ""
