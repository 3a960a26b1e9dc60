"""The texts of one part of a finished Word paper, as a reader of the paper sees them.

Text that Word rewrites by itself is left out: new cuts of runs, page numbers, tables of contents. A tracked change counts as accepted.
Text that people typed into their regions is kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree
from officefill.language.provenance import BOOKMARK
from officefill.language.regions import Region
from officefill.ooxml.safety import W
from officefill.word.regions import region_contents

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPUTED = re.compile(r"\s*(PAGE|NUMPAGES|SECTIONPAGES|SECTION|PAGEREF|TOC|SEQ|REF|NOTEREF|STYLEREF|DATE|TIME|SAVEDATE|PRINTDATE)\b")
"""Fields with a result that the Office program rewrites at any time."""


@dataclass
class BookmarkText:
    """The text inside a bookmark, and its pieces as (line, start, end)."""

    pieces: list[tuple[int, int, int]] = field(default_factory=list)
    text: str = ""

    @property
    def line(self) -> int:
        return self.pieces[0][0] if self.pieces else -1

    @property
    def start(self) -> int:
        return self.pieces[0][1] if self.pieces else 0


def read_word(root: etree._Element, regions: Iterable[Region] = ()) -> WordReader:
    """Read one part. `regions` help to find cells for people after their bookmark was lost."""
    contents = region_contents(root, regions)
    owned = frozenset(node for content in contents.values() for node in content)
    reader = WordReader(owned)
    reader.walk(root)
    if any(reader.fields):  # an unclosed field must not hide the rest
        reader = WordReader(owned, trusting=False)
        reader.walk(root)
    return reader


class WordReader:
    """One walk over a Word part. `muted` counts the reasons to leave out the text at hand; `into` is the line that receives text.

    `lines`: the texts by line, in pieces. `spans`: the texts in our bookmarks. `tabular`: the lines within tables. `own`: lines that belong to
    people as a whole. `typed`: texts that people typed, by line. `gaps`: text of a paragraph that is not in its line: (position, length).
    """

    def __init__(self, owned: frozenset[etree._Element], *, trusting: bool = True) -> None:
        self.lines: list[list[str]] = []
        self.lengths: list[int] = []
        self.spans: dict[str, BookmarkText] = {}
        self.open: dict[str, BookmarkText] = {}
        self.fields: list[list[str]] = []
        self.muted, self.into, self.trusting = 0, -1, trusting
        self.carried: int | None = None
        self.tabular, self.own = list[int](), list[int]()
        self.typed, self.gaps = dict[int, str](), dict[int, list[tuple[int, int]]]()
        self.rows, self.owned, self.in_owned = 0, owned, 0

    def walk(self, node: etree._Element) -> None:
        for child in node:
            people = bool(self.owned) and child in self.owned
            self.in_owned += people
            action = _ACTIONS.get(child.tag)
            if action is not None:
                action(self, child)
            elif len(child) and child.tag not in _WITHOUT_TEXT:
                self.walk(child)
            self.in_owned -= people

    def add(self, text: str) -> None:
        if self.into < 0 or not text:
            return
        start = self.lengths[self.into]
        if self.muted or self.in_owned:
            self.gaps.setdefault(self.into, []).append((start, len(text)))
            if not self.muted:
                self.typed[self.into] = self.typed.get(self.into, "") + text
            return
        self.lines[self.into].append(text)
        self.lengths[self.into] = end = start + len(text)
        for span in self.open.values():
            span.text += text
            if span.pieces and span.pieces[-1][0] == self.into and span.pieces[-1][2] == start:
                start_of = span.pieces.pop()[1]
                span.pieces.append((self.into, start_of, end))
            else:
                span.pieces.append((self.into, start, end))

    def paragraph(self, node: etree._Element) -> None:
        outer, number = self.into, len(self.lines)
        self.lines.append([])
        self.lengths.append(0)
        if self.rows:
            self.tabular.append(number)
        if self.in_owned:
            self.own.append(number)
        self.into = number if self.carried is None else self.carried
        self.carried, mine = None, self.into
        self.walk(node)
        self._close_fields()
        self.into = outer
        form = node.find(f"{{{W}}}pPr/{{{W}}}rPr/{{{W}}}del")
        self.carried = mine if form is not None else None

    def _close_fields(self) -> None:
        """Close every field at the end of its paragraph, except a table of contents."""
        for code in [code for code in self.fields if code[1] and not (self.trusting and code[0].split()[:1] == ["TOC"])]:
            self.muted -= 1
            code[1] = ""

    def skip(self, node: etree._Element) -> None:
        """Count the paragraphs of a skipped part."""
        for _ in node.iter(f"{{{W}}}p"):
            self.lines.append([])
            self.lengths.append(0)

    def row(self, node: etree._Element) -> None:
        deleted = node.find(f"{{{W}}}trPr/{{{W}}}del") is not None
        self.muted += deleted
        self.rows += 1
        self.walk(node)
        self.rows -= 1
        self.muted -= deleted

    def field_mark(self, node: etree._Element) -> None:
        kind = node.get(f"{{{W}}}fldCharType")
        if kind == "begin":
            self.fields.append(["", ""])
        elif kind == "separate" and self.fields and not self.fields[-1][1]:
            if _COMPUTED.match(self.fields[-1][0]):
                self.fields[-1][1] = "muted"
                self.muted += 1
        elif kind == "end" and self.fields:
            self.muted -= bool(self.fields.pop()[1])

    def instruction(self, node: etree._Element) -> None:
        if self.fields:
            self.fields[-1][0] += node.text or ""

    def simple_field(self, node: etree._Element) -> None:
        computed = _COMPUTED.match(node.get(f"{{{W}}}instr", "")) is not None
        self.muted += computed
        self.walk(node)
        self.muted -= computed

    def begin(self, node: etree._Element) -> None:
        name = node.get(f"{{{W}}}name", "")
        if name.startswith(BOOKMARK):
            self.open[node.get(f"{{{W}}}id", "")] = self.spans.setdefault(name, BookmarkText())

    def end(self, node: etree._Element) -> None:
        self.open.pop(node.get(f"{{{W}}}id", ""), None)

    def line_break(self, node: etree._Element) -> None:
        if not node.get(f"{{{W}}}type"):
            self.add("\n")


_ACTIONS = {
    f"{{{W}}}p": WordReader.paragraph,
    f"{{{W}}}t": lambda reader, node: reader.add(node.text or ""),
    f"{_M}t": lambda reader, node: reader.add(node.text or ""),
    f"{{{W}}}tab": lambda reader, node: reader.add("\t"),
    f"{{{W}}}ptab": lambda reader, node: reader.add("\t"),
    f"{{{W}}}br": WordReader.line_break,
    f"{{{W}}}cr": lambda reader, node: reader.add("\n"),
    f"{{{W}}}noBreakHyphen": lambda reader, node: reader.add("-"),
    f"{{{W}}}tr": WordReader.row,
    f"{{{W}}}fldChar": WordReader.field_mark,
    f"{{{W}}}instrText": WordReader.instruction,
    f"{{{W}}}fldSimple": WordReader.simple_field,
    f"{{{W}}}bookmarkStart": WordReader.begin,
    f"{{{W}}}bookmarkEnd": WordReader.end,
    f"{{{W}}}del": WordReader.skip,
    f"{{{W}}}moveFrom": WordReader.skip,
    f"{_MC}Fallback": WordReader.skip,
}
_WITHOUT_TEXT = frozenset(f"{{{W}}}{name}" for name in ("pPr", "rPr", "tblPr", "tcPr", "trPr", "sectPr", "sdtPr", "rt", "tblGrid"))
