"""Amounts of yuan as written in reports: 1,234.56万元, １２亿元, 1亿2000万元, 三百二十万元, 叁佰万元."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

PLAIN = str.maketrans("０１２３４５６７８９．，％－～（）：；／［］【】〔〕〖〗｛｝{}[]", "0123456789.,%-~():;/" + "()" * 7)
"""Full width to half width and one kind of bracket, character by character, so that places in a text stay the same."""

_SCALES = {"": 1, "百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "百亿": 10**10, "千亿": 10**11}
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟两〇○", "一二三四五六七八九十百千二零零")
_CN = "零〇○一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟"
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"

AMOUNT = (
    rf"(?<![\d.{_CN}万亿])(?<!\d,)(?:(?:{_ARABIC}\s*亿)?{_ARABIC}\s*(?:[百千]?万|[百千]?亿|[百千])?"
    rf"|[{_CN}][{_CN}万亿]*(?:点[{_CN}]+)?[万亿]?)元整?(?!\s*(?:/|每|整?的?单价))"
)
"""A pattern, without groups, of an amount in a text put through `PLAIN`."""

_ONE = re.compile(rf"(?:(?P<yi>{_ARABIC})亿)?(?P<number>{_ARABIC})(?P<scale>[百千]?[万亿]|[百千])?元")
_BELOW_TEN_THOUSAND = re.compile(
    r"(?:(?P<k>[一二三四五六七八九])千)?(?:零?(?P<c>[一二三四五六七八九])百)?"
    r"(?:(?P<z2>零)?(?P<x>[一二三四五六七八九])?(?P<ten>十))?(?:(?P<z3>零)?(?P<i>[一二三四五六七八九]))?"
)


@dataclass(frozen=True)
class Amount:
    """An amount in yuan, its unit as written (万元), and the value of one unit of its last digit (100 yuan in 1.23万元)."""

    yuan: Decimal
    unit: str
    step: Decimal


def amount(written: str) -> Amount | None:
    """Return the amount of `written`, a whole match of `AMOUNT`, or None for an irregular numeral (二三万元, 一千二万元)."""
    plain = re.sub(r"[\s,]", "", written.translate(PLAIN)).removesuffix("整")
    found = _ONE.fullmatch(plain)
    if not found:
        return _chinese(plain.removesuffix("元").translate(_FORMAL))
    scale = found["scale"] or ""
    number = Decimal(found["number"])
    step = Decimal(1).scaleb(int(number.as_tuple().exponent)) * _SCALES[scale]
    if not found["yi"]:
        return Amount(number * _SCALES[scale], scale + "元", step)
    whole = Decimal(found["yi"]) * 10**8
    sound = whole % 10**8 == 0 and scale != "亿" and number * _SCALES[scale] < 10**8
    return Amount(whole + number * _SCALES[scale], scale + "元", step) if sound else None


def _chinese(numeral: str) -> Amount | None:
    whole, point, decimals = numeral.partition("点")
    scale = numeral[-1] if numeral[-1:] in ("万", "亿") else ""
    if point:
        value, digits = _whole(whole), _decimals(decimals.removesuffix(scale) if scale else decimals)
        if value is None or digits is None:
            return None
        number = Decimal(f"{value}.{digits}")
        step = Decimal(1).scaleb(-len(digits)) * _SCALES[scale]
        return Amount(number * _SCALES[scale], scale + "元", step)
    value = _whole(numeral)
    return None if value is None else Amount(Decimal(value), scale + "元", Decimal(_SCALES[scale]))


def _decimals(numerals: str) -> str | None:
    digits = "".join(str(_digit(sign)) for sign in numerals if sign in "零一二三四五六七八九")
    return digits if digits and len(digits) == len(numerals) else None


def _digit(sign: str | None) -> int:
    return "零一二三四五六七八九".index(sign) if sign else 0


def _whole(numeral: str) -> int | None:
    """Return a whole number in Chinese numerals: parts below ten thousand, each but the last followed by 亿 or 万."""
    found = re.fullmatch(r"(?:([^亿万]+)亿)?(?:([^亿万]+)万)?([^亿万]*)", numeral)
    if not found or not numeral:
        return None
    parts = [_part(part or "") for part in found.groups()]
    if None in parts or any(part and not value for part, value in zip(found.groups(), parts, strict=True)):
        return None
    return sum(value * scale for value, scale in zip(parts, (10**8, 10**4, 1), strict=True) if value)


def _part(numeral: str) -> int | None:
    found = _BELOW_TEN_THOUSAND.fullmatch(numeral.removeprefix("零"))
    if not found:
        return None
    k, c, ten, i = (bool(found[name]) for name in ("k", "c", "ten", "i"))
    if (ten and k and not c and not found["z2"]) or (i and not ten and (k or c) and not found["z3"]):
        return None  # 一千二: spoken for 1200, not a written numeral
    tens = _digit(found["x"]) or 1
    return 1000 * _digit(found["k"]) + 100 * _digit(found["c"]) + 10 * tens * ten + _digit(found["i"])
