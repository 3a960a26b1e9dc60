"""Amounts of money as people and systems write them, always exact."""

from __future__ import annotations

import re
from decimal import Decimal

EXCEL_CUTS_FROM, EXCEL_KEEPS = 11, 5
"""Excel shows a number from 1E+11 on with five decimals; a file made from what it shows has lost the rest."""
_CUT_BY_A_FORMAT = re.compile(r"[-+(]?\d\.\d\dE\+\d\d\)?")
"""A number as Excel's own scientific format shows it, 1.23E+06: a file made from it has lost all further digits."""
MOST_DIGITS = 16
"""Digits of an amount before the point."""
UNITS = {
    "元": 1,
    "圆": 1,
    "千元": 1000,
    "千": 1000,
    "万元": 10_000,
    "万": 10_000,
    "百万元": 1_000_000,
    "百万": 1_000_000,
    "亿元": 100_000_000,
    "亿": 100_000_000,
}
"""Units that an amount may be counted in, in yuan."""
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<sign>[-+])?\s*(?:(?:CNY|RMB|人民币)\s*:?\s*)?(?P<mark>[¥￥$])?\s*(?P<inner>[-+])?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)?(?:\.(?P<cents>\d+))?(?:E(?P<power>[+-]?\d{1,2}))?"
    r"\s*(?:\((?P<beside>百万元?|[千万亿]元?|元)\)|(?P<unit>百万元?|[千万亿]元?|[元圆]))?(?:整|\s*(?:人民币|RMB|CNY))?(?P<behind>[-+])?(?P<close>\))?",
    re.ASCII | re.IGNORECASE,
)


def amount_of(plain: str, yuan: int = 1) -> Decimal | None:
    """Return the amount in yuan that `plain` spells, with all its digits; None where it is none. Without a unit it counts `yuan`."""
    found = _AMOUNT.fullmatch(plain)
    if not found or not (found["whole"] or found["cents"]) or bool(found["open"]) != bool(found["close"]):
        return None
    if found["mark"] == "$" or _CUT_BY_A_FORMAT.fullmatch(plain):
        return None
    if found["power"] and int(found["power"]) >= EXCEL_CUTS_FROM and len(found["cents"] or "") == EXCEL_KEEPS:
        return None
    signs = [sign for sign in (found["sign"], found["inner"], found["behind"], "-" if found["open"] else None) if sign]
    if len(signs) > 1:
        return None
    digits = f"{(found['whole'] or '0').replace(',', '')}.{found['cents'] or 0}"
    unit = found["unit"] or found["beside"]
    amount = Decimal(f"{digits}E{found['power'] or 0}") * (UNITS[unit] if unit else yuan)
    return -amount if signs == ["-"] and amount else amount
