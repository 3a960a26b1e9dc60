"""The styles of a Word file: headings, numbering and hidden text of its paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from postloan.inspection_reports.word_text.word_file import parsed

NAMESPACES = ("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")
"""The namespaces of Word: the ordinary one, and that of documents saved as Strict Open XML."""

OFF = frozenset(("0", "false", "off"))
BODY_LEVEL = 9
"""The outline level (from 0) of body text."""


def tags(*names: str) -> dict[str, str]:
    """Return the tags of these elements of Word in both namespaces: tag → name."""
    return {f"{{{space}}}{name}": name for space in NAMESPACES for name in names}


def attributes(node: etree._Element) -> dict[str, str]:
    """Return the attributes of an element by name, without namespace."""
    return {name.rpartition("}")[2]: value for name, value in node.items()}


_PPR, _DELETED = tags("pPr"), tags("del", "moveFrom")
_RUN, _RPR, _TEXT, _JC, _BOLD, _RSTYLE = (tags(name) for name in ("r", "rPr", "t", "jc", "b", "rStyle"))
_HEADING_NAME = re.compile(r"(?:heading|标题)\s*([1-9])$", re.IGNORECASE)
_CHINESE_HEADING_NAME = re.compile(r"^([一二三四五六])级标题")


@dataclass
class WordStyle:
    """One style: heading level from 1, list as (list, depth), hidden, bold, centred or not; None where the style says nothing."""

    level: int | None = None
    numbering: tuple[str, str] | None = None
    hidden: bool | None = None
    bold: bool | None = None
    centred: bool | None = None


@dataclass
class WordStyles:
    """All styles by id, with inherited properties. `default`: the style of paragraphs without one."""

    by_id: dict[str, WordStyle] = field(default_factory=dict)
    default: WordStyle = field(default_factory=WordStyle)

    def of(self, style_id: str | None) -> WordStyle:
        return self.by_id.get(style_id, self.default) if style_id else self.default

    @property
    def any_hidden(self) -> bool:
        return any(style.hidden for style in self.by_id.values())


@lru_cache(maxsize=64)
def read_styles(part: bytes) -> WordStyles:
    """Return the styles in `word/styles.xml`; cached, since reports of one form share them. Raises `Refused`."""
    root = parsed(part)
    space = etree.QName(root).namespace or NAMESPACES[0]
    if space not in NAMESPACES:
        return WordStyles()
    w = f"{{{space}}}"
    elements = {style.get(f"{w}styleId", ""): style for style in root.iterfind(f"{w}style")}
    styles = WordStyles({style_id: _inherited(style_id, elements, w) for style_id in elements})
    for style_id, element in elements.items():
        if element.get(f"{w}type") == "paragraph" and element.get(f"{w}default", "0") not in OFF:
            styles.default = styles.by_id[style_id]
    return styles


def _inherited(style_id: str, elements: dict[str, etree._Element], w: str) -> WordStyle:
    found, visited = WordStyle(), set()
    while style_id in elements and style_id not in visited:
        visited.add(style_id)
        own = _own(elements[style_id], w)
        found.level = own.level if found.level is None else found.level
        found.numbering = found.numbering or own.numbering
        found.hidden = own.hidden if found.hidden is None else found.hidden
        found.bold = own.bold if found.bold is None else found.bold
        found.centred = own.centred if found.centred is None else found.centred
        based_on = elements[style_id].find(f"{w}basedOn")
        style_id = based_on.get(f"{w}val", "") if based_on is not None else ""
    return found


def _own(element: etree._Element, w: str) -> WordStyle:
    def value(path: str) -> str | None:
        found = element.find(path.replace("w:", w))
        return None if found is None else found.get(f"{w}val", "")

    hidden, bold, placed = value("w:rPr/w:vanish"), value("w:rPr/w:b"), value("w:pPr/w:jc")
    numbering = value("w:pPr/w:numPr/w:numId"), value("w:pPr/w:numPr/w:ilvl") or "0"
    return WordStyle(
        _level(value("w:pPr/w:outlineLvl"), value("w:name") or ""),
        numbering if numbering[0] not in (None, "0") else None,  # type: ignore[arg-type]
        None if hidden is None else hidden not in OFF,
        None if bold is None else bold not in OFF,
        None if placed is None else placed == "center",
    )


def _level(outline: str | None, name: str) -> int | None:
    level = heading_level(outline)
    if level is not None:
        return level
    if named := _HEADING_NAME.search(name):
        return int(named[1])
    if named := _CHINESE_HEADING_NAME.search(name):
        return "一二三四五六".index(named[1]) + 1
    return None


def paragraph_properties(paragraph: etree._Element) -> tuple[str | None, int | None, tuple[str, str] | None, bool]:
    """Return of a paragraph: style id, own heading level, list, and True for a deleted paragraph mark."""
    style_id = level = numbering = None
    deleted = False
    if len(paragraph) and paragraph[0].tag in _PPR:
        for child in paragraph[0]:
            space, _, name = child.tag.rpartition("}")
            if name == "pStyle":
                style_id = child.get(f"{space}}}val")
            elif name == "outlineLvl":
                level = heading_level(child.get(f"{space}}}val"))
            elif name == "numPr":
                numbering = _numbering(child, space)
            elif name == "rPr":
                deleted = any(mark.tag in _DELETED for mark in child)
    return style_id, level, numbering, deleted


def stands_out_in(paragraph: etree._Element, style: WordStyle, styles: WordStyles, *, in_cell: bool) -> bool:
    """Return True for a paragraph whose letters are all bold, or, outside a table, one in the middle of its line."""
    properties = paragraph[0] if len(paragraph) and paragraph[0].tag in _PPR else ()
    placed = [child.get(f"{child.tag.rpartition('}')[0]}}}val") for child in properties if child.tag in _JC]
    if not in_cell and (placed[0] == "center" if placed else style.centred):
        return True
    runs = [run for run in paragraph.iter(*_RUN) if any(child.tag in _TEXT and child.text and not child.text.isspace() for child in run)]
    return bool(runs) and all(_is_bold(run, style, styles) for run in runs)


def _is_bold(run: etree._Element, style: WordStyle, styles: WordStyles) -> bool:
    named = style
    for child in run[0] if run[0].tag in _RPR else ():
        value = child.get(f"{child.tag.rpartition('}')[0]}}}val")
        if child.tag in _BOLD:
            return value not in OFF
        if child.tag in _RSTYLE and (own := styles.by_id.get(value or "")) and own.bold is not None:
            named = own
    return bool(named.bold)


def _numbering(node: etree._Element, space: str) -> tuple[str, str] | None:
    values = {child.tag: child.get(f"{space}}}val", "") for child in node}
    number = values.get(f"{space}}}numId", "0")
    return None if number == "0" else (number, values.get(f"{space}}}ilvl", "0"))


def heading_level(outline: str | None) -> int | None:
    """Return the heading level (from 1) of Word's outline level (from 0): 0 for body text, None for no level."""
    if not outline or not outline.isdecimal() or int(outline) > BODY_LEVEL:
        return None
    return 0 if int(outline) == BODY_LEVEL else int(outline) + 1
