"""The bank's blank form of a report: its words never count as an answer.

An unchanged paragraph of the form is left out of a report. Of a paragraph with gaps (underlines, blanks, dots) or boxes to tick, the text
in the gaps and the ticked options stay. Blanks and the width of letters do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property

from postloan.inspection_reports.word_text.text_block import TextBlock

SHORTEST = 4
"""The shortest paragraph of the form that is left out: a shorter one ("无", "正常") may be an answer."""
SHORTEST_START = 6
"""The shortest paragraph that is left out before text written behind it; a shorter one only with a colon at its end."""

_GAP = re.compile(r"[_＿]+|\s{2,}|[.…]{3,}|…+|[xX×]{2,}|-{3,}|—{2,}")
_UNWRITTEN = re.compile(r"[_＿]+")
_BOX = re.compile("[□☐☑☒■✓✔√✗▢❑❏◻◼]")
_OPTION = re.compile("([□☐☑☒■✓✔√✗▢❑❏◻◼])([^□☐☑☒■✓✔√✗▢❑❏◻◼]*)")
_EMPTY_BOXES = frozenset("□☐▢❑❏◻")
_UNIT = re.compile(r"^(?:万元|亿元|千元|元|%|％|‰|户|笔|个月|年|月|日|天|次|人|吨|台|份|倍)")
"""A unit behind a gap, which belongs to the number in the gap."""


_Line = tuple[str, ...]
"""A paragraph of the form with gaps, as its pieces between the gaps, without blanks."""


class BlankForm:
    """The paragraphs of a blank form."""

    def __init__(self, texts: list[str]) -> None:
        self._whole: set[str] = set()
        self._ticked: set[str] = set()
        self._by_start: dict[str, list[_Line]] = {}
        for text in dict.fromkeys(texts):
            self._take(text)

    @classmethod
    def of(cls, blocks: list[TextBlock]) -> BlankForm:
        """Return the form of the file with these blocks."""
        return cls([block.text for block in blocks if block.text.strip()])

    def _take(self, text: str) -> None:
        folded = _folded(text)
        if len(folded) >= SHORTEST:
            self._whole.add(folded)
        if _BOX.search(folded):
            self._ticked.add(_BOX.sub("□", folded))
        pieces = [_folded(piece) for piece in _GAP.split(text)]
        if len(pieces) == 1 and (len(folded) >= SHORTEST_START or folded.endswith(":")):
            pieces.append("")  # people may write on behind it
        if len(pieces) > 1 and len(pieces[0]) > 1:
            self._by_start.setdefault(pieces[0][:2], []).append(tuple(pieces))

    def written(self, text: str, otherwise: str | None = None) -> str:
        """Return the written part of a paragraph; for a paragraph outside the form `otherwise`, or all of it."""
        if not self._whole and not self._by_start:
            return text if otherwise is None else otherwise
        folding = _Folding(text)
        if folding.folded in self._whole:
            return ""
        if _BOX.search(folding.folded) and _BOX.sub("□", folding.folded) in self._ticked:
            return _ticked(text)
        fillings = [_filling(line, folding) for line in self._by_start.get(folding.folded[:2], ())]
        shortest = min((filling for filling in fillings if filling is not None), key=len, default=None)
        if shortest is not None:
            return shortest.lstrip(" :：,，。")
        return text if otherwise is None else self.written(otherwise) if otherwise else ""


class _Folding:
    """A text without blanks and in one width, with the origin of each character."""

    def __init__(self, text: str) -> None:
        self.text, self.folded = text, _folded(text)

    @cached_property
    def origins(self) -> list[int]:
        """The index in the text of each folded character, and one more for the end."""
        return [i for i, c in enumerate(self.text) for _ in _folded(c)] + [len(self.text)]


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _filling(line: _Line, folding: _Folding) -> str | None:
    """Return the text in the gaps of a line of the form, or None for another paragraph."""
    folded, spans, at = folding.folded, [], len(line[0])
    if not folded.startswith(line[0]):
        return None
    for piece in line[1:]:
        begin = folded.find(piece, at) if piece else len(folded)
        if begin < 0:
            return None
        unit = _UNIT.match(piece)
        spans.append((at, begin, begin + len(unit[0]) if unit else begin))
        at = begin + len(piece)
    if at < len(folded):
        spans.append((at, len(folded), len(folded)))
    return " ".join(filter(None, (_span(folding, *span) for span in spans)))


def _span(folding: _Folding, begin: int, end: int, unit_end: int) -> str:
    """Return the text of one gap with the unit behind it; blank for an empty gap."""
    if not _GAP.sub("", folding.folded[begin:end]):
        return ""
    origins = folding.origins
    if len(origins) != len(folding.folded) + 1:  # two characters folded into one
        return folding.folded[begin:unit_end]
    return _UNWRITTEN.sub(" ", folding.text[origins[begin] : origins[unit_end]]).strip()


def _ticked(text: str) -> str:
    """Return the ticked options."""
    return " ".join(option.strip() for box, option in _OPTION.findall(text) if box not in _EMPTY_BOXES)


NO_FORM = BlankForm([])
