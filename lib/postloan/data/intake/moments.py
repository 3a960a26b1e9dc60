"""Days, times of day and periods as people and systems write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone

from postloan.data.intake.blanks import half_width
from postloan.errors import BadCommand
from postloan.period import Period

CHINA = timezone(timedelta(hours=8))
FIRST_YEAR, LAST_YEAR = 1900, 2999
OPEN_END = date(2999, 12, 31)
"""An open end where a day is required."""
_FIRST_SERIAL, _LAST_SERIAL = 18264, 73050
"""Excel's numbers of the days from 1950 to 2099."""
_EXCEL_DAY_0 = date(1899, 12, 30)

_MONTHS = {name: i for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_NAMED = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAYS = [
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})\s*([-/.、。_\\–—‐‑])\s*(?P<m>\d{1,2})\s*\2\s*(?P<d>\d{1,2})(?!\d)日?",
        r"(?P<y>\d{4}) (?P<m>\d{1,2}) (?P<d>\d{1,2})(?!\d)",
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月(?P<last>[末底])",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?=\d{6}$|\d{4}$|\D|$)",
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})(?!\d)\s*[日号]?",
        rf"(?P<d>\d{{1,2}})[-\s/.]?(?P<n>{_NAMED})[-\s/.,]*(?P<y>\d{{4}}|\d\d)(?!\d)",
        rf"(?P<n>{_NAMED})[-\s/.]?(?P<d>\d{{1,2}})[-\s/.,]+(?P<y>\d{{4}})(?!\d)",
        r"(?P<a>\d{1,2})([-/.])(?P<b>\d{1,2})\2(?P<y>\d{4})(?!\d)",
    )
]
_WEEKDAY = re.compile(r"^(?:[(（]?(?:星期|周)[一二三四五六日天][)）]?)")
_CLOCK = re.compile(
    r"(?P<half>上午|下午|晚上|中午|凌晨|早上)?\s*(?P<h>\d{1,2})(?:[:时点]\s*(?P<m>\d\d?)(?:[:分]\s*(?P<s>\d\d?)(?:[.,](?P<f>\d{1,9}))?)?\s*[分秒]?)"
    r"\s*(?P<ampm>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|[+-]\d\d:?\d\d|[+-]\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_TIGHT = re.compile(
    r"(?P<h>\d\d)(?P<m>\d\d)(?P<s>\d\d)?(?:[.,](?P<f>\d{1,9}))?(?P<half>)(?P<ampm>)(?P<zone>z|[+-]\d\d:?\d\d|[+-]\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_DOTTED = re.compile(r"(?:-|\s)(?P<h>\d\d)\.(?P<m>\d\d)\.(?P<s>\d\d)(?P<f>\.\d+)?$", re.ASCII)
"""The clock of DB2 and Oracle: 2014-06-20-18.00.00.000000."""
_CHINA = re.compile(r"\s*(?:CST|[(（]?北京时间[)）]?)$", re.IGNORECASE)
_JAVA = re.compile(rf"[a-z]{{3}} (?P<n>{_NAMED}) (?P<d>\d{{1,2}}) (?P<clock>[\d:]{{8}})(?: CST)? (?P<y>\d{{4}})", re.ASCII | re.IGNORECASE)
_BARE_ZONE = re.compile(r"z|\+(?:0\d|1[0-4]):?\d\d", re.ASCII | re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_CHINESE_DAY = re.compile(r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]")
_QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4"}
_PERIODS = [
    re.compile(pattern)
    for pattern in (
        r"(?P<y>\d{4})[-/._]?(?:年度?)?[-]?第?(?:Q(?P<q>[1-4])|(?P<c>[1-4一二三四])季)(?:季?度)?",
        r"(?P<y>\d{4})年?(?P<z>0[1-4])Q",
        r"(?P<y>\d{4})年?[-]?(?P<q>[1-4])Q",
        r"(?P<q>[1-4])Q[-/.]?(?P<y>\d{4})",
        r"Q(?P<q>[1-4])[-/.]?(?P<y>\d{4})",
        r"(?P<y>\d{4})年?[-]?(?:(?P<h>[上下])半年|H(?P<half>[12]))(?:度)?",
        r"(?P<y>\d{4})年(?P<m>0?[1-9]|1[0-2])月份?",
        r"(?P<y>\d{4})[-/.](?P<m>0?[1-9]|1[0-2])",
        r"(?P<y>\d{4})年度?",
    )
]


def day_and_time(plain: str, of_day: bool = False) -> datetime | None:
    """Return the moment in China that `plain` spells, a bare day at midnight; None where it is none.

    With `of_day` the midnight of a day in another zone is that day: systems write days so.
    """
    if _SERIAL.fullmatch(plain):
        return _of_serial(plain)
    plain = _JAVA.sub(r"\g<n> \g<d>, \g<y> \g<clock>", _CHINA.sub("", plain))
    plain = _DOTTED.sub(lambda m: f" {m['h']}:{m['m']}:{m['s']}{m['f'] or ''}", plain)
    plain = _CHINESE_DAY.sub(lambda m: f"{m[1].translate(_DIGITS)}年{_small(m[2])}月{_small(m[3])}日", plain)
    for pattern in _DAYS:
        if found := pattern.match(plain):
            day = _day(found.groupdict())
            rest = plain[found.end() :].strip().removeprefix("T").removeprefix("t").lstrip("_, ")
            return _at(day, _WEEKDAY.sub("", rest).strip(), of_day) if day else None
    return None


def looks_like_a_day(plain: str) -> bool:
    """Return True where `plain` begins as a day does."""
    return any(pattern.match(plain) for pattern in _DAYS)


def _small(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    return (int(tens.translate(_DIGITS) or 1) * 10 if ten else 0) + int(ones.translate(_DIGITS) or 0)


def _day(parts: dict[str, str | None]) -> date | None:
    year = int(parts["y"] or 0)
    year += 2000 if year < 80 else 1900 if year < 100 else 0
    if parts.get("a"):
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        if first <= 12 and second <= 12 and first != second:
            return None  # 05/06/2014 is the fifth of June here and the sixth of May there
        month, day = (second, first) if first > 12 else (first, second)
    else:
        month = _MONTHS[(parts["n"] or "")[:3].lower()] if parts.get("n") else int(parts["m"] or 0)
        day = int(parts.get("d") or 0)
    try:
        if parts.get("last"):
            day = monthrange(year, month)[1]
        return date(year, month, day) if FIRST_YEAR <= year <= 9999 else None
    except ValueError:
        return None


def _of_serial(plain: str) -> datetime | None:
    days, _, fraction = plain.partition(".")
    if not _FIRST_SERIAL <= int(days) <= _LAST_SERIAL:
        return None
    seconds = round(float(f"0.{fraction or 0}") * 86400)
    return datetime.combine(_EXCEL_DAY_0, time()) + timedelta(days=int(days), seconds=seconds)


def _at(day: date, clock: str, of_day: bool) -> datetime | None:
    if not clock or _BARE_ZONE.fullmatch(clock):
        return datetime.combine(day, time())
    found = _CLOCK.fullmatch(clock) or _TIGHT.fullmatch(clock)
    if not found:
        return None
    hour, late = int(found["h"]), (found["ampm"] or "").lower().startswith("p") or found["half"] in ("下午", "晚上")
    if (found["half"] or found["ampm"]) and hour > 12 and not (found["half"] and late):
        return None
    if late and hour < 12 or found["half"] == "中午" and hour < 3:
        hour += 12
    elif hour == 12 and not late and (found["half"] in ("上午", "凌晨", "早上") or (found["ampm"] or "").lower().startswith("a")):
        hour = 0
    try:
        fraction = int((found["f"] or "0")[:6].ljust(6, "0"))
        moment = datetime.combine(day, time(hour, int(found["m"] or 0), int(found["s"] or 0), fraction))
        as_it_is = not found["zone"] or of_day and moment.time() == time()
        return moment if as_it_is else _in_china(moment, found["zone"])
    except (ValueError, OverflowError):
        return None


def _in_china(moment: datetime, zone: str) -> datetime:
    digits = zone.replace(":", "").ljust(5, "0")
    if zone[0] not in "+-":
        offset = timedelta()
    else:
        offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5])) * (-1 if zone[0] == "-" else 1)
    return moment.replace(tzinfo=timezone(offset)).astimezone(CHINA).replace(tzinfo=None)


def period_named(text: str) -> str | None:
    """Return the canonical name of the period that `text` spells, in whatever letters and with blanks; None where it is none."""
    plain = "".join(half_width(text).upper().split())
    for pattern in _PERIODS:
        if found := pattern.fullmatch(plain):
            parts = found.groupdict()
            plain = parts["y"] + _within_year(parts)
            break
    try:
        return Period.parse(plain).name
    except BadCommand:
        return None


def _within_year(parts: dict[str, str | None]) -> str:
    quarter = parts.get("q") or parts.get("z") or parts.get("c")
    if quarter:
        return f"Q{_QUARTERS.get(quarter, quarter[-1])}"
    if half := parts.get("half") or parts.get("h"):
        return f"H{half if half.isdigit() else 1 if half == '上' else 2}"
    return f"-{parts['m']:0>2}" if parts.get("m") else ""
