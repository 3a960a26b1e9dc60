"""Marks put into a part's XML tree where something is to be filled in, and what stands at each.

A part is compiled thus: its tree gets marks, the tree is written out once as text, and the text is cut at the marks. What lies between is
literal for ever; `program.py` turns the pieces into one jinja2 program. A mark is either a private character pair inside a text or an
attribute, or a processing instruction between elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from officefill.language.names import Asked
from officefill.language.tags import Tag

# U+10FFFE is a noncharacter: XML allows it, no text uses it, and data that holds it is refused.
FENCE = "\U0010fffe"
TARGET = "officefill"
_MARK = re.compile(rf"<\?{TARGET} (\d+)\?>|{FENCE}(\d+){FENCE}")
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010fffd]")
"""Characters no part may hold; marks are among them, so data never looks like one."""
IN_TEXT = re.compile(rf"{FENCE}(\d+){FENCE}")


@dataclass(eq=False)
class Mark:
    """What stands at one mark.

    `show` and `control` carry a tag. `show` and `emit` print what the filter named `filter` gives for the tag's value (or for nothing)
    and `args`; `do` runs it for its effect, or to keep what it gives under `store`; `name` prints what is kept; `literal` prints its
    text; `begin` … `end` pass what lies between through the filter, `figure` … `end` with the value its tag shows; `when` … `empty` …
    `end` print the first or the second as the filter says; after a loop, `empty` begins what it leaves in its place when its list is
    empty; `inner` is `emit` for something that is a template itself: the filter gets the names known here, of which that asks for
    `asks`. A loop may name the filter that gives its items.
    """

    kind: Literal["show", "control", "emit", "do", "name", "literal", "begin", "figure", "when", "end", "empty", "inner"]
    tag: Tag | None = None
    filter: str = ""
    args: tuple[Any, ...] = ()
    store: str = ""
    asks: tuple[Asked, ...] = ()

    @property
    def control(self) -> str:
        """Which control it is: for, endfor, if …; blank for any other mark."""
        return self.tag.kind if self.kind == "control" and self.tag else ""


class Marks:
    """The marks of one part, numbered in the order they were made."""

    def __init__(self) -> None:
        self.all: list[Mark] = []

    def text(self, mark: Mark) -> str:
        """A mark to stand in a text or an attribute."""
        self.all.append(mark)
        return f"{FENCE}{len(self.all) - 1}{FENCE}"

    def node(self, mark: Mark) -> etree._ProcessingInstruction:
        """A mark to stand between elements."""
        self.all.append(mark)
        return etree.ProcessingInstruction(TARGET, str(len(self.all) - 1))

    def of(self, number: str) -> Mark:
        """The mark with this number."""
        return self.all[int(number)]

    def at(self, node: etree._Element) -> Mark | None:
        """The mark that is `node`, if it is one."""
        if node.tag is etree.PI and node.target == TARGET:  # type: ignore[attr-defined]
            return self.all[int(node.text or "")]
        return None

    def cut(self, text: str) -> Iterator[str | Mark]:
        """Literal pieces and marks of a part written out, in order."""
        end = 0
        for match in _MARK.finditer(text):
            if match.start() > end:
                yield text[end : match.start()]
            yield self.all[int(match[1] or match[2])]
            end = match.end()
        if end < len(text):
            yield text[end:]


def put_over(texts: Iterable[etree._Element], span: tuple[int, int], mark: str) -> None:
    """Puts `mark` over the characters of `span` of the text that these elements hold together, in the one where they begin; the rest of the
    span goes."""
    position = 0
    for node in texts:
        text = node.text or ""
        start, end = max(span[0] - position, 0), min(span[1] - position, len(text))
        position += len(text)
        if start < end:
            node.text, mark = text[:start] + mark + text[end:], ""


def without_mark(text: str, number: str) -> str:
    """`text` without one of its marks."""
    return IN_TEXT.sub(lambda match: "" if match[1] == number else match[0], text)
