"""The text that Word shows where none is stored: characters of picture fonts, boxes and lists of old forms."""

from __future__ import annotations

from lxml import etree

from postloan.inspection_reports.word_text.styles import OFF, tags

BOXES = {False: "☐", True: "☑"}

_WINGDINGS = dict.fromkeys((0x6F, 0x70, 0x71, 0x72, 0xA8), "□") | {0x6C: "●", 0x6E: "■", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"}
_WINGDINGS_2 = {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x2A: "□", 0x30: "□", 0xA3: "□"}
_FONTS = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2}

_SDT, _SDT_PR, _PLACEHOLDER = tags("sdt"), tags("sdtPr"), tags("showingPlcHdr")
_PRIVATE = range(0xF000, 0xF100)
"""The range of the 256 characters of a picture font."""


def symbol(font: str, code: str) -> str:
    """Return the character of a `w:sym` with a hexadecimal `code` such as `F0FE`; an unknown one stays as Word stores it."""
    try:
        number = int(code, 16)
        known = _FONTS.get(font.casefold(), {}).get(number - _PRIVATE.start if number in _PRIVATE else number)
        return known or chr(number)
    except (ValueError, OverflowError):
        return ""


def form_field(data: etree._Element) -> str:
    """Return the text of an old form field without a result of its own: a box to tick or a choice from a list."""
    parts = {child.tag.rpartition("}")[2]: child for child in data}
    if "checkBox" in parts:
        state = {child.tag.rpartition("}")[2]: next(iter(child.attrib.values()), "1") for child in parts["checkBox"]}
        return BOXES[state.get("checked", state.get("default", "0")) not in OFF]
    if "ddList" in parts:
        state = [(child.tag.rpartition("}")[2], next(iter(child.attrib.values()), "")) for child in parts["ddList"]]
        entries = [value for name, value in state if name == "listEntry"]
        chosen = dict(state).get("result", dict(state).get("default", "0"))
        return entries[int(chosen)] if chosen.isdecimal() and int(chosen) < len(entries) else ""
    return ""


def shows_placeholder(node: etree._Element) -> bool:
    """Return True for a content control that nobody has written in."""
    properties = [child for child in node if child.tag in _SDT_PR]
    return any(child.tag in _PLACEHOLDER and _is_on(child) for part in properties for child in part)


def _is_on(node: etree._Element) -> bool:
    return next(iter(node.attrib.values()), "1") not in OFF


def shows_placeholder_above(cell: etree._Element) -> bool:
    """Return True for a cell in such a content control."""
    control = cell.getparent().getparent()
    return control is not None and control.tag in _SDT and shows_placeholder(control)
