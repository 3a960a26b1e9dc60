"""The final text of a Word file: the printed text after every change is accepted.

Included: paragraphs, cells (nested tables too), content controls, text boxes (of two drawings of one box only the first), results of
fields, boxes to tick, footnotes and endnotes beside their paragraph, tracked insertions, and moved text at its new place. Left out: tracked
deletions (paragraph marks and rows too), comments, hidden text, instructions of fields, headers and footers, numbers that Word counts in
front of a paragraph, readings over ruby text. Read as far as possible (`inserted_parts.py`): workbooks, documents, web pages, charts and
diagrams inside the text. In place of every other one, and of every picture, stands an empty block that names it as `unread`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from lxml import etree
from officefill.ooxml.zip_gate import Reason, Refused

from postloan.inspection_reports.word_text.insertions import INSERTED, INSERTED_TAGS, chunk
from postloan.inspection_reports.word_text.styles import (
    NAMESPACES,
    OFF,
    WordStyles,
    attributes,
    paragraph_properties,
    read_styles,
    stands_out_in,
    tags,
)
from postloan.inspection_reports.word_text.symbols import form_field, shows_placeholder, shows_placeholder_above, symbol
from postloan.inspection_reports.word_text.table_grid import grid
from postloan.inspection_reports.word_text.text_block import TextBlock
from postloan.inspection_reports.word_text.word_file import WordFile, parsed

_OPEN, _CLOSE = "\x02", "\x03"
"""Marks around placeholder text ("单击此处输入文字"); XML cannot hold these characters."""
_PLACEHOLDER = re.compile(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}")

LONGEST_STANDING_OUT = 60
"""The most characters of a paragraph that may be a heading by its letters."""
MOST_FIELDS = 100
"""The deepest nesting of fields. Word stops at 20; a file with endless openings must not cost endless time."""

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH = ("{http://schemas.openxmlformats.org/officeDocument/2006/math}", "{http://purl.oclc.org/ooxml/officeDocument/math}")


def final_text(source: bytes | Path) -> list[TextBlock]:
    """Return the blocks of a Word file in reading order, without empty paragraphs. Raises `Refused`."""
    with closing(WordFile(source)) as file:
        return text_of(file)


def text_of(file: WordFile) -> list[TextBlock]:
    """Return the blocks of an open file."""
    blocks = Reader(file).read()
    if not any(block.given.strip() for block in blocks):
        has_embedded = "aFChunk" in file.related()
        raise Refused(Reason.EMBEDDED if has_embedded else Reason.PICTURES_ONLY if file.media() else Reason.NO_TEXT)
    return blocks


class Reader:
    """One walk over the text of one file. `pieces`: the paragraph at hand; `floats`: the boxes and notes anchored in it."""

    def __init__(self, file: WordFile) -> None:
        self.file, self.related = file, file.related()
        styles = self.related.get("styles", "")
        self.styles = read_styles(file.part(styles)) if file.has(styles) else WordStyles()
        self.blocks: list[TextBlock] = []
        self.pieces: list[str] = []
        self.floats: list[tuple[str, etree._Element]] = []
        self.inserted: dict[str, str] | None = None
        self.fields: list[bool] = []  # the open fields: True while in the instruction
        self.placeholder = False
        self.carried = ""
        self.story, self.cells = "", ()
        self.tables = count()
        self.notes: dict[str, dict[str, etree._Element]] = {}
        self.style_hides = False
        self.actions = _ACTIONS
        self.is_inside = False

    def read(self) -> list[TextBlock]:
        root = self._parsed(self.file.main)
        if etree.QName(root).namespace not in NAMESPACES:
            raise Refused(Reason.NO_OFFICE)
        _container(self, root)
        return self.blocks

    def _parsed(self, name: str) -> etree._Element:
        part = self.file.part(name)
        # A part without a plain beginning may be in UTF-16; then the word cannot be found.
        if self.styles.any_hidden or b"vanish" in part or not part.startswith((b"<?xml", b"<w:")):
            self.actions = _ACTIONS_WITH_HIDDEN
        return parsed(part)

    def note(self, kind: str, note_id: str | None) -> etree._Element | None:
        """Return the footnote or endnote with this id."""
        if kind not in self.notes:
            part = self.related.get(f"{kind}s", "")
            notes = self._parsed(part) if self.file.has(part) else ()
            self.notes[kind] = {attributes(note).get("id", ""): note for note in notes}
        return self.notes[kind].get(note_id or "")

    def part_of(self, reference: str) -> str:
        """Return the name of the part that the text refers to by this id; blank for a part that is not in the file."""
        if self.inserted is None:
            self.inserted = self.file.by_id()
        name = self.inserted.get(reference, "")
        return name if self.file.has(name) else ""

    def read_inside(self, content: bytes) -> bool:
        """Read a Word file inside the report; one inside that is not opened. Return False for no Word file."""
        if self.is_inside or not content.startswith(b"PK"):
            return False
        with suppress(Refused), closing(WordFile(content)) as file:
            inner = Reader(file)
            inner.is_inside, inner.tables, inner.cells, inner.story = True, self.tables, self.cells, self.story
            self.blocks += inner.read()
            return True
        return False

    def emit(self, text: str, level: int, numbering: tuple[str, str] | None, *, stands_out: bool = False) -> None:
        given = text
        if _OPEN in text:
            given = _PLACEHOLDER.sub("", text)
            text = text.replace(_OPEN, "").replace(_CLOSE, "")
        kind = self.story or ("cell" if self.cells else "heading" if level else "paragraph")
        self.blocks.append(TextBlock(kind, text, given, level, numbering, self.cells, stands_out))


_Action = Callable[[Reader, etree._Element], None]


def _descend(reader: Reader, node: etree._Element) -> None:
    """Read the content of an element; an unknown element is read too, so that no text is lost."""
    actions = reader.actions
    for child in node:
        action = actions.get(child.tag, _descend)
        if action:
            action(reader, child)


def _container(reader: Reader, node: etree._Element) -> None:
    """Read a body, a cell, a text box or a note: a paragraph with a deleted mark does not continue beyond its end."""
    outer, reader.carried = reader.carried, ""
    _descend(reader, node)
    if reader.carried:
        reader.emit(reader.carried, 0, None)
    reader.carried = outer


def _paragraph(reader: Reader, node: etree._Element) -> None:
    outer, reader.pieces, reader.floats = (reader.pieces, reader.floats), [], []
    if reader.fields:  # an instruction ends with its paragraph: an unclosed field must not swallow the rest
        reader.fields = [False] * len(reader.fields)
    style_id, level, numbering, mark_deleted = paragraph_properties(node)
    style = reader.styles.of(style_id)
    reader.style_hides = bool(style.hidden)
    _descend(reader, node)
    text, floats = "".join(reader.pieces), reader.floats
    reader.pieces, reader.floats = outer
    if reader.carried:
        text, reader.carried = reader.carried + text, ""
    if mark_deleted:
        reader.carried = text
    elif text and not text.isspace():
        stands_out = len(text) <= LONGEST_STANDING_OUT and stands_out_in(node, style, reader.styles, in_cell=bool(reader.cells))
        reader.emit(text, (style.level or 0) if level is None else level, numbering or style.numbering, stands_out=stands_out)
    for story, content in floats:
        if story in INSERTED:
            INSERTED[story](reader, content)
        else:
            _story(reader, story, content)


def _story(reader: Reader, story: str, content: etree._Element) -> None:
    """Read a text box or a note after its paragraph, in the same cell."""
    outer = reader.story, reader.fields, reader.placeholder, reader.style_hides
    reader.story, reader.fields, reader.placeholder = story, [], False
    _container(reader, content)
    reader.story, reader.fields, reader.placeholder, reader.style_hides = outer


def _text(reader: Reader, node: etree._Element) -> None:
    text = node.text
    if text and not (reader.fields and True in reader.fields):
        reader.pieces.append(f"{_OPEN}{text}{_CLOSE}" if reader.placeholder else text)


def _piece(text: str) -> _Action:
    return lambda reader, node: reader.pieces.append(text)


def _symbol(reader: Reader, node: etree._Element) -> None:
    values = attributes(node)
    reader.pieces.append(symbol(values.get("font", ""), values.get("char", "")))


def _run(reader: Reader, node: etree._Element) -> None:
    """Read a run unless it is hidden by itself, by its style or by its paragraph's style."""
    hidden = reader.style_hides
    if len(node) and node[0].tag in _RPR:
        for child in node[0]:
            space, _, name = child.tag.rpartition("}")
            if name == "vanish":
                hidden = child.get(f"{space}}}val", "1") not in OFF
                break
            if name == "rStyle":
                style = reader.styles.by_id.get(child.get(f"{space}}}val", ""))
                hidden = hidden if style is None or style.hidden is None else style.hidden
    if not hidden:
        _descend(reader, node)


def _field_mark(reader: Reader, node: etree._Element) -> None:
    kind = attributes(node).get("fldCharType")
    if kind == "begin":
        if len(reader.fields) < MOST_FIELDS:
            reader.fields.append(True)
        for data in node:
            reader.pieces.append(form_field(data))
    elif kind == "separate" and reader.fields:
        reader.fields[-1] = False
    elif kind == "end" and reader.fields:
        reader.fields.pop()


def _content_control(reader: Reader, node: etree._Element) -> None:
    outer = reader.placeholder
    reader.placeholder = outer or shows_placeholder(node)
    _descend(reader, node)
    reader.placeholder = outer


def _alternatives(reader: Reader, node: etree._Element) -> None:
    """Read the first of several drawings of one thing that holds text."""
    before = len(reader.pieces), len(reader.floats), len(reader.blocks)
    for branch in node:
        _descend(reader, branch)
        if (len(reader.pieces), len(reader.floats), len(reader.blocks)) != before:
            return


def _text_box(reader: Reader, node: etree._Element) -> None:
    reader.floats.append(("textbox", node))


def _insertion(kind: str) -> _Action:
    """Return the action that reads an inserted part after its paragraph."""
    return lambda reader, node: reader.floats.append((kind, node))


def _note(kind: str) -> _Action:
    def read(reader: Reader, node: etree._Element) -> None:
        content = reader.note(kind, attributes(node).get("id"))
        # A note inside a note is an error; without this check a note that calls itself would never end.
        if content is not None and reader.story != kind:
            reader.floats.append((kind, content))

    return read


def _table(reader: Reader, node: etree._Element) -> None:
    outer, table = reader.cells, next(reader.tables)
    for cell, element in grid(node, table):
        reader.cells = (*outer, cell)
        before, placeholder = len(reader.blocks), reader.placeholder
        reader.placeholder = placeholder or shows_placeholder_above(element)
        _container(reader, element)
        if len(reader.blocks) == before:
            reader.emit("", 0, None)
        reader.placeholder = placeholder
    reader.cells = outer


_RPR = tags("rPr")

_SKIPPED = (
    *("pPr", "rPr", "sectPr", "tblPr", "tblGrid", "tblPrEx", "trPr", "tcPr", "sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr"),
    *("del", "moveFrom", "delText", "instrText", "delInstrText", "rt", "fldData"),
)
_WORD: dict[str, _Action | None] = dict.fromkeys(_SKIPPED) | {
    "p": _paragraph, "t": _text, "tbl": _table, "sdt": _content_control, "txbxContent": _text_box,
    "tab": _piece("\t"), "ptab": _piece("\t"), "br": _piece("\n"), "cr": _piece("\n"), "noBreakHyphen": _piece("-"),
    "sym": _symbol, "fldChar": _field_mark, "footnoteReference": _note("footnote"), "endnoteReference": _note("endnote"),
    "object": _insertion("object"), "subDoc": _insertion("object"), "altChunk": chunk,
}  # fmt: skip
_ACTIONS: dict[str, _Action | None] = {tag: _WORD[name] for tag, name in tags(*_WORD).items()}
_ACTIONS |= {tag: _insertion(kind) for tag, kind in INSERTED_TAGS.items()}
_ACTIONS |= {f"{_MC}AlternateContent": _alternatives} | {f"{space}t": _text for space in _MATH}
_ACTIONS_WITH_HIDDEN = _ACTIONS | dict.fromkeys(tags("r"), _run)
"""Runs are checked only in files with hidden text: most files have none, and the check takes a fifth of the time."""
