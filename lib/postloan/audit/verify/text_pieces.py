"""Splits a line into numbers and single characters, so that a number is changed as a whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from typing import NamedTuple

_CN = "零〇一二三四五六七八九十两壹贰叁肆伍陆柒捌玖拾"
_CN_MORE = f"{_CN}百千万亿佰仟点"
_PIECE = re.compile(
    rf"""
    (?P<number>
        [-−－]?\d(?:(?:[\d,.．]|(?<=[０-９])，(?=[０-９]{{3}}))*\d)?                                                   # 1,204.50 and full-width digits
      | 百分之[{_CN_MORE}]+
      | [{_CN}][{_CN_MORE}]*(?=个?百分点|万元|亿元|[元圆户笔份条次％%倍成])            # 三户, 壹佰元
    )
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．，％－−", "0123456789.,%--")
DATE = re.compile(r"\d{4}\s*[-./年]\s*\d{1,2}\s*[-./月]\s*\d{1,2}\s*日?|\d{1,2}月\d{1,2}日")
_SCALES = {"亿元": Decimal("1E8"), "万元": Decimal("1E4"), "%": Decimal("0.01"), "个百分点": Decimal("0.01"), "元": Decimal(1)}
_SCALE_OF_FILTER = {"wan_number": "万元", "yi_number": "亿元", "percent_number": "%", "yuan_number": "元"}
_PRINTED = re.compile(
    r"(?:较上(?:季|月|年|期)[末度]?)?(?P<way>上升|下降)?(?P<number>-?\d[\d,]*(?:\.\d+)?)(?P<unit>亿元|万元|个百分点|%|元)?"
)


class Piece(NamedTuple):
    """A number, or one character."""

    start: int
    end: int
    text: str
    is_number: bool


class PieceBlock(NamedTuple):
    """Pieces as made and the pieces at their place now; `same`: they are equal."""

    same: bool
    made: list[Piece]
    now: list[Piece]


def pieces_of(text: str) -> list[Piece]:
    """Return the pieces of a line. A number, and the sign behind it, counts as the same in full width."""
    return [
        Piece(m.start(), m.end(), in_half_width(m[0]) if m["number"] or m[0] == "％" else m[0], bool(m["number"]))
        for m in _PIECE.finditer(text)
    ]


def in_half_width(number: str) -> str:
    """Return a number with digits and signs in half width: ８３．３３％ is 83.33%."""
    return number.translate(_HALF_WIDTH)


def blocks(made: str, now: str) -> Iterator[PieceBlock]:
    """Yield the equal and the changed blocks of two texts."""
    a, b = pieces_of(made), pieces_of(now)
    matcher = SequenceMatcher(None, [p.text for p in a], [p.text for p in b], autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        yield PieceBlock(kind == "equal", a[i:j], b[k:m])


class PrintedNumber(NamedTuple):
    """The meaning of a printed number: its value, and half a unit of its last digit."""

    value: Decimal
    half: Decimal


def printed(text: str, tag: str = "") -> PrintedNumber | None:
    """Return the number printed by a text, in the unit of the text or the tag; None for any other text."""
    match = _PRINTED.fullmatch(in_half_width(text.strip()))
    if not match:
        return None
    try:
        number = Decimal(match["number"].replace(",", ""))
    except InvalidOperation:
        return None
    unit = match["unit"] or next((unit for name, unit in _SCALE_OF_FILTER.items() if name in tag), "")
    scale = _SCALES.get(unit, Decimal(1))
    places = -int(number.as_tuple().exponent)
    half = Decimal(5).scaleb(-places - 1) * scale
    return PrintedNumber(number * scale * (-1 if match["way"] == "下降" else 1), half)
