"""Keys of pieces of two Word files: equal where form and content are the same, whatever the ids that programs give them."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from functools import cached_property
from itertools import count

from lxml import etree

from officefill.ooxml.namespaces import R, W, w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import PARAGRAPH, text_of

_R = f"{{{R}}}"
_NEWER = "{http://schemas.microsoft.com/office/word/20"
_NOT_SEEN = frozenset(
    map(
        w,
        (
            "bookmarkStart",
            "bookmarkEnd",
            "proofErr",
            "lastRenderedPageBreak",
            "commentRangeStart",
            "commentRangeEnd",
            "permStart",
            "permEnd",
        ),
    )
)
NOTES = {w("footnoteReference"): ("footnotes", "footnote"), w("endnoteReference"): ("endnotes", "endnote")}
_STORIES = (w("headerReference"), w("footerReference"))
_ANY_ID = ("docPr", "cNvPr", "creationId", "anchorId", "editId")


class Source:
    """One part of one of the two files."""

    def __init__(self, package: Package, part: str) -> None:
        self.package, self.part = package, part
        self.drawings = count().__next__
        """Numbers the drawings that come along."""

    @cached_property
    def arrows(self) -> dict[str, str]:
        """The parts and places that the part points to, by the id of the arrow."""
        return {arrow.id: arrow.target for arrow in self.package.relationships(self.part)}

    def key(self, node: etree._Element) -> bytes:
        """Return the same bytes for two nodes that print the same."""
        copy = plain(node)
        for piece in copy.iter("*"):
            if piece.tag in NOTES:
                piece.set(w("id"), self.note_text(piece))
            if etree.QName(piece).localname in _ANY_ID:
                for name in ("id", "name"):
                    piece.attrib.pop(name, None)
            for name in [name for name in piece.attrib if name.startswith(_R)]:
                if piece.tag in _STORIES:  # headers are compared on their own
                    del piece.attrib[name]
                    continue
                target = self.arrows.get(piece.get(name, ""), "")
                data = self.package.parts.get(target)
                piece.set(name, hashlib.sha256(data).hexdigest() if data is not None else target)
        return etree.tostring(copy, method="c14n", exclusive=True)

    def note(self, reference: etree._Element) -> etree._Element | None:
        """Return the note that a reference is to."""
        kind, tag = NOTES[reference.tag]
        part = self.package.first(kind, self.package.main)
        notes = self.package.tree(part).iter(w(tag)) if part else ()
        return next((one for one in notes if one.get(w("id")) == reference.get(w("id"))), None)

    def note_text(self, reference: etree._Element) -> str:
        """Return the text of that note."""
        note = self.note(reference)
        return "\n".join(map(text_of, note.iter(PARAGRAPH))) if note is not None else ""


def plain(node: etree._Element) -> etree._Element:
    """Return a copy without what nobody sees: marks of editing, of comments and of bookmarks."""
    copy = deepcopy(node)
    copy.tail = None
    for piece in list(copy.iter("*")):
        if piece.tag in _NOT_SEEN and piece is not copy:
            piece.getparent().remove(piece)
            continue
        for name in [name for name in piece.attrib if name.startswith((f"{{{W}}}rsid", _NEWER))]:
            del piece.attrib[name]
    return copy


def is_seen(node: etree._Element) -> bool:
    """Return True for what prints, or forms what prints."""
    return isinstance(node.tag, str) and node.tag not in _NOT_SEEN
