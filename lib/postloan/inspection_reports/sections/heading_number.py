"""The number in front of a heading: 一、 （二） 3. 第四部分 ⑤ Ⅲ、 伍、 A. and those without a sign behind them (3 财务情况)."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from postloan.numbers import read_cn_number

_HAN = "一二三四五六七八九十"
_FORMAL = "壹贰叁肆伍陆柒捌玖拾"
_CIRCLES = {chr(first + i): chr(0x2460 + i) for first in (0x2776, 0x2780, 0x278A, 0x24F5) for i in range(10)}
"""Black and double circles as the plain ones ①②③."""
_COMPOSED = re.compile("[\u2160-\u217f\u2474-\u249b\u3220-\u3229\u3280-\u3289]+")
"""Numbers in one character with their brackets or dots: Ⅲ ⑶ ⒊ ㈢ ㊂."""
_BULLET = re.compile(r"\s*[●◆■★☆※▲△►▶◇○•·#§]+\s*")
_OPEN, _CLOSE, _BEHIND = "[（(【〔\\[]", "[)）】〕\\]]", "[、.．:：,，]"

_NUMBER = re.compile(
    rf"""\s*(?:
      第(?P<part>[{_HAN}{_FORMAL}]{{1,3}}|\d{{1,2}})(?:[章节部分条项]{{1,2}}[、.．:：]?|\s*[、.．:：,，])
    | (?P<han>[{_HAN}]{{1,3}})\s?[、.．:：,，]
    | {_OPEN}(?P<round_han>[{_HAN}]{{1,3}}){_CLOSE}{_BEHIND}?
    | (?P<half_han>[{_HAN}]{{1,3}})[)）]{_BEHIND}?
    | {_OPEN}(?P<round>\d{{1,2}}){_CLOSE}{_BEHIND}?
    | (?P<dots>\d{{1,2}}(?:[.．]\d{{1,2}}){{1,3}})[、.．]?(?=\s|[^\d\W])
    | (?P<digit>\d{{1,2}})(?:\s?、|[.．)）,，:：](?!\d))
    | (?P<circle>[\u2460-\u2473]){_BEHIND}?
    | {_OPEN}(?P<round_formal>[{_FORMAL}]{{1,3}}){_CLOSE}{_BEHIND}?
    | (?P<formal>[{_FORMAL}]{{1,3}})(?:\s?[、.．:：,，]|[)）])
    | {_OPEN}(?P<round_roman>[IVXivx]{{1,5}}){_CLOSE}{_BEHIND}?
    | (?P<roman>[IVX]{{1,5}}|[ivx]{{1,5}})(?:\s?[、.．:：,，]|[)）])
    | {_OPEN}(?P<round_letter>[A-Ha-h]){_CLOSE}{_BEHIND}?
    | (?P<letter>[A-Ha-h])(?:\s?[、.．]|[)）])
    )\s*""",
    re.VERBOSE,
)
_BARE = re.compile(
    rf"\s*(?:(?P<han>[{_HAN}]{{1,3}})|(?P<formal>[{_FORMAL}]{{1,3}})|(?P<digit>\d{{1,2}})|(?P<roman>[IVX]{{1,5}}|[ivx]{{1,5}})|(?P<letter>[A-H]))[\s\-—–·|/\\]*(?=[^\W\d])"
)
"""A number without its sign: it is one of a heading only before the name of a section."""
_BEGINS = frozenset(f"第{_HAN}{_FORMAL}0123456789０１２３４５６７８９(（【〔[ABCDEFGHabcdefghIVXivx●◆■★☆※▲△►▶◇○•·#§") | frozenset(_CIRCLES)
_ROMAN = {"I": 1, "V": 5, "X": 10}


class HeadingNumber(NamedTuple):
    """A number in front of a line. `scheme`: its kind; `end`: its end in the line. `certain`: False where a sentence may begin so too."""

    scheme: str
    value: int
    end: int
    certain: bool = True


def heading_number(line: str) -> HeadingNumber | None:
    """Return the number, or the bullet, in front of a line."""
    begin = len(line) - len(line.lstrip())
    first = line[begin : begin + 1]
    if not (first in _BEGINS or _COMPOSED.match(first) or "\u2460" <= first <= "\u2473"):
        return None
    bullet = _BULLET.match(line)
    at = bullet.end() if bullet else 0
    plain, longer = _plain(line[at:])
    if found := _NUMBER.match(plain):
        scheme = found.lastgroup or ""
        depth = len(re.split("[.．]", found[scheme])) if scheme == "dots" else ""
        return HeadingNumber(f"{scheme}{depth}", _value(found[scheme]), at + max(1, found.end() - longer))
    if found := _BARE.match(plain):
        scheme = found.lastgroup or ""
        return HeadingNumber(f"bare_{scheme}", _value(found[scheme]), at + max(1, found.end() - longer), certain=False)
    return HeadingNumber("", 0, at, certain=False) if bullet else None


def _plain(line: str) -> tuple[str, int]:
    """Return the line with its first number in plain characters, and how many characters longer it is."""
    at = len(line) - len(line.lstrip())
    composed = _COMPOSED.match(line, at)
    if composed:
        plain = unicodedata.normalize("NFKC", composed[0])
        return line[:at] + plain + line[composed.end() :], len(plain) - len(composed[0])
    return (line[:at] + _CIRCLES[line[at]] + line[at + 1 :], 0) if line[at : at + 1] in _CIRCLES else (line, 0)


def _value(number: str) -> int:
    last = re.split("[.．]", number)[-1]
    if "\u2460" <= last <= "\u2473":
        return ord(last) - 0x245F
    if last[0].upper() in _ROMAN:
        digits = [_ROMAN[letter] for letter in last.upper()]
        return sum(-one if one < after else one for one, after in zip(digits, [*digits[1:], 0], strict=True))
    if last[0].isascii() and last.isalpha():
        return ord(last.upper()) - ord("A") + 1
    return read_cn_number(last.translate(str.maketrans(_FORMAL, _HAN)))
