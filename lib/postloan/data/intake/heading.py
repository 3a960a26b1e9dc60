"""A heading without what people write beside its name: a unit, a star, 必填, the format of the cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from postloan.data.intake.amounts import UNITS
from postloan.data.intake.blanks import header_key

_UNIT = r"(?:人民币|rmb)?(?:百万元|千元|万元|亿元|元|万|亿)"
_BRACKETED = re.compile(rf"[(\[【<](?:(?:金额)?单位[:为]?)?({_UNIT})[)\]】>]")
_BEHIND = re.compile(rf"(?:[-_/,:、]|(?<=.)(?=人民币|百万元|千元|万元|亿元))({_UNIT})$")
_NUMBER = re.compile(r"^(?:\d{1,3}[.、:)]|[(\[]\d{1,3}[)\]])(?=\D)")
_TWICE = [
    re.compile(r"(.+?)[(\[【<](.+)[)\]】>]"),
    re.compile(r"([a-z0-9_]+?)[-_/|]?([^\x00-\x7f].*)"),
    re.compile(r"(.*[^\x00-\x7f])[-_/|]?([a-z0-9_]+)"),
]
_REMARK = re.compile(
    r"[(\[【<](?:必填|必须|必输|选填|可选|非必填|\*|required|optional|[ymdhs年月日时分秒\-/.: ]+|格式.*|如.*|例.*|示例.*|下拉.*|填.*|文本|数字|日期|代码|字典.*)[)\]】>]"
)
_STATED = re.compile(rf"(?:金额|货币|计量|计价)?单位(?:[:为是]|\s)*({_UNIT})(?![\w])")
_ALONE = re.compile(rf"[(\[【]?({_UNIT})[)\]】]?")


@lru_cache(maxsize=1 << 14)
def plain_heading(label: str) -> tuple[str, int | None]:
    """Return the key of a heading without what is written beside its name, and the yuan that its unit stands for, if it has one."""
    key = header_key(label)
    found = _BRACKETED.search(key) or _BEHIND.search(key)
    unit = yuan_of(found[1]) if found else None
    if found:
        key = key[: found.start()] + key[found.end() :]
    return _REMARK.sub("", key).strip("*＊※★:"), unit


def field_of(label: str, known: Mapping[str, str]) -> str | None:
    """Return the field that a heading stands for: as it is, without what is written beside its name, or named twice: 客户编号(customer_id)."""
    key = plain_heading(label)[0]
    bare = _NUMBER.sub("", key)
    if name := known.get(header_key(label)) or known.get(key) or known.get(bare):
        return name
    twice = (found.groups() for pattern in _TWICE if (found := pattern.fullmatch(bare)))
    return next((known[one] for one, other in twice if one in known and known[one] == known.get(other)), None)


def unit_alone(text: str) -> str:
    """Return the unit that a cell holds and nothing else; blank where it holds something else."""
    found = _ALONE.fullmatch(header_key(text))
    return found[1] if found else ""


def yuan_of(unit: str) -> int:
    """Return the yuan that a unit stands for: 万元 is 10,000."""
    return UNITS[re.sub("人民币|rmb", "", unit)]


def units_stated(texts: list[str], title: bool = False) -> set[int]:
    """Return the yuan that each unit stands for that texts above or below a table, or its title, state."""
    found = set()
    for text in texts:
        key = header_key(text)
        stated = [*_STATED.findall(key), *_BRACKETED.findall(key)]
        stated += [alone[1]] if not title and (alone := _ALONE.fullmatch(key)) else []
        found.update(map(yuan_of, stated))
    return found
