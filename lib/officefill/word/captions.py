"""Numbers of captions: Word keeps the last number a SEQ field showed, which is wrong once a loop has repeated it.

The kept numbers are counted anew in the order of the paper, since LibreOffice, WPS and every reader of the text show them as they are.
What only Word can count (pages, a contents list, other forms of numbers) is brought up to date when the paper is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.language.marks import IN_TEXT, Mark, Marks
from officefill.language.program import State
from officefill.ooxml.namespaces import w
from officefill.word.paragraphs import TEXT, set_text

_FIELD, _CODE, _SIMPLE = (w(name) for name in ("fldChar", "instrText", "fldSimple"))
_KIND = w("fldCharType")
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SEQUENCE = re.compile(
    r"\s*SEQ\s+(?P<name>[^\s\\]+)(?P<same>\s+\\c)?(\s+\\n)?(\s+\\r\s*(?P<from>[0-9]+))?(\s+\\\*\s*(ARABIC|MERGEFORMAT|CHARFORMAT))*\s*",
    re.IGNORECASE,
)
_STALE = {"TOC", "REF", "PAGEREF", "NOTEREF", "NUMPAGES", "SECTIONPAGES", "SEQ", "STYLEREF", "INDEX"}


def number_captions(root: etree._Element, marks: Marks) -> None:
    """Put a mark in place of the number each SEQ field shows."""
    for code, shown in _fields(root):
        sequence = _SEQUENCE.fullmatch(code)
        texts = [node for node in shown if not IN_TEXT.search(node.text or "")]
        if sequence is None or not texts or len(texts) < len(shown):
            continue
        same = bool(sequence["same"]) or next(shown[0].iterancestors(_FALLBACK), None) is not None
        start = int(sequence["from"]) if sequence["from"] and not same else -1
        set_text(texts[0], marks.text(Mark("emit", filter="-caption", args=(sequence["name"].casefold(), same, start))))
        for node in texts[1:]:
            set_text(node, "")


def must_be_updated(codes: Iterator[str]) -> bool:
    """Return True where Word must bring a field up to date that a filled paper shows wrongly."""
    return any(code.split()[:1] and code.split()[0].upper() in _STALE and not _SEQUENCE.fullmatch(code) for code in codes)


def _fields(root: etree._Element) -> Iterator[tuple[str, list[etree._Element]]]:
    """Yield the code of each field and the texts it shows, those of fields inside it too."""
    open_fields: list[tuple[list[str], list[etree._Element], list[bool]]] = []
    found = []
    for node in root.iter(_FIELD, _CODE, TEXT, _SIMPLE):
        if node.tag == _SIMPLE:
            found.append((node.get(w("instr"), ""), list(node.iter(TEXT))))
        elif node.tag == _CODE and open_fields:
            open_fields[-1][0].append(node.text or "")
        elif node.tag == TEXT:
            for _, shown, separated in open_fields:
                if separated:
                    shown.append(node)
        elif node.get(_KIND) == "begin":
            open_fields.append(([], [], []))
        elif node.get(_KIND) == "separate" and open_fields:
            open_fields[-1][2].append(True)
        elif node.get(_KIND) == "end" and open_fields:
            code, shown, _ = open_fields.pop()
            found.append(("".join(code), shown))
    yield from found


def caption(state: State, name: str, same: bool, start: int) -> str:
    """Return the next number of a sequence, or its last one again."""
    last = state.counts.get(("caption", name), 0)
    number = last if same else start if start >= 0 else last + 1
    state.counts["caption", name] = number
    return str(number)
