"""Tags in the text boxes and shapes of a sheet: filled in their line, with the form of the run they begin in."""

from __future__ import annotations

from typing import Any

from lxml import etree

from officefill.errors import Fault
from officefill.excel.chart import PARAGRAPH, TEXT, mark_line
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import Marks
from officefill.language.program import State
from officefill.language.tags import TAG
from officefill.messages import tr


def holds_tags(root: etree._Element) -> bool:
    """Return True where a text of a drawing holds a tag."""
    return any(TAG.search("".join(paragraph.itertext(TEXT))) for paragraph in root.iter(PARAGRAPH))


def mark_boxes(root: etree._Element, environment: PlainEnvironment, place: str, faults: list[Fault]) -> Marks:
    """Put marks in place of the tags in a drawing's texts."""
    marks = Marks()
    for paragraph in root.iter(PARAGRAPH):
        mark_line(environment, list(paragraph.iter(TEXT)), place, marks, faults)
    return marks


class BoxState(State):
    """A run of one drawing with text boxes, whose texts have one line."""

    def words(self, value: Any, line: int) -> str:
        text = super().words(value, line)
        return self.refuse(line, tr("a text box takes no text of several lines"), tr("show it in a cell")) if "\n" in text else text
