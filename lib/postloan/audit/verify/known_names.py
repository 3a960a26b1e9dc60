"""Finds names of companies and units that are similar, but not equal, to a known name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from postloan.audit.verify.remark import Remark
from postloan.papers.record.finished_paper import FinishedPaper

ENDINGS = (
    *("股份有限公司", "有限责任公司", "有限公司", "股份公司", "集团", "合作社", "厂"),
    *("支行", "分行", "营业部", "分理处", "营业所", "一部", "二部", "三部", "四部", "五部", "六部"),
)
_ENDING = re.compile("|".join(ENDINGS))
_NAME = re.compile(rf"[\u4e00-\u9fffA-Za-z0-9&·]*?(?:{'|'.join(ENDINGS)})(?![\u4e00-\u9fff]*?(?:{'|'.join(ENDINGS[:8])}))")
_BEFORE = re.compile(r"^.*(?:客户|借款人|担保人|保证人|企业|辖内|\d户|\d日|其中)|^[如对由经在与]")
_NO_NAME = re.compile("[的为见是]|口径|情况")
LONGEST = 40
_GENERAL = re.compile(
    r"(?:各|本|该|我|某|全|其|等|辖内|所辖|下属|一级|二级|经营|相关|上述|有关|两家|多家|县|市|省|农|商|银行|母|子|贷款|客户)$"
)
NEAR = 74.0
"""The least similarity of two names, out of 100: 澜州龙舟实业 is a misspelt 澜州龙船实业, 东城支行 a misspelt 北城支行."""


def name_remarks(paper: FinishedPaper, known: Iterable[str] = ()) -> Iterator[Remark]:
    """Yield a remark for each name similar to a known one: one of `known`, or a name in the paper as made."""
    made = [text for lines in paper.record.lines.values() for _, text in lines]
    as_made = set(made)
    names = _by_ending([*known, *names_in(made)])
    for part_name, part in paper.parts.items():
        for number, (cell, text) in enumerate(part.lines):
            if text in as_made and not known:
                continue
            for start, end, name, near in _unknown(text, names):
                yield Remark("name_unknown", part_name, cell or number, (start, end), {"now": name, "other": near})


def names_in(lines: Iterable[str]) -> set[str]:
    """Return the names in the lines: from a mark or a word such as 客户 up to the ending."""
    return {
        name
        for line in lines
        for match in _NAME.finditer(line)
        if 3 < len(name := _BEFORE.sub("", match[0])) <= LONGEST and not _NO_NAME.search(name)
    }


def _by_ending(names: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        for ending in ENDINGS:
            if name.endswith(ending):
                found.setdefault(ending, set()).add(name)
    return found


def _unknown(text: str, names: dict[str, set[str]]) -> Iterator[tuple[int, int, str, str]]:
    for match in _ENDING.finditer(text):
        end, ending = match.end(), match[0]
        of_kind = names.get(ending, set())
        if not of_kind or _GENERAL.search(text[: match.start()]) or any(text.endswith(name, 0, end) for name in of_kind):
            continue
        near = _nearest(text, end, ending, of_kind)
        if near:
            start = _start(text, end, near)
            yield start, end, text[start:end], near


def _nearest(text: str, end: int, ending: str, names: set[str]) -> str:
    """Return the known name most similar to the text before `end`; blank if none is similar enough."""
    from rapidfuzz import fuzz, process  # imported here: most papers have no unknown name

    by_length: dict[int, list[str]] = {}
    for name in sorted(names):
        by_length.setdefault(len(name), []).append(name)
    best, chosen = NEAR, ""
    for length in sorted({around for known in by_length for around in (known - 1, known, known + 1)}):
        there = text[max(0, end - length) : end]
        if len(there) > len(ending):
            like = [name for around in (length - 1, length, length + 1) for name in by_length.get(around, ())]
            found = process.extractOne(there, like, scorer=fuzz.ratio, score_cutoff=best)
            if found and found[1] > best:
                chosen, best = found[0], found[1]
    return chosen


def _start(text: str, end: int, name: str) -> int:
    """Return the start of a misspelt name: as long as the known one, or from the place of an equal first character."""
    start = max(0, end - len(name))
    return next((at for at in (start, start + 1, start - 1) if 0 <= at < end and text[at] == name[0]), start)
