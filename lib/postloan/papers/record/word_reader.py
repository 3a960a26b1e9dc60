"""The texts of one part of a finished Word paper, as its readers see them.

What Word rewrites by itself is not text: runs cut anew, page numbers and tables of contents. Tracked changes count as their outcome; what
people typed into their regions is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree
from officefill.language.provenance import BOOKMARK
from officefill.language.regions import Region
from officefill.ooxml.safety import W
from officefill.word.regions import held_in

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPUTED = re.compile(r"\s*(PAGE|NUMPAGES|SECTIONPAGES|SECTION|PAGEREF|TOC|SEQ|REF|NOTEREF|STYLEREF|DATE|TIME|SAVEDATE|PRINTDATE)\b")
"""Fields whose result the Office program writes anew whenever it likes."""


@dataclass
class Span:
    """What a bookmark encloses: pieces of lines (line, start, end)."""

    pieces: list[tuple[int, int, int]] = field(default_factory=list)
    text: str = ""

    @property
    def line(self) -> int:
        return self.pieces[0][0] if self.pieces else -1

    @property
    def start(self) -> int:
        return self.pieces[0][1] if self.pieces else 0


def read_word(root: etree._Element, regions: Iterable[Region] = ()) -> WordReader:
    """One part read through; `regions` help to find cells for people whose bookmark is gone."""
    held = held_in(root, regions)
    owned = frozenset(node for content in held.values() for node in content)
    reader = WordReader(owned)
    reader.walk(root)
    if any(reader.fields):  # a field that is never closed must not hide the rest
        reader = WordReader(owned, trusting=False)
        reader.walk(root)
    return reader


class WordReader:
    """One walk over a Word part. `muted` counts the reasons why text there is not taken; `into` is the line that takes it.

    `lines` are the texts by line, in pieces; `spans` what our bookmarks enclose; `tabular` the lines within tables; `own` the lines that are
    people's as a whole; `typed` what people typed, by line; `gaps` where a paragraph has more text than its line: (line's position, length).
    """

    def __init__(self, owned: frozenset[etree._Element], *, trusting: bool = True) -> None:
        self.lines: list[list[str]] = []
        self.lengths: list[int] = []
        self.spans: dict[str, Span] = {}
        self.open: dict[str, Span] = {}
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
            elif len(child) and child.tag not in _SILENT:
                self.walk(child)
            self.in_owned -= people

    def say(self, text: str) -> None:
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
        """Fields end with their paragraph, but for a table of contents."""
        for code in [code for code in self.fields if code[1] and not (self.trusting and code[0].split()[:1] == ["TOC"])]:
            self.muted -= 1
            code[1] = ""

    def skip(self, node: etree._Element) -> None:
        """Counts the paragraphs of what is passed over."""
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
            self.open[node.get(f"{{{W}}}id", "")] = self.spans.setdefault(name, Span())

    def end(self, node: etree._Element) -> None:
        self.open.pop(node.get(f"{{{W}}}id", ""), None)

    def line_break(self, node: etree._Element) -> None:
        if not node.get(f"{{{W}}}type"):
            self.say("\n")


_ACTIONS = {
    f"{{{W}}}p": WordReader.paragraph,
    f"{{{W}}}t": lambda reader, node: reader.say(node.text or ""),
    f"{_M}t": lambda reader, node: reader.say(node.text or ""),
    f"{{{W}}}tab": lambda reader, node: reader.say("\t"),
    f"{{{W}}}ptab": lambda reader, node: reader.say("\t"),
    f"{{{W}}}br": WordReader.line_break,
    f"{{{W}}}cr": lambda reader, node: reader.say("\n"),
    f"{{{W}}}noBreakHyphen": lambda reader, node: reader.say("-"),
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
_SILENT = frozenset(f"{{{W}}}{name}" for name in ("pPr", "rPr", "tblPr", "tcPr", "trPr", "sectPr", "sdtPr", "rt", "tblGrid"))
