"""What Word shows where no text is stored: characters of picture fonts, boxes and lists of old forms."""

from __future__ import annotations

from lxml import etree

from postloan.inspection_reports.word_text.styles import OFF

BOXES = {False: "☐", True: "☑"}

_WINGDINGS = dict.fromkeys((0x6F, 0x70, 0x71, 0x72, 0xA8), "□") | {0x6C: "●", 0x6E: "■", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"}
_WINGDINGS_2 = {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x2A: "□", 0x30: "□", 0xA3: "□"}
_FONTS = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2}

_PRIVATE = range(0xF000, 0xF100)
"""Where Word puts the 256 characters of a picture font."""


def symbol(font: str, code: str) -> str:
    """The character of a `w:sym`: `code` is hexadecimal, as `F0FE`. One that is not known stays as Word stores it."""
    try:
        number = int(code, 16)
        known = _FONTS.get(font.casefold(), {}).get(number - _PRIVATE.start if number in _PRIVATE else number)
        return known or chr(number)
    except (ValueError, OverflowError):
        return ""


def form_field(data: etree._Element) -> str:
    """What Word shows for an old form field that has no result of its own: a box to tick or a choice of a list."""
    told = {child.tag.rpartition("}")[2]: child for child in data}
    if "checkBox" in told:
        state = {child.tag.rpartition("}")[2]: next(iter(child.attrib.values()), "1") for child in told["checkBox"]}
        return BOXES[state.get("checked", state.get("default", "0")) not in OFF]
    if "ddList" in told:
        state = [(child.tag.rpartition("}")[2], next(iter(child.attrib.values()), "")) for child in told["ddList"]]
        entries = [value for name, value in state if name == "listEntry"]
        chosen = dict(state).get("result", dict(state).get("default", "0"))
        return entries[int(chosen)] if chosen.isdecimal() and int(chosen) < len(entries) else ""
    return ""
