"""Regions for people: what stands between `{% keep name %}` and `{% endkeep %}` is typed by people, and survives when the paper is made again.

    {% keep 经办意见 %}                     alone in paragraphs: the paragraphs between belong to people
    {% keep 核实情况 of f.key %}{% endkeep %}   alone in a cell: the whole cell does; in a loop the key says whose it is
    经办意见：{% keep 意见 %}同意{% endkeep %}    in a line: the words between do, or the rest of the line where nothing follows

In the paper a bookmark `_pk_N` marks the place. A collapsed bookmark would not take in what is typed at it, so a cell belongs to its
region as a whole, and so does the rest of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import unescape

from lxml import etree

from officefill.errors import Fault
from officefill.language.marks import IN_TEXT, Mark, Marks
from officefill.messages import tr
from officefill.ooxml.safety import W
from officefill.word.paragraphs import PARAGRAPH, TABLE, is_bare, take_mark, text_of

Kind = Literal["blocks", "cell", "words", "rest"]
_RUN = f"{{{W}}}r"


@dataclass(frozen=True)
class Kept:
    """What people typed into one region: as XML of Word with the parts its pictures and links need, or the value of a cell."""

    text: str
    xml: str = ""
    arrows: dict[str, tuple[str, str]] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    value: object = None


@dataclass(frozen=True)
class Region:
    """One region of a paper: `number` of its bookmark in Word, `name` and `key` by which the next paper finds it, what the machine put in.

    A cell of a Word table is known by its row, too, since people who type over a whole cell delete the bookmark in it: `cell` is its
    number in the row, `beside` what the machine wrote into the others.
    """

    number: int
    name: str
    key: str
    kind: str
    part: str
    cell: str = ""
    made: str = ""
    beside: str = ""


NOTHING_KEPT: dict[tuple[str, str], Kept] = {}
_TEXTS = re.compile(r"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)</|<(?:\w+:)?(br|p)[ />]")
_FIGURES = re.compile(r'name="_pl_(\d+)"')


def made_text(xml: str) -> str:
    """The words of a region as the template makes them, its lines one below the other."""
    return "".join("\n" if brk else unescape(text) for text, brk in _TEXTS.findall(xml)).strip("\n")


def figures_in(xml: str) -> list[int]:
    """The numbers of the figures in a piece of a part."""
    return [int(number) for number in _FIGURES.findall(xml)]


def twice(region: Region) -> tuple[str, str]:
    """What is wrong where two regions have one name and key, and what to do."""
    what = tr("two regions for people are called '{name}'", name=f"{region.name} {region.key}".strip())
    return what, tr("in a loop write {% keep name of item.key %} with a key that differs")


def enclose_cell(cell: etree._Element, marks: Marks) -> None:
    """Puts the marks of a region that is all a cell holds round the cell's paragraphs."""
    own = [child for child in cell if child.tag == PARAGRAPH]
    texts = [text_of(paragraph) for paragraph in own]
    found = list(IN_TEXT.finditer("".join(texts).strip()))
    if not found or cell.find(TABLE) is not None or not all(is_bare(paragraph) for paragraph in own):
        return
    first, last = found[0], found[-1]
    kinds = [marks.of(match[1]).control for match in found]
    if (
        first.start()
        or last.end() != len("".join(texts).strip())
        or kinds.count("keep") != 1
        or (kinds[0], kinds[-1]) != ("keep", "endkeep")
    ):
        return
    for number in (first[1], last[1]):
        take_mark(next(paragraph for paragraph in own if f"{number}" in _numbers(paragraph)), number)
    marks.of(first[1]).args = ("cell",)
    own[0].addprevious(marks.node(marks.of(first[1])))
    own[-1].addnext(marks.node(marks.of(last[1])))


def _numbers(paragraph: etree._Element) -> list[str]:
    return [match[1] for match in IN_TEXT.finditer(text_of(paragraph))]


def settle_regions(root: etree._Element, marks: Marks) -> Iterator[Fault]:
    """Decides what kind every region is; faults where people could type nothing into it."""
    for node in list(root.iter(etree.PI)):
        mark = marks.at(node)
        if mark is None or mark.control != "keep" or mark.tag is None:
            continue
        between = list(_between(node, marks))
        kind = mark.args[0] if mark.args else _kind(node, between)
        mark.args = (kind, _prefix(root))
        if kind == "blocks" and not any(block.tag == PARAGRAPH for block in between):
            yield Fault(
                tr("the region for people holds no paragraph"), mark.tag.place, tr("put at least an empty paragraph between its tags")
            )
        elif kind == "words" and not any(block.tag == _RUN for block in between):
            what = tr("nothing can be typed into the region for people, because text follows it in its line")
            yield Fault(what, mark.tag.place, tr("put words between its tags, or end the line with it"))
        elif node.getparent().tag == TABLE:
            yield Fault(tr("a region for people encloses no rows"), mark.tag.place, tr("put its tags into the cell"))


def _between(begin: etree._Element, marks: Marks) -> Iterator[etree._Element]:
    for node in begin.itersiblings():
        mark: Mark | None = marks.at(node)
        if mark is not None and mark.control == "endkeep":
            return
        yield node


def _kind(begin: etree._Element, between: list[etree._Element]) -> Kind:
    if begin.getparent().tag != PARAGRAPH:
        return "blocks"
    end = between[-1].getnext() if between else begin.getnext()
    return "words" if any(node.tag == _RUN for node in end.itersiblings()) else "rest"


def _prefix(root: etree._Element) -> str:
    prefix = next((prefix for prefix, uri in root.nsmap.items() if uri == W), None)
    return f"{prefix}:" if prefix else ""
