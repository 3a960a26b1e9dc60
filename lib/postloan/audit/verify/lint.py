"""Wording that a bank's paper must not have. Patterns stand in `lint.yaml`, other checks here."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from postloan.audit.verify.line_changes import short
from postloan.audit.verify.remark import Remark
from postloan.errors import BadPolicy
from postloan.language import either, tr
from postloan.numbers import read_cn_number
from postloan.papers.record.finished_paper import FinishedPaper, figure_name
from postloan.papers.record.paper_text import TextPart
from postloan.yaml_file import build, read_yaml


@dataclass(frozen=True)
class Wording:
    """One pattern of `lint.yaml`: the unwanted text, the sentence about it, and its replacement."""

    pattern: str
    en: str
    zh: str
    source: str
    unless: str = ""
    replaces: str = ""
    severity: str = "error"
    since: int = 0

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.MULTILINE)


@cache
def all_wordings() -> Mapping[str, Wording]:
    """Return every pattern by name. Raises `BadPolicy` for an unreadable file or pattern."""
    path = Path(__file__).parent / "lint.yaml"
    found = {name: build(Wording, values, f"{path.name}: {name}") for name, values in read_yaml(path).items()}
    for name, wording in found.items():
        try:
            _ = wording.expression
        except re.error as fault:
            raise BadPolicy(tr("the file cannot be read: {what}", what=fault), f"{path.name}: {name}") from fault
    return found


def lint_remarks(paper: FinishedPaper) -> Iterator[Remark]:
    """Yield remarks on wording, years, numbering and claims in all texts of a paper."""
    year = paper.record.about.get("period", "")[:4] or _titled(paper)
    for name, part in paper.parts.items():
        lines = [(at or number, text) for number, (at, text) in enumerate(part.lines) if not (at and text.startswith("="))]
        yield from wording_remarks(name, lines, int(year) if year.isdecimal() else 0)
        yield from numbering_remarks(name, [line for line in lines if _may_be_numbered(line[0], part)])
        yield from _claims(paper, name, lines)
    if year.isdecimal():
        yield from _years(paper, year)


Lines = Sequence[tuple[int | str, str]]


def wording_remarks(part: str, lines: Lines, year: int = 9999) -> Iterator[Remark]:
    """Yield a remark for each match of a pattern in a line of the part."""
    texts = [text.replace("\n", "\r") for _, text in lines]  # a line break inside a paragraph is no end of a line
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text) + 1
    whole = "\n".join(texts)
    for wording in all_wordings().values():
        if year < wording.since:
            continue
        for match in wording.expression.finditer(whole):
            number = bisect_right(starts, match.start()) - 1
            if wording.unless and re.search(wording.unless, texts[number]):
                continue
            start = match.start() - starts[number]
            yield _wording(part, lines[number], (start, start + len(match[0])), wording)


def _wording(part: str, line: tuple[int | str, str], span: tuple[int, int], wording: Wording) -> Remark:
    at, text = line
    do = f"{either(' → ', '→')}{wording.replaces}" if wording.replaces else ""
    around = text[max(0, span[0] - 6) : span[1] + 6]
    slots = {"what": either(wording.en, wording.zh), "now": short(around), "do": do}
    return Remark("wording", part, at, span, slots, wording.severity)


# Years


_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")
_AS_OF = re.compile(r"(?:截至|截止|数据时点|期末)[^，。；\n]{0,4}?(?<!\d)((?:19|20)\d\d)年")


def _titled(paper: FinishedPaper) -> str:
    """Return the year in the title of a paper without a record; blank where there is none."""
    first = next((text for _, text in next(iter(paper.parts.values()), TextPart([])).lines if text.strip()), "")
    found = _YEAR.search(first)
    return found[1] if found else ""


def _years(paper: FinishedPaper, year: str) -> Iterator[Remark]:
    """Yield remarks on a title or a date of the data with another year than the paper's."""
    for name, part in paper.parts.items():
        lines = [(at or number, text) for number, (at, text) in enumerate(part.lines) if text.strip()]
        period = paper.record.about.get("period", year)
        for position, (at, text) in enumerate(lines):
            wrong = [match for match in _AS_OF.finditer(text) if match[1] != year]
            if position == 0:
                wrong += [match for match in _YEAR.finditer(text) if match[1] != year]
            for match in wrong:
                yield Remark("year_mismatch", name, at, match.span(1), {"period": period, "now": short(match[0])})


# Numbering


def _may_be_numbered(at: int | str, part: TextPart) -> bool:
    """Return True for a heading or list place: the text, or a sheet's first column; numbers in other cells are references."""
    return at not in part.tabular if isinstance(at, int) else at.rstrip("0123456789") == "A"


_CN = "一二三四五六七八九十"
_LEVELS = (
    re.compile(rf"^\s*([{_CN}]{{1,3}})、"),
    re.compile(rf"^\s*[（(]([{_CN}]{{1,3}})[）)]"),
    re.compile(r"^\s*(\d{1,2})[、.．](?!\d)"),
    re.compile(r"^\s*[（(](\d{1,2})[）)]"),
)
_INLINE = re.compile(rf"(?:^|[。；：:;，,])([{_CN}]{{1,2}})是")


def numbering_remarks(part: str, lines: Lines) -> Iterator[Remark]:
    """Yield remarks on numbers of headings and lists that skip, repeat or restart without a heading above; also 一是 二是 in a line."""
    last: list[tuple[int, str] | None] = [None] * len(_LEVELS)
    for at, text in lines:
        for level, pattern in enumerate(_LEVELS):
            match = pattern.match(text)
            if match:
                number, before = read_cn_number(match[1]), last[level]
                if before and number != before[0] + 1:
                    yield Remark("numbering_broken", part, at, match.span(), {"now": match[0].strip(), "was": before[1]})
                last[level:] = [(number, match[0].strip()), *[None] * (len(_LEVELS) - level - 1)]
                break
        yield from _inline(part, at, text)


def _inline(part: str, at: int | str, text: str) -> Iterator[Remark]:
    before = ""
    for match in _INLINE.finditer(text):
        number = read_cn_number(match[1])
        if before and number not in (1, read_cn_number(before) + 1):
            yield Remark("numbering_broken", part, at, match.span(1), {"now": f"{match[1]}是", "was": f"{before}是"})
        before = match[1]


# Claims

_ALL_RECTIFIED = re.compile(r"均[^，。；\n]{0,10}整改(?:到位|完毕|完成)?")
CLOSURE = "closure_rate"


def _claims(paper: FinishedPaper, part: str, lines: Lines) -> Iterator[Remark]:
    """Yield remarks on 均得到有效整改 beside a figure of the paper below 100% (T22)."""
    known = [f for f in paper.record.figures if f.identity.key.endswith(CLOSURE)]
    open_ones = [f for f in paper.record.figures if f.identity.key.endswith(CLOSURE) and isinstance(f.value, Decimal) and f.value < 1]
    for at, text in lines if open_ones or not known else ():
        for match in _ALL_RECTIFIED.finditer(text):
            if not open_ones:
                yield Remark("rectified_unproven", part, at, match.span(), {"now": match[0]})
                continue
            slots = {"now": match[0], "figure": figure_name(open_ones[0]), "other": open_ones[0].text}
            yield Remark("all_rectified", part, at, match.span(), slots)
