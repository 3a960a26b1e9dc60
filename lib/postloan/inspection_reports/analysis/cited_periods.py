"""Periods cited in reports: 2014年3月末, 今年1-5月, 二〇一三年度, 一季度, 上年末, 2014.3.31."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from postloan.numbers import read_cn_number
from postloan.period import Period

_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_YEAR = r"(?:(?:19|20)\d\d|二[〇零○][〇零○一二三四五六七八九]{2})"
_TO = r"\s*月?份?\s*[-—–~～至到]\s*"

PERIOD = re.compile(
    r"(?=[\d一二三四五六七八九十今本去上前半中第Q])(?<![\d.一二三四五六七八九十下])(?<!\d,)(?:"
    rf"(?P<ny>(?:19|20)\d\d)[-./](?P<nm>1[0-2]|0?[1-9])(?:[-./](?P<nd>3[01]|[12]\d|0?[1-9]))?(?![\d.]|\s*[-至~]?\s*[\d%万亿元千百吨月])"
    rf"|(?:(?P<year>{_YEAR}|\d\d(?=年(?:{_MONTH}月|第?[1-4一二三四]季|[末底])))"
    rf"(?:\s*年度?|\.(?={_MONTH}(?:{_TO}{_MONTH})?月)|(?=Q))\s*"
    r"|(?P<relative>今年|本年度?|去年度?|上一?年度?|前年))?"
    rf"(?:(?P<nine>前三季度)|前(?P<first>{_MONTH})个月|(?P<half>上半年|半年(?=报|度)|中报)"
    rf"|(?:第?(?P<quarter>[1-4一二三四])季度?|Q(?P<q>[1-4]))"
    rf"|(?P<m1>{_MONTH}){_TO}(?P<m2>{_MONTH})\s*月份?|(?P<month>{_MONTH})\s*月份?(?:\s*(?P<day>3[01]|[12]\d|0?[1-9])\s*[日号])?)?"
    r"(?P<end>年?[末底]|终)?|(?P<near>[上本]季度?|[上本]月)(?P<near_end>[末底])?)"
    r"(?!年?初|以来|以前|以后|之前|之后|起)"
)
"""A period in a text put through `amounts.PLAIN`. A match may be empty: `cited_periods` leaves those out."""


@dataclass(frozen=True)
class CitedPeriod:
    """A period as a text cites it: place and words, first day (None for a point in time), last day.

    `loose`: a month or a year alone (5月, 2013年), which may also be the date of an event.
    """

    start: int
    end: int
    words: str
    first_day: date | None
    last_day: date
    loose: bool


def cited_periods(text: str, written_on: date) -> Iterator[CitedPeriod]:
    """Yield the periods in a text put through `amounts.PLAIN`, future ones too.

    A month or quarter without a year is the one nearest to `written_on`. Impossible days (2月30日) are left out.
    """
    for found in PERIOD.finditer(text):
        if found[0] and (span := _days(found, written_on)):
            point = bool(found["end"] or found["near_end"] or found["day"] or found["nd"])
            loose = not point and not (
                found["nine"] or found["half"] or found["first"] or found["quarter"] or found["q"] or found["m2"] or found["near"]
            )
            dated_month = bool(found["nm"] or ((found["year"] or found["relative"]) and found["month"]))
            whole_year = text[found.end() - 1 : found.end()] == "度" or text.startswith(("年报", "报", "财务报表", "审计"), found.end())
            yield CitedPeriod(*found.span(), found[0], None if point else span[0], span[1], loose and not dated_month and not whole_year)


def _days(found: re.Match[str], written_on: date) -> tuple[date, date] | None:
    try:
        if found["near"]:
            return _near(found["near"], written_on)
        if found["ny"]:
            return _calendar(int(found["ny"]), int(found["nm"]), int(found["nm"]), found["nd"])
        first, last = _months(found)
        if found["year"] or found["relative"]:
            return _calendar(_year(found, written_on), first, last, found["day"])
        if not (found["month"] or found["m2"] or found["first"] or found["quarter"] or found["q"] or found["half"] or found["nine"]):
            return None
        near = (_calendar(written_on.year + years, first, last, found["day"]) for years in (-1, 0, 1))
        return min(near, key=lambda span: abs(span[1] - written_on))
    except ValueError:
        return None


def _near(words: str, written_on: date) -> tuple[date, date]:
    month = Period.parse_day(written_on)
    if words.endswith("月"):
        period = month if words[0] == "本" else Period.parse_day(month.first_day - timedelta(days=1))
    else:
        period = month.quarter if words[0] == "本" else month.previous_quarter
    return period.first_day, period.as_of


def _months(found: re.Match[str]) -> tuple[int, int]:
    if found["month"]:
        return (read_cn_number(found["month"]),) * 2
    if found["m2"]:
        return read_cn_number(found["m1"]), read_cn_number(found["m2"])
    if quarter := found["quarter"] or found["q"]:
        return 3 * read_cn_number(quarter) - 2, 3 * read_cn_number(quarter)
    return 1, read_cn_number(found["first"]) if found["first"] else 6 if found["half"] else 9 if found["nine"] else 12


def _year(found: re.Match[str], written_on: date) -> int:
    if found["year"]:
        digits = "".join(str(read_cn_number(sign)) for sign in found["year"])
        return int(digits) if len(digits) == 4 else 2000 + int(digits)
    return written_on.year - {"今": 0, "本": 0, "去": 1, "上": 1, "前": 2}[found["relative"][0]]


def _calendar(year: int, first: int, last: int, day: str | None = None) -> tuple[date, date]:
    """Return the first and last day. Raises `ValueError` for an impossible day, or a last month before the first."""
    if day:
        return (date(year, last, int(day)),) * 2
    if last < first:
        raise ValueError(last)
    return date(year, first, 1), Period.parse(f"{year:04d}-{last:02d}").as_of
