"""Marks put into a part's XML tree where something is to be filled in.

A part is compiled thus: its tree gets marks, the tree is written out once as text, and the text is cut at the marks. The text between is
literal for ever; `assembly.py` turns the pieces into one jinja2 program. A mark is either a private character pair inside a text or an
attribute, or a processing instruction between elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from officefill.language.names import NameUse
from officefill.language.tags import NO_TAG, Tag

# U+10FFFE is a noncharacter: XML allows it, no text uses it, and data that holds it is refused.
FENCE = "\U0010fffe"
_TARGET = "officefill"
_MARK = re.compile(rf"<\?{_TARGET} (\d+)\?>|{FENCE}(\d+){FENCE}")
IN_TEXT = re.compile(rf"{FENCE}(\d+){FENCE}")


@dataclass(eq=False)
class Mark:
    """The content of one mark.

    `show` and `control` carry a tag. `show` and `emit` print the result of the filter named `filter` for the tag's value (or for none)
    and `args`; `do` runs it for its effect, or to keep its result under `store`; `name` prints a kept result; `literal` prints its
    text; `begin` … `end` pass the text between through the filter, `figure` … `end` with the value its tag shows; `when` … `empty` …
    `end` print the first or the second text as the filter says; after a loop, `empty` begins the text that stands in its place when its
    list is empty; `inner` is `emit` for a template inside this one: the filter gets the names known here, of which that uses `uses`.
    A loop may name the filter that gives its items.
    """

    kind: Literal["show", "control", "emit", "do", "name", "literal", "begin", "figure", "when", "end", "empty", "inner"]
    tag: Tag = NO_TAG
    filter: str = ""
    args: tuple[Any, ...] = ()
    store: str = ""
    uses: tuple[NameUse, ...] = ()

    @property
    def control(self) -> str:
        """The control it is: for, endfor, if …; blank for any other mark."""
        return self.tag.kind if self.kind == "control" else ""


def mark_of(tag: Tag, filter: str) -> Mark:
    """Return the mark of a tag, which shows its value by `filter` if it is no control."""
    return Mark("control", tag) if tag.is_control else Mark("show", tag, filter)


class Marks:
    """The marks of one part, numbered in the order they were made."""

    def __init__(self) -> None:
        self.all: list[Mark] = []

    def text(self, mark: Mark) -> str:
        """Return a mark to stand in a text or an attribute."""
        self.all.append(mark)
        return f"{FENCE}{len(self.all) - 1}{FENCE}"

    def node(self, mark: Mark) -> etree._ProcessingInstruction:
        """Return a mark to stand between elements."""
        self.all.append(mark)
        return etree.ProcessingInstruction(_TARGET, str(len(self.all) - 1))

    def node_of(self, number: str) -> etree._ProcessingInstruction:
        """Return a mark that stood in a text as one to stand between elements."""
        return self.node(self.of(number))

    def enclose(self, first: etree._Element, last: etree._Element, mark: Mark) -> None:
        """Put `mark` before `first` and its end after `last`."""
        first.addprevious(self.node(mark))
        last.addnext(self.node(Mark("end")))

    def put(self, tags: list[Tag], mark_of: Callable[[Tag], Mark], put: Callable[[tuple[int, int], str], None]) -> None:
        """Put a mark over the characters of each tag of one text, by `put`, from the last to the first."""
        for tag in tags:
            tag.order = (len(self.all), tag.span[0])
        for tag in reversed(tags):
            put(tag.span, self.text(mark_of(tag)))

    def of(self, number: str) -> Mark:
        """Return the mark with this number."""
        return self.all[int(number)]

    def in_text(self, text: str) -> list[Mark]:
        """Return the marks in a text, in order."""
        return [self.of(match[1]) for match in IN_TEXT.finditer(text)]

    def at(self, node: etree._Element) -> Mark | None:
        """Return the mark that is `node`, if it is one."""
        if node.tag is etree.PI and node.target == _TARGET:  # type: ignore[attr-defined]
            return self.all[int(node.text or "")]
        return None

    def control_at(self, node: etree._Element) -> str:
        """Return the control that is `node`; blank where it is none."""
        mark = self.at(node)
        return mark.control if mark else ""

    def cut(self, text: str) -> Iterator[str | Mark]:
        """Yield the literal pieces and the marks of a part written out, in order."""
        end = 0
        for match in _MARK.finditer(text):
            if match.start() > end:
                yield text[end : match.start()]
            yield self.of(match[1] or match[2])
            end = match.end()
        if end < len(text):
            yield text[end:]


def put_over(texts: Iterable[etree._Element], span: tuple[int, int], mark: str) -> None:
    """Put `mark` over the characters of `span` of the text that these elements hold together, in the one where they begin; the rest of the
    span goes."""
    position = 0
    for node in texts:
        text = node.text or ""
        start, end = max(span[0] - position, 0), min(span[1] - position, len(text))
        position += len(text)
        if start < end:
            node.text, mark = text[:start] + mark + text[end:], ""


def without_mark(text: str, number: str) -> str:
    """Return `text` without one of its marks."""
    return IN_TEXT.sub(lambda match: "" if match[1] == number else match[0], text)
