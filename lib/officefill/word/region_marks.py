"""Regions for people in a Word template: their kinds, and the text that the template puts into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import unescape

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import IN_TEXT, Marks
from officefill.messages import tr
from officefill.ooxml.namespaces import W, prefix_for
from officefill.word.paragraphs import PARAGRAPH, RUN, TABLE, is_bare, take_mark, text_of

_TEXTS = re.compile(r"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)</|<(?:\w+:)?(br|p)[ />]")
_FIGURES = re.compile(r'name="_pl_(\d+)"')


def made_text(xml: str) -> str:
    """Return the words of a region as the template makes them, its lines one below the other."""
    return "".join("\n" if brk else unescape(text) for text, brk in _TEXTS.findall(xml)).strip("\n")


def figures_in(xml: str) -> list[int]:
    """Return the numbers of the figures in a piece of a part."""
    return [int(number) for number in _FIGURES.findall(xml)]


def enclose_cell(cell: etree._Element, marks: Marks) -> None:
    """Put the marks of a region that is all a cell holds round the cell's paragraphs."""
    own = [child for child in cell if child.tag == PARAGRAPH]
    text = "".join(map(text_of, own)).strip()
    found = list(IN_TEXT.finditer(text))
    if not found or cell.find(TABLE) is not None or not all(is_bare(paragraph) for paragraph in own):
        return
    first, last = found[0], found[-1]
    kinds = [marks.of(match[1]).control for match in found]
    whole = first.start() == 0 and last.end() == len(text)
    if not whole or kinds.count("keep") != 1 or (kinds[0], kinds[-1]) != ("keep", "endkeep"):
        return
    for number in (first[1], last[1]):
        take_mark(next(paragraph for paragraph in own if marks.of(number) in marks.in_text(text_of(paragraph))), number)
    marks.of(first[1]).args = ("cell",)
    own[0].addprevious(marks.node_of(first[1]))
    own[-1].addnext(marks.node_of(last[1]))


def settle_regions(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """Decide the kind of every region; yield a fault for one into which people could type nothing."""
    for node in list(root.iter(etree.PI)):
        mark = marks.at(node)
        if mark is None or mark.control != "keep":
            continue
        between = list(_between(node, marks))
        kind = mark.args[0] if mark.args else _kind(node, between)
        mark.args = (kind, prefix_for(root, W))
        if kind == "blocks" and not any(block.tag == PARAGRAPH for block in between):
            what, do = tr("the region for people holds no paragraph"), tr("put at least an empty paragraph between its tags")
            yield Fault(what, mark.tag.place, do)
        elif kind == "words" and not any(block.tag == RUN for block in between):
            what = tr("nothing can be typed into the region for people, because text follows it in its line")
            yield Fault(what, mark.tag.place, tr("put words between its tags, or end the line with it"))
        elif node.getparent().tag == TABLE:
            yield Fault(tr("a region for people encloses no rows"), mark.tag.place, tr("put its tags into the cell"))


def _between(begin: etree._Element, marks: Marks) -> Iterator[etree._Element]:
    for node in begin.itersiblings():
        if marks.control_at(node) == "endkeep":
            return
        yield node


def _kind(begin: etree._Element, between: list[etree._Element]) -> str:
    if begin.getparent().tag != PARAGRAPH:
        return "blocks"
    end = between[-1].getnext() if between else begin.getnext()
    return "words" if any(node.tag == RUN for node in end.itersiblings()) else "rest"
