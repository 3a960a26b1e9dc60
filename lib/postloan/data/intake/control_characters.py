"""Characters that no paper may hold: control characters, halves of pairs, code points that are no characters."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_ESCAPED = re.compile(r"_x(00(?:0[0-8BCEF]|1[0-9A-F]|7F|[89][0-9A-F])|FFF[EF]|FDD[0-9A-F]|FDE[0-9A-F]|D[89A-F][0-9A-F]{2})_", re.IGNORECASE)
"""The same as Excel writes them in XML."""
CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
"""Bytes that are control characters in every encoding."""
_BEYOND_ASCII = re.compile(rb"\xc2[\x80-\x9f]|\xef\xbf[\xbe\xbf]|\xef\xb7[\x90-\xaf]|\xed[\xa0-\xbf]")


def without_control(text: str) -> str:
    """Return `text` without control characters."""
    return _CONTROL.sub("", text)


def without_escaped_control(text: str) -> str:
    """Return a text of Excel without control characters, however they are written."""
    return _CONTROL.sub("", _ESCAPED.sub("", text) if "_x" in text else text)


def holds_control(utf8: bytes) -> bool:
    """Return True where a text in UTF-8 holds one; fast enough for every file."""
    if len(utf8.translate(None, CONTROL_BYTES)) != len(utf8):
        return True
    return (b"\xc2" in utf8 or b"\xef" in utf8 or b"\xed" in utf8) and _BEYOND_ASCII.search(utf8) is not None
