"""Finds out if a paragraph is a heading, of which section, and with what mark."""

from __future__ import annotations

import re
from typing import NamedTuple

from postloan.inspection_reports.sections.heading_number import HeadingNumber, heading_number
from postloan.inspection_reports.sections.section_names import LONGEST, LONGEST_NOTED, SectionNames
from postloan.inspection_reports.word_text.text_block import TextBlock

_CONTENTS = re.compile(r"\t\s*\d+\s*$")
"""The end of a line in a table of contents: its page."""
SPLIT = re.compile(r"[:：\n]|\s+|。|[—–]+")
"""Signs between the name of a section and its text."""
_SIGNED = re.compile(r"[:：\n]|\s{2,}|\u3000|。")


class HeadingMark(NamedTuple):
    """The mark of a heading.

    `scheme`: the kind of its number (`han` for 一、, `round` for (1), `list` for a list counted by Word …). `number`: its value, 0 for an
    unknown one. `level`: that of its heading style, 0 without a style.
    """

    scheme: str = ""
    number: int = 0
    level: int = 0


class Heading(NamedTuple):
    """A heading or the first line of a list item: the sections in its name, its mark, and the text behind the name."""

    sections: tuple[str, ...]
    mark: HeadingMark
    rest: str = ""


def heading(block: TextBlock, names: SectionNames, *, marked: bool = False) -> Heading | None:
    """Return a paragraph as heading, or None. `marked`: something beside the paragraph marks it as a name."""
    number = heading_number(block.text)
    if not (number or block.level or block.numbering or names.may_name(block.text)):
        return None
    marked = marked or bool(number or block.level or block.numbering or block.stands_out)
    sections, rest = _named(block.text[number.end :] if number else block.text, names, marked)
    if number and not number.certain and not sections:
        number = None  # 3 家企业: a number that is none of a heading
    mark = _mark(block, number)
    if not sections and not (mark.scheme or mark.level):
        return None
    return Heading(sections, mark, rest)


def ends_sections(block: TextBlock, names: SectionNames) -> bool:
    """Return True if a paragraph begins the signatures or attachments: its first words are one of the endings."""
    line = block.text.strip()
    first = _SIGNED.split(line, maxsplit=1)[0]
    return len(first) <= LONGEST and names.ends(first)


def _mark(block: TextBlock, number: HeadingNumber | None) -> HeadingMark:
    if number and number.scheme:
        return HeadingMark(number.scheme, number.value, block.level)
    return HeadingMark("list {} {}".format(*block.numbering) if block.numbering else "", 0, block.level)


def _named(body: str, names: SectionNames, marked: bool) -> tuple[tuple[str, ...], str]:
    """Return the sections named at the beginning of a text, and the text behind the name."""
    whole = body.strip()
    if not names.may_name(whole) or _CONTENTS.search(whole):
        return (), ""
    if sections := names.named(whole, marked):
        return sections, ""
    noted = "(" in whole[:LONGEST] or "（" in whole[:LONGEST]
    for split in SPLIT.finditer(whole, 0, LONGEST_NOTED if noted else LONGEST + 1):
        if sections := names.named(whole[: split.start()], marked):
            return sections, whole[split.end() :].strip()
    return (names.spoken_of(whole), whole) if marked else ((), "")
