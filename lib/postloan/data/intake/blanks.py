"""Blanks and full-width letters in cells and headers: characters that people cannot see, or see as the same."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

INVISIBLE = "".join(map(chr, (0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF)))
"""Characters without ink or width: zero-width blanks, direction marks, byte-order marks."""

BLANKS = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + INVISIBLE
"""Everything that is cut off both ends of a cell, U+00A0 and U+3000 included."""

_NO_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))
_HALF_WIDTH = {0xFEE0 + code: code for code in range(0x21, 0x7F)} | {0x3000: 0x20, 0x2212: 0x2D} | _NO_INVISIBLE
_HALF_WIDTH_IDS = {full: half for full, half in _HALF_WIDTH.items() if half is None or chr(half).isalnum() or half in b"-_"}


def stripped(text: str) -> str:
    """`text` without the blanks at its ends."""
    return text.strip(BLANKS)


def half_width(text: str) -> str:
    """`text` with full-width letters, digits and signs as ASCII, without invisible characters and outer blanks."""
    return text.translate(_HALF_WIDTH).strip(BLANKS)


def half_width_id(text: str) -> str:
    """As `half_width`, but only letters, digits, - and _ change: a bracket in a contract number stays as it is written."""
    return text.translate(_HALF_WIDTH_IDS).strip(BLANKS)


@lru_cache(maxsize=1 << 14)
def header_key(text: str) -> str:
    """Return the key that all spellings of one header or table name share: no blanks, no line breaks, one width, one case."""
    folded = unicodedata.normalize("NFKC", text).translate(_NO_INVISIBLE)
    return "".join(folded.split()).casefold()
