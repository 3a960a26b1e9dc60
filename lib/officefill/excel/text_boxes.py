"""Tags in the text boxes and shapes of a sheet: filled in their line, with the form of the run they begin in."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from officefill.errors import Fault
from officefill.language.expressions import PlainEnvironment
from officefill.language.marks import IN_TEXT, Mark, Marks, put_over
from officefill.language.program import STATE, State
from officefill.language.tags import TAG, find_tags, quoted
from officefill.messages import tr
from officefill.word.loops import told_in_pairs, unpaired

_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PARAGRAPH, _TEXT = f"{{{_A}}}p", f"{{{_A}}}t"


def holds_tags(root: etree._Element) -> bool:
    """Whether a text of a drawing holds a tag."""
    return any(TAG.search("".join(paragraph.itertext(_TEXT))) for paragraph in root.iter(_PARAGRAPH))


def mark_boxes(root: etree._Element, environment: PlainEnvironment, place: str, faults: list[Fault]) -> Marks:
    """Puts marks in place of the tags in a drawing's texts."""
    marks = Marks()
    for paragraph in root.iter(_PARAGRAPH):
        texts = list(paragraph.iter(_TEXT))
        words = "".join(node.text or "" for node in texts)
        tags = find_tags(environment, words, quoted(place, words), faults)
        for tag in tags:
            tag.order = (len(marks.all), tag.span[0])
        for tag in reversed(tags):
            put_over(texts, tag.span, marks.text(Mark("control", tag) if tag.is_control else Mark("show", tag, "-box")))
        for node in texts:
            faults += told_in_pairs(unpaired([mark for m in IN_TEXT.finditer(node.text or "") if (mark := marks.of(m[1])).control]))
    return marks


@pass_context
def box_words(context: Context, value: object, line: int) -> str:
    """A value as text of a shape."""
    state: State = context.parent[STATE]
    text = state.words(value, line)
    if "\n" in text:
        return state.refuse(line, tr("a text box takes no text of several lines"), tr("show it in a cell"))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
