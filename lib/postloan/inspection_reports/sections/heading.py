"""Finds out if a paragraph is a heading, of which section, and with what mark."""

from __future__ import annotations

import re
from typing import NamedTuple

from postloan.inspection_reports.sections.section_names import LONGEST, LONGEST_NOTED, SectionNames
from postloan.inspection_reports.word_text.final_text import TextBlock
from postloan.numbers import read_cn_number

_HAN = "一二三四五六七八九十"
_NUMBER = re.compile(
    rf"""\s*(?:
      第(?P<part>[{_HAN}]{{1,3}}|\d{{1,2}})[章节部分条项]{{1,2}}[、.．:：]?
    | (?P<han>[{_HAN}]{{1,3}})[、.．,，]
    | [（(](?P<round_han>[{_HAN}]{{1,3}})[)）][、.．]?
    | [（(](?P<round>\d{{1,2}})[)）][、.．]?
    | (?P<dots>\d{{1,2}}(?:[.．]\d{{1,2}}){{1,3}})[、.．]?(?=\s|[^\d\W])
    | (?P<digit>\d{{1,2}})(?:、|[.．)）](?!\d))
    | (?P<circle>[\u2460-\u2473])
    )\s*""",
    re.VERBOSE,
)
_NUMBER_BEGINS = frozenset(f"第{_HAN}0123456789(（" + "".join(map(chr, range(0x2460, 0x2474))))
_CONTENTS = re.compile(r"\t\s*\d+\s*$")
"""The end of a line in a table of contents: its page."""
_SPLIT = re.compile(r"[:：\n]|\s{2,}|\u3000|。")


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
    text = block.text
    numbered = _NUMBER.match(text) if text.lstrip()[:1] in _NUMBER_BEGINS else None
    if not (numbered or block.level or block.numbering or names.may_name(text)):
        return None
    mark = _mark(block, numbered)
    marked = marked or bool(mark.scheme or mark.level)
    sections, rest = _named(text[numbered.end() :] if numbered else text, names, marked)
    if not sections and not (mark.scheme or mark.level):
        return None
    return Heading(sections, mark, rest)


def ends_sections(block: TextBlock, names: SectionNames) -> bool:
    """Return True if a paragraph begins the signatures or attachments: its first words are one of the endings."""
    line = block.text.strip()
    first = _SPLIT.split(line, maxsplit=1)[0]
    return len(first) <= LONGEST and names.ends(first)


def _mark(block: TextBlock, numbered: re.Match[str] | None) -> HeadingMark:
    if numbered:
        scheme = numbered.lastgroup or ""
        depth = len(re.split("[.．]", numbered[scheme])) if scheme == "dots" else ""
        return HeadingMark(f"{scheme}{depth}", _value(numbered[scheme]), block.level)
    return HeadingMark("list {} {}".format(*block.numbering) if block.numbering else "", 0, block.level)


def _value(number: str) -> int:
    last = re.split("[.．]", number)[-1]
    circled = len(last) == 1 and last not in _HAN and not last.isdecimal()
    return ord(last) - 0x245F if circled else read_cn_number(last)


def _named(body: str, names: SectionNames, marked: bool) -> tuple[tuple[str, ...], str]:
    """Return the sections named at the beginning of a text, and the text behind the name."""
    whole = body.strip()
    if not names.may_name(whole) or _CONTENTS.search(whole):
        return (), ""
    if sections := names.named(whole, marked):
        return sections, ""
    noted = "(" in whole[:LONGEST] or "（" in whole[:LONGEST]
    for split in _SPLIT.finditer(whole, 0, LONGEST_NOTED if noted else LONGEST + 1):
        if sections := names.named(whole[: split.start()], marked):
            return sections, whole[split.end() :].strip()
    return (), ""
