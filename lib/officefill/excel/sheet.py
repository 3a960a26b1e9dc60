"""One sheet of an Excel template on its way to a program."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from officefill.excel.cells import CellForm, column_of
from officefill.excel.column_layout import Across
from officefill.excel.references import LAST_ROW, STILL, Rows, Segment, column_name
from officefill.language.controls import Line
from officefill.language.marks import Marks
from officefill.messages import tr
from officefill.ooxml.namespaces import s
from officefill.ooxml.zip_gate import Reason, Refused

ROW, CELL = s("row"), s("c")
_CELL_NAME = re.compile("[A-Z]{1,3}[0-9]{1,7}")


@dataclass
class Sheet:
    """A sheet with marks. `text` holds the texts of its cells with their marks, `tagged` the cells with tags, `forms` their forms;
    `row_places` gives the segment of each row and its place in it, `looped` the number of the columns that a cell repeats with."""

    name: str
    tree: etree._Element
    marks: Marks = field(default_factory=Marks)
    text: dict[etree._Element, str] = field(default_factory=dict)
    tagged: set[etree._Element] = field(default_factory=set)
    forms: list[CellForm] = field(default_factory=list)
    rows: Rows = STILL
    row_places: dict[etree._Element, tuple[Segment, int]] = field(default_factory=dict)
    across: Across = field(default_factory=Across)
    looped: dict[etree._Element, int] = field(default_factory=dict)
    pictured: bool = False

    @property
    def data(self) -> etree._Element:
        return self.tree.find(s("sheetData"))

    @property
    def moves(self) -> bool:
        """Return True where rows or columns of the sheet may repeat or go."""
        return len(self.rows.segments) > 1 or bool(self.across.blocks)

    def place(self, cell: etree._Element | str) -> str:
        return f"{self.name}!{cell if isinstance(cell, str) else cell.get('r')}"

    def lines(self, row: etree._Element) -> list[Line]:
        """Return the cells of a row that hold a text."""
        return [(cell, cell, self.text[cell]) for cell in row.iter(CELL) if self.text.get(cell, "").strip()]


def settle_rows(data: etree._Element) -> None:
    """Give every row and cell the number it may leave out. Raises `Refused` for numbers out of order."""
    row_number = 0
    for row in data.iter(ROW):
        number = row.get("r", str(row_number + 1))
        if not number.isdecimal() or not row_number < int(number) <= LAST_ROW:
            raise Refused(Reason.UNFIT, tr("the rows of a sheet are not in order"))
        row_number = int(number)
        row.set("r", number)
        column = 0
        for cell in row.iter(CELL):
            if cell.get("r") and not _CELL_NAME.fullmatch(cell.get("r", "")):
                raise Refused(Reason.UNFIT, tr("a sheet holds a cell with the name {name}", name=cell.get("r")))
            column = column_of(cell.get("r", "")) if cell.get("r") else column + 1
            if not cell.get("r"):
                cell.set("r", f"{column_name(column)}{row_number}")
