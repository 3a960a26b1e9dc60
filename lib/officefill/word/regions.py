"""The content that people typed into the regions of a finished Word paper, cut out so that it can stand in the next one."""

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
_BLOCKS = (PARAGRAPH, TABLE, w("sdt"))
_PAPERS_OWN = (*(w(f"{what}{end}") for what in ("bookmark", "commentRange") for end in ("Start", "End")), w("commentReference"))
_PAPERS_OWN += (w("proofErr"), w("sectPr"), w("lastRenderedPageBreak"))
_NOTES = {w("footnoteReference"): ("footnotes", "footnote"), w("endnoteReference"): ("endnotes", "endnote")}
_NEWER = "{http://schemas.microsoft.com/office/word/20"
_OBJECTS = (w("drawing"), w("object"), w("pict"))


# Places


def _bookmarks(root: etree._Element, kinds: str = "") -> Iterator[tuple[int, str, etree._Element]]:
    """Yield number, kind and beginning of the bookmark of each region, or of each of these kinds."""
    for start in root.iter(_START):
        named = _REGION.fullmatch(start.get(_NAME, ""))
        if named and (not kinds or named[1] in kinds):
            yield int(named[2]), named[1], start


def regions_in(root: etree._Element) -> dict[int, list[etree._Element]]:
    """Return the content of each region of a part: paragraphs and tables, or pieces of one paragraph; nothing of one that was cut apart."""
    ends = {node.get(_ID): node for node in root.iter(_END)}
    return {number: list(_content(kind, start, ends[start.get(_ID)])) for number, kind, start in _bookmarks(root) if start.get(_ID) in ends}


def _content(kind: str, start: etree._Element, end: etree._Element) -> Iterator[etree._Element]:
    if kind == "cell":
        cell = next(start.iterancestors(CELL), None)
        yield from (node for node in (cell if cell is not None else ()) if node.tag in _BLOCKS)
    elif kind == "rest":
        yield from start.itersiblings("*")
    elif kind == "words":
        yield from (node for node in takewhile(lambda node: node is not end, start.itersiblings()) if isinstance(node.tag, str))
    else:
        yield from _blocks(start, end)


def _blocks(start: etree._Element, end: etree._Element) -> Iterator[etree._Element]:
    """Yield the blocks from the one end of a bookmark to the other; programs move the ends into the paragraphs next to them."""
    first, last = (next(node.iterancestors(PARAGRAPH), node) for node in (start, end))
    if first.getparent() is not last.getparent():
        return
    for node in (first, *first.itersiblings("*")):
        if node is last:
            if last is not end and _text_before(last, end):
                yield last
            return
        if node.tag in _BLOCKS:
            yield node


def _text_before(paragraph: etree._Element, end: etree._Element) -> bool:
    before = set(end.xpath("preceding::*"))
    return any(text for node, text in pieces(paragraph) if node in before)


def with_rows(regions: list[Region], trees: Mapping[str, etree._Element]) -> list[Region]:
    """Return the regions of a paper just made; those that are cells with the number of the cell and the text beside it."""
    beside = {part: {number: place for row in tree.iter(ROW) for number, place in _in_row(row)} for part, tree in trees.items()}
    return [
        replace(region, cell=place[0], beside=place[1]) if (place := beside.get(region.part, {}).get(region.number)) else region
        for region in regions
    ]


def _in_row(row: etree._Element) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield the regions that are cells of a row: the number of each, of its cell, and the text that the machine wrote into the others."""
    cells = row.findall(f"./{CELL}")
    theirs = {at: number for at, cell in enumerate(cells) for number, _, _ in _bookmarks(cell, "cell")}
    if theirs:
        text = "\t".join(f"{at}={_text(cell)}" for at, cell in enumerate(cells) if at not in theirs)
        yield from ((number, (str(at), text)) for at, number in theirs.items())


def _text(cell: etree._Element) -> str:
    return "".join(map(text_of, cell.iter(PARAGRAPH)))


def region_contents(root: etree._Element, regions: Iterable[Region]) -> dict[int, list[etree._Element]]:
    """Return the content of each of the paper's `regions` in a part, also where the bookmark of a cell was moved or deleted."""
    cells = {region.number: region for region in regions if region.kind == "cell"}
    found = regions_in(root)
    for number, _, start in _bookmarks(root, "cell"):
        if number in cells and _strayed(start, cells[number]):
            found.pop(number, None)
    return found | _by_rows(root, [region for number, region in cells.items() if number not in found])


def _strayed(start: etree._Element, region: Region) -> bool:
    """Return True where a cell's bookmark stands behind the text of another cell: LibreOffice moves it to the end of the one before."""
    cell = next(start.iterancestors(CELL), None)
    if cell is None or not region.cell:
        return False
    before = takewhile(lambda node: node is not start, cell.iter())
    return any(node.tag == TEXT and node.text for node in before) and cell.getparent().findall(f"./{CELL}").index(cell) != int(region.cell)


def _by_rows(root: etree._Element, lost: list[Region]) -> dict[int, list[etree._Element]]:
    """Return the content of cells without a bookmark, found by their rows; not of one that could be in several rows."""
    rows = [row.findall(f"./{CELL}") for row in root.iter(ROW)] if lost else []
    found = {}
    for region in lost:
        beside = [part.partition("=") for part in region.beside.split("\t")] if region.beside else []
        like = [row for row in rows if beside and all(int(at) < len(row) and _text(row[int(at)]) == text for at, _, text in beside)]
        if len(like) == 1 and int(region.cell) < len(like[0]):
            found[region.number] = [node for node in like[0][int(region.cell)] if node.tag in _BLOCKS]
    return found


# Contents


def kept_in_word(package: Package, regions: list[Region], template: Package) -> dict[tuple[str, str], Kept]:
    """Return the content of each region that is still in a paper by name and key, fit for papers made from `template`."""
    found = {}
    for part in dict.fromkeys(region.part for region in regions):
        if part not in package.parts:
            continue
        contents = region_contents(package.tree(part), [region for region in regions if region.part == part])
        cut = _Cutting(package, part, template)
        for region in regions:
            if region.part == part and contents.get(region.number):
                found[region.name, region.key] = cut.of(region.number, contents[region.number])
    return found


class _Cutting:
    """Copies content of one part so that it needs nothing of its old paper."""

    def __init__(self, package: Package, part: str, template: Package) -> None:
        self.package, self.part = package, part
        self.arrows = {arrow.id: arrow for arrow in package.relationships(part)}
        self.names, self.known = _style_names(package), {name: of for of, name in _style_names(template).items()}
        self.numbers = {node.get(w("numId"), "") for node in _definitions(template, "numbering", "num")}

    def of(self, number: int, content: list[etree._Element]) -> Kept:
        """Return one region's content."""
        room = etree.Element("region")
        for copy in map(deepcopy, content):
            copy.tail = None
            room.append(copy)
        self._without_papers_own(room)
        self._with_styles(room)
        arrows, parts = self._with_arrows(room, number)
        text = "\n".join("".join(text for _, text in pieces(block)) for block in room.iter(PARAGRAPH)) or text_of(room)
        return Kept(text, "".join(etree.tostring(node, encoding="unicode") for node in room), arrows, parts)

    def _without_papers_own(self, room: etree._Element) -> None:
        """Take out numbered things, and attributes of newer programs that the next paper does not announce; notes go into the text."""
        for node in list(room.iter(*_NOTES)):
            node.getparent().replace(node, self._note(node))
        for node in list(room.iter(*_PAPERS_OWN)):
            node.getparent().remove(node)
        for node in list(room.iter("*")):
            if node.tag.startswith(_NEWER) and node.getparent() is not None and etree.QName(node.getparent()).namespace == W:
                node.getparent().remove(node)
            for name in [name for name in node.attrib if name.startswith(_NEWER)]:
                del node.attrib[name]

    def _note(self, reference: etree._Element) -> etree._Element:
        kind, tag = _NOTES[reference.tag]
        part = self.package.first(kind, self.part)
        notes = self.package.tree(part).iter(w(tag)) if part else ()
        words = next((" ".join(map(text_of, note.iter(PARAGRAPH))).strip() for note in notes if note.get(_ID) == reference.get(_ID)), "")
        text = reference.makeelement(TEXT)
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

    def _with_arrows(self, room: etree._Element, number: int) -> tuple[dict[str, tuple[str, str]], dict[str, bytes]]:
        """Give links and pictures arrows of their own, and cut out what else needs one; return the arrows and the parts of pictures."""
        arrows, parts = dict[str, tuple[str, str]](), dict[str, bytes]()
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
        return arrows, parts


def _cut_object(node: etree._Element) -> None:
    """Take out the drawing that needs a part that cannot come along."""
    whole = next((above for above in (node, *node.iterancestors()) if above.tag in _OBJECTS), None)
    if whole is not None and whole.getparent() is not None:
        whole.getparent().remove(whole)


def _style_names(package: Package) -> dict[str, str]:
    """Return the name of every style by its id."""
    named = ((node.get(w("styleId"), ""), node.find(_NAME)) for node in _definitions(package, "styles", "style"))
    return {style: ("" if name is None else name.get(_VAL, "")).lower() for style, name in named}


def _definitions(package: Package, kind: str, name: str) -> Iterator[etree._Element]:
    """Yield the elements `name` of the part of a kind that the document points to."""
    part = package.first(kind, package.main)
    return package.tree(part).iter(w(name)) if part else iter(())
