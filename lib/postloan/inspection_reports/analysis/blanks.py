"""Sections without content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

LONGEST = 40
"""The most characters of a blank text with a word in it."""

_WORD = re.compile(r"[^\W_]")

NOTHING = frozenset(
    [
        "无",
        "没有",
        "暂无",
        "暂无内容",
        "无内容",
        "无相关内容",
        "无此项",
        "无此项内容",
        "无此情况",
        "无相关情况",
        "无相关信息",
        "无填写内容",
        "空",
        "空白",
        "空缺",
        "略",
        "省略",
        "从略",
        "不适用",
        "不涉及",
        "未涉及",
        "无涉及",
        "不详",
        "未知",
        "未填",
        "未填写",
        "未填报",
        "未录入",
        "待填",
        "待填写",
        "待补",
        "待补充",
        "待补录",
        "待完善",
        "待定",
        "待查",
        "同上",
        "同前",
        "如上",
        "请填写",
        "请输入",
        "此处填写",
        "在此填写",
        "点击填写",
        "点击输入",
        "点击此处输入文字",
        "单击此处输入文字",
        "na",
        "nil",
        "none",
        "null",
        "nan",
        "tbd",
        "tba",
        "todo",
        "x",
        "xx",
        "xxx",
        "xxxx",
    ]
)
"""Words for nothing (contract report_section_blank), in lower case, without signs and spaces."""


def is_blank(text: str | None, allowed: Collection[str] = frozenset()) -> bool:
    """Return True for a blank section: empty, signs alone (/, -, ——, …), or a word for nothing (无, 略, 不适用; seed S76, domain M5).

    `allowed`: words accepted as an answer by the policy (无). Width, case, spaces, and signs around a word make no difference.
    """
    text = (text or "").strip()
    if len(text) > LONGEST and _WORD.search(text):
        return False
    words = _bare(text)
    if not words:
        return _signs(text) not in {_signs(word) for word in allowed} - {""}
    return words not in {_bare(word) for word in allowed} and (words in NOTHING or _once(words) in NOTHING)


def _bare(text: str) -> str:
    """Return letters and digits only, in half width and lower case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(sign)[0] in "LN")


def _signs(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _once(words: str) -> str:
    """Return the repeated word of a text that is one word over and over (无无无, 略略), else the text."""
    repeated = re.fullmatch(r"(.+?)\1*", words)
    return repeated[1] if repeated else words
