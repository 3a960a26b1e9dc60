"""What people typed into the regions of a finished Word paper, cut out so that it can stand in the next one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import takewhile

from lxml import etree

from officefill.language.provenance import KEPT
from officefill.language.regions import Kept, Region
from officefill.ooxml.namespaces import R, W, w
from officefill.ooxml.package import Package
from officefill.ooxml.pictures import IMAGE_TYPES
from officefill.ooxml.safety import PLAIN_LINK
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, TEXT, pieces, text_of

_START, _END = w("bookmarkStart"), w("bookmarkEnd")
_NAME, _ID, _VAL = w("name"), w("id"), w("val")
_REGION = re.compile(rf"{KEPT}(blocks|cell|words|rest)_(\d+)")
_CELL = re.compile(rf"{KEPT}(cell)_(\d+)")
_BLOCKS = (PARAGRAPH, TABLE, w("sdt"))
_GONE = tuple(
    w(name)
    for name in ("bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "proofErr", "sectPr", "lastRenderedPageBreak")
)
_NOTES = {w("footnoteReference"): ("footnotes", "footnote"), w("endnoteReference"): ("endnotes", "endnote")}
_NEWER = "http://schemas.microsoft.com/office/word/20"
_OBJECTS = tuple(w(name) for name in ("drawing", "object", "pict"))


# Where regions are


def regions_in(root: etree._Element) -> dict[int, list[etree._Element]]:
    """What each region of a part holds: paragraphs and tables, or pieces of one paragraph. One that was cut apart holds nothing."""
    ends = {node.get(_ID): node for node in root.iter(_END)}
    found = {}
    for start in root.iter(_START):
        named = _REGION.fullmatch(start.get(_NAME, ""))
        if named and start.get(_ID) in ends:
            found[int(named[2])] = list(_content(named[1], start, ends[start.get(_ID)]))
    return found


def _content(kind: str, start: etree._Element, end: etree._Element) -> Iterator[etree._Element]:
    if kind == "cell":
        cell = next(start.iterancestors(CELL), None)
        yield from (node for node in (cell if cell is not None else ()) if node.tag in _BLOCKS)
    elif kind == "rest":
        yield from start.itersiblings("*")
    elif kind == "words":
        yield from _until(start.itersiblings(), end)
    else:
        yield from _blocks(start, end)


def _until(nodes: Iterator[etree._Element], end: etree._Element) -> Iterator[etree._Element]:
    for node in nodes:
        if node is end:
            return
        if isinstance(node.tag, str):
            yield node


def _blocks(start: etree._Element, end: etree._Element) -> Iterator[etree._Element]:
    """From the block with the one end to the block with the other; programs move these into the paragraphs next to them."""
    first, last = _block_of(start), _block_of(end)
    if first.getparent() is not last.getparent():
        return
    for node in (first, *first.itersiblings("*")):
        if node is last:
            if last is not end and _text_before(last, end):
                yield last
            return
        if node.tag in _BLOCKS:
            yield node


def _block_of(node: etree._Element) -> etree._Element:
    """The paragraph a bookmark's end is in, or the end itself where it stands between paragraphs."""
    return next(node.iterancestors(PARAGRAPH), node)


def _text_before(paragraph: etree._Element, end: etree._Element) -> bool:
    before = set(end.xpath("preceding::*"))
    return any(text for node, text in pieces(paragraph) if node in before)


def with_rows(regions: list[Region], trees: Mapping[str, etree._Element]) -> list[Region]:
    """The regions of a paper just made, those that are cells with what tells their rows."""
    beside = {part: {number: told for row in tree.iter(ROW) for number, told in _told(row)} for part, tree in trees.items()}
    return [
        replace(region, cell=of[0], beside=of[1]) if (of := beside.get(region.part, {}).get(region.number)) else region
        for region in regions
    ]


def _told(row: etree._Element) -> Iterator[tuple[int, tuple[str, str]]]:
    """The regions that are cells of a row: the number of each, of its cell, and what the machine wrote into the others."""
    cells = row.findall(f"./{CELL}")
    theirs = {
        at: int(named[2]) for at, cell in enumerate(cells) for node in cell.iter(_START) if (named := _CELL.fullmatch(node.get(_NAME, "")))
    }
    if theirs:
        said = "\t".join(f"{at}={_text(cell)}" for at, cell in enumerate(cells) if at not in theirs)
        yield from ((number, (str(at), said)) for at, number in theirs.items())


def _text(cell: etree._Element) -> str:
    return "".join(map(text_of, cell.iter(PARAGRAPH)))


def held_in(root: etree._Element, regions: Iterable[Region]) -> dict[int, list[etree._Element]]:
    """What each of the paper's `regions` holds in a part, also where programs moved or people deleted the bookmark of a cell."""
    cells = {region.number: region for region in regions if region.kind == "cell"}
    held = regions_in(root)
    for start in root.iter(_START):
        named = _CELL.fullmatch(start.get(_NAME, ""))
        if named and int(named[2]) in cells and _strayed(start, cells[int(named[2])]):
            held.pop(int(named[2]), None)
    return held | _by_rows(root, [region for number, region in cells.items() if number not in held])


def _strayed(start: etree._Element, region: Region) -> bool:
    """Whether a cell's bookmark stands behind the text of another cell: LibreOffice moves it to the end of the one before."""
    cell = next(start.iterancestors(CELL), None)
    if cell is None or not region.cell:
        return False
    before = takewhile(lambda node: node is not start, cell.iter())
    return any(node.tag == TEXT and node.text for node in before) and cell.getparent().findall(f"./{CELL}").index(cell) != int(region.cell)


def _by_rows(root: etree._Element, lost: list[Region]) -> dict[int, list[etree._Element]]:
    """The content of cells whose bookmark is gone, found by their rows; left out where several rows could be it."""
    rows = [row.findall(f"./{CELL}") for row in root.iter(ROW)] if lost else []
    found = {}
    for region in lost:
        said = [(int(at), text) for at, _, text in (part.partition("=") for part in region.beside.split("\t"))] if region.beside else []
        like = [row for row in rows if said and all(at < len(row) and _text(row[at]) == text for at, text in said)]
        if len(like) == 1 and int(region.cell) < len(like[0]):
            found[region.number] = [node for node in like[0][int(region.cell)] if node.tag in _BLOCKS]
    return found


# What is in them


def kept_in_word(package: Package, regions: list[Region], template: Package) -> dict[tuple[str, str], Kept]:
    """By name and key, what stands in each region of a paper, fit for papers made from `template`. Regions that are gone are left out."""
    found = {}
    for part in dict.fromkeys(region.part for region in regions):
        if part not in package.parts:
            continue
        held = held_in(package.tree(part), [region for region in regions if region.part == part])
        cut = _Cutting(package, part, template)
        for region in regions:
            if region.part == part and held.get(region.number):
                found[region.name, region.key] = cut.of(region.number, held[region.number])
    return found


class _Cutting:
    """Copies content of one part so that it needs nothing of its old paper."""

    def __init__(self, package: Package, part: str, template: Package) -> None:
        self.package, self.part = package, part
        self.arrows = {arrow.id: arrow for arrow in package.relationships(part)}
        self.names, self.known = _style_names(package), {name: of for of, name in _style_names(template).items()}
        self.numbers = _numberings(template)

    def of(self, number: int, content: list[etree._Element]) -> Kept:
        """One region's content."""
        arrows, parts = dict[str, tuple[str, str]](), dict[str, bytes]()
        copies = [deepcopy(node) for node in content]
        room = etree.Element("region")
        for copy in copies:
            copy.tail = None
            room.append(copy)
        self._without_what_is_the_papers(room)
        self._with_styles(room)
        self._with_arrows(room, number, arrows, parts)
        text = "\n".join("".join(text for _, text in pieces(block)) for block in room.iter(PARAGRAPH)) or text_of(room)
        return Kept(text, "".join(etree.tostring(node, encoding="unicode") for node in room), arrows, parts)

    def _without_what_is_the_papers(self, room: etree._Element) -> None:
        """Numbered things, and attributes of newer programs that the next paper does not announce, go; notes stand in the text."""
        for node in list(room.iter(*_NOTES)):
            node.getparent().replace(node, self._note(node))
        for node in list(room.iter(*_GONE)):
            node.getparent().remove(node)
        for node in list(room.iter(w("commentReference"))):
            node.getparent().remove(node)
        for node in list(room.iter("*")):
            if node.tag.startswith(f"{{{_NEWER}}}"[:-1]) and node.getparent() is not None and etree.QName(node.getparent()).namespace == W:
                node.getparent().remove(node)
            for name in [name for name in node.attrib if name.startswith(f"{{{_NEWER}")]:
                del node.attrib[name]

    def _note(self, reference: etree._Element) -> etree._Element:
        kind, tag = _NOTES[reference.tag]
        part = next(iter(self.package.related(kind, self.part)), None)
        notes = self.package.tree(part).iter(w(tag)) if part else ()
        words = next((" ".join(map(text_of, note.iter(PARAGRAPH))).strip() for note in notes if note.get(_ID) == reference.get(_ID)), "")
        text = reference.makeelement(w("t"))
        text.text = f"（注：{words}）"
        return text

    def _with_styles(self, room: etree._Element) -> None:
        for node in list(room.iter(w("pStyle"), w("rStyle"), w("tblStyle"))):
            style = self.known.get(self.names.get(node.get(_VAL, ""), ""))
            if style:
                node.set(_VAL, style)
            else:
                node.getparent().remove(node)
        for node in list(room.iter(w("numPr"))):
            number = node.find(w("numId"))
            if number is None or number.get(_VAL) not in self.numbers:
                node.getparent().remove(node)

    def _with_arrows(self, room: etree._Element, number: int, arrows: dict[str, tuple[str, str]], parts: dict[str, bytes]) -> None:
        for node in list(room.iter("*")):
            for name in [name for name in node.attrib if name.startswith(f"{{{R}}}")]:
                arrow, identifier = self.arrows.get(node.get(name, "")), f"kept-{number}-{node.get(name)}"
                extension = arrow.target.rsplit(".", 1)[-1].lower() if arrow else ""
                if arrow and arrow.kind == "image" and not arrow.external and extension in IMAGE_TYPES:
                    data = self.package.parts[arrow.target]
                    target = f"media/kept-{hashlib.sha256(data).hexdigest()[:20]}.{extension}"
                    arrows[identifier], parts[f"word/{target}"] = (arrow.type, target), data
                    node.set(name, identifier)
                elif arrow and arrow.kind == "hyperlink" and arrow.external and PLAIN_LINK.match(arrow.target):
                    arrows[identifier] = (arrow.type, arrow.target)
                    node.set(name, identifier)
                else:
                    del node.attrib[name]
                    _cut_object(node)


def _cut_object(node: etree._Element) -> None:
    """Takes out the drawing that needs what cannot come along."""
    whole = next((above for above in (node, *node.iterancestors()) if above.tag in _OBJECTS), None)
    if whole is not None and whole.getparent() is not None:
        whole.getparent().remove(whole)


def _style_names(package: Package) -> Mapping[str, str]:
    """Name of every style by its id."""
    part = next(iter(package.related("styles", package.related("officeDocument")[0])), None)
    if part is None:
        return {}
    found = {}
    for node in package.tree(part).iter(w("style")):
        name = node.find(w("name"))
        found[node.get(w("styleId"), "")] = (name.get(_VAL, "") if name is not None else "").lower()
    return found


def _numberings(package: Package) -> set[str]:
    part = next(iter(package.related("numbering", package.related("officeDocument")[0])), None)
    return {node.get(w("numId"), "") for node in package.tree(part).iter(w("num"))} if part else set()
