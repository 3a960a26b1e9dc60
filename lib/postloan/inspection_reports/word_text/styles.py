"""What the styles of a Word file say about its paragraphs: which are headings, which are numbered, which are hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from postloan.inspection_reports.word_text.word_file import parsed

NAMESPACES = ("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")
"""Word writes the first; documents saved as Strict Open XML have the second."""

OFF = frozenset(("0", "false", "off"))
BODY_LEVEL = 9
"""The outline level (from 0) that means: no heading."""

_PPR = frozenset(f"{{{space}}}pPr" for space in NAMESPACES)
_DELETED = frozenset(f"{{{space}}}{mark}" for space in NAMESPACES for mark in ("del", "moveFrom"))
_HEADING_NAME = re.compile(r"(?:heading|标题)\s*([1-9])$", re.IGNORECASE)
_CHINESE_HEADING_NAME = re.compile(r"^([一二三四五六])级标题")


@dataclass
class Style:
    """One style: its heading level from 1, its list as (list, depth), whether its text is hidden; None where it does not say."""

    level: int | None = None
    numbering: tuple[str, str] | None = None
    hidden: bool | None = None


@dataclass
class Styles:
    """All styles by id, with what they inherit. `default` is the paragraph style of paragraphs that name none."""

    by_id: dict[str, Style] = field(default_factory=dict)
    default: Style = field(default_factory=Style)

    def of(self, style_id: str | None) -> Style:
        return self.by_id.get(style_id, self.default) if style_id else self.default

    @property
    def any_hidden(self) -> bool:
        return any(style.hidden for style in self.by_id.values())


@lru_cache(maxsize=64)
def read_styles(part: bytes) -> Styles:
    """The styles in `word/styles.xml`. Reports made from one form share them, so they are kept. Raises `Refused`."""
    root = parsed(part)
    space = etree.QName(root).namespace or NAMESPACES[0]
    if space not in NAMESPACES:
        return Styles()
    w = f"{{{space}}}"
    elements = {style.get(f"{w}styleId", ""): style for style in root.iterfind(f"{w}style")}
    styles = Styles({style_id: _inherited(style_id, elements, w) for style_id in elements})
    for style_id, element in elements.items():
        if element.get(f"{w}type") == "paragraph" and element.get(f"{w}default", "0") not in OFF:
            styles.default = styles.by_id[style_id]
    return styles


def _inherited(style_id: str, elements: dict[str, etree._Element], w: str) -> Style:
    found, seen = Style(), set()
    while style_id in elements and style_id not in seen:
        seen.add(style_id)
        own = _own(elements[style_id], w)
        found.level = own.level if found.level is None else found.level
        found.numbering = found.numbering or own.numbering
        found.hidden = own.hidden if found.hidden is None else found.hidden
        based_on = elements[style_id].find(f"{w}basedOn")
        style_id = based_on.get(f"{w}val", "") if based_on is not None else ""
    return found


def _own(element: etree._Element, w: str) -> Style:
    def value(path: str) -> str | None:
        found = element.find(path.replace("w:", w))
        return None if found is None else found.get(f"{w}val", "")

    hidden = value("w:rPr/w:vanish")
    numbering = value("w:pPr/w:numPr/w:numId"), value("w:pPr/w:numPr/w:ilvl") or "0"
    return Style(
        _level(value("w:pPr/w:outlineLvl"), value("w:name") or ""),
        numbering if numbering[0] not in (None, "0") else None,  # type: ignore[arg-type]
        None if hidden is None else hidden not in OFF,
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
    """Of a paragraph: the id of its style, its own heading level, its list, whether its mark was deleted."""
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


def _numbering(node: etree._Element, space: str) -> tuple[str, str] | None:
    told = {child.tag: child.get(f"{space}}}val", "") for child in node}
    number = told.get(f"{space}}}numId", "0")
    return None if number == "0" else (number, told.get(f"{space}}}ilvl", "0"))


def heading_level(outline: str | None) -> int | None:
    """The heading level (from 1) of an outline level as Word writes it (from 0); None where it is none, 0 where it is body text."""
    if not outline or not outline.isdecimal() or int(outline) > BODY_LEVEL:
        return None
    return 0 if int(outline) == BODY_LEVEL else int(outline) + 1
